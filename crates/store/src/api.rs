//! APIs, their versions, and the texts of their specifications.

use domain::openapi::{Operation, Specification};
use domain::{Api, ApiId, ApiVersion, ApiVersionId, AuthStrategyId, DeveloperId, Name, PlanId, Route, Text};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QuerySelect, QueryTrait};

use crate::read::contains;
use crate::record::{Place, json, meta, word};
use crate::{Owned, Page, PageRequest, Read, Record, Result, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "apis")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub search_key: String,
    pub description: String,
    pub tags: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Versions of APIs.
pub(crate) mod version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_versions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub api_id: Uuid,
        pub name: String,
        pub name_key: String,
        pub description: String,
        pub tags: Json,
        pub deprecated: bool,
        pub private: bool,
        pub cors: bool,
        pub auth_strategy_id: Uuid,
        pub accepted_credentials: Json,
        pub required_roles: Json,
        pub required_scopes: Json,
        pub operation_scopes: Option<Json>,
        pub audiences: Json,
        pub subscription_required: bool,
        pub plan_ids: Json,
        pub open_for_subscriptions: bool,
        pub approval: String,
        pub hosts: Json,
        pub path_prefixes: Json,
        pub methods: Json,
        pub specification: Option<Json>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Texts of specifications, apart from the versions: they are large and seldom wanted.
pub(crate) mod specification {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "specifications")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub api_version_id: Uuid,
        pub text: String,
        pub operations: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for Api {
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
            search_key: Set(self.name.search_key()),
            description: Set(self.description.as_str().to_owned()),
            tags: Set(json(&self.tags)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "apis", id: row.id };
        Ok(Self {
            id: ApiId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            description: at.text("description", Text::parse(&row.description))?,
            tags: at.json("tags", row.tags)?,
        })
    }
}

impl Record for ApiVersion {
    type Entity = version::Entity;
    type Row = version::ActiveModel;
    const ID: version::Column = version::Column::Id;
    const VERSION: version::Column = version::Column::Version;

    fn to_row(&self) -> Self::Row {
        version::ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            api_id: Set(self.api_id.0),
            name: Set(self.name.to_string()),
            name_key: Set(self.name.unique_key()),
            description: Set(self.description.as_str().to_owned()),
            tags: Set(json(&self.tags)),
            deprecated: Set(self.deprecated),
            private: Set(self.private),
            cors: Set(self.cors),
            auth_strategy_id: Set(self.auth_strategy_id.0),
            accepted_credentials: Set(json(&self.accepted_credentials)),
            required_roles: Set(json(&self.required_roles)),
            required_scopes: Set(json(&self.required_scopes)),
            operation_scopes: Set((!self.operation_scopes.is_empty()).then(|| json(&self.operation_scopes))),
            audiences: Set(json(&self.audiences)),
            subscription_required: Set(self.subscription_required),
            plan_ids: Set(json(&self.plan_ids)),
            open_for_subscriptions: Set(self.open_for_subscriptions),
            approval: Set(word(self.approval)),
            hosts: Set(json(&self.route.hosts)),
            path_prefixes: Set(json(&self.route.path_prefixes)),
            methods: Set(json(&self.route.methods)),
            specification: Set(self.specification.as_ref().map(json)),
        }
    }

    fn from_row(row: version::Model) -> Result<Self> {
        let at = Place { table: "api_versions", id: row.id };
        Ok(Self {
            id: ApiVersionId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            api_id: ApiId(row.api_id),
            name: at.text("name", Name::parse(&row.name))?,
            description: at.text("description", Text::parse(&row.description))?,
            tags: at.json("tags", row.tags)?,
            deprecated: row.deprecated,
            private: row.private,
            cors: row.cors,
            auth_strategy_id: AuthStrategyId(row.auth_strategy_id),
            accepted_credentials: at.json("accepted_credentials", row.accepted_credentials)?,
            required_roles: at.json("required_roles", row.required_roles)?,
            required_scopes: at.json("required_scopes", row.required_scopes)?,
            operation_scopes: match row.operation_scopes {
                Some(value) => at.json("operation_scopes", value)?,
                None => Vec::new(),
            },
            audiences: at.json("audiences", row.audiences)?,
            subscription_required: row.subscription_required,
            plan_ids: at.json::<Vec<PlanId>>("plan_ids", row.plan_ids)?,
            open_for_subscriptions: row.open_for_subscriptions,
            approval: at.word("approval", row.approval)?,
            route: Route {
                hosts: at.json("hosts", row.hosts)?,
                path_prefixes: at.json("path_prefixes", row.path_prefixes)?,
                methods: at.json("methods", row.methods)?,
            },
            specification: row.specification.map(|value| at.json("specification", value)).transpose()?,
        })
    }
}

