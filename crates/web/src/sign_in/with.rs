//! `/sign-in/with/{slug}`: somebody goes to an identity provider and comes back.

use std::borrow::Cow;
use std::sync::Arc;

use app::{App, Errand, Error, NotArrived, callback_path};
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use domain::Audience;

use super::{finish, path_for, sensitive};
use crate::Pages;
use crate::message::{Message, sentence};
use crate::refused::Answer;
use crate::visit::{Anybody, Guest, Visit};
use edge::cookie::ABROAD;
use edge::even::evenly_unless_done;
use edge::extract::{Path, limit};
use edge::own_path;
use edge::state::State;
use edge::words;
use edge::words::Words;

/// How long the browser keeps what it has to bring back.
const AWAY: std::time::Duration = std::time::Duration::from_secs(10 * 60);

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/sign-in/with/{slug}", "Go to an identity provider to sign in", depart).get(
        "/sign-in/with/{slug}/callback",
        "Come back from an identity provider",
        arrive,
    )
}

/// As whom somebody wants to sign in who wants to go on to a path; `None`: it does not say.
fn audience_of(next: &str) -> Option<Audience> {
    if next == "/console" || next.starts_with("/console/") {
        Some(Audience::Administrator)
    } else if next.starts_with("/oauth2/") || next == "/home" {
        Some(Audience::Developer)
    } else {
        None
    }
}

/// The links to providers: address and words.
pub(super) async fn ways(
    app: &App,
    next: &str,
    fresh: bool,
) -> Result<Vec<(String, Words)>, crate::refused::Refused> {
    let wanted = audience_of(next);
    let mut ways = Vec::new();
    for way in app.ways_in().await? {
        let words = words!("Sign in with {name}", name = way.name);
        let to_console =
            if wanted.is_none() { words!("{words} to the console", words) } else { words.clone() };
        for (may, audience, words) in [
            (way.developers, Audience::Developer, words),
            (way.administrators, Audience::Administrator, to_console),
        ] {
            if may && wanted.is_none_or(|wanted| wanted == audience) {
                ways.push((address(&way.slug, audience, next, fresh), words));
            }
        }
    }
    Ok(ways)
}

fn address(slug: &str, audience: Audience, next: &str, fresh: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("as", word(audience));
    if !next.is_empty() {
        query.append_pair("next", next);
    }
    if fresh {
        query.append_pair("fresh", "1");
    }
    format!("/sign-in/with/{slug}?{}", query.finish())
}

fn word(audience: Audience) -> &'static str {
    match audience {
        Audience::Developer => "developer",
        Audience::Administrator => "administrator",
    }
}

async fn depart(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Path(slug): Path<String>,
    visit: Visit<Anybody>,
) -> Answer {
    limit_strangers(&visit, &state)?;
    let back = own_path(visit.query.text("next")).unwrap_or_default().to_owned();
    let fresh = visit.query.is_ticked("fresh");
    // No other site signs anybody in: they are shown our page, and choose.
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return Ok(Redirect::to(&path_for(&back, None, fresh)).into_response());
    }
    let audience = match visit.query.text("as") {
        "administrator" => Audience::Administrator,
        "developer" => Audience::Developer,
        _ => audience_of(&back).unwrap_or(Audience::Developer),
    };
    let errand = Errand { audience, callback: callback_path(&slug), back, fresh };
    let back = errand.back.clone();
    match app.depart(&slug, errand).await {
        Ok(departure) => {
            let mut response = Redirect::to(&departure.url).into_response();
            let cookie = ABROAD.set_for(departure.browser.expose(), AWAY, &state.options.public_url);
            response.headers_mut().append(header::SET_COOKIE, sensitive(cookie));
            Ok(response)
        }
        Err(error) => not_signed_in(error, Some(&back)),
    }
}

async fn arrive(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Path(slug): Path<String>,
    visit: Visit<Anybody>,
    RawQuery(query): RawQuery,
) -> Answer {
    limit_readers(&visit, &state)?;
    let public_url = &state.options.public_url;
    let browser = ABROAD.read(&headers, public_url);
    let agent = edge::user_agent(&headers);
    let (callback, query) = (callback_path(&slug), query.unwrap_or_default());
    let arriving = app.arrive(&visit.caller, &callback, browser, &query, agent);
    match evenly_unless_done(arriving).await {
        Ok(arrived) => {
            let next = own_path(&arrived.back).unwrap_or_default();
            let mut response = finish(&app, &state, &visit, next, &arrived.signed_in).await?;
            response.headers_mut().append(header::SET_COOKIE, ABROAD.clear(public_url));
            Ok(response)
        }
        Err(NotArrived { error, back }) => not_signed_in(error, back.as_deref()),
    }
}

/// Those who are signed in are counted already.
fn limit_strangers(guest: &Guest, state: &State) -> Result<(), crate::refused::Refused> {
    if guest.is_signed_in() { Ok(()) } else { Ok(limit(&guest.caller, state)?) }
}

/// Whoever comes back was counted when they went: a whole office may come from one network.
fn limit_readers(guest: &Guest, state: &State) -> Result<(), crate::refused::Refused> {
    let network = guest.caller.address.filter(|_| !guest.is_signed_in()).map(app::network);
    let checked = network.map_or(Ok(()), |network| state.by_reader.check(&network));
    checked.map_err(|retry_after_s| Error::Limited { retry_after_s }.into())
}

/// What somebody is told who did not get in, and the way back to the door.
fn not_signed_in(error: Error, back: Option<&str>) -> Answer {
    let status = match &error {
        Error::Unauthenticated(_) => StatusCode::BAD_REQUEST,
        Error::Upstream(_) => StatusCode::BAD_GATEWAY,
        _ => return Err(error.into()),
    };
    let next = match back.and_then(own_path) {
        Some(back) => Cow::Owned(super::path_to(back)),
        None => Cow::Borrowed("/sign-in"),
    };
    let text = sentence(&Words::known(&error.to_string())).into();
    let message = Message {
        title: "You are not signed in".into(),
        text,
        next: Some((next, "Back to signing in".into())),
        request_id: None,
    };
    Ok(message.reply(status))
}
