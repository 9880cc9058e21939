//! Webhook endpoints.

use std::collections::BTreeSet;

use domain::{
    GatewayId, Instant, OutgoingUrl, Sealed, SealedHeader, SigningSecret, Text, WebhookAuth, WebhookEndpoint,
    WebhookEndpointId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect, QueryTrait};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::connection::Connection;
use crate::record::{Place, json, meta, word};
use crate::{Page, PageRequest, Read, Record, Result, webhook_interest, webhook_queue};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub url: String,
    pub description: String,
    pub event_types: Option<Json>,
    pub gateway_id: Option<Uuid>,
    pub shape: String,
    /// Passwords in it are sealed.
    pub auth: Json,
    /// Each is sealed.
    pub secrets: Json,
    pub ordered: bool,
    pub disabled: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A sealed value inside of JSON: hexadecimal digits.
struct Hex(Sealed);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map(|bytes| Self(Sealed(bytes))).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredAuth {
    None,
    Basic { username: String, password: Hex },
    Bearer { token: Hex },
    Headers { headers: Vec<(String, Hex)> },
    Certificate { certificate: String, private_key: Hex },
}

#[derive(Serialize, Deserialize)]
struct StoredSecret {
    created_at: Instant,
    expires_at: Option<Instant>,
    sealed: Hex,
}

impl From<WebhookAuth> for StoredAuth {
    fn from(auth: WebhookAuth) -> Self {
        match auth {
            WebhookAuth::None => Self::None,
            WebhookAuth::Basic { username, password } => Self::Basic { username, password: Hex(password) },
            WebhookAuth::Bearer { token } => Self::Bearer { token: Hex(token) },
            WebhookAuth::Headers { headers } => {
                Self::Headers { headers: headers.into_iter().map(|it| (it.name, Hex(it.value))).collect() }
            }
            WebhookAuth::Certificate { certificate, private_key } => {
                Self::Certificate { certificate, private_key: Hex(private_key) }
            }
        }
    }
}

impl From<StoredAuth> for WebhookAuth {
    fn from(auth: StoredAuth) -> Self {
        match auth {
            StoredAuth::None => Self::None,
            StoredAuth::Basic { username, password } => Self::Basic { username, password: password.0 },
            StoredAuth::Bearer { token } => Self::Bearer { token: token.0 },
            StoredAuth::Headers { headers } => {
                let header = |(name, value): (String, Hex)| SealedHeader { name, value: value.0 };
                Self::Headers { headers: headers.into_iter().map(header).collect() }
            }
            StoredAuth::Certificate { certificate, private_key } => {
                Self::Certificate { certificate, private_key: private_key.0 }
            }
        }
    }
}

fn stored_secret(secret: &SigningSecret) -> StoredSecret {
    let SigningSecret { created_at, expires_at, sealed } = secret.clone();
    StoredSecret { created_at, expires_at, sealed: Hex(sealed) }
}

impl Record for WebhookEndpoint {
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
            url: Set(self.url.to_string()),
            description: Set(self.description.as_str().to_owned()),
            event_types: Set(self.event_types.as_ref().map(json)),
            gateway_id: Set(self.gateway_id.map(|id| id.0)),
            shape: Set(word(self.shape)),
            auth: Set(json(StoredAuth::from(self.auth.clone()))),
            secrets: Set(json(self.secrets.iter().map(stored_secret).collect::<Vec<_>>())),
            ordered: Set(self.ordered),
            disabled: Set(self.disabled.map(word)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "webhook_endpoints", id: row.id };
        let auth: StoredAuth = at.json("auth", row.auth)?;
        let secrets: Vec<StoredSecret> = at.json("secrets", row.secrets)?;
        let secret = |it: StoredSecret| SigningSecret {
            created_at: it.created_at,
            expires_at: it.expires_at,
            sealed: it.sealed.0,
        };
        Ok(Self {
            id: WebhookEndpointId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            url: at.text("url", OutgoingUrl::stored(&row.url))?,
            description: at.text("description", Text::parse(&row.description))?,
            event_types: row.event_types.map(|types| at.json("event_types", types)).transpose()?,
            gateway_id: row.gateway_id.map(GatewayId),
            shape: at.word("shape", row.shape)?,
            auth: auth.into(),
            secrets: secrets.into_iter().map(secret).collect(),
            ordered: row.ordered,
            disabled: row.disabled.map(|why| at.word("disabled", why)).transpose()?,
        })
    }

    async fn save_parts(&self, connection: &Connection<'_>) -> Result<()> {
        webhook_queue::ensure(connection, self.id).await?;
        webhook_interest::write(connection, self).await
    }
}

/// Which endpoints are wanted.
#[derive(Clone, Debug, Default)]
pub struct WebhookEndpointFilter {
    /// Of this gateway.
    pub gateway_id: Option<GatewayId>,
    /// That are enabled, or are not.
    pub enabled: Option<bool>,
}

#[macros::boxed]
impl Read<'_> {
    /// Endpoints, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn webhook_endpoints(
        &self,
        filter: &WebhookEndpointFilter,
        page: PageRequest,
    ) -> Result<Page<WebhookEndpoint>> {
        let mut select = Entity::find();
        if let Some(id) = filter.gateway_id {
            select = select.filter(Column::GatewayId.eq(id.0));
        }
        select = match filter.enabled {
            Some(true) => select.filter(Column::Disabled.is_null()),
            Some(false) => select.filter(Column::Disabled.is_not_null()),
            None => select,
        };
        self.page(select, page).await
    }

    /// When the oldest endpoint that is still there was made, enabled or not; nothing if there is none.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn oldest_webhook_endpoint(&self) -> Result<Option<Instant>> {
        let found = Entity::find()
            .select_only()
            .column(Column::CreatedAt)
            .order_by_asc(Column::CreatedAt)
            .limit(1)
            .into_tuple::<i64>();
        Ok(found.one(&self.0).await?.map(Instant::from_micros))
    }

    /// The enabled endpoints of the whole installation, and those of a gateway.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn webhook_endpoints_of(&self, gateway: Option<GatewayId>) -> Result<Vec<WebhookEndpoint>> {
        let of_gateway = gateway.map(|id| Column::GatewayId.eq(id.0));
        let scope = Condition::any().add(Column::GatewayId.is_null()).add_option(of_gateway);
        self.many(Entity::find().filter(Column::Disabled.is_null()).filter(scope)).await
    }

    /// The endpoints that chose one of these types of events, or all. Whether one is told of an event it says itself
    /// ([`WebhookEndpoint::wants`]).
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn webhook_endpoints_for(&self, types: &BTreeSet<&str>) -> Result<Vec<WebhookEndpoint>> {
        // Not in one statement: SQLite would rather look through all endpoints that have no gateway.
        self.find_all(webhook_interest::interested_in(&self.0, types).await?).await
    }
}

/// The ids of the endpoints of a gateway.
pub(crate) fn endpoint_ids_of(gateway: GatewayId) -> sea_orm::sea_query::SelectStatement {
    Entity::find().select_only().column(Column::Id).filter(Column::GatewayId.eq(gateway.0)).into_query()
}
