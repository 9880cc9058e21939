//! Secrets that we make: their format. What is kept of them is in [`crate::Pepper`].
//!
//! `kw_key_<43 base62><6 base62>`: the type, 256 random bits, and a CRC-32 over everything before it. The checksum
//! lets scanners recognise a leaked one without asking us, and lets us refuse a mistyped one without looking it up.
//! See `docs/reference/secrets.md`.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What a secret is for. One type's secret is worth nothing at another's door: the type is hashed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// An application's API key.
    ApiKey,
    /// An administrators' token for the management API.
    ApiToken,
    /// A signed-in person's session.
    Session,
    /// Gets a signed-in person's session another secret, when the one it has is over.
    SessionRenewal,
    /// Proves that a mail address is read by who registered it.
    EmailVerification,
    /// Lets somebody choose a new password.
    PasswordReset,
    /// Lets somebody become the first administrator.
    Setup,
    /// Lets the one who reads a mail join a partner or an application.
    Invitation,
    /// Lets the one who reads a mail run this installation.
    AdministratorInvitation,
    /// What a client proves itself by.
    ClientSecret,
    /// Opens APIs for a while.
    AccessToken,
    /// What a browser carries to a client, to be redeemed for tokens.
    AuthorizationCode,
    /// Gets more tokens without the person.
    RefreshToken,
}

impl SecretKind {
    const ALL: [Self; 13] = [
        Self::ApiKey,
        Self::ApiToken,
        Self::Session,
        Self::SessionRenewal,
        Self::EmailVerification,
        Self::PasswordReset,
        Self::Setup,
        Self::Invitation,
        Self::AdministratorInvitation,
        Self::ClientSecret,
        Self::AccessToken,
        Self::AuthorizationCode,
        Self::RefreshToken,
    ];

    /// How many digits of an id come before the random ones.
    const fn id_digits(self) -> usize {
        match self {
            Self::AccessToken => ID,
            Self::ApiKey
            | Self::ApiToken
            | Self::Session
            | Self::SessionRenewal
            | Self::EmailVerification
            | Self::PasswordReset
            | Self::Setup
            | Self::Invitation
            | Self::AdministratorInvitation
            | Self::ClientSecret
            | Self::AuthorizationCode
            | Self::RefreshToken => 0,
        }
    }

    /// The word between the two underscores.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ApiKey => "key",
            Self::ApiToken => "pat",
            Self::Session => "ses",
            Self::SessionRenewal => "ren",
            Self::EmailVerification => "ver",
            Self::PasswordReset => "rst",
            Self::Setup => "setup",
            Self::Invitation => "inv",
            Self::AdministratorInvitation => "adm",
            Self::ClientSecret => "cs",
            Self::AccessToken => "at",
            Self::AuthorizationCode => "ac",
            Self::RefreshToken => "rt",
        }
    }
}

/// A secret in clear. It exists from its making to the one answer that shows it, and is wiped after.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// The part of a secret that may be shown for ever: its beginning and its last four characters.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Hint {
    /// Such as `kw_key_Ab3d`.
    pub prefix: String,
    /// Such as `9xYz`.
    pub last4: String,
}

