//! Signatures of webhooks, as [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks) has them:
//! `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{Instant, Invalid, Secret};

const PREFIX: &str = "whsec_";
/// "between 24 bytes (192 bits) and 64 bytes (512 bits)", says the specification.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// Makes a signing secret from 256 random bits.
pub fn mint(random: [u8; 32]) -> Secret {
    Secret::imported(format!("{PREFIX}{}", STANDARD.encode(random)))
}

/// Checks a signing secret that somebody brings along.
///
/// # Errors
/// `invalid` unless it is `whsec_` and the base64 of 24 to 64 bytes.
pub fn check(secret: &str) -> Result<(), Invalid> {
    key(secret).map(drop).ok_or_else(|| {
        Invalid::field("", "invalid", "must be whsec_ and the base64 of 24 to 64 random bytes")
    })
}

fn key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    LENGTHS.contains(&key.len()).then_some(key)
}

/// One signature; `None` if the secret is none.
pub fn sign(secret: &str, id: &str, at: Instant, body: &[u8]) -> Option<String> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key(secret)?).ok()?;
    mac.update(format!("{id}.{}.", at.unix_seconds()).as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let at = Instant::from_micros(1_614_265_330_000_000);
        let signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_227_secrets_have_24_to_64_bytes() {
        let made = mint([7; 32]);
        assert!(check(made.expose()).is_ok());
        for length in [0, 8, 23, 65] {
            assert!(check(&format!("whsec_{}", STANDARD.encode(vec![7; length]))).is_err(), "{length}");
        }
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
