//! What stands in `Authorization`: an access token (RFC 6750 §2.1), or a client's id and secret (RFC 7617). Nothing is
//! looked for anywhere else: not in the query (RFC 9700 §4.3.2), not in the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::Reason;
use crate::decide::{Headers, Request};

/// The longest value that is looked at.
const MAX: usize = 16 * 1024;

/// A client's id and secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct IdAndSecret {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// What follows the one scheme, in all headers of the call; `None` if there is none.
///
/// # Errors
/// If there are several.
fn after<'a, H: Headers>(scheme: &str, request: &Request<'a, H>) -> Result<Option<&'a [u8]>, Reason> {
    let mut found = None;
    request.headers.each("authorization", &mut |value| {
        // The scheme's case does not count (RFC 9110 §11.1).
        let Some((head, rest)) = value.split_at_checked(scheme.len()) else { return Ok(()) };
        let is_meant = head.eq_ignore_ascii_case(scheme.as_bytes());
        match rest.strip_prefix(b" ").filter(|_| is_meant) {
            Some(rest) => found.replace(rest).map_or(Ok(()), |_| Err(Reason::CredentialAmbiguous)),
            None => Ok(()),
        }
    })?;
    Ok(found)
}

/// The access token of a call, not yet looked at.
pub(crate) fn bearer<'a, H: Headers>(request: &Request<'a, H>) -> Result<Option<&'a [u8]>, Reason> {
    after("Bearer", request)
}

/// The text of a token: `b64token` (RFC 6750 §2.1).
pub(crate) fn token(value: &[u8]) -> Option<&str> {
    let body = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let is_token = !body.is_empty() && value.len() <= MAX && body.iter().all(fits);
    std::str::from_utf8(value).ok().filter(|_| is_token)
}

/// The id and secret of a call.
///
/// # Errors
/// If they are not in the form that they must have.
pub(crate) fn basic<H: Headers>(request: &Request<'_, H>) -> Result<Option<IdAndSecret>, Reason> {
    let Some(value) = after("Basic", request)? else { return Ok(None) };
    id_and_secret(value).map(Some).ok_or(Reason::CredentialMalformed)
}

/// As they are, between the first colon: programs that call APIs encode nothing (RFC 7617 §2).
fn id_and_secret(value: &[u8]) -> Option<IdAndSecret> {
    let bytes = BASE64_STANDARD.decode(Some(value).filter(|value| value.len() <= MAX)?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let is_whole = !id.is_empty() && !secret.is_empty() && !text.contains(char::is_control);
    is_whole.then(|| IdAndSecret { id: id.to_owned(), secret: secret.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6750_2_1_a_token_is_a_b64token() {
        for good in ["a", "kw_at_0-9", "a.b.c", "a+/~=", "YQ=="] {
            assert_eq!(token(good.as_bytes()), Some(good));
        }
        for bad in ["", "=", "a b", "a===", "a=b", " a", "a ", "\u{e9}", "a,b", "a\"", "a\0"] {
            assert_eq!(token(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(token("a".repeat(MAX + 1).as_bytes()), None);
    }

    #[test]
    fn a_082_basic_has_one_form() {
        let read =
            |text: &[u8]| id_and_secret(BASE64_STANDARD.encode(text).as_bytes()).map(|it| (it.id, it.secret));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(read(b"shop:secret"), pair("shop", "secret"));
        assert_eq!(read(b"shop:a:b"), pair("shop", "a:b"), "the first colon counts");
        assert_eq!(read(b"shop:%41+b"), pair("shop", "%41+b"), "nothing is decoded");
        for bad in [&b"shop"[..], b":secret", b"shop:", b"shop:a\0b", b"s\xffop:a", b"shop:a\nb"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        for bad in ["", "!", "c2hvcDphYg", "c2hvcDphYg==x", " c2hvcDphYg==", "c2hvcDphYg== "] {
            assert!(id_and_secret(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }
}
