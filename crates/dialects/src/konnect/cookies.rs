//! The two cookies of somebody who is signed in.
//!
//! Konnect's own documents show the second one with the path `/v2/refresh`, which is not where it is needed: no client
//! would ever send it back. Here each goes where it is read.

use app::Renewable;
use axum::http::{HeaderMap, HeaderValue, header};
use domain::Instant;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use edge::state::State;

const ACCESS: &str = "portalaccesstoken";
const REFRESH: &str = "portalrefreshtoken";
const ACCESS_PATH: &str = "/api/v2";
const REFRESH_PATH: &str = "/api/v2/developer";

/// RFC 9110 §5.6.7.
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// The secret in the access cookie.
pub(super) fn access(headers: &HeaderMap) -> Option<&str> {
    read(headers, ACCESS)
}

/// The secret in the refresh cookie.
pub(super) fn refresh(headers: &HeaderMap) -> Option<&str> {
    read(headers, REFRESH)
}

fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
}

/// Both cookies for a session, with what is known of its end.
pub(super) async fn set(state: &State, renewable: &Renewable) -> app::Result<HeaderMap> {
    // Unused, a session ends before its time; its cookie stays, and is answered with 401 then.
    let session = &renewable.signed_in.session;
    let until = session.renewal.as_ref().map_or(session.ends_at, |renewal| renewal.until);
    let access = (ACCESS, renewable.signed_in.secret.expose(), ACCESS_PATH, session.ends_at);
    let refresh = (REFRESH, renewable.renewal.expose(), REFRESH_PATH, until);
    headers(state, [access, refresh]).await
}

/// Takes both away.
pub(super) async fn clear(state: &State) -> app::Result<HeaderMap> {
    let past = Instant::from_micros(0);
    headers(state, [(ACCESS, "", ACCESS_PATH, past), (REFRESH, "", REFRESH_PATH, past)]).await
}

async fn headers(state: &State, cookies: [(&str, &str, &str, Instant); 2]) -> app::Result<HeaderMap> {
    // Only pages of other sites need it, and only a few may be some.
    let is_elsewhere = !state.app.portal().await?.allowed_origins.is_empty();
    let protection = match (state.options.konnect.plain_http_cookies, is_elsewhere) {
        (false, true) => "; Secure; SameSite=None",
        (false, false) => "; Secure; SameSite=Lax",
        (true, _) => "; SameSite=Lax",
    };
    let mut headers = HeaderMap::new();
    for (name, value, path, until) in cookies {
        let expires = http_date(until);
        let line = format!("{name}={value}; Path={path}; Expires={expires}; HttpOnly{protection}");
        if let Ok(line) = HeaderValue::from_str(&line) {
            headers.append(header::SET_COOKIE, line);
        }
    }
    Ok(headers)
}

fn http_date(at: Instant) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.unix_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(HTTP_DATE).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; portalaccesstoken=; xportalaccesstoken=no"),
        );
        headers
            .append(header::COOKIE, HeaderValue::from_static("portalaccesstoken=yes;portalrefreshtoken=too"));
        assert_eq!((access(&headers), refresh(&headers)), (Some("yes"), Some("too")));
        assert_eq!(access(&HeaderMap::new()), None);
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(Instant::from_micros(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
