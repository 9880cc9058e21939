//! Groups of people.

use domain::{Group, GroupId, Name, Text};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::record::{Place, json, meta};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "groups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub members: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Group {
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
            name: Set(self.name.to_string()),
            name_key: Set(self.name.unique_key()),
            description: Set(self.description.as_str().to_owned()),
            members: Set(json(&self.members)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "groups", id: row.id };
        Ok(Self {
            id: GroupId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            description: at.text("description", Text::parse(&row.description))?,
            members: at.json("members", row.members)?,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Groups, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn groups(&self, page: PageRequest) -> Result<Page<Group>> {
        self.page(Entity::find(), page).await
    }

    /// The group with a name, look-alikes included.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn group_by_name(&self, name: &Name) -> Result<Option<Group>> {
        self.one(Entity::find().filter(Column::NameKey.eq(name.unique_key()))).await
    }
}
