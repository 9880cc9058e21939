//! External tokens, the forms by which they are asked for, and who has asked.

use domain::{
    ApiVersionId, DeveloperId, ExternalToken, ExternalTokenId, TokenForm, TokenFormId, TokenRequest,
    TokenRequestId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};

use crate::record::{Place, json, meta, word};
use crate::{Owned, Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub developer_id: Uuid,
    pub application_name: String,
    pub kind: String,
    pub sealed: Vec<u8>,
    pub state: String,
    pub maybe_duplicate: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What has to be filled in.
pub(crate) mod form {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "token_forms")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub api_version_id: Uuid,
        pub fields: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who has asked for one.
pub(crate) mod request {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "token_requests")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub developer_id: Uuid,
        pub api_version_id: Uuid,
        pub application_name: String,
        pub values: Json,
        pub token_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for ExternalToken {
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
            developer_id: Set(self.developer_id.0),
            application_name: Set(self.application_name.clone()),
            kind: Set(self.kind.clone()),
            sealed: Set(self.sealed.clone()),
            state: Set(word(self.state)),
            maybe_duplicate: Set(self.maybe_duplicate),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "external_tokens", id: row.id };
        Ok(Self {
            id: ExternalTokenId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            developer_id: DeveloperId(row.developer_id),
            application_name: row.application_name,
            kind: row.kind,
            sealed: row.sealed,
            state: at.word("state", row.state)?,
            maybe_duplicate: row.maybe_duplicate,
        })
    }
}

impl Owned for ExternalToken {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::all().add(Column::DeveloperId.eq(developer.0))
    }
}

impl Record for TokenForm {
    type Entity = form::Entity;
    type Row = form::ActiveModel;
    const ID: form::Column = form::Column::Id;
    const VERSION: form::Column = form::Column::Version;

    fn to_row(&self) -> Self::Row {
        form::ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            api_version_id: Set(self.api_version_id.0),
            fields: Set(json(&self.fields)),
        }
    }

    fn from_row(row: form::Model) -> Result<Self> {
        let at = Place { table: "token_forms", id: row.id };
        Ok(Self {
            id: TokenFormId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            api_version_id: ApiVersionId(row.api_version_id),
            fields: at.json("fields", row.fields)?,
        })
    }
}

impl Record for TokenRequest {
    type Entity = request::Entity;
    type Row = request::ActiveModel;
    const ID: request::Column = request::Column::Id;
    const VERSION: request::Column = request::Column::Version;

    fn to_row(&self) -> Self::Row {
        request::ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            developer_id: Set(self.developer_id.0),
            api_version_id: Set(self.api_version_id.0),
            application_name: Set(self.application_name.clone()),
            values: Set(json(&self.values)),
            token_id: Set(self.token_id.map(|id| id.0)),
        }
    }

    fn from_row(row: request::Model) -> Result<Self> {
        let at = Place { table: "token_requests", id: row.id };
        Ok(Self {
            id: TokenRequestId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            developer_id: DeveloperId(row.developer_id),
            api_version_id: ApiVersionId(row.api_version_id),
            application_name: row.application_name,
            values: at.json("values", row.values)?,
            token_id: row.token_id.map(ExternalTokenId),
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// External tokens, from the newest to the oldest; of one developer, if one is given.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn external_tokens(
        &self,
        developer: Option<DeveloperId>,
        page: PageRequest,
    ) -> Result<Page<ExternalToken>> {
        let mut select = Entity::find();
        if let Some(developer) = developer {
            select = select.filter(ExternalToken::visible_to(developer));
        }
        self.page(select, page).await
    }

    /// Whether a developer holds a token for an application.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn has_external_token(&self, developer: DeveloperId, application: &str) -> Result<bool> {
        let same = Entity::find()
            .filter(Column::DeveloperId.eq(developer.0))
            .filter(Column::ApplicationName.eq(application));
        Ok(same.count(&self.0).await? > 0)
    }

    /// The form of an API version, if it has one of its own.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn token_form(&self, version: ApiVersionId) -> Result<Option<TokenForm>> {
        self.one(form::Entity::find().filter(form::Column::ApiVersionId.eq(version.0))).await
    }

    /// Requests for tokens, from the newest to the oldest; of one developer, if one is given.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn token_requests(
        &self,
        developer: Option<DeveloperId>,
        page: PageRequest,
    ) -> Result<Page<TokenRequest>> {
        let mut select = request::Entity::find();
        if let Some(developer) = developer {
            select = select.filter(request::Column::DeveloperId.eq(developer.0));
        }
        self.page(select, page).await
    }

    /// The oldest request of a developer for an application that no token has answered: tokens do not say which request
    /// they answer.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn open_token_request(
        &self,
        developer: DeveloperId,
        application: &str,
    ) -> Result<Option<TokenRequest>> {
        let open = request::Entity::find()
            .filter(request::Column::DeveloperId.eq(developer.0))
            .filter(request::Column::ApplicationName.eq(application))
            .filter(request::Column::TokenId.is_null())
            .order_by_asc(request::Column::Id);
        self.one(open).await
    }

    /// The request that a token has answered, if it is known.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn request_of_token(&self, token: ExternalTokenId) -> Result<Option<TokenRequest>> {
        self.one(request::Entity::find().filter(request::Column::TokenId.eq(token.0))).await
    }
}
