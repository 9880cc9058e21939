//! Webhook endpoints: where events are sent to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::webhook_auth::Seal;
use crate::{
    AddressRules, Checks, Error, EventType, GatewayId, Instant, Invalid, MAX_OVERLAP, Meta, OutgoingUrl,
    Sealed, Text, Transition, WebhookAuth, WebhookAuthDraft, WebhookEndpointId, WebhookEvent,
};

/// Where events are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WebhookEndpoint {
    /// Its identity.
    pub id: WebhookEndpointId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// The URL that events are posted to.
    pub url: OutgoingUrl,
    /// What it is for.
    pub description: Text,
    /// The chosen types; nothing: all of them.
    pub event_types: Option<Vec<String>>,
    /// The gateway whose events it gets; nothing: those of the whole installation that are meant for no gateway, and of
    /// the others those that it chose by name.
    pub gateway_id: Option<GatewayId>,
    /// What the bodies look like.
    pub shape: WebhookShape,
    /// How we prove who we are, beside the signature.
    pub auth: WebhookAuth,
    /// The secrets that each attempt is signed with, the newest first.
    pub secrets: Vec<SigningSecret>,
    /// Whether the events of one application come one after the other: the next one is sent when the one before was
    /// taken, given up or canceled.
    pub ordered: bool,
    /// Why it gets nothing; nothing: it is enabled.
    pub disabled: Option<DisabledBecause>,
}

noun!(WebhookEndpoint, WebhookEndpointId);

/// What the bodies look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookShape {
    /// Our own: `{"type", "timestamp", "data"}`, as Standard Webhooks has them.
    #[default]
    Own,
    /// What webMethods Developer Portal sends to a third-party gateway.
    WebmethodsProvider,
    /// What webMethods Developer Portal sends to system webhooks.
    WebmethodsSystem,
}

/// Why an endpoint gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledBecause {
    /// Somebody switched it off.
    SwitchedOff,
    /// The receiver answered 410: it is gone for good.
    Gone,
    /// Nothing was delivered for five days.
    Failing,
}

/// A secret that attempts are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SigningSecret {
    /// When it was made.
    pub created_at: Instant,
    /// From when on it is not used any more; nothing: it is the present one.
    pub expires_at: Option<Instant>,
    /// The secret.
    #[serde(skip)]
    pub sealed: Sealed,
}

/// What somebody typed about an endpoint.
#[derive(Clone)]
pub struct WebhookEndpointDraft {
    /// See [`WebhookEndpoint::url`].
    pub url: String,
    /// See [`WebhookEndpoint::description`].
    pub description: String,
    /// See [`WebhookEndpoint::event_types`].
    pub event_types: Option<Vec<String>>,
    /// See [`WebhookEndpoint::gateway_id`].
    pub gateway_id: Option<GatewayId>,
    /// See [`WebhookEndpoint::shape`].
    pub shape: WebhookShape,
    /// A new authentication; nothing: as it is.
    pub auth: Option<WebhookAuthDraft>,
    /// See [`WebhookEndpoint::ordered`].
    pub ordered: bool,
}

