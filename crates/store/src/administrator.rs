//! Administrators.

use domain::{Administrator, AdministratorId, AdministratorRole, Email, GatewayId, Instant};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};

use crate::record::{Place, meta};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "administrators")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub email: String,
    pub email_key: String,
    pub password_hash: String,
    /// Of which gateway this is the technical user; none: an administrator.
    pub gateway_id: Option<Uuid>,
    /// The word for the role; none, as in rows that are older than roles: it goes by the gateway.
    pub role: Option<String>,
    pub disabled_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Administrator {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            email: Set(self.email.to_string()),
            email_key: Set(self.email.unique_key()),
            password_hash: Set(self.password_hash.clone()),
            gateway_id: Set(self.role.gateway().map(|id| id.0)),
            role: Set(Some(self.role.as_str().to_owned())),
            disabled_at: Set(self.disabled_at.map(Instant::micros)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "administrators", id: row.id };
        let gateway = row.gateway_id.map(GatewayId);
        let role = match (row.role, gateway) {
            (Some(word), gateway) => at.text("role", AdministratorRole::parse(&word, gateway))?,
            (None, None) => AdministratorRole::Administrator,
            (None, Some(gateway_id)) => AdministratorRole::Provider { gateway_id },
        };
        Ok(Self {
            id: AdministratorId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            email: at.text("email", Email::parse(&row.email))?,
            password_hash: row.password_hash,
            role,
            disabled_at: row.disabled_at.map(Instant::from_micros),
        })
    }
}

/// Those with one of these roles who may sign in; the first is that of rows that are older than roles.
fn with_roles(roles: &[&str]) -> Condition {
    let named = Condition::any().add(Column::Role.is_in(roles.iter().copied())).add(Column::Role.is_null());
    Condition::all().add(Column::GatewayId.is_null()).add(Column::DisabledAt.is_null()).add(named)
}

#[macros::boxed]
impl Read<'_> {
    /// The administrator with an address, without regard to case, whatever the role.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn administrator_by_email(&self, email: &Email) -> Result<Option<Administrator>> {
        self.one(Entity::find().filter(Column::EmailKey.eq(email.unique_key()))).await
    }

    /// People who run this installation, whatever the role, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn administrators(&self, page: PageRequest) -> Result<Page<Administrator>> {
        self.page(Entity::find(), page).await
    }

    /// Everybody who may do everything.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_administrators(&self) -> Result<Vec<Administrator>> {
        self.many(Entity::find().filter(with_roles(&["administrator"]))).await
    }

    /// Everybody who decides on what waits.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_deciders(&self) -> Result<Vec<Administrator>> {
        self.many(Entity::find().filter(with_roles(&["administrator", "approver"]))).await
    }

    /// How many there are who may do everything.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_administrators(&self) -> Result<u64> {
        Ok(Entity::find().filter(with_roles(&["administrator"])).count(&self.0).await?)
    }

    /// How many there are who decide on what waits.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_deciders(&self) -> Result<u64> {
        Ok(Entity::find().filter(with_roles(&["administrator", "approver"])).count(&self.0).await?)
    }

    /// The technical users of a gateway.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn technical_users(&self, gateway: GatewayId) -> Result<Vec<Administrator>> {
        let theirs = Column::GatewayId.eq(gateway.0);
        self.many(Entity::find().filter(theirs).order_by_asc(Column::Id)).await
    }
}
