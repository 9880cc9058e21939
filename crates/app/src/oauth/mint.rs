//! Access tokens are made here, in whatever format the client has.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{
    AccessToken, AccessTokenId, Application, Client, DeveloperId, Secret, SecretHash, SecretKind,
    SigningAlgorithm, TokenDefinition, TokenFormat,
};
use oauth::jose;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::keys::fill_random;
use crate::{App, Error, Result};

/// For whom a token is made, and for what.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// What it calls the one for whom it acts; empty: the client itself.
    pub subject: String,
    /// The person for whom it acts.
    pub developer_id: Option<DeveloperId>,
    /// The consent that it comes from.
    pub grant_id: Option<Uuid>,
    /// What it opens.
    pub scopes: Vec<String>,
    /// For whom it is (RFC 8707); empty: as the definition says.
    pub audience: Vec<String>,
    /// What else a JWT says, such as `auth_time` and what scopes put into access tokens.
    pub claims: Map<String, Value>,
}

/// A token that was made.
#[derive(Clone, Debug)]
pub struct Minted {
    /// What is kept of it, and what it is.
    pub token: AccessToken,
    /// What the client gets.
    pub text: Secret,
}

impl Minted {
    /// Whether it has to be kept before it is handed out: [`store::Tx::insert_access_token`]. A JWT speaks for itself.
    pub fn is_kept(&self) -> bool {
        self.token.hash.is_some()
    }
}

#[macros::boxed]
impl App {
    /// Makes an access token. It is worth something once it was kept, see [`Minted::is_kept`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no key has been published for long enough.
    pub async fn mint_access_token(&self, client: &Client, about: About) -> Result<Minted> {
        let now = self.clock.now();
        let issuance = self.issuance();
        let definition = issuance.definition(client.token_definition);
        let definition =
            definition.ok_or_else(|| Error::Internal("a token definition is missing".to_owned()))?;
        let id: AccessTokenId = self.new_id();
        let subject = if about.subject.is_empty() { client.client_id.clone() } else { about.subject };
        let mut token = AccessToken {
            id,
            hash: None,
            found_by_hash: false,
            client_id: client.id,
            application_id: client.application_id,
            developer_id: about.developer_id,
            grant_id: about.grant_id,
            scopes: about.scopes,
            audience: if about.audience.is_empty() { definition.audience.clone() } else { about.audience },
            subject,
            issued_at: now,
            expires_at: now + client.access_token_lifetime(),
        };
        let text = match client.access_token_format {
            TokenFormat::Opaque => {
                let mut random = [0u8; 32];
                fill_random(&mut random);
                let text = AccessToken::opaque_text(id, random);
                token.hash = Some(self.access_token_hash(text.expose()));
                text
            }
            TokenFormat::Uuid => {
                let mut random = [0u8; 16];
                fill_random(&mut random);
                let text = Secret::imported(uuid::Builder::from_random_bytes(random).into_uuid().to_string());
                token.hash = Some(self.access_token_hash(text.expose()));
                token.found_by_hash = true;
                text
            }
            TokenFormat::Jwt => Box::pin(self.signed(client, definition, &token, about.claims)).await?,
        };
        Ok(Minted { token, text })
    }

    async fn signed(
        &self,
        client: &Client,
        definition: &TokenDefinition,
        token: &AccessToken,
        more: Map<String, Value>,
    ) -> Result<Secret> {
        let claims = self.claims(client, definition, token, more).await?;
        self.make_first_keys().await?;
        let key = self.signer(&definition.key_series, definition.algorithm)?;
        Ok(Secret::imported(sign(key, "at+jwt", claims).await?))
    }

    /// What a new opaque token, or a UUID, is found by; and whatever is in memory.
    pub(crate) fn access_token_hash(&self, text: &str) -> SecretHash {
        self.keys.hash(SecretKind::AccessToken, text)
    }

    /// The claims of RFC 9068 §2.2, and what the definition adds.
    async fn claims(
        &self,
        client: &Client,
        definition: &TokenDefinition,
        token: &AccessToken,
        more: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        let issuer = definition.issuer.as_deref().unwrap_or(&self.settings.public_url);
        let audience = match token.audience.as_slice() {
            [] => json!(issuer),
            [one] => json!(one),
            several => json!(several),
        };
        let mut claims = more;
        for (claim, value) in self.defined_claims(client, &definition.claims).await? {
            claims.insert(claim, value);
        }
        let own = [
            ("iss", json!(issuer)),
            ("sub", json!(token.subject)),
            ("aud", audience),
            ("client_id", json!(client.client_id)),
            ("iat", json!(token.issued_at.unix_seconds())),
            ("exp", json!(token.expires_at.unix_seconds())),
            ("jti", json!(token.id)),
            ("scope", json!(token.scopes.join(" "))),
        ];
        claims.extend(own.map(|(name, value)| (name.to_owned(), value)));
        if let Some(grant) = token.grant_id {
            claims.insert("gid".to_owned(), json!(grant));
        }
        Ok(claims)
    }

    /// What a definition puts into claims: see [`domain::CLAIM_SOURCES`].
    async fn defined_claims(
        &self,
        client: &Client,
        sources: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, Value)>> {
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.store.read();
        let application: Option<Application> = read.find(client.application_id).await?;
        let partner_id = application.as_ref().and_then(|application| application.owner.partner());
        let partner: Option<domain::Partner> = match partner_id {
            Some(id) => read.find(id).await?,
            None => None,
        };
        let value = |source: &str| match source {
            "client_id" => json!(client.client_id),
            "application_id" => json!(client.application_id),
            "application_name" => json!(application.as_ref().map(|it| it.name.as_str())),
            "partner_id" => json!(partner_id),
            "partner_name" => json!(partner.as_ref().map(|it| it.name.as_str())),
            "partner_roles" => json!(partner.as_ref().map(|it| &it.roles)),
            _ => Value::Null,
        };
        let filled = sources.iter().map(|(claim, source)| (claim.clone(), value(source)));
        Ok(filled.filter(|(_, value)| !value.is_null()).collect())
    }
}

/// Signs claims. RSA takes half a millisecond: that is done off the threads that answer, so that others are not held up.
pub(crate) async fn sign(
    key: Arc<jose::SigningKey>,
    typ: &'static str,
    claims: Map<String, Value>,
) -> Result<String> {
    let failed = |e: jose::KeyError| Error::Internal(format!("a token could not be signed: {e}"));
    match key.algorithm() {
        SigningAlgorithm::Es256 | SigningAlgorithm::EdDsa => key.sign(typ, &claims).map_err(failed),
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
            let signed = tokio::task::spawn_blocking(move || key.sign(typ, &claims)).await;
            signed.map_err(|e| Error::Internal(format!("signing thread: {e}")))?.map_err(failed)
        }
    }
}
