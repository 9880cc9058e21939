//! Our nouns in Konnect's words, and back. The only place with opinions.

use std::collections::BTreeMap;

use app::{ClientProof, Offer, Terms};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::{AuthMethod, AuthStrategy, KeyLocation, SubscriptionStatus};
use uuid::Uuid;

use super::error::{Refusal, Source, Wrong};
use super::wire::{
    Application, ClientSecret, LatestVersion, Product, ProductVersion, Registration, RegistrationConfig,
    Strategy, stamp,
};
use edge::state::State;

/// What a status is called there: the same.
pub(super) const STATUSES: [(&str, SubscriptionStatus); 4] = [
    ("approved", SubscriptionStatus::Approved),
    ("pending", SubscriptionStatus::Pending),
    ("rejected", SubscriptionStatus::Rejected),
    ("revoked", SubscriptionStatus::Revoked),
];

pub(super) fn status(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Approved => "approved",
        SubscriptionStatus::Pending => "pending",
        SubscriptionStatus::Rejected => "rejected",
        SubscriptionStatus::Revoked => "revoked",
    }
}

pub(super) const CREDENTIAL_TYPES: [&str; 3] =
    ["client_credentials", "self_managed_client_credentials", "key_auth"];

pub(super) fn credential_type(method: &AuthMethod) -> &'static str {
    match method {
        AuthMethod::KeyAuth { .. } => "key_auth",
        AuthMethod::ClientCredentials { .. } | AuthMethod::BridgedClientCredentials { .. } => {
            "client_credentials"
        }
        AuthMethod::SelfManagedClientCredentials { .. } => "self_managed_client_credentials",
    }
}

/// How tokens are got or shown; of API keys there is nothing to say.
fn auth_methods(method: &AuthMethod) -> Option<Vec<String>> {
    match method {
        AuthMethod::KeyAuth { .. } => None,
        AuthMethod::ClientCredentials { auth_methods, .. }
        | AuthMethod::SelfManagedClientCredentials { auth_methods, .. }
        | AuthMethod::BridgedClientCredentials { auth_methods, .. } => Some(auth_methods.clone()),
    }
}

/// The scopes that applications may choose from, if there are any.
pub(super) fn available_scopes(method: &AuthMethod) -> Option<Vec<String>> {
    match method {
        AuthMethod::ClientCredentials { scopes, .. } if !scopes.is_empty() => Some(scopes.clone()),
        AuthMethod::KeyAuth { .. }
        | AuthMethod::ClientCredentials { .. }
        | AuthMethod::SelfManagedClientCredentials { .. }
        | AuthMethod::BridgedClientCredentials { .. } => None,
    }
}

pub(super) fn strategy(strategy: &AuthStrategy) -> Strategy {
    let key_names = match &strategy.method {
        AuthMethod::KeyAuth { locations } => {
            let name = |location: &KeyLocation| match location {
                KeyLocation::Header(name) | KeyLocation::Query(name) => name.clone(),
            };
            Some(locations.iter().map(name).collect())
        }
        AuthMethod::ClientCredentials { .. }
        | AuthMethod::SelfManagedClientCredentials { .. }
        | AuthMethod::BridgedClientCredentials { .. } => None,
    };
    Strategy {
        id: strategy.id.0,
        name: strategy.name.to_string(),
        credential_type: credential_type(&strategy.method),
        key_names,
        auth_methods: auth_methods(&strategy.method),
        available_scopes: available_scopes(&strategy.method),
    }
}

pub(super) fn application(application: domain::Application, by: &AuthStrategy) -> Application {
    Application {
        id: application.id.0,
        name: application.name.to_string(),
        reference_id: application.known_as(),
        description: Some(application.description.as_str().to_owned()).filter(|text| !text.is_empty()),
        redirect_uri: application.redirect_uri,
        credentials: None,
        auth_strategy: strategy(by),
        scopes: None,
        created_at: stamp(application.meta.created_at),
        updated_at: stamp(application.meta.updated_at),
    }
}

pub(super) fn client_secret(proof: &ClientProof) -> ClientSecret {
    ClientSecret { client_id: proof.client_id.clone(), client_secret: proof.secret.expose().to_owned() }
}

pub(super) fn product(offer: Offer) -> Product {
    let Offer { api, versions, documents } = offer;
    let latest = versions.first();
    Product {
        id: api.id.0,
        name: api.name.to_string(),
        description: Some(api.description.as_str().to_owned()).filter(|text| !text.is_empty()),
        document_count: documents,
        version_count: versions.len(),
        latest_version: latest
            .map(|version| LatestVersion { id: version.id.0, name: version.name.to_string() }),
        public_labels: labels(&api.tags),
        created_at: stamp(api.meta.created_at),
        updated_at: stamp(api.meta.updated_at),
    }
}

/// A tag `key:value` is a label, if both could be one; other tags are words, which labels cannot say.
fn labels(tags: &[String]) -> BTreeMap<String, String> {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let is_value = |text: &str| {
        let bytes = text.as_bytes();
        text.len() <= 63
            && edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b))
    };
    let reserved = ["kong", "konnect", "mesh", "kic", "_"];
    let is_key = |text: &str| {
        (1..=63).contains(&text.len()) && !reserved.iter().any(|prefix| text.starts_with(prefix))
    };
    let pairs = tags.iter().filter_map(|tag| tag.split_once(':'));
    let pairs = pairs.filter(|(key, value)| is_key(key) && is_value(value));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

pub(super) fn version(version: &domain::ApiVersion, terms: Option<&Terms>) -> ProductVersion {
    ProductVersion {
        id: version.id.0,
        name: version.name.to_string(),
        deprecated: version.deprecated,
        registration_configs: terms.map(config).into_iter().collect(),
        created_at: stamp(version.meta.created_at),
        updated_at: stamp(version.meta.updated_at),
    }
}

fn config(terms: &Terms) -> RegistrationConfig {
    let method = &terms.strategy.method;
    RegistrationConfig {
        id: terms.strategy.id.0,
        name: terms.strategy.name.to_string(),
        credential_type: credential_type(method),
        registration_enabled: terms.is_open,
        registration_auto_approve: terms.is_automatic,
        auth_methods: auth_methods(method),
        available_scopes: available_scopes(method),
    }
}

pub(super) fn registration(
    subscription: &domain::Subscription,
    version: &domain::ApiVersion,
    api: &domain::Api,
) -> Registration {
    Registration {
        id: subscription.id.0,
        status: status(subscription.status),
        application_id: subscription.application_id.0,
        product_id: api.id.0,
        product_name: api.name.to_string(),
        product_version_id: version.id.0,
        product_version_name: version.name.to_string(),
        created_at: stamp(subscription.meta.created_at),
        updated_at: stamp(subscription.meta.updated_at),
    }
}

/// What stands in a path between its words.
pub(super) struct Ids(Vec<(String, String)>);

impl FromRequestParts<State> for Ids {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| Refusal::not_found())?;
        Ok(Self(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}

impl Ids {
    /// One of them as it was given.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// One of them as an id.
    ///
    /// # Errors
    /// 400 if it is none.
    pub(super) fn id<T: From<Uuid>>(&self, name: &str) -> Result<T, Refusal> {
        match domain::parse_uuid(self.text(name)) {
            Some(id) => Ok(id.into()),
            None => Err(Refusal::wrong(Wrong::new(Source::Path, name, "is_uuid", "must be a UUID"))),
        }
    }
}
