//! Refresh tokens: made with the first tokens of a grant, and used to get more (RFC 6749 §6).

use std::time::Duration;

use domain::{
    Client, Developer, DeveloperState, GrantEnd, GrantType, Instant, OAuthGrant, Secret, SecretHash,
    SecretKind, secret,
};
use oauth::claims::ClaimsRequest;
use oauth::scope::{self, Scopes};
use oauth::token::refresh_token::{Policy, Refresh, Verdict, decide, refused};
use oauth::{OAuthError, Params, resource};
use store::{RefreshToken, Tx};

use super::TokenAnswer;
use super::refuse;
use super::tokens::Wanted;
use crate::{App, Caller, Result};

/// How long a refresh token lives unused, where the client says nothing about its life (security P-14).
const IDLE: Duration = Duration::from_secs(14 * 24 * 3600);

impl App {
    /// The first refresh token of a grant, if the client may have one.
    pub(super) async fn first_refresh_token(
        &self,
        tx: &Tx,
        client: &Client,
        grant: &OAuthGrant,
    ) -> Result<Option<Secret>> {
        if !client.allows_grant(GrantType::RefreshToken) {
            return Ok(None);
        }
        let (secret, token) = self.new_refresh_token(tx, client, grant);
        tx.put_refresh_token(&token).await?;
        Ok(Some(secret))
    }

    fn new_refresh_token(&self, tx: &Tx, client: &Client, grant: &OAuthGrant) -> (Secret, RefreshToken) {
        let (secret, hash) = self.keys.mint(SecretKind::RefreshToken);
        let token = RefreshToken {
            hash,
            grant_id: grant.id,
            created_at: tx.now(),
            expires_at: expiry(client, grant, tx.now()),
            used_at: None,
            successor_hash: None,
            sealed_successor: None,
        };
        (secret, token)
    }

    /// A client brings a refresh token.
    ///
    /// # Errors
    /// `invalid_grant` if it is worth nothing; one that was replaced and comes again ends all that came from its grant.
    pub(super) async fn refresh(
        &self,
        caller: &Caller,
        client: &Client,
        params: &Params,
    ) -> Result<TokenAnswer, OAuthError> {
        let presented = params.require("refresh_token")?;
        if secret::kind_of(presented) != Some(SecretKind::RefreshToken) {
            return Err(refused());
        }
        let hashes = self.keys.hashes(SecretKind::RefreshToken, presented);
        let tx = self.begin(caller).await?;
        let Some(token) = tx.read().refresh_token(&hashes).await.map_err(refuse)? else {
            return Err(refused());
        };
        let hash = token.hash;
        let grant: Option<OAuthGrant> = tx.read().find(token.grant_id).await.map_err(refuse)?;
        let Some(grant) = grant else { return Err(refused()) };
        let policy = Policy {
            invalidate_on_use: client.refresh_invalidate_on_use,
            issue_new_on_use: client.refresh_issue_new_on_use,
            grace: self.settings.oauth.refresh_grace,
        };
        let seen = Refresh {
            client_id: grant.client_id,
            expires_at: token.expires_at,
            used_at: token.used_at,
            successor_is_used: self.successor_is_used(&tx, &token).await?,
            has_successor: token.successor_hash.is_some(),
            is_ended: !grant.is_alive(),
        };
        let verdict = decide(&seen, client.id, policy, tx.now());
        // What is asked for is looked at before anything is used up: a typing error costs nothing.
        let (scopes, resources) = match verdict {
            Verdict::Refuse => return Err(refused()),
            Verdict::Reused => return self.end_family(tx, &grant, GrantEnd::RefreshReused, refused()).await,
            Verdict::Keep | Verdict::Add | Verdict::Rotate | Verdict::UseUp | Verdict::Repeat => {
                self.still_allowed(client, &grant, params).await?
            }
        };
        let next = match verdict {
            Verdict::Keep => {
                tx.extend_refresh_token(&hash, expiry(client, &grant, tx.now())).await.map_err(refuse)?;
                None
            }
            Verdict::Add => self.first_refresh_token(&tx, client, &grant).await?,
            Verdict::Rotate => match self.rotate(&tx, client, &grant, &hash, presented).await? {
                Some(next) => Some(next),
                // Somebody was faster. Within the grace they share the new token; otherwise it was used twice.
                None => return self.lost_the_race(tx, &grant, &hash, presented, client, params).await,
            },
            Verdict::UseUp => match tx.use_refresh_token(&hash, None).await.map_err(refuse)? {
                true => None,
                false => return self.end_family(tx, &grant, GrantEnd::RefreshReused, refused()).await,
            },
            Verdict::Repeat => Some(self.open_successor(&token, presented)?),
            Verdict::Refuse | Verdict::Reused => return Err(refused()),
        };
        let claims = ClaimsRequest::default();
        let wanted = Wanted { grant: &grant, scopes, resources, nonce: None, claims: &claims };
        self.finish(tx, client, wanted, next).await
    }

