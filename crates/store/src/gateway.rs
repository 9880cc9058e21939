//! Third parties' gateways, and which APIs are theirs.

use std::collections::{BTreeMap, HashMap};

use domain::{ApiId, Email, Gateway, GatewayId, Name, Noun, Text};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::connection::Connection;
use crate::read::{Slice, Sliced};
use crate::record::{Place, meta};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gateways")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub summary: String,
    pub description: String,
    pub stage: String,
    pub external_ref: String,
    pub mail_to: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Whose an API is. An API is nobody's or one gateway's: it is the key.
pub(crate) mod api {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "gateway_apis")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub api_id: Uuid,
        pub gateway_id: Uuid,
        pub external_ref: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for Gateway {
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
            summary: Set(self.summary.as_str().to_owned()),
            description: Set(self.description.as_str().to_owned()),
            stage: Set(self.stage.as_str().to_owned()),
            external_ref: Set(self.external_ref.as_str().to_owned()),
            mail_to: Set(self.mail_to.as_ref().map(ToString::to_string)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "gateways", id: row.id };
        Ok(Self {
            id: GatewayId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            summary: at.text("summary", Text::parse(&row.summary))?,
            description: at.text("description", Text::parse(&row.description))?,
            stage: at.text("stage", Text::parse(&row.stage))?,
            external_ref: at.text("external_ref", Text::parse(&row.external_ref))?,
            mail_to: row.mail_to.map(|to| at.text("mail_to", Email::parse(&to))).transpose()?,
            apis: BTreeMap::new(),
        })
    }

    async fn save_parts(&self, connection: &Connection<'_>) -> Result<()> {
        api::Entity::delete_many().filter(api::Column::GatewayId.eq(self.id.0)).exec(connection).await?;
        let rows = self.apis.iter().map(|(api, reference)| api::ActiveModel {
            api_id: Set(api.0),
            gateway_id: Set(self.id.0),
            external_ref: Set(reference.clone()),
        });
        if !self.apis.is_empty() {
            api::Entity::insert_many(rows).exec_without_returning(connection).await?;
        }
        Ok(())
    }

    async fn load_parts(nouns: &mut [Self], connection: &Connection<'_>) -> Result<()> {
        let ids = nouns.iter().map(|gateway| gateway.id.0);
        let rows = api::Entity::find().filter(api::Column::GatewayId.is_in(ids)).all(connection).await?;
        let mut apis: HashMap<Uuid, BTreeMap<ApiId, Option<String>>> = HashMap::new();
        for row in rows {
            apis.entry(row.gateway_id).or_default().insert(ApiId(row.api_id), row.external_ref);
        }
        for gateway in nouns {
            gateway.apis = apis.remove(&gateway.id()).unwrap_or_default();
        }
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Gateways, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn gateways(&self, page: PageRequest) -> Result<Page<Gateway>> {
        self.page(Entity::find(), page).await
    }

    /// Gateways by number of page.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn gateways_slice(&self, slice: Slice) -> Result<Sliced<Gateway>> {
        self.slice(Entity::find(), slice).await
    }

    /// The gateway that an API belongs to, if it belongs to one.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn gateway_of_api(&self, api: ApiId) -> Result<Option<Gateway>> {
        let row = api::Entity::find_by_id(api.0).one(&self.0).await?;
        match row {
            Some(row) => self.find(row.gateway_id).await,
            None => Ok(None),
        }
    }
}
