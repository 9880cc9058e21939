//! Passkeys.

use domain::{Instant, Name, Passkey, PasskeyId, Person};
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::record::{Place, meta, person_ids};
use crate::{Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "passkeys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub developer_id: Option<Uuid>,
    pub administrator_id: Option<Uuid>,
    pub name: String,
    pub credential_id: Vec<u8>,
    pub public_key: Vec<u8>,
    pub state: Vec<u8>,
    pub transports: i32,
    pub synced: bool,
    pub last_used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Passkey {
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
            name: Set(self.name.to_string()),
            credential_id: Set(self.credential_id.clone()),
            public_key: Set(self.public_key.clone()),
            state: Set(self.state.clone()),
            transports: Set(i32::from(self.transports)),
            synced: Set(self.synced),
            last_used_at: Set(self.last_used_at.map(Instant::micros)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "passkeys", id: row.id };
        let person = at.person(row.developer_id, row.administrator_id)?;
        Ok(Self {
            id: PasskeyId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            person,
            name: at.text("name", Name::parse(&row.name))?,
            credential_id: row.credential_id,
            public_key: row.public_key,
            state: row.state,
            transports: u8::try_from(row.transports).map_err(|_| at.corrupt("transports"))?,
            synced: row.synced,
            last_used_at: row.last_used_at.map(Instant::from_micros),
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// The passkeys of a person, from the oldest to the newest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn passkeys_of(&self, person: Person) -> Result<Vec<Passkey>> {
        let theirs = match person {
            Person::Developer(id) => Column::DeveloperId.eq(id.0),
            Person::Administrator(id) => Column::AdministratorId.eq(id.0),
        };
        self.many(Entity::find().filter(theirs).order_by_asc(Column::Id)).await
    }

    /// The passkey that is called this where it is kept.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn passkey_called(&self, credential_id: &[u8]) -> Result<Option<Passkey>> {
        self.one(Entity::find().filter(Column::CredentialId.eq(credential_id.to_vec()))).await
    }
}
