//! Somebody comes back from an identity provider.

use domain::{IdentityProvider, IdentityProviderId, Person, Secret};
use oauth::Params;
use oauth::jose::Claims;
use oauth::relying_party::{Failure, callback, id_token, token};
use store::Tx;

use super::depart::{Attempt, place};
use super::known::{Known, UNREACHABLE, method};
use super::{ProviderReply, ProviderRequest};
use crate::sign_in::Start;
use crate::{App, Caller, Error, Renewable, Result, SignedIn};

/// Somebody who is signed in now.
#[derive(Clone, Debug)]
pub struct Arrived<T> {
    /// The session.
    pub signed_in: T,
    /// Where they wanted to be.
    pub back: String,
}

/// Somebody who is not.
#[derive(Debug)]
pub struct NotArrived {
    /// Why.
    pub error: Error,
    /// Where they wanted to be, if that is known.
    pub back: Option<String>,
}

impl From<Error> for NotArrived {
    fn from(error: Error) -> Self {
        Self { error, back: None }
    }
}

/// Nobody knows of this sign-in: it is somebody else's, was finished before, or took too long.
const NONE: Error = Error::Unauthenticated(
    "this sign-in was finished before, took too long, or was begun in another browser; begin it again",
);
const DENIED: Error =
    Error::Unauthenticated("the sign-in was refused there; try again, or sign in another way");
const UNTRUSTED: Error = Error::Unauthenticated(
    "what the identity provider answered cannot be trusted; try again, or tell the administrator",
);

/// Who came back, and from where.
struct Proven {
    tx: Tx,
    person: Person,
    provider: IdentityProviderId,
    back: String,
}

#[macros::boxed]
impl App {
    /// Somebody comes back to a path of ours, with a query that the provider made, and with what the browser kept.
    ///
    /// # Errors
    /// If the sign-in is not theirs, the provider did not say who they are, or they may not sign in.
    pub async fn arrive(
        &self,
        caller: &Caller,
        callback: &str,
        browser: Option<&str>,
        query: &str,
        user_agent: &str,
    ) -> Result<Arrived<SignedIn>, NotArrived> {
        let Proven { tx, person, provider, back } =
            self.prove_elsewhere(caller, callback, browser, query).await?;
        let start = Start { provider: Some(provider), ..Start::default() };
        match self.start_session(tx, caller, person, user_agent, start).await {
            Ok(signed_in) => Ok(Arrived { signed_in, back }),
            Err(error) => Err(NotArrived { error, back: Some(back) }),
        }
    }

    /// The same, with a session that can be renewed.
    ///
    /// # Errors
    /// As [`App::arrive`].
    pub async fn arrive_renewable(
        &self,
        caller: &Caller,
        callback: &str,
        browser: Option<&str>,
        query: &str,
        user_agent: &str,
    ) -> Result<Arrived<Renewable>, NotArrived> {
        let Proven { tx, person, provider, back } =
            self.prove_elsewhere(caller, callback, browser, query).await?;
        match self.start_renewable_session(tx, caller, person, user_agent, Some(provider)).await {
            Ok(signed_in) => Ok(Arrived { signed_in, back }),
            Err(error) => Err(NotArrived { error, back: Some(back) }),
        }
    }

    async fn prove_elsewhere(
        &self,
        caller: &Caller,
        callback: &str,
        browser: Option<&str>,
        query: &str,
    ) -> Result<Proven, NotArrived> {
        let params = Params::parse(query.as_bytes()).map_err(|_| NONE)?;
        let (provider, attempt) = self.take_attempt_of(&params, browser).await?;
        let back = attempt.errand.back.clone();
        if attempt.errand.callback != callback {
            return Err(NotArrived { error: NONE, back: Some(back) });
        }
        match self.finish_attempt(caller, &provider, &attempt, &params).await {
            Ok((tx, person)) => Ok(Proven { tx, person, provider: provider.id, back }),
            Err(error) => Err(NotArrived { error, back: Some(back) }),
        }
    }

