//! Developer Portal's JSON, field for field.

use std::collections::BTreeMap;

use domain::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// `2022-02-10T12:43+0000`.
pub(super) fn minute(at: Instant) -> String {
    let text = at.to_string();
    format!("{}+0000", text.get(..16).unwrap_or_default())
}

/// `2021-03-26 10:14 UTC`, as traces are dated.
pub(super) fn minute_utc(at: Instant) -> String {
    let text = at.to_string();
    let part = |range| text.get(range).unwrap_or_default();
    format!("{} {} UTC", part(0..10), part(11..16))
}

/// Something was made.
#[derive(Debug, Serialize)]
pub(super) struct Made {
    id: Uuid,
    #[serde(rename = "_self")]
    this: String,
}

impl Made {
    /// `collection` is its path below `/portal`.
    pub(super) fn new(collection: &str, id: Uuid) -> Self {
        Self { id, this: format!("/portal{collection}/{id}") }
    }
}

/// Something was done.
#[derive(Debug, Serialize)]
pub(super) struct Done {
    code: u16,
    message: &'static str,
}

impl Done {
    pub(super) fn new(message: &'static str) -> Self {
        Self { code: 200, message }
    }
}

/// What is asked for, as it comes.
#[derive(Debug, Deserialize)]
pub(super) struct NewRequest {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) context: NewContext,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct NewContext {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) apis: Vec<String>,
    pub(super) redirect_uris: Option<Vec<String>>,
    #[serde(default)]
    pub(super) custom: BTreeMap<String, Value>,
    pub(super) application: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) package: Option<String>,
}

/// A request.
#[derive(Debug, Serialize)]
pub(super) struct Request {
    pub(super) owner: Uuid,
    pub(super) id: Uuid,
    pub(super) modified: String,
    pub(super) created: String,
    #[serde(rename = "documentType")]
    pub(super) document_type: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) application: Uuid,
    pub(super) state: BTreeMap<Uuid, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) context: Option<Context>,
}

/// What was said about a request, as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Context {
    pub(super) apis: Vec<Uuid>,
    pub(super) custom: BTreeMap<String, String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    /// `"true"` or `"false"`: a word, not a truth value.
    pub(super) subscription: &'static str,
    pub(super) externalrefkey: Option<String>,
    pub(super) user: Uuid,
    pub(super) tenant: &'static str,
    pub(super) provider_ref: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) package: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<Uuid>,
}

/// An application.
#[derive(Debug, Serialize)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) owner: Uuid,
    pub(super) id: Uuid,
    #[serde(rename = "documentType")]
    pub(super) document_type: &'static str,
    #[serde(rename = "providerRef")]
    pub(super) provider_ref: Option<Uuid>,
    pub(super) access: Access,
    pub(super) apis: Vec<Uuid>,
    pub(super) credentials: Vec<Credential>,
    pub(super) status: &'static str,
    pub(super) slots: BTreeMap<&'static str, String>,
    pub(super) deleted: bool,
    pub(super) description: String,
    pub(super) app_type: &'static str,
    #[serde(rename = "packageId", skip_serializing_if = "Option::is_none")]
    pub(super) package_id: Option<Uuid>,
    #[serde(rename = "planId", skip_serializing_if = "Option::is_none")]
    pub(super) plan_id: Option<Uuid>,
}

/// With whom an application is shared.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Access {
    #[serde(default)]
    pub(super) teams: Vec<String>,
    #[serde(default)]
    pub(super) users: Vec<String>,
}

/// A credential. Fields that are null in the vendor's answers are null here, too.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Credential {
    #[serde(rename_all = "camelCase")]
    #[serde(rename = "APIKey")]
    ApiKey {
        #[serde(default)]
        expiry: Option<Value>,
        api_key: String,
    },
    #[serde(rename_all = "camelCase")]
    #[serde(rename = "OAuth2")]
    OAuth2 {
        client_id: String,
        #[serde(default)]
        client_secret: String,
        #[serde(default)]
        scopes: Vec<String>,
        #[serde(default)]
        token_life_time: Option<i64>,
        #[serde(default)]
        token_refresh_limit: Option<i64>,
        #[serde(default)]
        authorization_uris: Vec<String>,
        #[serde(default, alias = "accesstoken_uris")]
        access_token_uris: Vec<String>,
        #[serde(default)]
        redirect_uris: Vec<String>,
        #[serde(default)]
        refresh_token_uris: Vec<String>,
    },
    #[serde(rename = "JWT")]
    Jwt {
        #[serde(default)]
        claimsets: Vec<ClaimSet>,
        // Here the vendor writes it otherwise than in OAuth2.
        #[serde(default, alias = "accessTokenUris")]
        accesstoken_uris: Option<Vec<String>>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ClaimSet {
    pub(super) name: String,
    #[serde(default)]
    pub(super) claims: Vec<Claim>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) key: String,
    pub(super) value: String,
}

/// An application as gateways and administrators send it. Whatever else is in it, its APIs among it, is left aside:
/// APIs come and go with requests only.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ApplicationUpdate {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) credentials: Option<Vec<Credential>>,
}

/// A provider, as it comes: what the tutorial sends, what the modern form sends, and what the legacy form sends.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ProviderInput {
    pub(super) name: Option<String>,
    #[serde(alias = "shortDescription")]
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) stage: Option<String>,
    #[serde(rename = "externalRefKey")]
    pub(super) external_ref_key: Option<String>,
    pub(super) webhooks: Option<Vec<String>>,
    pub(super) credentials: Option<String>,
    #[serde(default, rename = "notificationPlugins")]
    pub(super) notification_plugins: Vec<Plugin>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Plugin {
    pub(super) id: String,
    #[serde(default, rename = "pluginParameters")]
    pub(super) parameters: BTreeMap<String, Value>,
}

/// A provider.
#[derive(Debug, Serialize)]
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) id: Uuid,
    #[serde(rename = "documentType")]
    pub(super) document_type: &'static str,
    #[serde(rename = "providerRef")]
    pub(super) provider_ref: Uuid,
    pub(super) created: String,
    pub(super) modified: String,
    pub(super) stage: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) webhooks: Vec<Uuid>,
    #[serde(rename = "externalRefKey", skip_serializing_if = "Option::is_none")]
    pub(super) external_ref_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hooks: Option<Vec<Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_vendor_writes_them() {
        let at = Instant::parse("2022-02-10T12:43:59.5Z").unwrap();
        assert_eq!(minute(at), "2022-02-10T12:43+0000");
        assert_eq!(minute_utc(at), "2022-02-10 12:43 UTC");
    }
}
