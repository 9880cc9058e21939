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

/// Whether a key of ours stands where an API would look for one, if it took any. `Authorization` is left out: there it is
/// the one text that the call is judged by.
pub(crate) fn is_one_of_ours<H: Headers>(locations: &[KeyLocation], request: &Request<'_, H>) -> bool {
    let is_ours = |value: &[u8]| text(value).is_some_and(domain::secret::looks_like_ours);
    locations.iter().any(|location| match location {
        KeyLocation::Header(name) if name == "authorization" => false,
        KeyLocation::Header(name) => {
            let mut none = |value: &[u8]| if is_ours(value) { Err(()) } else { Ok(()) };
            request.headers.each(name, &mut none).is_err()
        }
        KeyLocation::Query(name) => {
            query_values(request.original.query, name).any(|value| is_ours(value.as_bytes()))
        }
    })
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
