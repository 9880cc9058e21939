//! Invitations to run this installation.

use domain::{
    Actor, AdministratorId, AdministratorInvitation, AdministratorInvitationId, AdministratorRole, Email,
    GatewayId, Instant, InvitationState, SecretHash,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::record::{Place, meta, stored, word};
use crate::{Page, PageRequest, Read, Record, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "administrator_invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub recipient: String,
    pub role: String,
    /// Of a provider.
    pub gateway_id: Option<Uuid>,
    pub secret_hash: Vec<u8>,
    /// The address, as long as it is open: there is one at a time.
    pub open_key: Option<String>,
    pub invited_by_kind: String,
    pub invited_by_id: Option<Uuid>,
    pub state: String,
    pub expires_at: i64,
    pub administrator_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for AdministratorInvitation {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let is_open = self.state == InvitationState::Open;
        let (invited_by_kind, invited_by_id) = self.invited_by.parts();
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            recipient: Set(self.email.to_string()),
            role: Set(self.role.as_str().to_owned()),
            gateway_id: Set(self.role.gateway().map(|id| id.0)),
            secret_hash: Set(self.hash.stored()),
            open_key: Set(is_open.then(|| self.email.unique_key())),
            invited_by_kind: Set(invited_by_kind.to_owned()),
            invited_by_id: Set(invited_by_id),
            state: Set(word(self.state)),
            expires_at: Set(self.expires_at.micros()),
            administrator_id: Set(self.administrator_id.map(|id| id.0)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "administrator_invitations", id: row.id };
        let invited_by = Actor::of_parts(&row.invited_by_kind, row.invited_by_id);
        let role = AdministratorRole::parse(&row.role, row.gateway_id.map(GatewayId));
        Ok(Self {
            id: AdministratorInvitationId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            email: at.text("recipient", Email::parse(&row.recipient))?,
            role: at.text("role", role)?,
            hash: at.hash("secret_hash", &row.secret_hash)?,
            invited_by: invited_by.ok_or_else(|| at.corrupt("invited_by_kind"))?,
            state: at.word("state", row.state)?,
            expires_at: Instant::from_micros(row.expires_at),
            administrator_id: row.administrator_id.map(AdministratorId),
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Invitations to run this installation, from the newest to the oldest; `open`: only those that nobody answered
    /// yet, in time or not.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn administrator_invitations(
        &self,
        open: bool,
        page: PageRequest,
    ) -> Result<Page<AdministratorInvitation>> {
        let mut select = Entity::find();
        if open {
            select = select.filter(Column::OpenKey.is_not_null());
        }
        self.page(select, page).await
    }

    /// How many of them are open, those that have expired included.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_open_administrator_invitations(&self) -> Result<u64> {
        Ok(Entity::find().filter(Column::OpenKey.is_not_null()).count(&self.0).await?)
    }

    /// The one with a secret.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn administrator_invitation_by_hash(
        &self,
        hashes: &[SecretHash],
    ) -> Result<Option<AdministratorInvitation>> {
        self.one(Entity::find().filter(Column::SecretHash.is_in(stored(hashes)))).await
    }

    /// The open one of an address, whether it has expired or not.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn open_administrator_invitation(
        &self,
        email: &Email,
    ) -> Result<Option<AdministratorInvitation>> {
        self.one(Entity::find().filter(Column::OpenKey.eq(email.unique_key()))).await
    }
}

#[macros::boxed]
impl Store {
    /// Removes those that ended before a moment.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_administrator_invitations(&self, before: Instant) -> Result<u64> {
        let over = Entity::delete_many().filter(Column::ExpiresAt.lt(before.micros()));
        Ok(over.exec(self.writer()).await?.rows_affected)
    }
}
