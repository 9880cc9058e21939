//! What RFC 9700 advises against and both systems that we stand in for have: passwords for tokens, and tokens by way of
//! the browser. Off unless the configuration turns it on, and then for clients that have it on, too.

use domain::{Client, Developer, GrantType, OAuthGrant, Session};
use oauth::claims::ClaimsRequest;
use oauth::response::ResponseType;
use oauth::scope::{self, Scopes};
use oauth::{OAuthError, Params, resource};
use store::Tx;

use super::authorize::Asked;
use super::tokens::{Told, Wanted};
use super::{TokenAnswer, refuse};
use crate::{App, Caller, Error, Result};

impl App {
    /// The response types that are on.
    pub(super) fn response_types(&self) -> Vec<ResponseType> {
        let mut types = vec![ResponseType::CODE];
        if self.has_grant(GrantType::Implicit) {
            types.extend(ResponseType::IMPLICIT);
        }
        if self.has_grant(GrantType::Hybrid) {
            types.extend(ResponseType::HYBRID);
        }
        types
    }

    /// A client brings somebody's password (RFC 6749 §4.3). It counts as a guess like any other.
    pub(super) async fn password_grant(
        &self,
        caller: &Caller,
        client: &Client,
        params: &Params,
    ) -> Result<TokenAnswer, OAuthError> {
        let (email, password) = (params.require("username")?, params.require("password")?);
        let all = self.known_scopes();
        let is_system =
            |name: &str| all.iter().any(|it| it.name == name && it.kind == domain::ScopeKind::System);
        let allowed: Scopes =
            client.allowed_scopes(&all).into_iter().filter(|name| !is_system(name)).collect();
        let scopes = scope::choose(Scopes::of_request(params)?, &allowed, client.requested_scopes_required)?;
        let resources = resource::of_request(params)?;
        resource::must_be_known(&resources, |resource| self.is_audience(client, resource))?;
        let developer = self.check_password_of(caller, email, password).await?;
        let scopes = self.only_held(scopes.iter(), &all, &developer).await?;
        let mut tx = self.begin(caller).await?;
        let grant = OAuthGrant {
            id: self.new_id(),
            meta: domain::Meta::new(tx.now()),
            client_id: client.id,
            application_id: client.application_id,
            developer_id: developer.id,
            session_id: None,
            identity_provider_id: None,
            scopes: scopes.clone(),
            resources: resources.clone(),
            claims: serde_json::Value::Null,
            auth_time: tx.now(),
            proof: domain::Proof::Password,
            end: None,
        };
        let grant = tx.save(grant.create()).await.map_err(refuse)?;
        let claims = ClaimsRequest::default();
        let wanted = Wanted {
            grant: &grant,
            scopes: Scopes::from_iter(&scopes),
            resources,
            nonce: None,
            claims: &claims,
        };
        let refresh = self.first_refresh_token(&tx, client, &grant).await?;
        self.finish(tx, client, wanted, refresh).await
    }

    /// Whose password it is. A session begins and ends with it, so that there is one way to check a password.
    async fn check_password_of(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
    ) -> Result<Developer, OAuthError> {
        let wrong =
            || OAuthError::invalid_grant("the address or the password is wrong, or the account is not open");
        let signed_in = match self.sign_in(caller, email, password, "password grant").await {
            Ok(signed_in) => signed_in,
            Err(Error::Unauthenticated(_)) => return Err(wrong()),
            Err(error) => return Err(error.into()),
        };
        let session: Session = signed_in.session;
        let domain::Person::Developer(id) = session.person else { return Err(wrong()) };
        let tx = self.begin(caller).await?;
        self.save(tx, session.end()).await?;
        let developer: Option<Developer> = self.store.read().find(id).await.map_err(refuse)?;
        developer.ok_or_else(wrong)
    }

    /// What comes back by way of the browser: access and ID token of an implicit or hybrid response.
    pub(super) async fn front_channel(
        &self,
        tx: &Tx,
        asked: &Asked,
        grant: &OAuthGrant,
        developer: &Developer,
        fields: &[(&'static str, String)],
    ) -> Result<Vec<(&'static str, String)>, OAuthError> {
        let kind = asked.request.response_type;
        let scopes = Scopes::from_iter(&grant.scopes);
        let nonce = asked.request.nonce.as_deref();
        let mut more = Vec::new();
        let mut access_token = None;
        if kind.token {
            let wanted = Wanted {
                grant,
                scopes: scopes.clone(),
                resources: grant.resources.clone(),
                nonce,
                claims: &asked.request.claims,
            };
            let minted = self.mint_for(&asked.client, &wanted, developer).await?;
            if minted.is_kept() {
                tx.insert_access_token(&minted.token).await.map_err(refuse)?;
            }
            let answer = TokenAnswer::of(&asked.client, &minted);
            more.push(("access_token", answer.access_token.clone()));
            more.push(("token_type", answer.token_type.to_owned()));
            more.push(("expires_in", answer.expires_in.to_string()));
            more.push(("scope", scopes.to_string()));
            access_token = Some(answer.access_token);
        }
        if kind.id_token {
            let told =
                Told { client: &asked.client, developer, scopes: &scopes, claims: &asked.request.claims };
            let code = fields.iter().find(|(name, _)| *name == "code").map(|(_, code)| code.as_str());
            let id_token = self.id_token(&told, grant, nonce, access_token.as_deref(), code).await?;
            more.push(("id_token", id_token));
        }
        Ok(more)
    }
}
