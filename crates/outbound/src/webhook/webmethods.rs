//! The bodies of webMethods Developer Portal's webhooks.

use domain::{WebhookEvent, WebhookShape};

/// The body of an event; `None` if webMethods has none for it.
pub(super) fn body(_event: &WebhookEvent, _shape: WebhookShape) -> Option<Vec<u8>> {
    None
}
