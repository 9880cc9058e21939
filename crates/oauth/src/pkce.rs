//! Proof Key for Code Exchange (RFC 7636): whoever redeems a code shows that they asked for it.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use subtle::ConstantTimeEq;

use crate::{OAuthError, Params, Result};

/// The SHA-256 of a verifier. `plain` does not exist here: it protects nothing from whoever reads the request
/// (RFC 9700 §2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// The only method.
    pub const METHOD: &'static str = "S256";

    /// Reads `code_challenge` and `code_challenge_method` of an authorization request.
    ///
    /// # Errors
    /// If the method is another one or left out (it would be `plain`, RFC 7636 §4.3), or the challenge is no SHA-256
    /// in base64url (§4.2); if it is required and not there.
    pub fn of_request(params: &Params, is_required: bool) -> Result<Option<Self>> {
        let challenge = params.get("code_challenge")?;
        let method = params.get("code_challenge_method")?;
        match (challenge, method) {
            (None, None) if is_required => Err(OAuthError::invalid_request(
                "code_challenge is required: this client uses PKCE with code_challenge_method S256",
            )),
            (None, None) => Ok(None),
            (None, Some(_)) => {
                Err(OAuthError::invalid_request("code_challenge_method is there without code_challenge"))
            }
            (Some(challenge), Some(Self::METHOD)) => Self::parse(challenge).map(Some),
            (Some(_), _) => Err(OAuthError::invalid_request("code_challenge_method must be S256")),
        }
    }

    /// Reads a challenge: 43 characters of base64url that decode to 32 bytes.
    ///
    /// # Errors
    /// If it is not that.
    pub fn parse(text: &str) -> Result<Self> {
        match BASE64URL.decode(text) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(OAuthError::invalid_request(
                "code_challenge must be the SHA-256 of the verifier in base64url without padding, 43 characters",
            )),
        }
    }

    /// The challenge that a verifier of our own meets, for a request of ours (RFC 7636 §4.2).
    pub fn of(verifier: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
        Self(BASE64URL.encode(hash.as_ref()))
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a verifier belongs to it (RFC 7636 §4.6).
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
        BASE64URL.encode(hash.as_ref()).as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

/// Compares the verifier of a token request with the challenge of the authorization request.
///
/// # Errors
/// `invalid_grant` if they do not belong together (RFC 7636 §4.6), or one is there without the other: a verifier
/// without a challenge means that somebody took the challenge off the request (RFC 9700 §4.8.2).
pub fn check(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<()> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) => {
            if !is_verifier(verifier) {
                return Err(OAuthError::invalid_grant(
                    "code_verifier must be 43 to 128 characters out of letters, digits, -, ., _ and ~",
                ));
            }
            if challenge.is_met_by(verifier) {
                Ok(())
            } else {
                Err(OAuthError::invalid_grant("code_verifier does not belong to the code_challenge"))
            }
        }
        (Some(_), None) => Err(OAuthError::invalid_grant("code_verifier is required")),
        (None, Some(_)) => Err(OAuthError::invalid_grant(
            "code_verifier is there, but the code was asked for without code_challenge",
        )),
    }
}

/// RFC 7636 §4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn request(pairs: &[(&str, &str)], is_required: bool) -> Result<Option<Challenge>> {
        Challenge::of_request(&pairs.iter().copied().collect(), is_required)
    }

    #[test]
    fn rfc7636_4_6_a_verifier_meets_its_own_challenge_only() {
        let challenge = Challenge::parse(CHALLENGE).unwrap();
        assert_eq!(check(Some(&challenge), Some(VERIFIER)), Ok(()));
        assert!(check(Some(&challenge), Some(&VERIFIER.replace('d', "e"))).is_err());
        assert!(check(Some(&challenge), None).is_err());
        assert_eq!(check(None, None), Ok(()));
    }

    #[test]
    fn rfc9700_4_8_2_a_verifier_without_a_challenge_is_refused() {
        assert!(check(None, Some(VERIFIER)).is_err());
    }

    #[test]
    fn rfc7636_4_1_verifiers_have_43_to_128_unreserved_characters() {
        for wrong in ["a".repeat(42), "a".repeat(129), "a".repeat(42) + "+", String::new()] {
            let challenge = BASE64URL.encode(digest::digest(&digest::SHA256, wrong.as_bytes()).as_ref());
            assert!(check(Some(&Challenge::parse(&challenge).unwrap()), Some(&wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_009_rfc7636_4_3_plain_a_missing_method_and_odd_challenges_are_refused() {
        assert!(
            request(&[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")], true)
                .unwrap()
                .is_some()
        );
        for method in ["plain", "S512", "s256"] {
            let error = request(&[("code_challenge", CHALLENGE), ("code_challenge_method", method)], true);
            assert!(error.unwrap_err().description.contains("code_challenge_method"), "{method}");
        }
        assert!(request(&[("code_challenge", CHALLENGE)], false).is_err());
        assert!(request(&[("code_challenge_method", "S256")], false).is_err());
        for challenge in [
            &CHALLENGE[1..],
            &"a".repeat(129),
            &format!("{}=", &CHALLENGE[..42]),
            &CHALLENGE.replace('-', "+"),
        ] {
            assert!(
                request(&[("code_challenge", challenge), ("code_challenge_method", "S256")], true).is_err(),
                "{challenge}"
            );
        }
    }

    #[test]
    fn rfc9700_2_1_1_a_client_that_must_use_pkce_cannot_leave_it_out() {
        assert!(request(&[], true).unwrap_err().description.contains("code_challenge"));
        assert_eq!(request(&[], false), Ok(None));
    }
}
