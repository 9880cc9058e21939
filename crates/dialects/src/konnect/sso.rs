//! `/api/v2/developer/authenticate/sso`: developers sign in at an identity provider. A portal of Konnect has one; here it
//! is the oldest one that developers may use.

use app::{Errand, NotArrived};
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Audience;

use super::caller::Stranger;
use super::error::{Refusal, Source, Wrong};
use super::{Doors, cookies};
use edge::cookie::ABROAD;
use edge::even::evenly_unless_done;
use edge::known_place;
use edge::state::State;

/// Where the provider sends people back to; it has to be registered there.
const CALLBACK: &str = "/api/v2/developer/authenticate/oidc-callback";

pub(super) fn routes(doors: Doors) -> Doors {
    doors.get("/api/v2/developer/authenticate/sso", "Konnect: sign in at an identity provider", depart).get(
        CALLBACK,
        "Konnect: come back from an identity provider",
        arrive,
    )
}

/// How long the browser keeps what it has to bring back.
const AWAY: std::time::Duration = std::time::Duration::from_secs(10 * 60);

async fn depart(
    Shared(state): Shared<State>,
    Stranger(_): Stranger,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = query.unwrap_or_default();
    let return_to = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "returnTo");
    let return_to = return_to.map_or_else(|| "/".to_owned(), |(_, value)| value.into_owned());
    let portal = state.app.portal().await?;
    let origins = portal.allowed_origins.iter().chain([&state.options.public_url]).map(String::as_str);
    if return_to.contains('#') || known_place(&return_to, origins).is_none() {
        return Err(wrong("must be a path, or an address of this portal or of an origin that it allows"));
    }
    let ways = state.app.ways_in().await?;
    let way = ways.into_iter().find(|way| way.developers);
    let way = way.ok_or_else(|| wrong("cannot be used: no identity provider is configured"))?;
    let errand = Errand {
        audience: Audience::Developer,
        callback: CALLBACK.to_owned(),
        back: return_to,
        fresh: false,
    };
    let departure = state.app.depart(&way.slug, errand).await?;
    let cookie = ABROAD.set_for(departure.browser.expose(), AWAY, &state.options.public_url);
    found(&departure.url, [cookie])
}

fn wrong(reason: &str) -> Refusal {
    Refusal::wrong(Wrong::new(Source::Query, "returnTo", "invalid", reason))
}

/// 302, as the operation has it.
fn found(url: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Result<Response, Refusal> {
    let url = HeaderValue::from_str(url).map_err(|error| app::Error::Internal(error.to_string()))?;
    let mut response = (StatusCode::FOUND, [(header::LOCATION, url)]).into_response();
    for mut cookie in cookies {
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn arrive(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let public_url = &state.options.public_url;
    let browser = ABROAD.read(&headers, public_url);
    let agent = edge::user_agent(&headers);
    let query = query.unwrap_or_default();
    let arriving = state.app.arrive_renewable(&caller, CALLBACK, browser, &query, agent);
    match evenly_unless_done(arriving).await {
        Ok(arrived) => {
            let separator = if arrived.back.contains('?') { '&' } else { '?' };
            let back = format!("{}{separator}loginSuccess=true", arrived.back);
            let set = cookies::set(&state, &arrived.signed_in).await?;
            let set = set.get_all(header::SET_COOKIE).iter().cloned().collect::<Vec<_>>();
            found(&back, set.into_iter().chain([ABROAD.clear(public_url)]))
        }
        Err(NotArrived { error: app::Error::Unauthenticated(reason), .. })
            if reason != app::ACCOUNT_WAITS =>
        {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", sentence(reason)))
        }
        Err(NotArrived { error, .. }) => Err(error.into()),
    }
}

/// Our messages are halves of sentences.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
