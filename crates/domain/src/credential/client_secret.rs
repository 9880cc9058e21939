//! Client secrets: what a client proves itself by at the token endpoint (RFC 6749 §2.3.1), and at APIs by Basic.

use serde::Serialize;

use crate::{Hint, Invalid, Pepper, Secret, SecretHash, SecretKind};

/// What we keep of a client secret.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ClientSecret {
    /// How it is compared.
    #[serde(skip)]
    pub form: SecretForm,
    /// What may be shown of it.
    #[serde(flatten)]
    pub hint: Hint,
    /// Whether somebody chose it.
    pub chosen: bool,
}

/// How a secret is compared: by what is fast enough for 256 random bits, or by what is slow enough for what people
/// choose.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretForm {
    /// Made by us.
    Minted {
        /// The keyed hash of it.
        hash: SecretHash,
    },
    /// Chosen by somebody.
    Chosen {
        /// Argon2id, with its parameters.
        phc: String,
    },
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

impl std::fmt::Debug for SecretForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretForm(…)")
    }
}

impl ClientSecret {
    /// Of a secret that we made.
    pub fn minted(secret: &Secret, pepper: &Pepper) -> Self {
        let hash = pepper.hash(SecretKind::ClientSecret, secret.expose());
        let form = SecretForm::Minted { hash };
        Self { form, hint: secret.hint(), chosen: false }
    }

    /// Of a secret that somebody chose, hashed slowly.
    pub fn chosen(secret: &Secret, phc: String) -> Self {
        // A short one would be given away by its end.
        let hint = if secret.expose().len() < 24 {
            Hint { prefix: String::new(), last4: String::new() }
        } else {
            secret.hint()
        };
        Self { form: SecretForm::Chosen { phc }, hint, chosen: true }
    }
}

/// Whether a secret that an administrator chose can be one: 16 to 255 visible ASCII characters, not easy to guess.
///
/// # Errors
/// `invalid` or `too_weak`, or `reserved` if it looks like one of ours.
pub fn check_chosen_secret(value: &str) -> Result<(), Invalid> {
    let field = "client_secret";
    if !(16..=255).contains(&value.len()) || !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Invalid::field(field, "invalid", "must be 16 to 255 visible ASCII characters"));
    }
    if value.starts_with("kw_") {
        return Err(Invalid::field(field, "reserved", "must not start with kw_: such secrets are made here"));
    }
    let guesses = zxcvbn::zxcvbn(&value[..value.len().min(100)], &[]).guesses_log10();
    if guesses < MIN_GUESSES_LOG10 {
        return Err(Invalid::field(field, "too_weak", "is too easy to guess"));
    }
    Ok(())
}

/// 10^10 guesses: each costs an Argon2id, and the token endpoint slows guessing down.
const MIN_GUESSES_LOG10: f64 = 10.0;
