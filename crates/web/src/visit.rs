//! Who looks at a page or sends a form: known by the cookie, and by nothing else. Pages take no tokens, and the API
//! takes no cookies.

use std::marker::PhantomData;
use std::ops::Deref;

use app::{Caller, Claim, Error, Identity};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::{AdministratorRole, SecretKind, SessionId, secret};

use super::csrf::{self, Csrf};
use super::notice::Notice;
use super::refused::Refused;
use super::typed::Typed;
use edge::cookie::{SESSION, VISIT};
use edge::extract::{Seen, caller_of, form_body, limit};
use edge::problem::Problem;
use edge::state::State;

/// Whom a page or a form is for.
pub trait For: Send {
    /// Says no to everybody else. Nobody in particular is [`Refused::SignIn`].
    ///
    /// # Errors
    /// If it is not for them.
    fn admit(guest: &Guest) -> Result<(), Refused>;
}

/// Whoever comes.
pub struct Anybody;
/// Whoever is signed in.
pub(crate) struct Person;
/// Signed-in developers.
pub(crate) struct Developer;
/// Administrators who may do everything.
pub(crate) struct Administrator;
/// Those who may look at everything: administrators and auditors.
pub(crate) struct Overseer;
/// Those who decide on what waits: administrators and approvers.
pub(crate) struct Decider;
/// Administrators, approvers and auditors.
pub(crate) struct Console;
/// Technical users of gateways.
pub(crate) struct Provider;
/// Whoever is signed in, technical users of gateways included.
pub(crate) struct SignedIn;

impl For for Anybody {
    fn admit(_: &Guest) -> Result<(), Refused> {
        Ok(())
    }
}

impl For for Person {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()?;
        // The technical user of a gateway has pages of its own.
        match guest.caller.identity {
            Identity::Provider { .. } => Err(Refused::not_for_you("developers and administrators")),
            _ => Ok(()),
        }
    }
}

impl For for Developer {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()?;
        match guest.caller.developer() {
            Some(_) => Ok(()),
            None => Err(Refused::not_for_you("developers")),
        }
    }
}

impl For for Administrator {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()?;
        if guest.runs_it_all() { Ok(()) } else { Err(Refused::not_for_you("administrators")) }
    }
}

impl For for Overseer {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()?;
        match guest.role() {
            Some(AdministratorRole::Administrator | AdministratorRole::Auditor) => Ok(()),
            Some(AdministratorRole::Approver | AdministratorRole::Provider { .. }) | None => {
                Err(Refused::not_for_you("administrators and auditors"))
            }
        }
    }
}

impl For for Decider {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()?;
        match guest.role() {
            Some(role) if role.decides() => Ok(()),
            _ => Err(Refused::not_for_you("administrators and approvers")),
        }
    }
}

impl For for Console {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()?;
        if guest.is_administrator() { Ok(()) } else { Err(Refused::not_for_you("administrators")) }
    }
}

impl For for Provider {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()?;
        match guest.caller.provider() {
            Some(_) => Ok(()),
            None => Err(Refused::not_for_you("technical users of gateways")),
        }
    }
}

impl For for SignedIn {
    fn admit(guest: &Guest) -> Result<(), Refused> {
        guest.must_be_signed_in()
    }
}

/// Somebody at a page.
pub struct Guest {
    /// Who, for use cases.
    pub caller: Caller,
    /// For the forms on the page.
    pub(crate) csrf: Csrf,
    /// What has just gone well.
    pub(crate) notice: Option<Notice>,
    /// The path and the query.
    pub here: String,
    /// The query, taken apart.
    pub(crate) query: Typed,
    /// Whether the browser has a cookie that forms can be tied to.
    pub has_cookie: bool,
}

impl Guest {
    /// Whether an administrator, an approver or an auditor is signed in.
    pub fn is_administrator(&self) -> bool {
        self.role().is_some()
    }

    /// Whether an administrator is signed in who may do everything.
    pub(crate) fn runs_it_all(&self) -> bool {
        self.role() == Some(AdministratorRole::Administrator)
    }

    /// Whether somebody is signed in who may look and change nothing.
    pub(crate) fn only_looks(&self) -> bool {
        self.role() == Some(AdministratorRole::Auditor)
    }

    /// What whoever is signed in may do in the console; none: it is not theirs.
    pub(crate) fn role(&self) -> Option<AdministratorRole> {
        match self.caller.identity {
            Identity::Administrator { role, .. } => Some(role),
            _ => None,
        }
    }

    /// Whether anybody is.
    pub fn is_signed_in(&self) -> bool {
        self.session().is_some()
    }

    /// The session, if anybody is signed in.
    pub fn session(&self) -> Option<SessionId> {
        self.caller.session()
    }

