//! Documents of APIs.

use std::collections::HashMap;

use domain::{ApiId, Document, DocumentId, Name};
use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use crate::record::{Place, meta};
use crate::{Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub api_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub slug: String,
    pub title: String,
    pub position: i64,
    #[sea_orm(column_type = "Text")]
    pub body: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Document {
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
            api_id: Set(self.api_id.0),
            parent_id: Set(self.parent_id.map(|id| id.0)),
            slug: Set(self.slug.clone()),
            title: Set(self.title.to_string()),
            position: Set(self.position),
            body: Set(self.body.clone()),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "documents", id: row.id };
        Ok(Self {
            id: DocumentId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            api_id: ApiId(row.api_id),
            parent_id: row.parent_id.map(DocumentId),
            slug: row.slug,
            title: at.text("title", Name::parse(&row.title))?,
            position: row.position,
            body: row.body,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// All pages about an API, in no order: an API has at most [`domain::MAX_DOCUMENTS`].
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn documents_of(&self, api: ApiId) -> Result<Vec<Document>> {
        self.many(Entity::find().filter(Column::ApiId.eq(api.0))).await
    }

    /// The page about an API with a name.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn document_by_slug(&self, api: ApiId, slug: &str) -> Result<Option<Document>> {
        let named = crate::read::is_word(Column::Slug, slug);
        self.one(Entity::find().filter(Column::ApiId.eq(api.0)).filter(named)).await
    }

    /// How many pages each API has; those without any are left out.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_documents(&self) -> Result<HashMap<ApiId, u64>> {
        let counts: Vec<(Uuid, i64)> = Entity::find()
            .select_only()
            .column(Column::ApiId)
            .column_as(Column::Id.count(), "count")
            .group_by(Column::ApiId)
            .into_tuple()
            .all(&self.0)
            .await?;
        Ok(counts.into_iter().map(|(api, count)| (ApiId(api), count.unsigned_abs())).collect())
    }

    /// The APIs that have a page whose title or text holds this, without regard to case.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn apis_with_document_like(&self, text: &str) -> Result<Vec<ApiId>> {
        let rows: Vec<(Uuid, String, String)> = Entity::find()
            .select_only()
            .columns([Column::ApiId, Column::Title, Column::Body])
            .into_tuple()
            .all(&self.0)
            .await?;
        let wanted = domain::search_key(text);
        let holds = |text: &str| domain::search_key(text).contains(&wanted);
        let found = rows.into_iter().filter(|(_, title, body)| holds(title) || holds(body));
        Ok(found.map(|(api, ..)| ApiId(api)).collect())
    }
}
