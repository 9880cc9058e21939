//! Calls to copy: where an API is called, and how a key goes with it.

use app::{App, PageRequest, SubscriptionFilter};
use domain::{ApiVersion, ApplicationId, AuthMethod, KeyPlace, SubscriptionStatus};

use crate::refused::Refused;
use crate::visit::Guest;

/// Where callers reach a version, or any; in capitals what is not known.
pub(crate) fn address(app: &App, version: Option<&ApiVersion>) -> String {
    let path = version.and_then(|it| it.route.path_prefixes.first()).map_or("/PATH", String::as_str);
    format!("{}{path}", origin(app, version))
}

/// Scheme, host and port of that.
pub(crate) fn origin(app: &App, version: Option<&ApiVersion>) -> String {
    let gateway = app.settings().gateway_url.as_deref().unwrap_or("https://GATEWAY");
    match version.and_then(|it| it.route.hosts.first()) {
        Some(host) => at_host(gateway, host),
        None => gateway.to_owned(),
    }
}

/// The gateway under another of its names: scheme and port stay.
fn at_host(gateway: &str, host: &str) -> String {
    let (scheme, place) = gateway.split_once("://").unwrap_or(("https", gateway));
    let port = place.rsplit_once(':').map(|(_, port)| port);
    match port.filter(|port| port.bytes().all(|digit| digit.is_ascii_digit())) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// A version that an application may call already, for an example with a true address in it.
///
/// # Errors
/// If the database is not available.
pub(crate) async fn callable(
    app: &App,
    guest: &Guest,
    application: ApplicationId,
) -> Result<Option<ApiVersion>, Refused> {
    let filter = SubscriptionFilter {
        application_id: Some(application),
        status: Some(SubscriptionStatus::Approved),
        ..SubscriptionFilter::default()
    };
    let found = app.subscriptions(&guest.caller, filter, PageRequest::first(1)).await?.items;
    match found.first() {
        // It may be one that is not shown to the caller any more.
        Some(it) => Ok(app.api_version(&guest.caller, it.api_version_id).await.ok()),
        None => Ok(None),
    }
}

/// A call that carries a key where it is looked for.
pub(crate) fn call(method: &AuthMethod, key: &str, address: &str) -> String {
    match method.key_place() {
        KeyPlace::Bearer => format!("curl -H \"Authorization: Bearer {key}\" {address}"),
        KeyPlace::Header(name) => format!("curl -H \"{name}: {key}\" {address}"),
        KeyPlace::Query(name) => format!("curl \"{address}?{name}={key}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_host_keeps_scheme_and_port() {
        for (gateway, expected) in [
            ("https://GATEWAY", "https://shop.example"),
            ("http://127.0.0.1:8000", "http://shop.example:8000"),
            ("http://[::1]", "http://shop.example"),
            ("http://[::1]:80", "http://shop.example:80"),
        ] {
            assert_eq!(at_host(gateway, "shop.example"), expected);
        }
    }
}