    /// Puts a new token in the place of one. `None`: somebody else has, in the same moment.
    async fn rotate(
        &self,
        tx: &Tx,
        client: &Client,
        grant: &OAuthGrant,
        hash: &SecretHash,
        presented: &str,
    ) -> Result<Option<Secret>> {
        let (secret, token) = self.new_refresh_token(tx, client, grant);
        let sealed = self.keys.seal_under(presented, secret.expose().as_bytes());
        if !tx.use_refresh_token(hash, Some((&token.hash, &sealed))).await? {
            return Ok(None);
        }
        tx.put_refresh_token(&token).await?;
        Ok(Some(secret))
    }

    async fn lost_the_race(
        &self,
        tx: Tx,
        grant: &OAuthGrant,
        hash: &SecretHash,
        presented: &str,
        client: &Client,
        params: &Params,
    ) -> Result<TokenAnswer, OAuthError> {
        let token = tx.read().refresh_token(&[*hash]).await.map_err(refuse)?;
        let is_shared = !self.settings.oauth.refresh_grace.is_zero();
        match token {
            Some(token) if is_shared && !self.successor_is_used(&tx, &token).await? => {
                let next = self.open_successor(&token, presented)?;
                let (scopes, resources) = self.still_allowed(client, grant, params).await?;
                let claims = ClaimsRequest::default();
                let wanted = Wanted { grant, scopes, resources, nonce: None, claims: &claims };
                self.finish(tx, client, wanted, Some(next)).await
            }
            _ => self.end_family(tx, grant, GrantEnd::RefreshReused, refused()).await,
        }
    }

    async fn successor_is_used(&self, tx: &Tx, token: &RefreshToken) -> Result<bool> {
        let Some(next) = token.successor_hash else { return Ok(false) };
        // One that is not there any more has had its life.
        Ok(tx.read().refresh_token(&[next]).await?.is_none_or(|next| next.used_at.is_some()))
    }

    /// The one that replaced a token, for whoever lost the answer. Only the token itself opens it.
    fn open_successor(&self, token: &RefreshToken, presented: &str) -> Result<Secret, OAuthError> {
        let sealed = token.sealed_successor.as_deref().unwrap_or_default();
        let text = self.keys.open_under(presented, sealed).and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(Secret::imported).ok_or_else(refused)
    }

    /// What of the grant can still be had: whoever may sign in no more, or holds a role no more, gets less.
    async fn still_allowed(
        &self,
        client: &Client,
        grant: &OAuthGrant,
        params: &Params,
    ) -> Result<(Scopes, Vec<String>), OAuthError> {
        let read = self.store.read();
        let developer: Option<Developer> = read.find(grant.developer_id).await.map_err(refuse)?;
        let Some(developer) = developer.filter(|it| it.state == DeveloperState::Approved) else {
            return Err(refused());
        };
        let all = self.known_scopes();
        let allowed = client.allowed_scopes(&all);
        let asked = scope::narrow(&Scopes::from_iter(&grant.scopes), Scopes::of_request(params)?)?;
        let kept = asked.only(|name| allowed.iter().any(|scope| scope == name));
        let kept = self.only_held(kept.iter(), &all, &developer).await?;
        if kept.is_empty() && !asked.is_empty() {
            return Err(OAuthError::invalid_grant("nothing of what was granted can be had any more"));
        }
        let resources = resource::narrow(&grant.resources, resource::of_request(params)?)?;
        Ok((Scopes::from_iter(&kept), resources))
    }
}

/// Until when a refresh token lives: all of a grant end with the grant's time, and where the client does not say how
/// long that is, unused ones end sooner.
fn expiry(client: &Client, grant: &OAuthGrant, now: Instant) -> Instant {
    let end = grant.meta.created_at + client.refresh_token_lifetime();
    if client.refresh_token_lifetime_s.is_some() { end } else { end.min(now + IDLE) }
}

#[macros::boxed]
impl App {
    /// A client gives a token back, of whatever kind (RFC 7009). A refresh token takes all with it that came from its
    /// grant (§2.1).
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn revoke_token(
        &self,
        caller: &Caller,
        proven: &super::client_auth::Proven,
        text: &str,
    ) -> Result<(), OAuthError> {
        if secret::kind_of(text) != Some(SecretKind::RefreshToken) {
            return self.revoke_access_token(caller, proven, text).await.map(drop);
        }
        let hashes = self.keys.hashes(SecretKind::RefreshToken, text);
        let mut tx = self.begin(caller).await?;
        let Some(token) = tx.read().refresh_token(&hashes).await.map_err(refuse)? else { return Ok(()) };
        let grant: Option<OAuthGrant> = tx.read().find(token.grant_id).await.map_err(refuse)?;
        // Somebody else's is passed over in silence.
        let Some(grant) = grant.filter(|grant| grant.client_id == proven.client.id) else { return Ok(()) };
        if let Some(end) = grant.end(GrantEnd::Revoked, tx.now()) {
            tx.save(end).await.map_err(refuse)?;
            self.commit(tx).await?;
        }
        Ok(())
    }
}
