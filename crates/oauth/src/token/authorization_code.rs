//! A code is redeemed (RFC 6749 §4.1.3).

use domain::{ClientId, Instant};

use crate::pkce::{self, Challenge};
use crate::{OAuthError, Params, Result, resource};

/// What is kept of a code, and the client that it was given to.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// To whom it was given.
    pub client_id: ClientId,
    /// Where it was sent.
    pub redirect_uri: &'a str,
    /// PKCE.
    pub challenge: Option<&'a str>,
    /// From when on it is worth nothing.
    pub expires_at: Instant,
    /// Whether it was redeemed before.
    pub is_used: bool,
    /// Whether what it stands for was ended.
    pub is_ended: bool,
    /// The APIs that were granted.
    pub resources: &'a [String],
}

/// What to do with a code that was brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good: use it up, and give tokens for these APIs.
    Redeem(Vec<String>),
    /// It was brought before: end everything that came from it (RFC 6749 §4.1.2).
    Replayed,
    /// It is worth nothing from now on, whoever brought it.
    Burn(OAuthError),
    /// It is somebody else's, or was ended; nothing changes.
    Refuse(OAuthError),
}

/// The one refusal for codes: unknown, expired, used and somebody else's look the same.
pub fn refused() -> OAuthError {
    OAuthError::invalid_grant("the code is unknown, expired, used, or not for this client and redirect_uri")
}

/// Decides what a code is worth.
pub fn decide(code: &Code<'_>, client_id: ClientId, params: &Params, now: Instant) -> Verdict {
    if code.is_used {
        return Verdict::Replayed;
    }
    if code.is_ended || code.expires_at <= now {
        return Verdict::Refuse(refused());
    }
    match check(code, client_id, params) {
        Ok(resources) => Verdict::Redeem(resources),
        Err(error) => Verdict::Burn(error),
    }
}

fn check(code: &Code<'_>, client_id: ClientId, params: &Params) -> Result<Vec<String>> {
    // RFC 6749 §4.1.3: the client that it was given to, and the very same redirect URI.
    if code.client_id != client_id || params.get("redirect_uri")? != Some(code.redirect_uri) {
        return Err(refused());
    }
    let challenge = code.challenge.map(Challenge::parse).transpose()?;
    pkce::check(challenge.as_ref(), params.get("code_verifier")?)?;
    let asked = resource::of_request(params)?;
    resource::narrow(code.resources, asked)
}

#[cfg(test)]
mod tests {
    use domain::Instant;

    use super::*;
    use crate::ErrorCode;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const NOW: Instant = Instant::from_micros(1_000);

    fn client(n: u128) -> ClientId {
        serde_json::from_value(serde_json::json!(format!("00000000-0000-7000-8000-{n:012}"))).unwrap()
    }

    fn code() -> Code<'static> {
        Code {
            client_id: client(1),
            redirect_uri: "https://rp.test/cb",
            challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            expires_at: Instant::from_micros(1_001),
            is_used: false,
            is_ended: false,
            resources: &[],
        }
    }

    fn request(changes: &[(&str, &str)]) -> Params {
        let mut pairs =
            vec![("code", "x"), ("redirect_uri", "https://rp.test/cb"), ("code_verifier", VERIFIER)];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name, value));
        }
        pairs.into_iter().collect()
    }

    #[test]
    fn rfc6749_4_1_3_a_good_code_is_redeemed() {
        assert_eq!(decide(&code(), client(1), &request(&[]), NOW), Verdict::Redeem(Vec::new()));
    }

    #[test]
    fn rfc6749_4_1_2_code_single_use() {
        let used = Code { is_used: true, ..code() };
        assert_eq!(decide(&used, client(1), &request(&[]), NOW), Verdict::Replayed);
        assert_eq!(decide(&used, client(2), &request(&[]), NOW), Verdict::Replayed);
    }

    #[test]
    fn a_026_a_027_rfc6749_4_1_3_another_client_or_redirect_uri_burns_it() {
        assert_eq!(decide(&code(), client(2), &request(&[]), NOW), Verdict::Burn(refused()));
        for uri in ["https://rp.test/CB", "https://rp.test/cb/", ""] {
            assert_eq!(
                decide(&code(), client(1), &request(&[("redirect_uri", uri)]), NOW),
                Verdict::Burn(refused()),
                "{uri}"
            );
        }
    }

    #[test]
    fn rfc7636_4_6_a_wrong_verifier_burns_it() {
        for verifier in ["", &"a".repeat(43)] {
            let verdict = decide(&code(), client(1), &request(&[("code_verifier", verifier)]), NOW);
            assert!(
                matches!(verdict, Verdict::Burn(error) if error.code == ErrorCode::InvalidGrant),
                "{verifier}"
            );
        }
    }

    #[test]
    fn a_029_a_late_code_and_one_that_was_ended_are_refused() {
        let late = Instant::from_micros(1_001);
        assert_eq!(decide(&code(), client(1), &request(&[]), late), Verdict::Refuse(refused()));
        let ended = Code { is_ended: true, ..code() };
        assert_eq!(decide(&ended, client(1), &request(&[]), NOW), Verdict::Refuse(refused()));
    }
}