/// How many secrets an endpoint may have at once, the old ones included.
const MAX_SECRETS: usize = 11;
impl WebhookEndpoint {
    /// A new endpoint with its first signing secret.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: WebhookEndpointId,
        draft: WebhookEndpointDraft,
        secret: Sealed,
        rules: &AddressRules,
        seal: Seal<'_>,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let first = SigningSecret { created_at: now, expires_at: None, sealed: secret };
        let blank = Self {
            id,
            meta: Meta::new(now),
            url: OutgoingUrl::stored("https://localhost/")?,
            description: Text::default(),
            event_types: None,
            gateway_id: None,
            shape: WebhookShape::Own,
            auth: WebhookAuth::None,
            secrets: vec![first],
            ordered: false,
            disabled: None,
        };
        Ok(Transition::create(draft.check(blank, rules, seal)?, "webhook_endpoint.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> WebhookEndpointDraft {
        WebhookEndpointDraft {
            url: self.url.to_string(),
            description: self.description.as_str().to_owned(),
            event_types: self.event_types.clone(),
            gateway_id: self.gateway_id,
            shape: self.shape,
            auth: None,
            ordered: self.ordered,
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(
        &self,
        draft: WebhookEndpointDraft,
        rules: &AddressRules,
        seal: Seal<'_>,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let has_new_auth = draft.auth.is_some();
        let after = draft.check(self.clone(), rules, seal)?;
        let change = Transition::update(self, after, "webhook_endpoint.updated", now);
        // The values themselves are never told; that they are others is.
        Ok(if has_new_auth { change.with_detail("auth_secrets", "changed") } else { change })
    }

    /// Signs with a new secret from now on, and with the present ones as well for `overlap`.
    ///
    /// # Errors
    /// If the overlap is too long, or there are too many secrets already.
    pub fn rotate_secret(
        &self,
        secret: Sealed,
        overlap: Duration,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        if overlap > MAX_OVERLAP {
            return Err(Invalid::field("overlap_seconds", "out_of_range", "must be at most 90 days").into());
        }
        let mut after = self.clone();
        let end = now + overlap;
        for old in &mut after.secrets {
            old.expires_at = Some(old.expires_at.map_or(end, |at| at.min(end)));
        }
        after.secrets.retain(|old| old.expires_at.is_none_or(|at| now < at));
        after.secrets.insert(0, SigningSecret { created_at: now, expires_at: None, sealed: secret });
        if after.secrets.len() > MAX_SECRETS {
            let message = "10 old secrets still count; rotate with a shorter overlap, or wait until they end";
            return Err(Error::conflict("too_many_secrets", message));
        }
        Ok(Transition::update(self, after, "webhook_endpoint.secret_rotated", now))
    }

    /// Switches it off.
    ///
    /// # Errors
    /// If it is off.
    pub fn disable(&self, why: DisabledBecause, now: Instant) -> Result<Transition<Self>, Error> {
        if self.disabled.is_some() {
            return Err(Error::conflict("already_disabled", "this endpoint is disabled"));
        }
        let after = Self { disabled: Some(why), ..self.clone() };
        Ok(Transition::update(self, after, "webhook_endpoint.disabled", now))
    }

    /// Switches it on again.
    ///
    /// # Errors
    /// If it is on.
    pub fn enable(&self, now: Instant) -> Result<Transition<Self>, Error> {
        if self.disabled.is_none() {
            return Err(Error::conflict("already_enabled", "this endpoint is enabled"));
        }
        Ok(Transition::update(self, Self { disabled: None, ..self.clone() }, "webhook_endpoint.enabled", now))
    }

    /// Whether it is to be told of an event. One of the whole installation is told of what is meant for a gateway only
    /// if it has chosen that type by name; one in the shape for gateways of nothing but what is meant for its gateway.
    pub fn wants(&self, event: &WebhookEvent) -> bool {
        let chosen = self.event_types.as_ref().map(|types| types.contains(&event.kind));
        let is_its_own = self.gateway_id == event.gateway_id;
        let by_name = self.gateway_id.is_none() && chosen == Some(true);
        // Made for a gateway, and attached to none yet.
        let is_nobodys = self.shape == WebhookShape::WebmethodsProvider && self.gateway_id.is_none();
        !is_nobodys && self.disabled.is_none() && chosen != Some(false) && (is_its_own || by_name)
    }

    /// The secrets that count at a moment, the newest first.
    pub fn live_secrets(&self, now: Instant) -> impl Iterator<Item = &SigningSecret> {
        self.secrets.iter().filter(move |secret| secret.expires_at.is_none_or(|at| now < at))
    }
}

impl WebhookEndpointDraft {
    fn check(
        self,
        before: WebhookEndpoint,
        rules: &AddressRules,
        seal: Seal<'_>,
    ) -> Result<WebhookEndpoint, Invalid> {
        let mut checks = Checks::new();
        let url = checks.take("url", OutgoingUrl::parse(&self.url, rules));
        let description = checks.take("description", Text::parse(&self.description));
        let event_types = checks.take("event_types", check_types(self.event_types, self.shape));
        let auth = match self.auth {
            None => Some(before.auth.clone()),
            Some(auth) => checks.take("auth", auth.check(seal)),
        };
        let has_certificate = matches!(auth, Some(WebhookAuth::Certificate { .. }));
        let is_fit = !has_certificate || url.as_ref().is_none_or(|url| url.as_str().starts_with("https:"));
        checks.require(is_fit, "url", "https_required", "must begin with https: certificates are of TLS");
        checks.build(|| {
            Some(WebhookEndpoint {
                url: url?,
                description: description?,
                event_types: event_types?,
                gateway_id: self.gateway_id,
                shape: self.shape,
                auth: auth?,
                ordered: self.ordered,
                ..before
            })
        })
    }
}

fn check_types(types: Option<Vec<String>>, shape: WebhookShape) -> Result<Option<Vec<String>>, Invalid> {
    let Some(types) = types else { return Ok(None) };
    let mut checks = Checks::new();
    // A hook of Developer Portal may have no subscriptions yet; it is told nothing.
    let is_chosen = !types.is_empty() || shape != WebhookShape::Own;
    checks.require(is_chosen, "", "required", "must have at least one entry, or be null for all");
    let mut chosen: Vec<String> = Vec::new();
    for (i, name) in types.into_iter().enumerate().take(200) {
        let known = EventType::find(&name).is_some();
        checks.require(known, &format!("[{i}]"), "unknown_event_type", "must be one of /api/v1/event-types");
        if known && !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    checks.build(|| Some(Some(chosen)))
}
