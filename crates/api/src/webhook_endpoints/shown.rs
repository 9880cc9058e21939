//! What an endpoint looks like, coming in and going out.

use app::{Health, ShownEndpoint};
use domain::{GatewayId, WebhookAuthDraft, WebhookEndpointDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::{Id, Time, nullable, present, set_if_given, words};

words! {
    /// What the bodies look like: our `own`, or what webMethods Developer Portal sends to third-party gateways
    /// (`webmethods_provider`) and to system webhooks (`webmethods_system`).
    WebhookShape = domain::WebhookShape {
        "own" = Own,
        "webmethods_provider" = WebmethodsProvider,
        "webmethods_system" = WebmethodsSystem,
    }
}

words! {
    /// Why an endpoint gets nothing: somebody switched it off, its receiver answered 410, or nothing could be delivered
    /// for five days.
    DisabledBecause = domain::DisabledBecause {
        "switched_off" = SwitchedOff,
        "gone" = Gone,
        "failing" = Failing,
    }
}

/// How we prove who we are, beside the signature. Secrets are never shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum WebhookAuth {
    /// Not at all.
    None,
    /// HTTP Basic.
    Basic { username: String },
    /// A bearer token.
    Bearer,
    /// Header fields.
    Headers {
        /// Their names.
        names: Vec<String>,
    },
    /// A client certificate in the TLS handshake.
    Certificate {
        /// It and those of its signers, as PEM.
        certificate: String,
    },
}

impl From<domain::WebhookAuth> for WebhookAuth {
    fn from(auth: domain::WebhookAuth) -> Self {
        match auth {
            domain::WebhookAuth::None => Self::None,
            domain::WebhookAuth::Basic { username, .. } => Self::Basic { username },
            domain::WebhookAuth::Bearer { .. } => Self::Bearer,
            domain::WebhookAuth::Headers { headers } => {
                Self::Headers { names: headers.into_iter().map(|header| header.name).collect() }
            }
            domain::WebhookAuth::Certificate { certificate, .. } => Self::Certificate { certificate },
        }
    }
}

/// How we are to prove who we are, beside the signature.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum NewWebhookAuth {
    /// Not at all.
    None,
    /// HTTP Basic.
    Basic {
        /// Without a colon.
        #[schema(min_length = 1, max_length = 255)]
        username: String,
        #[schema(min_length = 1, max_length = 1024)]
        password: String,
    },
    /// A bearer token.
    Bearer {
        #[schema(min_length = 1, max_length = 4096)]
        token: String,
    },
    /// Header fields.
    Headers {
        #[schema(min_items = 1, max_items = 10)]
        headers: Vec<NewHeader>,
    },
    /// A client certificate in the TLS handshake, for receivers with `https`.
    Certificate {
        /// It and those of its signers, as PEM.
        #[schema(min_length = 1, max_length = 32768)]
        certificate: String,
        /// Its private key as PEM, not encrypted: it is kept sealed.
        #[schema(min_length = 1, max_length = 16384)]
        private_key: String,
    },
}

/// A header field that is sent with every attempt.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHeader {
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    #[schema(min_length = 1, max_length = 4096)]
    value: String,
}

impl From<NewWebhookAuth> for WebhookAuthDraft {
    fn from(auth: NewWebhookAuth) -> Self {
        match auth {
            NewWebhookAuth::None => Self::None,
            NewWebhookAuth::Basic { username, password } => Self::Basic { username, password },
            NewWebhookAuth::Bearer { token } => Self::Bearer { token },
            NewWebhookAuth::Headers { headers } => {
                Self::Headers(headers.into_iter().map(|header| (header.name, header.value)).collect())
            }
            NewWebhookAuth::Certificate { certificate, private_key } => {
                Self::Certificate { certificate, private_key }
            }
        }
    }
}

/// Where events are sent to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookEndpoint {
    id: Uuid,
    url: String,
    description: String,
    /// The chosen types; null: all of them.
    event_types: Option<Vec<String>>,
    /// The gateway whose events it gets; null: those of the whole installation.
    gateway_id: Option<Uuid>,
    shape: WebhookShape,
    auth: WebhookAuth,
    /// Whether the events of one application come one after the other.
    ordered: bool,
    enabled: bool,
    /// Why it gets nothing, if it does not.
    disabled_because: Option<DisabledBecause>,
    /// When the signing secrets that still count were made and end, the present one first.
    secrets: Vec<SigningSecret>,
    created_at: Time,
    updated_at: Time,
}

