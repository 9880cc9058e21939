//! ID tokens (OpenID Connect Core §2): who signed in, for one client.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use domain::{Instant, Proof};
use serde_json::{Map, Value, json};

/// The kind of token that it is; what clients expect in `typ`.
pub const TYP: &str = "JWT";

/// What goes into an ID token.
#[derive(Clone, Debug)]
pub struct IdToken<'a> {
    /// Who issues it.
    pub issuer: &'a str,
    /// For which client: its `client_id`.
    pub client_id: &'a str,
    /// Whom that client knows the person as.
    pub subject: &'a str,
    /// Since when.
    pub issued_at: Instant,
    /// Until when.
    pub expires_at: Instant,
    /// When the person signed in.
    pub auth_time: Instant,
    /// How (RFC 8176); empty: nothing is said of it.
    pub amr: &'a [&'a str],
    /// How well, as one of [`ACR`].
    pub acr: &'a str,
    /// What the client sent along.
    pub nonce: Option<&'a str>,
    /// Which session it was, for the client to name at sign-out.
    pub session: Option<&'a str>,
    /// The access token beside it, if it comes by the same way.
    pub access_token: Option<&'a str>,
    /// The code beside it, if it comes by the same way.
    pub code: Option<&'a str>,
    /// What else is told about the person.
    pub claims: Map<String, Value>,
}

/// How people sign in here: by a password, or by two factors.
pub const ACR: [&str; 2] = ["1", "2"];

/// How well somebody has signed in (`acr`, OpenID Connect Core §2).
pub fn acr(proof: Proof) -> &'static str {
    ACR[usize::from(proof.is_twofold())]
}

/// What they have shown (`amr`, RFC 8176 §2).
pub fn amr(proof: Proof) -> &'static [&'static str] {
    match proof {
        Proof::Password => &["pwd"],
        Proof::PasswordAndCode => &["pwd", "otp", "mfa"],
        // Whether a passkey is in hardware or in software, nobody tells us: it is a key, and somebody was there.
        Proof::PasswordAndPasskey => &["pwd", "pop", "user", "mfa"],
        Proof::Passkey => &["pop", "user", "mfa"],
    }
}

impl IdToken<'_> {
    /// Its claims, ready to be signed.
    pub fn claims(&self) -> Map<String, Value> {
        let mut claims = self.claims.clone();
        let mut put = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
        put("iss", json!(self.issuer));
        put("sub", json!(self.subject));
        put("aud", json!(self.client_id));
        put("iat", json!(self.issued_at.unix_seconds()));
        put("exp", json!(self.expires_at.unix_seconds()));
        put("auth_time", json!(self.auth_time.unix_seconds()));
        put("acr", json!(self.acr));
        if !self.amr.is_empty() {
            put("amr", json!(self.amr));
        }
        if let Some(nonce) = self.nonce {
            put("nonce", json!(nonce));
        }
        if let Some(session) = self.session {
            put("sid", json!(session));
        }
        if let Some(token) = self.access_token {
            put("at_hash", json!(half_hash(token)));
        }
        if let Some(code) = self.code {
            put("c_hash", json!(half_hash(code)));
        }
        claims
    }
}

/// The left half of the SHA-256 (§3.1.3.6, §3.3.2.11). All our algorithms but EdDSA say SHA-256, and EdDSA says nothing.
fn half_hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    BASE64URL.encode(hash.as_ref().get(..16).unwrap_or_default())
}

/// The pairwise subject of a person for a sector (§8.1): the same for all clients of one sector, of no use to others.
/// `keyed` is a keyed hash of sector and person, made where the key is.
pub fn pairwise_subject(keyed: &[u8; 32]) -> String {
    BASE64URL.encode(keyed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oidc_core_2_an_id_token_says_who_for_whom_and_when() {
        let token = IdToken {
            issuer: "https://desk.test",
            client_id: "c1",
            subject: "s1",
            issued_at: Instant::from_micros(1_000_000_000),
            expires_at: Instant::from_micros(1_600_000_000),
            auth_time: Instant::from_micros(900_000_000),
            amr: &["pwd"],
            acr: acr(Proof::Password),
            nonce: Some("n1"),
            session: None,
            access_token: Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            code: None,
            claims: json!({"email": "a@b.test", "sub": "evil"}).as_object().unwrap().clone(),
        };
        let claims = token.claims();
        assert_eq!(claims["sub"], "s1");
        assert_eq!(claims["aud"], "c1");
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(1_000), Some(1_600)));
        assert_eq!(claims["auth_time"], 900);
        assert_eq!(claims["nonce"], "n1");
        assert_eq!(claims["amr"], json!(["pwd"]));
        assert!(IdToken { amr: &[], ..token }.claims().get("amr").is_none());
        // OpenID Connect Core appendix A.3.
        assert_eq!(claims["at_hash"], "77QmUPtjPfzWtF2AnpK9RQ");
        assert!(claims.get("c_hash").is_none() && claims.get("sid").is_none());
    }
}
