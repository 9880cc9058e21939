//! Forms are taken from our own pages only. Another site could otherwise send one in the name of whoever looks at it.

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::one_time_link;
use edge::problem::Problem;
use edge::state::State;
use edge::words;

/// Refuses forms that a page of another site has sent.
pub(super) async fn refuse(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let is_form = !matches!(*request.method(), Method::GET | Method::HEAD);
    let has_secret = one_time_link::PATHS.contains(&request.uri().path());
    if is_form && !is_own(request.headers(), &state.options.public_url, has_secret) {
        let detail = words!(
            "this form was not sent from a page of {public_url}; open the page there and send it again",
            public_url = state.options.public_url
        );
        return Problem::new(StatusCode::FORBIDDEN, "cross_site", detail).into_response();
    }
    next.run(request).await
}

/// Whether one of our own pages sent this. `has_secret`: the form works only with the secret of its page's link, which
/// no other site knows; and such a page does not let the browser say where it is.
fn is_own(headers: &HeaderMap, public_url: &str, has_secret: bool) -> bool {
    // What the browser itself says counts most; it says so on HTTPS and on the own machine.
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match text(header::ORIGIN).or_else(|| text(header::REFERER)) {
        Some("null") => has_secret,
        Some(from) => origin(from).is_some_and(|from| Some(from) == origin(public_url)),
        None => false,
    }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_owned();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme, uri.host()?.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "https://Desk.example.com";

    fn asks(headers: &[(&'static str, &str)]) -> (bool, bool) {
        let map: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        (is_own(&map, US, false), is_own(&map, US, true))
    }

    #[test]
    fn a_136_only_our_own_pages_send_forms() {
        let (yes, no) = ((true, true), (false, false));
        assert_eq!(asks(&[("sec-fetch-site", "same-origin")]), yes);
        assert_eq!(asks(&[("sec-fetch-site", "same-origin"), ("origin", "null")]), yes);
        for other in ["cross-site", "same-site", "none", ""] {
            assert_eq!(asks(&[("sec-fetch-site", other), ("origin", US)]), no, "{other}");
        }
        for ours in ["https://desk.example.com", "https://desk.example.com:443", "HTTPS://DESK.example.com"] {
            assert_eq!(asks(&[("origin", ours)]), yes, "{ours}");
        }
        for other in [
            "http://desk.example.com",
            "https://desk.example.com:8443",
            "https://desk.example.com.evil.test",
            "https://evil.test/?https://desk.example.com",
            "https://desk.example.com@evil.test",
            "desk.example.com",
            "",
        ] {
            assert_eq!(asks(&[("origin", other)]), no, "{other}");
            assert_eq!(asks(&[("referer", other)]), no, "{other}");
        }
        assert_eq!(asks(&[("referer", "https://desk.example.com/sign-up")]), yes);
        assert_eq!(asks(&[("origin", "https://evil.test"), ("referer", US)]), no);
        assert_eq!(asks(&[("origin", "null")]), (false, true));
        assert_eq!(asks(&[]), no);
    }
}
