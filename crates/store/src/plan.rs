//! Plans.

use domain::{Name, Plan, PlanId, Text};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::record::{Place, json, meta};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plans")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub limits: Json,
    pub needs_approval: bool,
    pub offered_by_default: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Plan {
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
            limits: Set(json(&self.limits)),
            needs_approval: Set(self.needs_approval),
            offered_by_default: Set(self.offered_by_default),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "plans", id: row.id };
        Ok(Self {
            id: PlanId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            description: at.text("description", Text::parse(&row.description))?,
            limits: at.json("limits", row.limits)?,
            needs_approval: row.needs_approval,
            offered_by_default: row.offered_by_default,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Plans, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn plans(&self, page: PageRequest) -> Result<Page<Plan>> {
        self.page(Entity::find(), page).await
    }

    /// Every plan there is.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_plans(&self) -> Result<Vec<Plan>> {
        self.many(Entity::find()).await
    }
}
