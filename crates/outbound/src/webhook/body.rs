//! The bodies of webhooks, each shape from the same event.

use domain::{Instant, WebhookEvent, WebhookShape};
use serde::Serialize;
use serde_json::Value;

use super::webmethods;

/// Our own body, as Standard Webhooks has them.
#[derive(Serialize)]
struct Own<'a> {
    r#type: &'a str,
    timestamp: Instant,
    data: &'a Value,
}

/// The body of an event in a shape; `None` if it has none in that shape.
pub(super) fn body(event: &WebhookEvent, shape: WebhookShape) -> Option<Vec<u8>> {
    match shape {
        WebhookShape::Own => {
            let own = Own { r#type: &event.kind, timestamp: event.occurred_at, data: &event.data };
            serde_json::to_vec(&own).ok()
        }
        WebhookShape::WebmethodsProvider | WebhookShape::WebmethodsSystem => webmethods::body(event, shape),
    }
}