const ID: usize = 22;
const BODY: usize = 43;
const CHECKSUM: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Secret {
    /// Makes a secret of a kind from 256 random bits.
    pub fn mint(kind: SecretKind, random: [u8; 32]) -> Self {
        Self::mint_from(kind, None, random)
    }

    /// Makes a secret that carries the id of what it opens, so that it is found by that and compared by its hash.
    pub fn mint_with_id(kind: SecretKind, id: uuid::Uuid, random: [u8; 32]) -> Self {
        Self::mint_from(kind, Some(id), random)
    }

    fn mint_from(kind: SecretKind, id: Option<uuid::Uuid>, random: [u8; 32]) -> Self {
        // Long enough from the first: a text that grows leaves copies of its beginning behind, which nobody wipes.
        let length = "kw__".len() + kind.tag().len() + kind.id_digits() + BODY + CHECKSUM;
        let mut text = Zeroizing::new(String::with_capacity(length));
        for part in ["kw_", kind.tag(), "_"] {
            text.push_str(part);
        }
        if let Some(id) = id {
            push_base62_u128(&mut text, id.as_u128());
        }
        push_base62(&mut text, random);
        let sum = crc32fast::hash(text.as_bytes());
        push_base62_u32(&mut text, sum);
        Self(text)
    }

    /// Takes a value that somebody else made, as it is.
    pub fn imported(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself: for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown of it later.
    pub fn hint(&self) -> Hint {
        let text = self.expose();
        let shown = kind_of(text).map_or(0, |kind| "kw__".len() + kind.tag().len()) + 4;
        let tail = text.char_indices().rev().nth(3).map_or(0, |(i, _)| i);
        // A short imported value would be given away by its ends, so its beginning is kept back.
        let prefix: String = if text.len() < 24 { String::new() } else { text.chars().take(shown).collect() };
        Hint { prefix, last4: text.get(tail..).unwrap_or_default().to_owned() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The kind of a well-formed secret of ours; `None` if the shape or the checksum is wrong. Looks nothing up.
pub fn kind_of(text: &str) -> Option<SecretKind> {
    let rest = text.strip_prefix("kw_")?;
    let (tag, tail) = rest.split_once('_')?;
    let kind = SecretKind::ALL.into_iter().find(|kind| kind.tag() == tag)?;
    if tail.len() != kind.id_digits() + BODY + CHECKSUM || !tail.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let (head, sum) = text.split_at(text.len() - CHECKSUM);
    let mut expected = String::with_capacity(CHECKSUM);
    push_base62_u32(&mut expected, crc32fast::hash(head.as_bytes()));
    (expected == sum).then_some(kind)
}

/// Whether a text claims to be one of our secrets, well-formed or not.
pub fn looks_like_ours(text: &str) -> bool {
    SecretKind::ALL.iter().any(|kind| {
        text.strip_prefix("kw_").and_then(|t| t.strip_prefix(kind.tag())).is_some_and(|t| t.starts_with('_'))
    })
}

/// Plain SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Writes 256 bits as exactly 43 digits to the base of 62, the most significant first. Every token does it, so ten
/// digits are taken off at a time.
fn push_base62(text: &mut String, number: [u8; 32]) {
    const TEN_DIGITS: u128 = 62u128.pow(10);
    let mut limbs: [u64; 4] =
        std::array::from_fn(|limb| u64::from_be_bytes(std::array::from_fn(|byte| number[8 * limb + byte])));
    let mut digits = [0u8; BODY];
    for ten in digits.rchunks_mut(10) {
        let mut rest = 0u128;
        for limb in &mut limbs {
            let value = (rest << 64) | u128::from(*limb);
            *limb = (value / TEN_DIGITS) as u64;
            rest = value % TEN_DIGITS;
        }
        let mut rest = rest as u64;
        for digit in ten.iter_mut().rev() {
            *digit = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
    }
    push_digits(text, &digits);
}

fn push_digits(text: &mut String, digits: &[u8]) {
    // Every one of `DIGITS` is ASCII.
    text.push_str(str::from_utf8(digits).unwrap_or_default());
}

fn push_base62_u128(text: &mut String, mut number: u128) {
    let mut digits = [b'0'; ID];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    push_digits(text, &digits);
}

/// Reads digits to the base of 62; `None` if there is another character or the number has more than 128 bits.
pub(crate) fn parse_base62(digits: &str) -> Option<u128> {
    digits.bytes().try_fold(0u128, |number, byte| {
        let digit = DIGITS.iter().position(|&known| known == byte)?;
        number.checked_mul(62)?.checked_add(digit as u128)
    })
}

fn push_base62_u32(text: &mut String, mut number: u32) {
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    push_digits(text, &digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_secret_is_recognised_and_a_mistyped_one_is_not() {
        let secret = Secret::mint(SecretKind::ApiKey, [7; 32]);
        let text = secret.expose();
        assert_eq!(text.len(), "kw_key_".len() + 49);
        assert_eq!(kind_of(text), Some(SecretKind::ApiKey));
        let mut mistyped = text.to_owned().into_bytes();
        mistyped[20] = if mistyped[20] == b'A' { b'B' } else { b'A' };
        let mistyped = String::from_utf8(mistyped).unwrap();
        assert_eq!(kind_of(&mistyped), None);
        assert!(crate::Pepper::new(&[1; 32]).hash_presented_key(&mistyped).is_none());
        assert_eq!(secret.hint().last4, text[text.len() - 4..]);
    }

    #[test]
    fn base_62_is_long_division() {
        let one_digit_at_a_time = |mut number: [u8; 32]| {
            let mut digits = [0u8; BODY];
            for digit in digits.iter_mut().rev() {
                let mut rest = 0u32;
                for byte in &mut number {
                    let value = (rest << 8) | u32::from(*byte);
                    *byte = (value / 62) as u8;
                    rest = value % 62;
                }
                *digit = DIGITS[rest as usize];
            }
            String::from_utf8(digits.to_vec()).unwrap()
        };
        let some =
            (0..200u8).map(|n| sha256(&[n])).chain([[0; 32], [0xff; 32], std::array::from_fn(|i| i as u8)]);
        for number in some {
            let mut text = String::new();
            push_base62(&mut text, number);
            assert_eq!(text, one_digit_at_a_time(number), "{number:?}");
        }
    }

    #[test]
    fn all_256_bits_count() {
        let ones = Secret::mint(SecretKind::ApiKey, [0xff; 32]);
        let mut almost = [0xff; 32];
        almost[31] = 0xfe;
        assert_ne!(ones, Secret::mint(SecretKind::ApiKey, almost));
        almost = [0xff; 32];
        almost[0] = 0x7f;
        assert_ne!(ones, Secret::mint(SecretKind::ApiKey, almost));
    }

    #[test]
    fn a_279_debug_output_shows_no_secret() {
        let secret = Secret::mint(SecretKind::ApiKey, [7; 32]);
        assert!(!format!("{secret:?}").contains(&secret.expose()[8..20]));
    }
}