    /// The sign-in that somebody comes back from: begun in this browser, and used up by this.
    async fn take_attempt_of(
        &self,
        params: &Params,
        browser: Option<&str>,
    ) -> Result<(IdentityProvider, Attempt)> {
        let (state, browser) = callback::state(params).zip(browser).ok_or(NONE)?;
        let (state, browser) = (self.state_hash(state), self.browser_hash(browser));
        let taken = self.store.take_sign_in_attempt(&state, &browser, self.clock.now()).await?.ok_or(NONE)?;
        let content = self.keys.open(&place(&state, taken.provider), &taken.content);
        let attempt = content.and_then(|content| serde_json::from_slice(&content).ok()).ok_or(NONE)?;
        let provider: Option<IdentityProvider> = self.store.read().find(taken.provider).await?;
        Ok((provider.ok_or(NONE)?, attempt))
    }

    /// Redeems the code, and finds out who that is here.
    async fn finish_attempt(
        &self,
        caller: &Caller,
        provider: &IdentityProvider,
        attempt: &Attempt,
        params: &Params,
    ) -> Result<(Tx, Person)> {
        let audience = attempt.errand.audience;
        if !provider.is_open_to(audience) {
            return Err(NONE);
        }
        let known = self.known(provider).await?;
        let told = |failure: Failure| {
            tracing::warn!(provider = %provider.id, %failure, "nobody was signed in");
            match failure {
                Failure::Denied => DENIED,
                _ => UNTRUSTED,
            }
        };
        let code = callback::code(params, known.metadata()).map_err(told)?;
        let reply = self.redeem(provider, &known, attempt, code).await?;
        let tokens = token::Tokens::parse(reply.status, &reply.body).map_err(told)?;
        let mut claims = self.verified(provider, &known, attempt, &tokens.id_token).await?.map_err(told)?;
        if let Some(reply) = self.more_claims(provider, &known, &claims, &tokens).await? {
            let email = &provider.claims.email;
            token::add_userinfo(&mut claims, email, reply.status, &reply.body).map_err(told)?;
        }
        self.let_in(caller, provider, audience, &claims).await
    }

    async fn redeem(
        &self,
        provider: &IdentityProvider,
        known: &Known,
        attempt: &Attempt,
        code: &str,
    ) -> Result<ProviderReply> {
        let secret = self.client_secret_of(provider)?;
        let client = token::As {
            client_id: &provider.client_id,
            method: method(provider.token_auth),
            secret: secret.as_ref().map(Secret::expose),
        };
        let redirect_uri = format!("{}{}", self.settings.public_url, attempt.errand.callback);
        let request = token::request(code, &redirect_uri, &attempt.verifier, client);
        self.must_answer(ProviderRequest {
            url: known.metadata().token_endpoint.clone(),
            authorization: request.authorization.map(Secret::imported),
            form: Some(Secret::imported(request.form)),
        })
        .await
    }

    /// What the ID token says. A signature by a key that we do not know yet makes us look for new ones.
    async fn verified(
        &self,
        provider: &IdentityProvider,
        known: &Known,
        attempt: &Attempt,
        token: &str,
    ) -> Result<Result<Claims, Failure>> {
        let awaited = id_token::Awaited {
            issuer: &known.metadata().issuer,
            client_id: &provider.client_id,
            nonce: &attempt.nonce,
            began_at: attempt.began_at(),
            fresh: attempt.errand.fresh,
            now: self.clock.now(),
        };
        match id_token::verify(token, &known.keys, &awaited) {
            Err(Failure::Signature) => {
                let anew = self.known_anew(provider).await?;
                Ok(id_token::verify(token, &anew.keys, &awaited))
            }
            done => Ok(done),
        }
    }

    /// What else the provider says, if the ID token lacks something that is looked at.
    async fn more_claims(
        &self,
        provider: &IdentityProvider,
        known: &Known,
        claims: &Claims,
        tokens: &token::Tokens,
    ) -> Result<Option<ProviderReply>> {
        let is_complete = provider.claims.looked_at().all(|name| claims.contains_key(name));
        let endpoint = known.metadata().userinfo_endpoint.clone().filter(|_| !is_complete);
        let Some((url, authorization)) = endpoint.zip(tokens.authorization()) else { return Ok(None) };
        let authorization = Some(Secret::imported(authorization));
        self.must_answer(ProviderRequest { url, authorization, form: None }).await.map(Some)
    }

    async fn must_answer(&self, request: ProviderRequest) -> Result<ProviderReply> {
        self.ask_provider(request).await.map_err(|why| {
            tracing::warn!(why, "an identity provider did not answer");
            UNREACHABLE
        })
    }
}
