//! By what a call proves whose it is, and where that stands in it.

use domain::{ApplicationId, AuthMethod, Invalid, KeyPlace, Secret};

/// The longest secret that is sent, in bytes.
const LONGEST: usize = 4_096;

/// By what a call proves whose it is.
#[derive(Clone, Debug)]
pub enum TrialProof {
    /// By nothing.
    None,
    /// By an API key that somebody has.
    Key(Secret),
    /// By an access token that somebody has.
    Token(Secret),
    /// By a key of an application that is made for it.
    Application(ApplicationId),
}

/// Where a secret stands in a call.
pub(super) enum Placed {
    Header(String, Secret),
    Query(String, Secret),
}

/// What somebody pasted must be one value of a header, and nothing more.
pub(super) fn check(secret: &Secret) -> Result<(), Invalid> {
    let text = secret.expose();
    if text.is_empty() {
        return Err(Invalid::field("secret", "required", "must not be empty"));
    }
    if text.len() > LONGEST || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Invalid::field("secret", "invalid", "must be letters, digits and signs without spaces"));
    }
    Ok(())
}

/// Puts a secret where it is looked for: a key where the strategy says, a token where all do.
pub(super) fn place(
    proof: &TrialProof,
    secret: Option<Secret>,
    method: Option<&AuthMethod>,
) -> Option<Placed> {
    let secret = secret?;
    let is_key = matches!(proof, TrialProof::Key(_) | TrialProof::Application(_));
    Some(match method.filter(|_| is_key).map_or(KeyPlace::Bearer, AuthMethod::key_place) {
        KeyPlace::Query(name) => Placed::Query(name.to_owned(), secret),
        KeyPlace::Header(name) => Placed::Header(name.to_owned(), secret),
        KeyPlace::Bearer => {
            let bearer = Secret::imported(format!("Bearer {}", secret.expose()));
            Placed::Header("authorization".to_owned(), bearer)
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::KeyLocation;

    use super::*;

    fn placed(location: Option<KeyLocation>, proof: fn(Secret) -> TrialProof) -> String {
        let method = AuthMethod::KeyAuth { locations: location.into_iter().collect() };
        let secret = || Secret::imported("s");
        match place(&proof(secret()), Some(secret()), Some(&method)) {
            Some(Placed::Header(name, value)) => format!("{name}: {}", value.expose()),
            Some(Placed::Query(name, value)) => format!("?{name}={}", value.expose()),
            None => String::new(),
        }
    }

    #[test]
    fn a_key_stands_where_the_strategy_looks_and_a_token_where_all_do() {
        let header = |name: &str| Some(KeyLocation::Header(name.to_owned()));
        assert_eq!(placed(header("x-key"), TrialProof::Key), "x-key: s");
        assert_eq!(placed(header("authorization"), TrialProof::Key), "authorization: Bearer s");
        assert_eq!(placed(Some(KeyLocation::Query("k".to_owned())), TrialProof::Key), "?k=s");
        assert_eq!(placed(None, TrialProof::Key), "authorization: Bearer s");
        assert_eq!(placed(header("x-key"), TrialProof::Token), "authorization: Bearer s");
    }

    #[test]
    fn a_221_a_secret_is_one_value_and_brings_no_header() {
        for wrong in ["", "a b", "a\r\nHost: evil.test", "a\n", "\u{0}", "é", "a\tb", &"x".repeat(5_000)] {
            assert!(check(&Secret::imported(wrong)).is_err(), "{wrong:?}");
        }
        assert!(check(&Secret::imported("kw_key_0/+=.")).is_ok());
    }
}
