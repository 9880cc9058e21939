//! The query of the original call: kept apart from the path, and searched for credentials.

use crate::BadRequestReason;

/// The most bytes a query may have.
pub const MAX_QUERY: usize = 8 * 1024;

/// Reads what follows the path: nothing, or `?` and a query of printable ASCII. A `#` would start a
/// fragment, which is never sent.
pub(crate) fn parse(rest: &str) -> Result<Option<&str>, BadRequestReason> {
    let Some(query) = rest.strip_prefix('?') else { return Ok(None) };
    if query.len() > MAX_QUERY {
        return Err(BadRequestReason::TargetTooLong);
    }
    if !query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(BadRequestReason::QueryCharacter);
    }
    Ok(Some(query))
}

/// Every value that the query gives for `name`, in order, as it was sent; a name without `=` has the
/// value `""`.
///
/// Nothing is decoded: the characters of our parameter names and keys never need encoding, so an encoded
/// name is another name and an encoded key is not the key. All values are returned because the caller has
/// to refuse two.
pub fn query_values<'a>(query: Option<&'a str>, name: &str) -> impl Iterator<Item = &'a str> {
    query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(query: &str) -> Vec<&str> {
        query_values(Some(query), "api_key").collect()
    }

    #[test]
    fn values_are_found_by_their_exact_name() {
        assert_eq!(query_values(None, "api_key").count(), 0);
        assert_eq!(keys(""), [""; 0]);
        assert_eq!(keys("api_key=k"), ["k"]);
        assert_eq!(keys("a=1&api_key=k&b"), ["k"]);
        assert_eq!(keys("api_key=a=b"), ["a=b"]);
        assert_eq!(keys("xapi_key=k&api_keyx=k&API_KEY=k&api-key=k&=api_key"), [""; 0]);
    }

    #[test]
    fn a_178_several_credentials_at_once() {
        assert_eq!(keys("api_key=good&api_key=bad"), ["good", "bad"]);
        assert_eq!(keys("api_key=good&api_key"), ["good", ""]);
        assert_eq!(keys("api_key=&&api_key=good"), ["", "good"]);
    }

    #[test]
    fn a_179_encodings() {
        assert_eq!(keys("%61pi_key=good"), [""; 0]);
        assert_eq!(keys("api_key=%67ood"), ["%67ood"]);
        assert_eq!(keys("api_key=+good"), ["+good"]);
        assert_eq!(keys("x=1;api_key=good"), [""; 0]);
        assert_eq!(keys("api_key=good;x=1"), ["good;x=1"]);
    }

    #[test]
    fn a_query_is_printable_ascii() {
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("?"), Ok(Some("")));
        assert_eq!(parse("?a=[1]&b={}|%zz??"), Ok(Some("a=[1]&b={}|%zz??")));
        for rest in ["? ", "?a\tb", "?a\r\nx: y", "?\0", "?\u{7f}", "?\u{e9}", "?a#b"] {
            assert_eq!(parse(rest), Err(BadRequestReason::QueryCharacter), "{rest:?}");
        }
        let longest = format!("?{}", "a".repeat(MAX_QUERY));
        assert!(parse(&longest).is_ok());
        assert_eq!(parse(&format!("{longest}a")), Err(BadRequestReason::TargetTooLong));
    }
}
