//! Sessions of people who signed in.

use domain::{
    Audience, ClientId, IdentityProviderId, Instant, Person, Renewal, SecretHash, Session, SessionId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect};

use crate::record::{Place, meta, person_ids, stored, word};
use crate::{Read, Record, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub developer_id: Option<Uuid>,
    pub administrator_id: Option<Uuid>,
    pub hash: Vec<u8>,
    pub user_agent: String,
    pub address: String,
    pub last_seen_at: i64,
    pub ends_at: i64,
    pub renewal_hash: Option<Vec<u8>>,
    pub renewable_until: Option<i64>,
    pub kept_for: Option<Uuid>,
    pub identity_provider_id: Option<Uuid>,
    /// What nodes of an earlier version read and write in the place of `proof`.
    pub second_factor: Option<bool>,
    pub proof: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Session {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let (developer_id, administrator_id) = person_ids(self.person);
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            developer_id: Set(developer_id),
            administrator_id: Set(administrator_id),
            hash: Set(self.hash.stored()),
            user_agent: Set(self.user_agent.clone()),
            address: Set(self.address.clone()),
            // A session is saved when it is used: at the start, and when it is renewed.
            last_seen_at: Set(self.last_seen_at.micros()),
            ends_at: Set(self.ends_at.micros()),
            renewal_hash: Set(self.renewal.as_ref().map(|renewal| renewal.hash.stored())),
            renewable_until: Set(self.renewal.as_ref().map(|renewal| renewal.until.micros())),
            kept_for: Set(self.kept_for.map(|id| id.0)),
            identity_provider_id: Set(self.identity_provider_id.map(|id| id.0)),
            second_factor: Set(Some(self.proof.is_twofold())),
            proof: Set(Some(word(self.proof))),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "sessions", id: row.id };
        let person = at.person(row.developer_id, row.administrator_id)?;
        Ok(Self {
            id: SessionId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            person,
            hash: at.hash("hash", &row.hash)?,
            user_agent: row.user_agent,
            address: row.address,
            last_seen_at: Instant::from_micros(row.last_seen_at),
            ends_at: Instant::from_micros(row.ends_at),
            renewal: match (row.renewal_hash, row.renewable_until) {
                (Some(hash), Some(until)) => Some(Renewal {
                    hash: at.hash("renewal_hash", &hash)?,
                    until: Instant::from_micros(until),
                }),
                _ => None,
            },
            kept_for: row.kept_for.map(ClientId),
            identity_provider_id: row.identity_provider_id.map(IdentityProviderId),
            proof: at.proof(row.proof, row.second_factor)?,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// The session with a secret.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn session_by_hash(&self, hashes: &[SecretHash]) -> Result<Option<Session>> {
        self.one(Entity::find().filter(Column::Hash.is_in(stored(hashes)))).await
    }

    /// The session that is renewed with a secret.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn session_by_renewal(&self, hashes: &[SecretHash]) -> Result<Option<Session>> {
        self.one(Entity::find().filter(Column::RenewalHash.is_in(stored(hashes)))).await
    }

    /// All sessions of a person, from the newest to the oldest, ended ones included until they are swept.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn sessions_of(&self, person: Person) -> Result<Vec<Session>> {
        let select = match person {
            Person::Developer(id) => Entity::find().filter(Column::DeveloperId.eq(id.0)),
            Person::Administrator(id) => Entity::find().filter(Column::AdministratorId.eq(id.0)),
        };
        self.many(select.order_by_desc(Column::Id)).await
    }

    /// Sessions that came from a provider, of developers or of administrators, the oldest first, some at a time.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn sessions_through(
        &self,
        provider: IdentityProviderId,
        audience: Audience,
        limit: u64,
    ) -> Result<Vec<Session>> {
        let whose = match audience {
            Audience::Developer => Column::DeveloperId.is_not_null(),
            Audience::Administrator => Column::AdministratorId.is_not_null(),
        };
        let theirs = Entity::find().filter(Column::IdentityProviderId.eq(provider.0)).filter(whose);
        self.many(theirs.order_by_asc(Column::Id).limit(limit)).await
    }
}

#[macros::boxed]
impl Store {
    /// Notes that a session was used. Nobody's act: no audit line.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn touch_session(&self, id: SessionId, now: Instant) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::LastSeenAt, Expr::value(now.micros()))
            .filter(Column::Id.eq(id.0))
            .exec(self.writer())
            .await?;
        Ok(())
    }

    /// Removes sessions that are over.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_sessions(&self, now: Instant) -> Result<u64> {
        let idle_since = now - Session::LONGEST_IDLE;
        let idle = sea_orm::Condition::all()
            .add(Column::LastSeenAt.lte(idle_since.micros()))
            .add(Column::KeptFor.is_null());
        let over = sea_orm::Condition::any().add(Column::EndsAt.lte(now.micros())).add(idle);
        let gone = sea_orm::Condition::any()
            .add(Column::RenewableUntil.is_null())
            .add(Column::RenewableUntil.lte(now.micros()));
        Ok(Entity::delete_many().filter(over).filter(gone).exec(self.writer()).await?.rows_affected)
    }
}
