//! Which token a text is: from memory where it is there, else from the database. A JWT says it by itself.

use std::sync::Arc;
use std::time::Duration;

use domain::{AccessToken, Client, Instant, SecretKind, secret};
use oauth::jose;
use serde_json::{Map, Value};

use super::issuance::Issuance;
use crate::{App, Result};

/// The longest token that is looked at.
const MAX_TOKEN: usize = 8_192;
/// Our own clock made it.
const SKEW: Duration = Duration::ZERO;

/// What can be said of a text without the database.
pub(crate) enum AtHand {
    /// It is this token.
    Token(Arc<AccessToken>),
    /// It is none of ours.
    None,
    /// It was one, and its time is over.
    Over,
    /// It may be one that the database knows.
    Kept,
}

#[macros::boxed]
impl App {
    /// A token that is worth something now, whatever its format. The gateway check decides the same by
    /// [`verify::Verifier::decide`].
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
        match self.token_at_hand(text) {
            AtHand::Token(token) => Ok(Some(token)),
            AtHand::None | AtHand::Over => Ok(None),
            AtHand::Kept => self.kept_access_token(text).await,
        }
    }

    /// What memory says of a text.
    pub(crate) fn token_at_hand(&self, text: &str) -> AtHand {
        if text.len() > MAX_TOKEN || !self.verifier().has_clients() {
            return AtHand::None;
        }
        if is_opaque(text) || domain::parse_uuid(text).is_some() {
            let known = self.oauth.tokens.get(&self.access_token_hash(text));
            return known.map_or(AtHand::Kept, AtHand::Token);
        }
        match self.signed_access_token(text) {
            Ok(token) => AtHand::Token(token),
            Err(jose::Refusal::Time) => AtHand::Over,
            Err(_) => AtHand::None,
        }
    }

    /// A token by the database, which is remembered.
    pub(crate) async fn kept_access_token(&self, text: &str) -> Result<Option<Arc<AccessToken>>> {
        let hashes = self.keys.hashes(SecretKind::AccessToken, text);
        let read = self.store.read();
        let is_it = |token: &AccessToken| token.hash.is_some_and(|hash| hashes.contains(&hash));
        let found = match AccessToken::id_in(text) {
            Some(id) => read.access_token(id).await?.filter(is_it),
            None => read.access_token_by_hash(&hashes).await?,
        };
        let found = found.map(Arc::new);
        if let (Some(token), Some(hash)) = (&found, hashes.first()) {
            self.oauth.tokens.put(*hash, Arc::clone(token));
        }
        Ok(found)
    }

    /// A JWT that one of our published keys signed as an access token (RFC 9068 §4). Its signature is verified once; what
    /// came of it is forgotten with the keys that it was verified by.
    fn signed_access_token(&self, text: &str) -> Result<Arc<AccessToken>, jose::Refusal> {
        let issuance = self.issuance();
        let hash = self.access_token_hash(text);
        if let Some(token) = issuance.verified.get(&hash) {
            return Ok(token);
        }
        let expected =
            jose::Expected { types: &["at+jwt", "application/at+jwt"], now: self.clock.now(), skew: SKEW };
        let claims = jose::verify(text, &issuance.keys, &expected)?;
        let token = self.told_by(&issuance, &claims).ok_or(jose::Refusal::Malformed)?;
        let token = Arc::new(token);
        issuance.verified.put(hash, Arc::clone(&token));
        Ok(token)
    }

    fn told_by(&self, issuance: &Issuance, claims: &Map<String, Value>) -> Option<AccessToken> {
        if !self.is_issuer(issuance, claims.get("iss")?.as_str()?) {
            return None;
        }
        let client = self.verifier().client_by_name(claims.get("client_id")?.as_str()?)?;
        read_claims(claims, &client)
    }

    /// Whether this server calls itself so.
    pub(crate) fn is_issuer(&self, issuance: &Issuance, issuer: &str) -> bool {
        issuer == self.settings.public_url
            || issuance.definitions.iter().any(|it| it.issuer.as_deref() == Some(issuer))
    }
}

fn is_opaque(text: &str) -> bool {
    secret::kind_of(text) == Some(SecretKind::AccessToken)
}

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
