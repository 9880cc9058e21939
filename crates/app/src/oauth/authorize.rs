//! Somebody is sent here by a client, to allow it something (RFC 6749 §4.1, OpenID Connect Core §3.1).

use std::sync::Arc;

use domain::{
    Client, ClientId, ClientType, Developer, GrantType, Instant, OAuthGrant, OAuthScope, Person, ScopeKind,
    Session,
};
use oauth::authorize::{ClientView, Prompt, Refused, Request, ServerView, check, client_id};
use oauth::response::{Answer, ResponseType};
use oauth::scope::Scopes;
use oauth::{ErrorCode, OAuthError, Params};
use store::Tx;

use super::question::Question;
use super::refuse;
use crate::{App, Caller, Result};

/// What is to be shown or answered to a browser that a client has sent.
#[derive(Debug)]
pub enum Authorized {
    /// Back to the client.
    Answer(Answer),
    /// Somebody has to sign in first, and come back to this same request, with these parameters added.
    SignIn {
        /// Who is expected.
        hint: Option<String>,
        /// The request, as it is to be made again.
        query: String,
        /// Whether to sign in again although they have.
        fresh: bool,
    },
    /// They have to be asked.
    Ask(Box<Question>),
    /// It is not known whose request this is, or not safe to send anybody there.
    Refuse(OAuthError),
    /// The client is to be told no, and nobody has looked at it yet: they go there by themselves if they want.
    Tell {
        /// What is wrong.
        error: OAuthError,
        /// The way to tell it.
        answer: Answer,
        /// Whose place that is.
        host: String,
    },
}

/// A request that is in order, with whom it is about.
pub(super) struct Asked {
    pub(super) client: Arc<Client>,
    pub(super) request: Request,
    pub(super) scopes: Vec<OAuthScope>,
}

/// A parameter of our own: since when somebody has to sign in for this very request, so that they are asked once.
const SINCE: &str = "kw_since";

