//! The bodies of webMethods Developer Portal's webhooks.

use domain::{WebhookEvent, WebhookShape};

use crate::webmethods::{provider, system};

/// The body of an event; `None` if webMethods has none for it.
pub(super) fn body(event: &WebhookEvent, shape: WebhookShape) -> Option<Vec<u8>> {
    let (kind, at, data) = (event.kind.as_str(), event.occurred_at, &event.data);
    let body = match shape {
        WebhookShape::WebmethodsProvider => provider(event.id.0, kind, at, data)?,
        WebhookShape::WebmethodsSystem => system(kind, at, data),
        WebhookShape::Own => return None,
    };
    serde_json::to_vec(&body).ok()
}