    /// Where they are at home.
    pub fn home(&self) -> &'static str {
        match self.role() {
            Some(AdministratorRole::Approver) => "/console/approvals",
            Some(_) => "/console",
            None if self.caller.provider().is_some() => "/console/own-gateway",
            None => "/home",
        }
    }

    fn must_be_signed_in(&self) -> Result<(), Refused> {
        if self.is_signed_in() { Ok(()) } else { Err(Refused::SignIn(self.here.clone())) }
    }

    /// Somebody who sends a form that is for them.
    pub(super) async fn sending<W: For>(parts: &mut Parts, state: &State) -> Result<Self, Refused> {
        let guest = Self::read(parts, state).await?;
        W::admit(&guest).map_err(|refused| match refused {
            Refused::SignIn(_) => Refused::signed_out(),
            other => other,
        })?;
        if !guest.is_signed_in() {
            limit(&guest.caller, state)?;
        }
        Ok(guest)
    }

    /// Whether a form with this token was made for this browser.
    pub(super) fn may_send(&self, token: &str) -> bool {
        self.has_cookie && self.csrf.fits(token)
    }

    async fn read(parts: &mut Parts, state: &State) -> Result<Self, Refused> {
        let public_url = &state.options.public_url;
        let session = SESSION.read(&parts.headers, public_url);
        let visit = VISIT.read(&parts.headers, public_url);
        let identity = match session {
            Some(value) => identify(value, state).await?,
            None => Identity::Anonymous,
        };
        let cookie = session.or(visit);
        let csrf = Csrf::new(state.app.keys(), cookie.unwrap_or_default());
        let has_cookie = cookie.is_some();
        let here = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        let query = parts.uri.query().unwrap_or_default();
        let notice = Notice::read(query);
        let query = Typed::parse(query.as_bytes()).unwrap_or_default();
        let caller = caller_of(identity, parts, state);
        if caller.session().is_some() {
            limit(&caller, state)?;
        }
        if let Some(seen) = parts.extensions.get::<Seen>() {
            seen.note(&caller);
        }
        Ok(Self { caller, csrf, notice, here, query, has_cookie })
    }
}

/// Whose session it is. What is wrong with a cookie makes nobody of its owner, not an error: it may be old.
async fn identify(cookie: &str, state: &State) -> Result<Identity, Refused> {
    if secret::kind_of(cookie) != Some(SecretKind::Session) {
        return Ok(Identity::Anonymous);
    }
    match state.app.identify(cookie).await {
        Ok(identity) => Ok(identity),
        Err(Error::Unauthenticated(_)) => Ok(Identity::Anonymous),
        Err(error) => Err(error.into()),
    }
}

/// Somebody whom this page is for.
pub struct Visit<W>(Guest, PhantomData<W>);

impl<W> Visit<W> {
    /// Of somebody who was let in.
    pub(super) fn of(guest: Guest) -> Self {
        Self(guest, PhantomData)
    }

    /// The guest alone.
    pub fn into_guest(self) -> Guest {
        self.0
    }
}

impl<W> Deref for Visit<W> {
    type Target = Guest;

    fn deref(&self) -> &Guest {
        &self.0
    }
}

impl<W: For> FromRequestParts<State> for Visit<W> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refused> {
        let guest = Guest::read(parts, state).await?;
        W::admit(&guest)?;
        Ok(Self(guest, PhantomData))
    }
}

/// A form from one of our own pages, sent by somebody whom it is for.
pub struct Sent<W> {
    /// Who sent it.
    pub visit: Visit<W>,
    /// What was typed into it.
    pub typed: Typed,
}

impl<W: For> FromRequest<State> for Sent<W> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &State) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let mut guest = Guest::sending::<W>(&mut parts, state).await?;
        let path = parts.uri.path().to_owned();
        let bytes = form_body(Request::from_parts(parts, body)).await?;
        let typed = Typed::parse(&bytes).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "malformed", "the form could not be read")
        })?;
        if !guest.may_send(typed.text(csrf::FIELD)) {
            return Err(Refused::foreign_form());
        }
        guest.caller.claim = claim(&guest, &path, &typed, &bytes, state);
        Ok(Self { visit: Visit(guest, PhantomData), typed })
    }
}

/// Forms that make something carry a number of their own, so that one that is sent twice makes one thing.
fn claim(guest: &Guest, path: &str, typed: &Typed, body: &[u8], state: &State) -> Option<Claim> {
    let once = typed.text(super::form::ONCE);
    let session = guest.session().filter(|_| !once.is_empty())?;
    let marks = state.app.keys().marks();
    let parts = [session.0.as_bytes().as_slice(), path.as_bytes(), once.as_bytes()];
    Some(Claim {
        key: marks.fingerprint("form-once", &parts),
        fingerprint: marks.fingerprint("form-body", &[body]),
    })
}