/// A signing secret, without the secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SigningSecret {
    created_at: Time,
    /// From when on it is not used any more; null: it is the present one.
    expires_at: Option<Time>,
}

impl From<domain::WebhookEndpoint> for WebhookEndpoint {
    fn from(it: domain::WebhookEndpoint) -> Self {
        let secret = |secret: &domain::SigningSecret| SigningSecret {
            created_at: secret.created_at.into(),
            expires_at: secret.expires_at.map(Time),
        };
        Self {
            id: it.id.0,
            url: it.url.to_string(),
            description: it.description.as_str().to_owned(),
            secrets: it.secrets.iter().map(secret).collect(),
            event_types: it.event_types,
            gateway_id: it.gateway_id.map(|id| id.0),
            shape: it.shape.into(),
            auth: it.auth.into(),
            ordered: it.ordered,
            enabled: it.disabled.is_none(),
            disabled_because: it.disabled.map(Into::into),
            created_at: it.meta.created_at.into(),
            updated_at: it.meta.updated_at.into(),
        }
    }
}

/// An endpoint and how it has been doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookEndpointDetails {
    #[serde(flatten)]
    endpoint: WebhookEndpoint,
    /// Since when every attempt failed; null: it works, or was not tried yet.
    failing_since: Option<Time>,
    /// The receiver asked to be left alone until then.
    paused_until: Option<Time>,
}

impl From<ShownEndpoint> for WebhookEndpointDetails {
    fn from(ShownEndpoint { endpoint, health }: ShownEndpoint) -> Self {
        let time = |get: fn(&Health) -> Option<domain::Instant>| health.as_ref().and_then(get).map(Time);
        Self {
            endpoint: endpoint.into(),
            failing_since: time(|health| health.failing_since),
            paused_until: time(|health| health.paused_until),
        }
    }
}

/// An endpoint with the secret that its attempts are signed with: shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedWebhookEndpoint {
    #[serde(flatten)]
    pub(super) endpoint: WebhookEndpoint,
    /// Never shown again.
    pub(super) secret: String,
}

/// An endpoint to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhookEndpoint {
    /// With https; with http only to networks in `outbound.allow_private`.
    #[schema(min_length = 1, max_length = 2048, example = "https://gateway.example.com/hook")]
    url: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// Some of `/api/v1/event-types`; null or left out: all of them.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 200)]
    event_types: Option<Vec<String>>,
    /// The gateway whose events it gets; null or left out: those of the whole installation.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    gateway_id: Option<Id>,
    #[serde(default = "own")]
    #[schema(inline, default = "own")]
    shape: WebhookShape,
    #[serde(default)]
    auth: Option<NewWebhookAuth>,
    /// Whether the events of one application come one after the other.
    #[serde(default)]
    ordered: bool,
    /// A signing secret that the receiver has already: `whsec_` and the base64 of 24 to 64 bytes. Left out: we make one.
    #[serde(default)]
    pub(super) secret: Option<String>,
}

fn own() -> WebhookShape {
    WebhookShape::Own
}

impl From<NewWebhookEndpoint> for WebhookEndpointDraft {
    fn from(new: NewWebhookEndpoint) -> Self {
        Self {
            url: new.url,
            description: new.description,
            event_types: new.event_types,
            gateway_id: new.gateway_id.map(|id| GatewayId(id.into())),
            shape: new.shape.into(),
            auth: new.auth.map(WebhookAuthDraft::from),
            ordered: new.ordered,
        }
    }
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookEndpointChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(
        min_length = 1,
        max_length = 2048,
        nullable = false,
        example = "https://gateway.example.com/hook"
    )]
    url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    description: Option<String>,
    /// Null: all types.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(min_items = 1, max_items = 200, value_type = Option<Vec<String>>)]
    event_types: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    shape: Option<WebhookShape>,
    /// The whole of it, secrets included: what was there is replaced.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    auth: Option<NewWebhookAuth>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    ordered: Option<bool>,
}

impl WebhookEndpointChange {
    pub(super) fn apply(self, draft: &mut WebhookEndpointDraft) {
        set_if_given(&mut draft.url, self.url);
        set_if_given(&mut draft.description, self.description);
        set_if_given(&mut draft.event_types, self.event_types);
        set_if_given(&mut draft.shape, self.shape.map(Into::into));
        set_if_given(&mut draft.ordered, self.ordered);
        draft.auth = self.auth.map(WebhookAuthDraft::from);
    }
}