#[macros::boxed]
impl App {
    /// A client's request, brought by a browser.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn authorize(&self, caller: &Caller, params: &Params) -> Result<Authorized> {
        let asked = match self.read_request(params) {
            Ok(asked) => asked,
            Err(refusal) => return Ok(refusal),
        };
        let session = self.session_of(caller).await?;
        match Box::pin(self.go_on(caller, session.as_ref(), params, &asked)).await {
            Ok(authorized) => Ok(authorized),
            Err(error) => Ok(tell(&asked, &error)),
        }
    }

    /// Somebody has answered the question.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn answer_question(
        &self,
        caller: &Caller,
        params: &Params,
        agrees: bool,
    ) -> Result<Authorized> {
        let asked = match self.read_request(params) {
            Ok(asked) => asked,
            Err(refusal) => return Ok(refusal),
        };
        let session = self.session_of(caller).await?;
        let Some((session, developer)) = self.signed_in_developer(session.as_ref()).await? else {
            return Ok(self.ask_to_sign_in(&asked, params, false));
        };
        if !agrees {
            // They have seen who asks, so they can be sent there.
            let error = OAuthError::access_denied("the request was refused by the person who was asked");
            return Ok(Authorized::Answer(asked.request.back.refusal(&error)));
        }
        let granted = match self.grantable(&asked, &developer).await {
            Ok(granted) => granted,
            Err(error) => return Ok(tell(&asked, &error)),
        };
        let mut tx = self.begin(caller).await?;
        self.remember(&mut tx, &asked.client, &developer, &granted).await?;
        match Box::pin(self.allow(tx, &asked, session, &developer, granted)).await {
            Ok(answer) => Ok(Authorized::Answer(answer)),
            Err(error) => Ok(tell(&asked, &error)),
        }
    }

    /// The session that somebody comes with.
    pub(super) async fn session_of(&self, caller: &Caller) -> Result<Option<Session>> {
        match caller.session() {
            Some(id) => Ok(self.store.read().find(id).await?),
            None => Ok(None),
        }
    }

    /// Finds the client, and holds the request against the rules.
    fn read_request(&self, params: &Params) -> Result<Asked, Authorized> {
        let id = match client_id(params) {
            Ok(id) => id,
            Err(error) => return Err(Authorized::Refuse(error)),
        };
        let Some(client) = self.verifier().client_by_name(id) else {
            let error = OAuthError::invalid_request("client_id is not known here");
            return Err(Authorized::Refuse(error));
        };
        if !self.verifier().is_active(client.application_id) {
            let error = OAuthError::invalid_request("this client cannot be used at the moment");
            return Err(Authorized::Refuse(error));
        }
        let scopes = self.known_scopes();
        let is_system = |name: &str| scopes.iter().any(|it| it.name == name && it.kind == ScopeKind::System);
        let allowed: Scopes =
            client.allowed_scopes(&scopes).into_iter().filter(|name| !is_system(name)).collect();
        let server_types = self.response_types();
        let types: Vec<ResponseType> =
            server_types.iter().copied().filter(|kind| may_use(&client, *kind)).collect();
        let view = ClientView {
            redirect_uris: &client.redirect_uris,
            native: matches!(client.client_type, ClientType::Native),
            require_pkce: client.require_pkce || !client.confidential,
            scopes: &allowed,
            must_ask_for_scopes: client.requested_scopes_required,
            response_types: &types,
        };
        let is_resource = |resource: &str| self.is_audience(&client, resource);
        let issuer = &self.settings.public_url;
        let server = ServerView { issuer, response_types: &server_types, is_resource: &is_resource };
        match check(params, &view, &server) {
            Ok(request) => Ok(Asked { client, request, scopes }),
            Err(Refused::Page(error)) => Err(Authorized::Refuse(error)),
            Err(Refused::Back(back, error)) => Err(tell_back(client.trusted, &back, &error)),
        }
    }

    async fn go_on(
        &self,
        caller: &Caller,
        session: Option<&Session>,
        params: &Params,
        asked: &Asked,
    ) -> Result<Authorized, OAuthError> {
        let silently = asked.request.prompt.contains(&Prompt::None);
        let found = self.signed_in_developer(session).await?;
        let fits = match &found {
            Some((session, developer)) => {
                self.is_whom_the_client_means(params, asked, session, developer).await?
            }
            None => false,
        };
        let Some((session, developer)) = found.filter(|_| fits) else {
            if silently {
                let error =
                    OAuthError::new(ErrorCode::LoginRequired, "somebody has to sign in, and prompt is none");
                return Err(error);
            }
            return Ok(self.ask_to_sign_in(asked, params, session.is_some()));
        };
        let granted = self.grantable(asked, &developer).await?;
        let consent = self.store.read().consent(developer.id, asked.client.id).await.map_err(refuse)?;
        let is_known = consent.as_ref().is_some_and(|consent| consent.covers(&granted));
        if is_known && !asked.request.prompt.contains(&Prompt::Consent) {
            let tx = self.begin(caller).await?;
            return Ok(Authorized::Answer(self.allow(tx, asked, session, &developer, granted).await?));
        }
        if silently {
            let error =
                OAuthError::new(ErrorCode::ConsentRequired, "somebody has to agree, and prompt is none");
            return Err(error);
        }
        let question = self.question(params, asked, &developer, &granted, consent.as_ref()).await?;
        Ok(Authorized::Ask(Box::new(question)))
    }

    /// The developer whose session it is. Administrators run the desk and use no APIs: they are asked for an account.
    async fn signed_in_developer<'s>(
        &self,
        session: Option<&'s Session>,
    ) -> Result<Option<(&'s Session, Developer)>> {
        let Some(session) = session else { return Ok(None) };
        let Person::Developer(id) = session.person else { return Ok(None) };
        let developer: Option<Developer> = self.store.read().find(id).await?;
        Ok(developer.map(|developer| (session, developer)))
    }

    /// Whether the sign-in is recent enough, and of the person that the client expects.
    async fn is_whom_the_client_means(
        &self,
        params: &Params,
        asked: &Asked,
        session: &Session,
        developer: &Developer,
    ) -> Result<bool, OAuthError> {
        let request = &asked.request;
        let signed_in_at = session.meta.created_at;
        let since = self.since(params, asked);
        let was_asked = since.is_some_and(|since| signed_in_at >= since);
        let must_be_asked =
            [Prompt::Login, Prompt::SelectAccount].iter().any(|prompt| request.prompt.contains(prompt));
        let age = self.clock.now().since(signed_in_at).as_secs();
        let is_old = request.max_age.is_some_and(|most| age > most);
        if (must_be_asked || is_old) && !was_asked {
            return Ok(false);
        }
        let subject = self.subject_for(&asked.client, developer.id);
        if request.claims.subject().is_some_and(|wanted| wanted != subject) {
            return Ok(false);
        }
        match &request.id_token_hint {
            None => Ok(true),
            Some(hint) => Ok(self.subject_of_hint(hint).await? == subject),
        }
    }

    fn ask_to_sign_in(&self, asked: &Asked, params: &Params, fresh: bool) -> Authorized {
        let now = self.clock.now();
        let mark = self.mark(&asked.client, now);
        let own = [(SINCE.to_owned(), format!("{}.{mark}", now.micros()))];
        let others =
            params.iter().filter(|(name, _)| *name != SINCE).map(|(n, v)| (n.to_owned(), v.to_owned()));
        let again: Params = others.chain(own).collect();
        Authorized::SignIn { hint: asked.request.login_hint.clone(), query: again.to_query(), fresh }
    }

    /// Since when somebody has to have signed in for this request, if we have sent them to do so.
    fn since(&self, params: &Params, asked: &Asked) -> Option<Instant> {
        let (micros, mark) = params.get("kw_since").ok()??.split_once('.')?;
        let since = Instant::from_micros(micros.parse().ok()?);
        (self.mark(&asked.client, since) == mark).then_some(since)
    }

    fn mark(&self, client: &Client, since: Instant) -> String {
        let mac =
            self.keys.authenticate("oauth-since", &[client.id.0.as_bytes(), &since.micros().to_be_bytes()]);
        hex::encode(mac)
    }

    /// Makes the grant and what comes back for it.
    async fn allow(
        &self,
        mut tx: Tx,
        asked: &Asked,
        session: &Session,
        developer: &Developer,
        scopes: Vec<String>,
    ) -> Result<Answer, OAuthError> {
        let grant = OAuthGrant {
            id: self.new_id(),
            meta: domain::Meta::new(tx.now()),
            client_id: asked.client.id,
            application_id: asked.client.application_id,
            developer_id: developer.id,
            session_id: Some(session.id),
            identity_provider_id: session.identity_provider_id,
            scopes,
            resources: asked.request.resources.clone(),
            claims: serde_json::to_value(&asked.request.claims).unwrap_or_default(),
            auth_time: session.meta.created_at,
            proof: session.proof,
            end: None,
        };
        let grant = tx.save(grant.create()).await.map_err(refuse)?;
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        let kind = asked.request.response_type;
        if kind.code {
            fields.push(("code", self.put_code(&tx, asked, &grant).await?));
        }
        if kind.is_front_channel() {
            fields.extend(self.front_channel(&tx, asked, &grant, developer, &fields).await?);
        }
        self.commit(tx).await?;
        Ok(asked.request.back.answer(fields))
    }
}

