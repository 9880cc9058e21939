//! What a token is worth (RFC 7662).

use std::sync::Arc;
use std::time::Duration;

use domain::{AccessToken, Client, Instant, SecretKind, secret};
use oauth::client_auth::Method;
use oauth::{OAuthError, jose};
use serde::Serialize;
use serde_json::{Map, Value};

use super::client_auth::Proven;
use crate::oauth::refuse;
use crate::{App, Result};

/// The answer (RFC 7662 §2.2). Of a token that is worth nothing it says only that.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Introspection {
    /// Whether it is worth something.
    pub active: bool,
    /// What it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// Until when it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Since when it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// For whom it acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// For whom it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

impl App {
    /// What a token is worth, for a client that proved who it is: its own tokens, and those that are for it.
    ///
    /// # Errors
    /// `invalid_client` if the client did not prove who it is.
    pub async fn introspect(&self, proven: &Proven, token: &str) -> Result<Introspection, OAuthError> {
        // RFC 7662 §2.1: who asks must be known, so that nobody can try out tokens.
        if proven.method == Method::None {
            return Err(OAuthError::invalid_client("only clients that prove who they are may ask"));
        }
        let Some(token) = self.live_access_token(token).await.map_err(refuse)? else {
            return Ok(Introspection::default());
        };
        let Some(owner) = self.verifier().client(token.client_id) else {
            return Ok(Introspection::default());
        };
        if !may_look(&proven.client, &token) {
            return Ok(Introspection::default());
        }
        let issuer = self.issuance().definition(owner.token_definition).and_then(|it| it.issuer.clone());
        Ok(Introspection {
            active: true,
            scope: Some(token.scopes.join(" ")),
            client_id: Some(owner.client_id.clone()),
            token_type: Some("Bearer"),
            exp: Some(token.expires_at.unix_seconds()),
            iat: Some(token.issued_at.unix_seconds()),
            sub: Some(token.subject.clone()),
            aud: token.audience.clone(),
            iss: Some(issuer.unwrap_or_else(|| self.settings.public_url.clone())),
            jti: Some(token.id.to_string()),
        })
    }

    /// A token that is worth something now, whatever its format. This is the one place where that is decided.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn live_access_token(&self, text: &str) -> Result<Option<Arc<AccessToken>>> {
        let now = self.clock.now();
        let token = self.access_token(text).await?;
        Ok(token.filter(|token| self.verifier().honours(token, now)))
    }

    /// A token that we issued, live or not: from memory, else from the database. `None` if it is none of ours.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn access_token(&self, text: &str) -> Result<Option<Arc<AccessToken>>> {
        if text.len() > MAX_TOKEN {
            return Ok(None);
        }
        if secret::kind_of(text) == Some(SecretKind::AccessToken) {
            return self.kept_access_token(text, false).await;
        }
        if domain::parse_uuid(text).is_some() {
            return self.kept_access_token(text, true).await;
        }
        Ok(self.signed_access_token(text).map(Arc::new))
    }

    async fn kept_access_token(&self, text: &str, by_hash: bool) -> Result<Option<Arc<AccessToken>>> {
        let hash = self.access_token_hash(text);
        if let Some(token) = self.oauth.tokens.get(&hash) {
            return Ok(Some(token));
        }
        let read = self.store.read();
        let found = match AccessToken::id_in(text) {
            Some(id) => read.access_token(id).await?.filter(|token| token.hash == Some(hash)),
            None if by_hash => read.access_token_by_hash(&hash).await?,
            None => None,
        };
        let found = found.map(Arc::new);
        if let Some(token) = &found {
            self.oauth.tokens.put(Arc::clone(token));
        }
        Ok(found)
    }

    /// A JWT that one of our published keys signed as an access token (RFC 9068 §4). Its times are judged by the same
    /// rule as those of any token.
    fn signed_access_token(&self, text: &str) -> Option<AccessToken> {
        let issuance = self.issuance();
        let expected =
            jose::Expected { types: &["at+jwt", "application/at+jwt"], now: self.clock.now(), skew: SKEW };
        let claims = jose::verify(text, &issuance.keys, &expected).ok()?;
        let issuer = claims.get("iss")?.as_str()?;
        let is_ours = issuer == self.settings.public_url
            || issuance.definitions.iter().any(|it| it.issuer.as_deref() == Some(issuer));
        if !is_ours {
            return None;
        }
        let client = self.verifier().client_by_name(claims.get("client_id")?.as_str()?)?;
        read_claims(&claims, &client)
    }
}

/// A client may look at its own tokens, and at those that are for it: a resource server is named by its client id in the
/// audience. Of all others it learns nothing.
fn may_look(client: &Client, token: &AccessToken) -> bool {
    token.client_id == client.id || token.audience.contains(&client.client_id)
}

/// The longest token that is looked at.
const MAX_TOKEN: usize = 8_192;
/// Our own clock made it.
const SKEW: Duration = Duration::ZERO;

fn read_claims(claims: &Map<String, Value>, client: &Client) -> Option<AccessToken> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let id = domain::parse_uuid(text("jti")?)?;
    let audience = match claims.get("aud")? {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => several.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(),
        _ => return None,
    };
    // The id says it to the millisecond, `iat` to the second only: a client whose tokens were ended may have got this
    // one within the same second.
    let (seconds_of_id, nanos) = id.get_timestamp()?.to_unix();
    let micros = i64::try_from(seconds_of_id).ok()? * 1_000_000 + i64::from(nanos / 1_000);
    Some(AccessToken {
        id: id.into(),
        hash: None,
        found_by_hash: false,
        client_id: client.id,
        application_id: client.application_id,
        developer_id: None,
        grant_id: text("gid").and_then(domain::parse_uuid),
        scopes: text("scope")?.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        audience,
        subject: text("sub")?.to_owned(),
        issued_at: Instant::from_micros(micros),
        expires_at: Instant::from_micros(seconds("exp")?.checked_mul(1_000_000)?),
    })
}
