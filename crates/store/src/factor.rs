//! Second factors.

use domain::{Factor, FactorId, Person, Sealed};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::record::{Place, meta, person_ids};
use crate::{Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub developer_id: Option<Uuid>,
    pub administrator_id: Option<Uuid>,
    /// Empty: there is no app.
    pub secret: Vec<u8>,
    pub last_step: i64,
    /// Marks, one after the other.
    pub recovery: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Factor {
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
            secret: Set(self.secret.as_ref().map(|secret| secret.0.clone()).unwrap_or_default()),
            last_step: Set(self.last_step),
            recovery: Set(self.recovery.concat()),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "factors", id: row.id };
        let person = at.person(row.developer_id, row.administrator_id)?;
        Ok(Self {
            id: FactorId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            person,
            secret: (!row.secret.is_empty()).then_some(Sealed(row.secret)),
            last_step: row.last_step,
            recovery: marks(&row.recovery).ok_or_else(|| at.corrupt("recovery"))?,
        })
    }
}

/// `None`: there is a piece of one too many.
fn marks(bytes: &[u8]) -> Option<Vec<[u8; 32]>> {
    let (marks, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| marks.to_vec())
}

#[macros::boxed]
impl Read<'_> {
    /// The second factor of a person, if they have one.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn factor_of(&self, person: Person) -> Result<Option<Factor>> {
        let whose = match person {
            Person::Developer(id) => Column::DeveloperId.eq(id.0),
            Person::Administrator(id) => Column::AdministratorId.eq(id.0),
        };
        self.one(Entity::find().filter(whose)).await
    }
}
