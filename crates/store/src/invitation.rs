//! Invitations to partners and applications.

use domain::{
    Actor, ApplicationId, DeveloperId, Email, Instant, Invitation, InvitationId, InvitationState, Membership,
    PartnerId, SecretHash,
};
use sea_orm::ActiveValue::Set;
use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::partner::partners_of;
use crate::record::{Place, meta, stored, word};
use crate::subscription::application_ids_visible_to;
use crate::{Owned, Page, PageRequest, Read, Record, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub recipient: String,
    pub partner_id: Option<Uuid>,
    pub application_id: Option<Uuid>,
    pub role: String,
    pub secret_hash: Vec<u8>,
    /// To what and to whom, as long as it is open: there is one at a time.
    pub open_key: Option<String>,
    pub invited_by_kind: String,
    pub invited_by_id: Option<Uuid>,
    pub state: String,
    pub expires_at: i64,
    pub accepted_by: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is unique among open invitations.
fn open_key(to: Membership, email: &Email) -> String {
    let target: Uuid = match to {
        Membership::Partner(id, _) => id.0,
        Membership::Application(id, _) => id.0,
    };
    format!("{target} {}", email.unique_key())
}

impl Record for Invitation {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let role = match self.to {
            Membership::Partner(_, role) => word(role),
            Membership::Application(_, role) => word(role),
        };
        let is_open = self.state == InvitationState::Open;
        let (invited_by_kind, invited_by_id) = self.invited_by.parts();
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            recipient: Set(self.email.to_string()),
            partner_id: Set(self.to.partner().map(|id| id.0)),
            application_id: Set(self.to.application().map(|id| id.0)),
            role: Set(role),
            secret_hash: Set(self.hash.stored()),
            open_key: Set(is_open.then(|| open_key(self.to, &self.email))),
            invited_by_kind: Set(invited_by_kind.to_owned()),
            invited_by_id: Set(invited_by_id),
            state: Set(word(self.state)),
            expires_at: Set(self.expires_at.micros()),
            accepted_by: Set(self.accepted_by.map(|id| id.0)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "invitations", id: row.id };
        let to = match (row.partner_id, row.application_id) {
            (Some(partner), None) => Membership::Partner(PartnerId(partner), at.word("role", row.role)?),
            (None, Some(id)) => Membership::Application(ApplicationId(id), at.word("role", row.role)?),
            _ => return Err(at.corrupt("partner_id")),
        };
        let invited_by = Actor::of_parts(&row.invited_by_kind, row.invited_by_id);
        Ok(Self {
            id: InvitationId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            email: at.text("recipient", Email::parse(&row.recipient))?,
            to,
            hash: at.hash("secret_hash", &row.secret_hash)?,
            invited_by: invited_by.ok_or_else(|| at.corrupt("invited_by_kind"))?,
            state: at.word("state", row.state)?,
            expires_at: Instant::from_micros(row.expires_at),
            accepted_by: row.accepted_by.map(DeveloperId),
        })
    }
}

impl Owned for Invitation {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::any()
            .add(Column::PartnerId.in_subquery(partners_of(developer)))
            .add(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)))
    }
}

/// To what invitations are wanted.
#[derive(Clone, Copy, Debug)]
pub enum InvitationFilter {
    /// To a partner.
    Partner(PartnerId),
    /// To an application.
    Application(ApplicationId),
}

impl InvitationFilter {
    /// Those to the same thing as this one.
    pub fn beside(to: Membership) -> Self {
        match to {
            Membership::Partner(id, _) => Self::Partner(id),
            Membership::Application(id, _) => Self::Application(id),
        }
    }

    fn select(self) -> Select<Entity> {
        match self {
            Self::Partner(id) => Entity::find().filter(Column::PartnerId.eq(id.0)),
            Self::Application(id) => Entity::find().filter(Column::ApplicationId.eq(id.0)),
        }
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Invitations, from the newest to the oldest, ended ones included.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn invitations(&self, filter: InvitationFilter, page: PageRequest) -> Result<Page<Invitation>> {
        self.page(filter.select(), page).await
    }

    /// How many of them are open, those that have expired included.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_open_invitations(&self, filter: InvitationFilter) -> Result<u64> {
        Ok(filter.select().filter(Column::OpenKey.is_not_null()).count(&self.0).await?)
    }

    /// The invitation with a secret.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn invitation_by_hash(&self, hashes: &[SecretHash]) -> Result<Option<Invitation>> {
        self.one(Entity::find().filter(Column::SecretHash.is_in(stored(hashes)))).await
    }

    /// The open invitation of an address to something, whether it has expired or not.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn open_invitation(&self, to: Membership, email: &Email) -> Result<Option<Invitation>> {
        self.one(Entity::find().filter(Column::OpenKey.eq(open_key(to, email)))).await
    }
}

#[macros::boxed]
impl Store {
    /// Removes invitations that ended before a moment.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_invitations(&self, before: Instant) -> Result<u64> {
        let over = Entity::delete_many().filter(Column::ExpiresAt.lt(before.micros()));
        Ok(over.exec(self.writer()).await?.rows_affected)
    }
}
