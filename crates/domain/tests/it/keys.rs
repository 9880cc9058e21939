//! Keys that somebody else made.

use keywright_domain::secret::sha256;
use keywright_domain::{ApiKey, ForeignKey, Secret, SecretHash, SecretKind};

use crate::sample::pepper;

fn import(key: ForeignKey) -> Result<ApiKey, String> {
    ApiKey::import(key, &pepper()).map_err(|e| format!("{} {}", e.fields()[0].field, e.fields()[0].code))
}

fn value(text: &str) -> ForeignKey {
    ForeignKey::Value(Secret::imported(text))
}

fn by_sha256(hex: &str, last4: &str) -> ForeignKey {
    ForeignKey::Sha256 { hex: hex.to_owned(), last4: last4.to_owned() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const LEGACY: &str = "9fQ2-7xKp_Zr4Lm8Vt1Ws6Nc3";

#[test]
fn a_183_an_imported_key_is_kept_under_the_pepper_only() {
    let digest = sha256(LEGACY.as_bytes());
    let by_value = import(value(LEGACY)).unwrap();
    let by_hash = import(by_sha256(&hex(&digest), "s6Nc")).unwrap();
    assert_eq!(by_value.hash, by_hash.hash);
    assert_eq!(Some(by_value.hash), pepper().hash_presented_key(LEGACY));
    assert_ne!(by_value.hash, SecretHash::unnumbered(digest));
    assert!(by_value.imported && by_hash.imported);
    assert_eq!((by_value.hint.prefix.as_str(), by_value.hint.last4.as_str()), ("9fQ2", "6Nc3"));
    assert_eq!((by_hash.hint.prefix.as_str(), by_hash.hint.last4.as_str()), ("", "s6Nc"));
    assert_eq!(import(by_sha256(&hex(&digest).to_uppercase(), "")).unwrap().hash, by_value.hash);
}

#[test]
fn a_183_keys_that_can_be_guessed_are_not_taken() {
    for (weak, code) in [
        ("", "invalid"),
        ("short-but-not-random", "too_weak"),
        ("0123456789012345678", "invalid"),
        ("01234567890123456789", "too_weak"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too_weak"),
        ("abcdefghijklmnopqrstuvwxyz", "too_weak"),
        ("passwordpasswordpassword1234", "too_weak"),
        ("9fQ2 7xKp Zr4L m8Vt 1Ws6", "invalid"),
        ("9fQ2-7xKp_Zr4Lm8Vt1Ws6\u{e9}", "invalid"),
        ("9fQ2-7xKp_Zr4Lm8Vt1Ws6\r\nX: y", "invalid"),
        ("kw_key_9fQ27xKpZr4Lm8Vt1Ws6Nc3", "reserved"),
    ] {
        assert_eq!(import(value(weak)).unwrap_err(), format!("value {code}"), "{weak:?}");
    }
    assert_eq!(import(value(&"9fQ2-7xKp_Zr4L".repeat(37))).unwrap_err(), "value invalid");
}

#[test]
fn keys_that_machines_make_are_taken() {
    for fine in [
        "0198c5e2-7d1a-7bcd-8f00-1234567890ab",
        "d41d8cd98f00b204e9800998ecf8427e",
        "2b8f4c0e6d1a4f7fb3c59e7a",
        "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==",
    ] {
        assert!(import(value(fine)).is_ok(), "{fine}");
    }
}

#[test]
fn a_sha256_is_64_digits_and_tells_at_most_four_characters() {
    let good = hex(&sha256(LEGACY.as_bytes()));
    for wrong in ["", &good[1..], &format!("{good}0"), &format!("+{}", &good[1..]), &"é".repeat(32)] {
        assert_eq!(import(by_sha256(wrong, "")).unwrap_err(), "sha256 invalid", "{wrong}");
    }
    for wrong in ["12345", "a b", "é", "\u{0}"] {
        assert_eq!(import(by_sha256(&good, wrong)).unwrap_err(), "last4 invalid", "{wrong:?}");
    }
}

#[test]
fn a_key_of_another_kind_is_no_api_key() {
    let token = Secret::mint(SecretKind::ApiToken, [3; 32]);
    assert_eq!(pepper().hash_presented_key(token.expose()), None);
}
