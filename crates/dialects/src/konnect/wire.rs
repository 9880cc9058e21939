//! What Konnect's JSON looks like, field for field, where several operations share it.

use domain::Instant;
use serde::Serialize;
use uuid::Uuid;

/// A moment with milliseconds, such as `2022-11-04T20:10:06.927Z`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Stamp(String);

pub(super) fn stamp(at: Instant) -> Stamp {
    let millis = at.micros().rem_euclid(1_000_000) / 1_000;
    let second = Instant::from_micros(at.unix_seconds().saturating_mul(1_000_000)).to_string();
    Stamp(format!("{}.{millis:03}Z", second.trim_end_matches('Z')))
}

/// How applications authenticate, as their developers see it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Strategy {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) credential_type: &'static str,
    /// Of API keys: the names of headers and parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_names: Option<Vec<String>>,
    /// Of clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth_methods: Option<Vec<String>>,
    /// Of clients that are made here, if there are scopes to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) available_scopes: Option<Vec<String>>,
}

/// What calls APIs.
#[derive(Debug, Serialize)]
pub(super) struct Application {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) reference_id: String,
    pub(super) description: Option<String>,
    pub(super) redirect_uri: Option<String>,
    /// In the answer to its making only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credentials: Option<ClientSecret>,
    pub(super) auth_strategy: Strategy,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scopes: Option<Vec<String>>,
    pub(super) created_at: Stamp,
    pub(super) updated_at: Stamp,
}

/// A client's name and secret.
#[derive(Debug, Serialize)]
pub(super) struct ClientSecret {
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

/// What is offered, under a name.
#[derive(Debug, Serialize)]
pub(super) struct Product {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) document_count: u64,
    pub(super) version_count: usize,
    pub(super) latest_version: Option<LatestVersion>,
    pub(super) public_labels: std::collections::BTreeMap<String, String>,
    pub(super) created_at: Stamp,
    pub(super) updated_at: Stamp,
}

/// The newest version of a product.
#[derive(Debug, Serialize)]
pub(super) struct LatestVersion {
    pub(super) id: Uuid,
    pub(super) name: String,
}

/// One callable version of a product.
#[derive(Debug, Serialize)]
pub(super) struct ProductVersion {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) deprecated: bool,
    pub(super) registration_configs: Vec<RegistrationConfig>,
    pub(super) created_at: Stamp,
    pub(super) updated_at: Stamp,
}

/// How applications register for a version.
#[derive(Debug, Serialize)]
pub(super) struct RegistrationConfig {
    /// The strategy's.
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) credential_type: &'static str,
    pub(super) registration_enabled: bool,
    pub(super) registration_auto_approve: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth_methods: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) available_scopes: Option<Vec<String>>,
}

/// The right of an application to call a version.
#[derive(Debug, Serialize)]
pub(super) struct Registration {
    pub(super) id: Uuid,
    pub(super) status: &'static str,
    pub(super) application_id: Uuid,
    pub(super) product_id: Uuid,
    pub(super) product_name: String,
    pub(super) product_version_id: Uuid,
    pub(super) product_version_name: String,
    pub(super) created_at: Stamp,
    pub(super) updated_at: Stamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_three_digits() {
        let shown = |micros| stamp(Instant::from_micros(micros)).0;
        assert_eq!(shown(1_667_592_606_927_999), "2022-11-04T20:10:06.927Z");
        assert_eq!(shown(0), "1970-01-01T00:00:00.000Z");
    }
}
