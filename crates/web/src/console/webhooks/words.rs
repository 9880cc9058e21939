//! Endpoints and deliveries in words.

use domain::{DeliveryState, DisabledBecause, WebhookAuth, WebhookEndpoint, WebhookShape};

use crate::cell::Tone;
use edge::words::Words;

/// What bodies look like.
pub(super) const SHAPES: [(WebhookShape, &str, &str); 3] = [
    (WebhookShape::Own, "own", "Our own, as Standard Webhooks has them"),
    (WebhookShape::WebmethodsProvider, "webmethods_provider", "webMethods: to a third-party gateway"),
    (WebhookShape::WebmethodsSystem, "webmethods_system", "webMethods: system webhooks"),
];

pub(super) fn shape(shape: WebhookShape) -> &'static str {
    SHAPES.iter().find(|(it, ..)| *it == shape).map_or("", |(_, _, words)| words)
}

/// Of an endpoint.
pub(super) fn state(endpoint: &WebhookEndpoint) -> (Tone, &'static str) {
    match endpoint.disabled {
        None => (Tone::Good, "Switched on"),
        Some(DisabledBecause::SwitchedOff) => (Tone::Waits, "Switched off"),
        Some(DisabledBecause::Gone) => (Tone::Bad, "Off: it said that it is gone"),
        Some(DisabledBecause::Failing) => (Tone::Bad, "Off: it failed for too long"),
    }
}

/// How we prove who we are.
pub(super) fn auth(auth: &WebhookAuth) -> Words {
    match auth {
        WebhookAuth::None => "The signature alone".into(),
        WebhookAuth::Basic { username, .. } => edge::words!("User name {username} and a password", username),
        WebhookAuth::Bearer { .. } => "A bearer token".into(),
        WebhookAuth::Headers { headers } => {
            let names: Vec<&str> = headers.iter().map(|header| header.name.as_str()).collect();
            edge::words!("Header fields: {all}", all = names.join(", "))
        }
        WebhookAuth::Certificate { .. } => "A client certificate".into(),
    }
}

/// Every state of a delivery.
pub(super) const DELIVERIES: [(DeliveryState, &str, &str); 4] = [
    (DeliveryState::Pending, "pending", "Waits"),
    (DeliveryState::Delivered, "delivered", "Delivered"),
    (DeliveryState::Exhausted, "exhausted", "Given up"),
    (DeliveryState::Canceled, "canceled", "Canceled"),
];

/// Of a delivery.
pub(in crate::console) fn delivery(state: DeliveryState) -> (Tone, &'static str) {
    let words = DELIVERIES.iter().find(|(it, ..)| *it == state).map_or("", |(_, _, words)| words);
    let tone = match state {
        DeliveryState::Pending => Tone::Waits,
        DeliveryState::Delivered => Tone::Good,
        DeliveryState::Exhausted => Tone::Bad,
        DeliveryState::Canceled => Tone::Plain,
    };
    (tone, words)
}
