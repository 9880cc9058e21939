//! `/sign-in`: for developers and administrators alike. Who was sent here from another page goes on there.

mod passkey;
mod with;

use std::sync::Arc;

use app::{App, SignedIn};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{ClientId, Person, Session};
use uuid::Uuid;

use super::csrf::Csrf;
use super::field::Field;
use super::form::Form;
use super::notice::Notice;
use super::policy::with_form_action;
use super::refused::Answer;
use super::second_step;
use super::visit::{Anybody, Guest, Sent, Visit};
use super::{Pages, framed};
use edge::cookie::{SESSION, VISIT};
use edge::even::evenly_unless_done;
use edge::own_path;
use edge::state::State;
use edge::words::Words;

const PATH: &str = "/sign-in";
/// Why somebody is asked who is signed in.
const AGAIN: &str =
    "Sign in again for this: it was more than ten minutes ago. Then you go on where you were.";

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = pages.get(PATH, "Sign in", show).post(PATH, "Sign in", submit);
    with::routes(passkey::routes(pages))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    notice: Option<Words>,
    form: Form,
    /// The same without a password, where there are passkeys.
    passkey: Option<Form>,
    /// Where else somebody can sign in: address and words.
    ways: Vec<(String, Words)>,
    sign_up: bool,
}

/// The address of this page, from which it goes on to a path.
pub(super) fn path_to(next: &str) -> String {
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{PATH}?next={next}")
}

/// The address of this page for somebody whom a client has sent: `fresh` asks again although they are signed in.
pub fn path_for(next: &str, email: Option<&str>, fresh: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    if let Some(email) = email {
        query.append_pair("email", email);
    }
    if fresh {
        query.append_pair("fresh", "1");
    }
    format!("{PATH}?{}", query.finish())
}

/// The address of this page for somebody who has to prove again that it is them, and who they are, before they go on.
pub(super) fn path_again(next: &str) -> String {
    format!("{}&again=1", path_for(next, None, true))
}

/// A form that ends in a client's place: the page's policy has to say so, since browsers hold the redirects after a
/// form against it.
pub(super) fn leading_to(page: Response, app: &App, next: &str) -> Response {
    let query = next.strip_prefix("/oauth2/authorize?");
    let origin = query.and_then(|query| app.redirect_origin(query));
    with_form_action(page, origin.as_deref())
}

/// The client for which whoever signs in may stay signed in.
fn may_stay_for(app: &App, next: &str) -> Option<ClientId> {
    app.may_stay_for(next.strip_prefix("/oauth2/authorize?")?)
}

fn form(app: &App, guest: &Guest, email: &str, next: &str) -> Form {
    let email = Field::email(email);
    let email = if guest.notice.is_none() { email.focused() } else { email };
    let form = Form::new(guest, PATH, "Sign in")
        .field(Field::hidden("next", next))
        .field(email)
        .field(Field::password("password", "Password"));
    if may_stay_for(app, next).is_some() {
        form.field(Field::tick("stay", "Stay signed in on this device for 30 days", false))
    } else {
        form
    }
}

/// The page, with forms that are fresh or were refused.
async fn page(
    app: &App,
    status: StatusCode,
    notice: Option<Words>,
    form: Form,
    passkey: Form,
    next: &str,
    fresh: bool,
) -> Answer {
    let passkey = passkey::asking(app, passkey, next).await?;
    let ways = with::ways(app, next, fresh).await?;
    let sign_up = app.settings().sign_up;
    let page = framed(status, &SignIn { notice, form, passkey, ways, sign_up });
    Ok(leading_to(page, app, next))
}

async fn show(Shared(app): Shared<Arc<App>>, Shared(state): Shared<State>, visit: Visit<Anybody>) -> Answer {
    let next = own_path(visit.query.text("next")).unwrap_or_default().to_owned();
    if visit.is_signed_in() && !visit.query.is_ticked("fresh") {
        let next = if next.is_empty() { visit.home() } else { &next };
        return Ok(Redirect::to(next).into_response());
    }
    let fresh = visit.query.is_ticked("fresh");
    let again = visit.query.is_ticked("again").then(|| Words::from(AGAIN));
    let notice = visit.notice.map(Notice::text).or(again);
    if visit.has_cookie {
        let form = form(&app, &visit, visit.query.text("email"), &next);
        return page(&app, StatusCode::OK, notice, form, passkey::form(&visit), &next, fresh).await;
    }
    // Ties the form to this browser: otherwise another site could sign it in as somebody else.
    let value = Uuid::now_v7().simple().to_string();
    let value = hex::encode(app.keys().marks().fingerprint("visit", &[value.as_bytes()]));
    let guest = Guest { csrf: Csrf::new(app.keys(), &value), ..visit.into_guest() };
    let form = form(&app, &guest, guest.query.text("email"), &next);
    let mut page = page(&app, StatusCode::OK, notice, form, passkey::form(&guest), &next, fresh).await?;
    page.headers_mut().append(header::SET_COOKIE, VISIT.set(&value, &state.options.public_url));
    Ok(page)
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Sent { visit, typed }: Sent<Anybody>,
) -> Answer {
    let next = own_path(typed.text("next"));
    let to_console = next.is_some_and(|next| next.starts_with("/console"));
    let agent = edge::user_agent(&headers);
    let (email, password) = (typed.text("email").trim(), typed.text("password"));
    let may_stay = next.and_then(|next| may_stay_for(&app, next));
    let keep_for = may_stay.filter(|_| typed.is_ticked("stay"));
    let signing_in = app.sign_in_anywhere(&visit.caller, email, password, agent, to_console, keep_for);
    match evenly_unless_done(signing_in).await {
        Ok(step) => second_step::go_on(&app, &state, &visit, next.unwrap_or_default(), &step).await,
        Err(error) => {
            let next = next.unwrap_or_default();
            let (status, form) = form(&app, &visit, "", next).refused(&typed, error)?;
            page(&app, status, None, form, passkey::form(&visit), next, false).await
        }
    }
}

/// Where somebody wanted to go who has just signed in, or where they are at home.
pub(super) fn next_or_home<'a>(next: &'a str, signed_in: &SignedIn) -> &'a str {
    match signed_in.session.person {
        _ if !next.is_empty() => next,
        Person::Developer(_) => "/home",
        Person::Administrator(_) => "/console",
    }
}

/// Somebody is in: on to where they wanted to go.
pub(super) async fn finish(
    app: &App,
    state: &State,
    guest: &Guest,
    next: &str,
    signed_in: &SignedIn,
) -> Answer {
    let on = Redirect::to(next_or_home(next, signed_in)).into_response();
    let_in(app, state, guest, on, signed_in).await
}

/// An answer that leaves the session in the browser. Whoever was signed in there before is not any more.
pub(super) async fn let_in(
    app: &App,
    state: &State,
    guest: &Guest,
    mut response: Response,
    signed_in: &SignedIn,
) -> Answer {
    if guest.is_signed_in() {
        app.sign_out(&guest.caller).await?;
    }
    let public_url = &state.options.public_url;
    let secret = signed_in.secret.expose();
    let session = match signed_in.session.kept_for {
        Some(_) => SESSION.set_for(secret, Session::KEPT_LIFETIME, public_url),
        None => SESSION.set(secret, public_url),
    };
    for cookie in [session, VISIT.clear(public_url)] {
        response.headers_mut().append(header::SET_COOKIE, sensitive(cookie));
    }
    Ok(response)
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}
