//! The public keys of a client that proves itself by signatures (RFC 7517).

use serde_json::Value;

use crate::Invalid;

/// How many keys a client may have.
const MAX: usize = 10;
/// The longest member of a key: a modulus of 8,192 bits.
const MAX_MEMBER: usize = 1_400;
/// What only a private or a shared key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Checks that a set holds public keys of kinds that we can verify by. Whether each is on its curve is found out when
/// it is used.
pub(super) fn check(set: Value) -> Result<Value, Invalid> {
    let invalid = |field: String, message: &str| Invalid::field(field, "invalid", message);
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or_else(|| invalid(String::new(), "must be an object with a list of keys"))?;
    if keys.is_empty() || keys.len() > MAX {
        return Err(Invalid::field("keys", "out_of_range", format!("must have 1 to {MAX} entries")));
    }
    for (i, key) in keys.iter().enumerate() {
        let at = format!("keys[{i}]");
        let Some(members) = key.as_object() else { return Err(invalid(at, "must be an object")) };
        if PRIVATE.iter().any(|name| members.contains_key(*name)) {
            return Err(invalid(at, "must be a public key: what is private stays with its owner"));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let needed: &[&str] = match (text("kty"), text("crv")) {
            ("RSA", _) => &["n", "e"],
            ("EC", "P-256") => &["x", "y"],
            ("OKP", "Ed25519") => &["x"],
            _ => return Err(invalid(at, "must be an RSA key, an EC key on P-256, or an Ed25519 key")),
        };
        let is_base64url = |text: &str| {
            (1..=MAX_MEMBER).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if let Some(name) = needed.iter().find(|name| !is_base64url(text(name))) {
            return Err(invalid(format!("{at}.{name}"), "must be given in base64url without padding"));
        }
        // 2048 bits are 342 digits (RFC 7518 §3.3).
        if text("kty") == "RSA" && text("n").len() < 342 {
            return Err(invalid(format!("{at}.n"), "must have at least 2048 bits"));
        }
    }
    Ok(set)
}
