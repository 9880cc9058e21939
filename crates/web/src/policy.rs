//! What a page may load, run and send: its Content-Security-Policy.

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// Of every answer that says nothing else. Nothing of another site, no script or style inside the page, no frame around
/// it, and no text that becomes markup in a script.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Lets the forms of a page lead to a client's place, too: browsers hold the redirect after a form against the policy of
/// the page that it was on. `origin` is scheme, host and port.
pub fn with_form_action(page: Response, origin: Option<&str>) -> Response {
    let Some(origin) = origin else { return page };
    with_policy(page, &POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}")))
}

/// A page with a policy of its own.
pub fn with_policy(mut page: Response, policy: &str) -> Response {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    page
}
