//! API keys: a text that is sent with each call.

use domain::KeyLocation;

use crate::decide::{Headers, Request};
use crate::{Reason, query_values};

/// The longest key that is looked at.
const MAX_KEY: usize = 512;

/// The one key that a call carries, from the places where its API looks; `None` if there is none.
///
/// # Errors
/// If there is more than one, whichever of them would do.
pub(crate) fn collect<'a, H: Headers>(
    locations: &[KeyLocation],
    request: &Request<'a, H>,
) -> Result<Option<&'a [u8]>, Reason> {
    let mut found = None;
    let mut take = |key: &'a [u8]| match found.replace(key) {
        None => Ok(()),
        Some(_) => Err(Reason::CredentialAmbiguous),
    };
    for location in locations {
        match location {
            KeyLocation::Header(name) if name == "authorization" => {
                request.headers.each(name, &mut |value| bearer(value).map_or(Ok(()), &mut take))?;
            }
            KeyLocation::Header(name) => request.headers.each(name, &mut take)?,
            KeyLocation::Query(name) => {
                for value in query_values(request.original.query, name) {
                    take(value.as_bytes())?;
                }
            }
        }
    }
    Ok(found)
}

/// A presented key as a text. What could not be a key is not hashed at all.
pub(crate) fn text(key: &[u8]) -> Option<&str> {
    let printable = !key.is_empty() && key.len() <= MAX_KEY && key.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(key).ok().filter(|_| printable)
}

/// The token of `Bearer <token>` (RFC 6750 §2.1); the scheme's case does not count (RFC 9110 §11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}
