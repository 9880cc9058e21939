//! What people have allowed clients: grants, and consents that are remembered.

use domain::{
    ApplicationId, ClientId, Consent, ConsentId, DeveloperId, GrantId, IdentityProviderId, Instant,
    OAuthGrant, SessionId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect, QueryTrait};

use crate::record::{Place, json, meta, word};
use crate::{Owned, Page, PageRequest, Read, Record, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub client_id: Uuid,
    pub application_id: Uuid,
    pub developer_id: Uuid,
    pub session_id: Option<Uuid>,
    pub identity_provider_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub scopes: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub resources: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub claims: Json,
    pub auth_time: i64,
    pub end_reason: Option<String>,
    /// What nodes of an earlier version read and write in the place of `proof`.
    pub second_factor: Option<bool>,
    pub proof: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Consents that are remembered.
pub(crate) mod consent {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "oauth_consents")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub client_id: Uuid,
        pub application_id: Uuid,
        pub developer_id: Uuid,
        #[sea_orm(column_type = "JsonBinary")]
        pub scopes: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for OAuthGrant {
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
            client_id: Set(self.client_id.0),
            application_id: Set(self.application_id.0),
            developer_id: Set(self.developer_id.0),
            session_id: Set(self.session_id.map(|id| id.0)),
            identity_provider_id: Set(self.identity_provider_id.map(|id| id.0)),
            scopes: Set(json(&self.scopes)),
            resources: Set(json(&self.resources)),
            claims: Set(self.claims.clone()),
            auth_time: Set(self.auth_time.micros()),
            end_reason: Set(self.end.map(word)),
            second_factor: Set(Some(self.proof.is_twofold())),
            proof: Set(Some(word(self.proof))),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "oauth_grants", id: row.id };
        Ok(Self {
            id: GrantId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            client_id: ClientId(row.client_id),
            application_id: ApplicationId(row.application_id),
            developer_id: DeveloperId(row.developer_id),
            session_id: row.session_id.map(SessionId),
            identity_provider_id: row.identity_provider_id.map(IdentityProviderId),
            scopes: at.json("scopes", row.scopes)?,
            resources: at.json("resources", row.resources)?,
            claims: row.claims,
            auth_time: Instant::from_micros(row.auth_time),
            proof: at.proof(row.proof, row.second_factor)?,
            end: row.end_reason.map(|end| at.word("end_reason", end)).transpose()?,
        })
    }
}

impl Record for Consent {
    type Entity = consent::Entity;
    type Row = consent::ActiveModel;
    const ID: consent::Column = consent::Column::Id;
    const VERSION: consent::Column = consent::Column::Version;

    fn to_row(&self) -> Self::Row {
        consent::ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            client_id: Set(self.client_id.0),
            application_id: Set(self.application_id.0),
            developer_id: Set(self.developer_id.0),
            scopes: Set(json(&self.scopes)),
        }
    }

    fn from_row(row: consent::Model) -> Result<Self> {
        let at = Place { table: "oauth_consents", id: row.id };
        Ok(Self {
            id: ConsentId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            client_id: ClientId(row.client_id),
            application_id: ApplicationId(row.application_id),
            developer_id: DeveloperId(row.developer_id),
            scopes: at.json("scopes", row.scopes)?,
        })
    }
}

impl Owned for Consent {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::all().add(consent::Column::DeveloperId.eq(developer.0))
    }
}

/// Of which grants.
#[derive(Clone, Copy, Debug)]
pub enum GrantsOf {
    /// Of a person.
    Developer(DeveloperId),
    /// Of a person to a client.
    DeveloperAtClient(DeveloperId, ClientId),
    /// Of a session.
    Session(SessionId),
}

#[macros::boxed]
impl Read<'_> {
    /// Grants that have not been ended.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn living_grants(&self, of: GrantsOf) -> Result<Vec<OAuthGrant>> {
        let select = Entity::find().filter(Column::EndReason.is_null());
        let select = match of {
            GrantsOf::Developer(id) => select.filter(Column::DeveloperId.eq(id.0)),
            GrantsOf::DeveloperAtClient(id, client) => {
                select.filter(Column::DeveloperId.eq(id.0)).filter(Column::ClientId.eq(client.0))
            }
            GrantsOf::Session(id) => select.filter(Column::SessionId.eq(id.0)),
        };
        self.many(select.order_by_asc(Column::Id)).await
    }

    /// What a person has agreed to with a client.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn consent(&self, developer: DeveloperId, client: ClientId) -> Result<Option<Consent>> {
        let select = consent::Entity::find()
            .filter(consent::Column::DeveloperId.eq(developer.0))
            .filter(consent::Column::ClientId.eq(client.0));
        self.one(select).await
    }

    /// What a person has agreed to, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn consents(&self, developer: DeveloperId, page: PageRequest) -> Result<Page<Consent>> {
        let select = consent::Entity::find().filter(consent::Column::DeveloperId.eq(developer.0));
        self.page(select, page).await
    }
}

#[macros::boxed]
impl Store {
    /// Removes grants from before a moment, with their codes and refresh tokens, some at a time: a grant is worth
    /// nothing when the last token that can come from it is over.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_grants(&self, before: Instant, most: u64) -> Result<u64> {
        let old = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::CreatedAt.lt(before.micros()))
            .order_by_asc(Column::CreatedAt)
            .limit(most)
            .into_query();
        Ok(Entity::delete_many().filter(Column::Id.in_subquery(old)).exec(self.writer()).await?.rows_affected)
    }
}
