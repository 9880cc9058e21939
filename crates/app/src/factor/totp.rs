//! Codes that change every 30 seconds (TOTP, RFC 6238), as the apps on telephones make them: SHA-1, six digits.

use totp_rs::{Builder, Totp};

use crate::keys::fill_random;
use crate::{Error, Result};

/// Who the app says the codes are for.
const ISSUER: &str = "Keywright";

/// What to give to an app.
#[derive(Clone, Debug)]
pub struct Provision {
    /// The secret, to be typed.
    pub secret: String,
    /// The same as an address, to be drawn as a QR code.
    pub address: String,
}

/// A random secret, of as many bytes as SHA-1 gives (RFC 4226 §4).
pub(super) fn new_secret() -> Vec<u8> {
    let mut secret = vec![0u8; 20];
    fill_random(&mut secret);
    secret
}

fn totp(secret: &[u8], account: &str) -> Result<Totp> {
    // One step of grace before and after (RFC 6238 §6) is what it does by itself. A colon would end the issuer's name.
    let account = account.replace(':', "");
    let built =
        Builder::new().with_secret(secret.to_vec()).with_issuer(Some(ISSUER)).with_account_name(account);
    built.build().map_err(|error| Error::Internal(format!("a secret for codes cannot be used: {error}")))
}

/// What to give to an app for a secret and an account.
pub(super) fn provision(secret: &[u8], account: &str) -> Result<Provision> {
    let totp = totp(secret, account)?;
    let address = totp.to_url().map_err(|error| Error::Internal(format!("no address for codes: {error}")))?;
    Ok(Provision { secret: totp.secret().to_base32(), address })
}

/// The step of a code that is right at a moment, one before, or one after.
pub(super) fn step_of(secret: &[u8], code: &str, at_s: u64) -> Result<Option<i64>> {
    let step = totp(secret, "")?.check(code, at_s);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a code is shown (RFC 6238 §5.2).
    const STEP_S: u64 = 30;
    /// RFC 6238 appendix B, cut to six digits.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn rfc_6238_appendix_b_codes_are_right_at_their_time_and_a_step_around_it() {
        for (at, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            let step = i64::try_from(at / STEP_S).unwrap();
            for moment in [at, at + STEP_S, at - STEP_S] {
                assert_eq!(step_of(SECRET, code, moment).unwrap(), Some(step), "{code} at {moment}");
            }
            for moment in [at + 2 * STEP_S, at + 20 * STEP_S] {
                assert_eq!(step_of(SECRET, code, moment).unwrap(), None, "{code} at {moment}");
            }
        }
        for odd in ["", "28708", "2870820", "+87082", "28708a", "２８７０８２"] {
            assert_eq!(step_of(SECRET, odd, 59).unwrap(), None, "{odd}");
        }
    }

    #[test]
    fn an_app_is_told_whose_codes_they_are() {
        let told = provision(SECRET, "ada@example.com").unwrap();
        assert_eq!(told.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let address = "otpauth://totp/Keywright:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Keywright";
        assert_eq!(told.address, address);
    }
}