impl Owned for Api {
    /// An API is on offer to a developer by its versions: one that is public, or one that they are subscribed to.
    fn visible_to(developer: DeveloperId) -> Condition {
        let versions = version::Entity::find()
            .select_only()
            .column(version::Column::ApiId)
            .filter(offered_to(developer))
            .into_query();
        Condition::all().add(Column::Id.in_subquery(versions))
    }
}

/// The versions that a developer may see.
fn offered_to(developer: DeveloperId) -> Condition {
    let subscribed = version::Column::Id.in_subquery(crate::subscription::versions_of(developer));
    Condition::any().add(version::Column::Private.eq(false)).add(subscribed)
}

/// Which APIs are wanted.
#[derive(Clone, Debug, Default)]
pub struct ApiFilter {
    /// The name holds this.
    pub name_contains: Option<String>,
    /// This developer may see a version of it.
    pub visible_to: Option<DeveloperId>,
}

/// Which versions are wanted.
#[derive(Clone, Debug, Default)]
pub struct ApiVersionFilter {
    /// They are versions of this API.
    pub api_id: Option<ApiId>,
    /// Private ones only if an application that this developer may see is subscribed to them.
    pub visible_to: Option<DeveloperId>,
}

#[macros::boxed]
impl Read<'_> {
    /// APIs, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn apis(&self, filter: &ApiFilter, page: PageRequest) -> Result<Page<Api>> {
        let mut select = Entity::find();
        if let Some(text) = &filter.name_contains {
            select = select.filter(contains(Column::SearchKey, text));
        }
        if let Some(developer) = filter.visible_to {
            select = select.filter(Api::visible_to(developer));
        }
        self.page(select, page).await
    }

    /// Versions of APIs, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn api_versions(
        &self,
        filter: &ApiVersionFilter,
        page: PageRequest,
    ) -> Result<Page<ApiVersion>> {
        let mut select = version::Entity::find();
        if let Some(api) = filter.api_id {
            select = select.filter(version::Column::ApiId.eq(api.0));
        }
        if let Some(developer) = filter.visible_to {
            select = select.filter(offered_to(developer));
        }
        self.page(select, page).await
    }

    /// Every API there is: they are few, and the catalogue is looked at as a whole.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_apis(&self) -> Result<Vec<Api>> {
        self.many(Entity::find()).await
    }

    /// Every version there is, for the gateway check.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_api_versions(&self) -> Result<Vec<ApiVersion>> {
        self.many(version::Entity::find()).await
    }

    /// The text of a version's specification.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn specification_text(&self, id: ApiVersionId) -> Result<Option<String>> {
        Ok(specification::Entity::find_by_id(id.0).one(&self.0).await?.map(|row| row.text))
    }

    /// The operations of a version's specification.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn operations(&self, id: ApiVersionId) -> Result<Option<Vec<Operation>>> {
        let row = specification::Entity::find_by_id(id.0).one(&self.0).await?;
        let at = Place { table: "specifications", id: id.0 };
        row.map(|row| at.json("operations", row.operations)).transpose()
    }
}

#[macros::boxed]
impl Tx {
    /// Puts a specification in the place of the one that a version had, or removes it.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_specification(
        &self,
        id: ApiVersionId,
        new: Option<(&str, &Specification)>,
    ) -> Result<()> {
        specification::Entity::delete_by_id(id.0).exec(&self.inner).await?;
        if let Some((text, specification)) = new {
            let row = specification::ActiveModel {
                api_version_id: Set(id.0),
                text: Set(text.to_owned()),
                operations: Set(json(&specification.operations)),
            };
            specification::Entity::insert(row).exec_without_returning(&self.inner).await?;
        }
        Ok(())
    }
}