impl App {
    /// The client for which whoever signs in for a request may stay signed in: one that has this on, when it asks who
    /// signs in.
    pub fn may_stay_for(&self, query: &str) -> Option<ClientId> {
        let params = Params::parse(query.as_bytes()).ok()?;
        let asked = self.read_request(&params).ok()?;
        let may_stay = asked.client.persistent_sso && asked.request.scopes.contains("openid");
        may_stay.then_some(asked.client.id)
    }

    /// The origin of the client's place that a request leads to, if it is one that may be gone to: what a page's policy
    /// has to allow so that a form on it can end there.
    pub fn redirect_origin(&self, query: &str) -> Option<String> {
        let params = Params::parse(query.as_bytes()).ok()?;
        let asked = self.read_request(&params).ok()?;
        oauth::redirect_uri::origin(&asked.request.back.redirect_uri)
    }
}

/// Whether a client may use a response type: the grants that it has say so.
fn may_use(client: &Client, kind: ResponseType) -> bool {
    match (kind.code, kind.is_front_channel()) {
        (true, false) => client.allows_grant(GrantType::AuthorizationCode),
        (true, true) => client.allows_grant(GrantType::Hybrid),
        (false, _) => client.allows_grant(GrantType::Implicit),
    }
}

fn tell(asked: &Asked, error: &OAuthError) -> Authorized {
    tell_back(asked.client.trusted, &asked.request.back, error)
}

/// Errors go back by themselves only to clients that an administrator vouches for: others could make us an open
/// redirector (RFC 9700 §4.11.2).
fn tell_back(trusted: bool, back: &oauth::response::Return, error: &OAuthError) -> Authorized {
    let answer = back.refusal(error);
    if trusted {
        return Authorized::Answer(answer);
    }
    let host = oauth::redirect_uri::shown(&back.redirect_uri);
    Authorized::Tell { error: error.clone(), answer, host }
}
