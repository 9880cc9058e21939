//! Developers.

use domain::{Developer, DeveloperId, DeveloperState, Email, Name};
use sea_orm::ActiveValue::Set;
use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::read::contains;
use crate::record::{Place, meta, word};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "developers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub email: String,
    pub email_key: String,
    pub name: String,
    pub search_key: String,
    pub state: String,
    pub verified_at: Option<i64>,
    pub password_hash: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Developer {
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
            name: Set(self.name.to_string()),
            search_key: Set(self.name.search_key()),
            state: Set(word(self.state)),
            verified_at: Set(self.verified_at.map(domain::Instant::micros)),
            password_hash: Set(self.password_hash.clone()),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "developers", id: row.id };
        Ok(Self {
            id: DeveloperId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            email: at.text("email", Email::parse(&row.email))?,
            name: at.text("name", Name::parse(&row.name))?,
            state: at.word("state", row.state)?,
            verified_at: row.verified_at.map(domain::Instant::from_micros),
            password_hash: row.password_hash,
        })
    }
}

/// Which developers are wanted.
#[derive(Clone, Debug, Default)]
pub struct DeveloperFilter {
    /// The name or the address holds this.
    pub text: Option<String>,
    /// The account is in this state.
    pub state: Option<DeveloperState>,
}

#[macros::boxed]
impl Read<'_> {
    /// Developers, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn developers(&self, filter: &DeveloperFilter, page: PageRequest) -> Result<Page<Developer>> {
        let mut select = Entity::find();
        if let Some(text) = &filter.text {
            let either =
                Condition::any().add(contains(Column::SearchKey, text)).add(contains(Column::EmailKey, text));
            select = select.filter(either);
        }
        if let Some(state) = filter.state {
            select = select.filter(Column::State.eq(word(state)));
        }
        self.page(select, page).await
    }

    /// The developer with an address, without regard to case.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn developer_by_email(&self, email: &Email) -> Result<Option<Developer>> {
        self.one(Entity::find().filter(Column::EmailKey.eq(email.unique_key()))).await
    }
}
