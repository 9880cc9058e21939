//! Tokens for a person's grant, all together.

use domain::{Client, ClientId, Developer, DeveloperId, OAuthGrant, OAuthScope, Secret, SubjectType};
use oauth::claims::{self, ClaimsRequest, Place};
use oauth::id_token::{self, IdToken};
use oauth::scope::Scopes;
use oauth::{OAuthError, redirect_uri};
use serde_json::{Map, Value, json};
use store::Tx;

use super::mint::sign;
use super::{About, Minted, TokenAnswer, refuse};
use crate::{App, Result};

/// What a client gets out of a grant this time.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) grant: &'a OAuthGrant,
    pub(super) scopes: Scopes,
    pub(super) resources: Vec<String>,
    pub(super) nonce: Option<&'a str>,
    pub(super) claims: &'a ClaimsRequest,
}

/// What is told about somebody, and to whom.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) client: &'a Client,
    pub(super) developer: &'a Developer,
    pub(super) scopes: &'a Scopes,
    pub(super) claims: &'a ClaimsRequest,
}

impl App {
    /// Makes the access token, keeps everything, and then signs the ID token: what takes long is done when the code or
    /// refresh token is used up already, and nobody else waits for it.
    pub(super) async fn finish(
        &self,
        tx: Tx,
        client: &Client,
        wanted: Wanted<'_>,
        refresh: Option<Secret>,
    ) -> Result<TokenAnswer, OAuthError> {
        let developer: Option<Developer> = tx.read().find(wanted.grant.developer_id).await.map_err(refuse)?;
        let developer =
            developer.ok_or_else(|| OAuthError::invalid_grant("there is no such account any more"))?;
        let minted = self.mint_for(client, &wanted, &developer).await?;
        if minted.is_kept() {
            tx.insert_access_token(&minted.token).await.map_err(refuse)?;
        }
        self.commit(tx).await?;
        let mut answer = TokenAnswer::of(client, &minted);
        answer.refresh_token = refresh.map(|secret| secret.expose().to_owned());
        if wanted.scopes.contains("openid") {
            let told = Told { client, developer: &developer, scopes: &wanted.scopes, claims: wanted.claims };
            answer.id_token = Some(self.id_token(&told, wanted.grant, wanted.nonce, None, None).await?);
        }
        Ok(answer)
    }

    /// The access token of a grant.
    pub(super) async fn mint_for(
        &self,
        client: &Client,
        wanted: &Wanted<'_>,
        developer: &Developer,
    ) -> Result<Minted, OAuthError> {
        let known = about(developer);
        let is_told = |name: &str| self.tells(&wanted.scopes, name, |claim| claim.access_token);
        let mut told: Map<String, Value> = known.into_iter().filter(|(name, _)| is_told(name)).collect();
        told.insert("auth_time".to_owned(), json!(wanted.grant.auth_time.unix_seconds()));
        told.insert("acr".to_owned(), json!(id_token::acr(wanted.grant.proof)));
        let about = About {
            subject: self.subject_for(client, developer.id),
            developer_id: Some(developer.id),
            grant_id: Some(wanted.grant.id.0),
            scopes: wanted.scopes.clone().into_vec(),
            audience: wanted.resources.clone(),
            claims: told,
        };
        self.mint_access_token(client, about).await.map_err(refuse)
    }

    /// An ID token; beside a token or code that comes by the same way it says which.
    pub(super) async fn id_token(
        &self,
        told: &Told<'_>,
        grant: &OAuthGrant,
        nonce: Option<&str>,
        access_token: Option<&str>,
        code: Option<&str>,
    ) -> Result<String, OAuthError> {
        let now = self.clock.now();
        let key = self.signing_key(told.client.id_token_signed_response_alg).map_err(refuse)?;
        let session = grant.session_id.map(|id| self.session_name(told.client.id, &id.0));
        let claims = IdToken {
            issuer: &self.settings.public_url,
            client_id: &told.client.client_id,
            subject: &self.subject_for(told.client, told.developer.id),
            issued_at: now,
            expires_at: now + told.client.id_token_lifetime(),
            auth_time: grant.auth_time,
            amr: how_signed_in(grant),
            acr: id_token::acr(grant.proof),
            nonce,
            session: session.as_deref(),
            access_token,
            code,
            claims: self.claims_at(told, Place::IdToken),
        };
        sign(key, id_token::TYP, claims.claims()).await.map_err(refuse)
    }

    /// What a client is told about somebody at a place.
    pub(super) fn claims_at(&self, told: &Told<'_>, place: Place) -> Map<String, Value> {
        let known = about(told.developer);
        let here = |name: &str| {
            self.tells(told.scopes, name, |claim| match place {
                Place::IdToken => claim.id_token,
                Place::Userinfo => claim.userinfo,
            })
        };
        let anywhere = |name: &str| self.tells(told.scopes, name, |_| true);
        claims::pick(&known, anywhere, here, told.claims, place)
    }

    /// Whether the scopes stand for a claim, as an administrator has described them or by the standard.
    fn tells(&self, scopes: &Scopes, claim: &str, place: impl Fn(&domain::ScopeClaim) -> bool) -> bool {
        let issuance = self.issuance();
        let is_granted = |scope: &&OAuthScope| scopes.contains(&scope.name);
        issuance
            .scopes
            .iter()
            .filter(is_granted)
            .any(|scope| scope.claims.iter().any(|known| known.claim == claim && place(known)))
    }

    /// What a client knows somebody as (OpenID Connect Core §8).
    pub(crate) fn subject_for(&self, client: &Client, developer: DeveloperId) -> String {
        match client.subject_type {
            SubjectType::Public => developer.to_string(),
            SubjectType::Pairwise => {
                let sector =
                    client.redirect_uris.first().map(|uri| redirect_uri::shown(uri)).unwrap_or_default();
                let parts = [sector.as_bytes(), developer.0.as_bytes()];
                id_token::pairwise_subject(&self.keys.marks().fingerprint("pairwise-subject", &parts))
            }
        }
    }

    /// What a client knows a session as: nothing that another client could compare.
    fn session_name(&self, client: ClientId, session: &uuid::Uuid) -> String {
        let mac = self.keys.authenticate("sid", &[client.0.as_bytes(), session.as_bytes()]);
        hex::encode(mac)
    }
}

/// What somebody has shown. How they signed in elsewhere, we do not know.
fn how_signed_in(grant: &OAuthGrant) -> &'static [&'static str] {
    match grant.identity_provider_id {
        None => id_token::amr(grant.proof),
        Some(_) => &[],
    }
}

/// All that is known about a developer, by the names of OpenID Connect Core §5.1.
fn about(developer: &Developer) -> Map<String, Value> {
    let claims = [
        ("name", json!(developer.name)),
        // Not the address: that is told by another scope.
        ("preferred_username", json!(developer.name)),
        ("email", json!(developer.email.to_string())),
        ("email_verified", json!(developer.verified_at.is_some())),
        ("updated_at", json!(developer.meta.updated_at.unix_seconds())),
    ];
    claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
