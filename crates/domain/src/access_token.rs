//! Access tokens: what opens APIs for a while.

use serde::Serialize;
use uuid::Uuid;

use crate::transition::noun;
use crate::{
    AccessTokenId, ApplicationId, ClientId, DeveloperId, Instant, Meta, Secret, SecretHash, SecretKind,
    Transition, secret,
};

/// A token that opens APIs for a while (RFC 6749 §1.4). It is no noun with an audit line of its own: there are
/// thousands a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Its identity; `jti` of a JWT. Sorts by age, and is a part of an opaque token's text.
    pub id: AccessTokenId,
    /// What an opaque token is compared by; a JWT has none.
    pub hash: Option<SecretHash>,
    /// Whether its text has no id in it, so that it is found by its hash: a UUID.
    pub found_by_hash: bool,
    /// Who asked for it.
    pub client_id: ClientId,
    /// Whose client that is.
    pub application_id: ApplicationId,
    /// The person for whom it acts; none: the client acts for itself.
    pub developer_id: Option<DeveloperId>,
    /// The consent that it comes from.
    pub grant_id: Option<Uuid>,
    /// What it opens.
    pub scopes: Vec<String>,
    /// For whom it is.
    pub audience: Vec<String>,
    /// What it calls the one for whom it acts.
    pub subject: String,
    /// Since when it lives.
    pub issued_at: Instant,
    /// Until when it lives.
    pub expires_at: Instant,
}

/// A token that was ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevokedToken {
    /// The token's identity.
    pub id: AccessTokenId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Who had asked for it.
    pub client_id: ClientId,
    /// Whose client that is.
    pub application_id: ApplicationId,
    /// Until when the token would have lived: after that nobody needs to know.
    pub expires_at: Instant,
}

noun!(RevokedToken, AccessTokenId, application = |t| Some(t.application_id));

/// The digits that an id takes in a token's text.
const ID_DIGITS: usize = 22;

impl AccessToken {
    /// Ends a token before its time.
    pub fn revoke(&self, now: Instant) -> Transition<RevokedToken> {
        let revoked = RevokedToken {
            id: self.id,
            meta: Meta::new(now),
            client_id: self.client_id,
            application_id: self.application_id,
            expires_at: self.expires_at,
        };
        Transition::create(revoked, "access_token.revoked")
    }

    /// The text of an opaque token: its id, so that it is found where new ones are written, and 256 random bits.
    pub fn opaque_text(id: AccessTokenId, random: [u8; 32]) -> Secret {
        Secret::mint_with_id(SecretKind::AccessToken, id.0, random)
    }

    /// The id in the text of an opaque token; `None` if it is none of ours or mistyped.
    pub fn id_in(text: &str) -> Option<AccessTokenId> {
        if secret::kind_of(text) != Some(SecretKind::AccessToken) {
            return None;
        }
        let digits = text.get("kw_at_".len()..)?.get(..ID_DIGITS)?;
        secret::parse_base62(digits).map(|number| AccessTokenId(Uuid::from_u128(number)))
    }

    /// Whether it lives at a moment, as far as it knows itself.
    pub fn is_alive(&self, now: Instant) -> bool {
        now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_read_out_of_the_text_again() {
        let id = AccessTokenId(Uuid::from_u128(0x0198_c5e2_7d1a_7bcd_8f00_1234_5678_90ab));
        let text = AccessToken::opaque_text(id, [7; 32]);
        assert_eq!(text.expose().len(), "kw_at_".len() + ID_DIGITS + 49);
        assert_eq!(AccessToken::id_in(text.expose()), Some(id));
        let mistyped = text.expose().replacen("kw_at_0", "kw_at_1", 1);
        assert_eq!(AccessToken::id_in(&mistyped), None);
        assert_eq!(AccessToken::id_in("kw_at_"), None);
        assert_eq!(AccessToken::id_in(""), None);
        let largest = AccessToken::opaque_text(AccessTokenId(Uuid::max()), [0xff; 32]);
        assert_eq!(AccessToken::id_in(largest.expose()), Some(AccessTokenId(Uuid::max())));
    }
}
