//! Resource indicators (RFC 8707): which API a token is for.

use url::Url;

use crate::{ErrorCode, OAuthError, Params, Result};

/// At most so many resources in one request.
const MAX: usize = 10;

/// Reads all `resource` parameters: absolute URIs without a fragment (RFC 8707 §2). Doubles are dropped.
///
/// # Errors
/// `invalid_target` if one is not, or there are far too many.
pub fn of_request(params: &Params) -> Result<Vec<String>> {
    let mut resources: Vec<String> = Vec::new();
    for text in params.all("resource").filter(|text| !text.is_empty()) {
        if resources.len() == MAX {
            return Err(refused("there are too many resource parameters"));
        }
        if !is_resource(text) {
            return Err(refused("resource must be an absolute URI without a fragment"));
        }
        if !resources.iter().any(|known| known == text) {
            resources.push(text.to_owned());
        }
    }
    Ok(resources)
}

/// The resources that a token gets: those that are asked for out of those that were granted; all of those if none is
/// asked for (RFC 8707 §2.2).
///
/// # Errors
/// `invalid_target` if one was not granted.
pub fn narrow(granted: &[String], asked: Vec<String>) -> Result<Vec<String>> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    if asked.iter().all(|resource| granted.contains(resource)) {
        Ok(asked)
    } else {
        Err(refused("resource must be one of those that were asked for in the authorization request"))
    }
}

/// Every resource must be one that is known here: a token for nobody would be a token for anybody who does not look.
///
/// # Errors
/// `invalid_target` if one is not known.
pub fn must_be_known(asked: &[String], is_known: impl Fn(&str) -> bool) -> Result<()> {
    match asked.iter().all(|resource| is_known(resource)) {
        true => Ok(()),
        false => Err(refused("resource is not known here")),
    }
}

/// Whether a text can be a resource: an absolute URI without a fragment, in the one spelling that a parser gives it.
pub fn is_resource(text: &str) -> bool {
    let parsed = Url::parse(text);
    parsed.is_ok_and(|url| {
        let is_plain = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
        is_plain
            && url.fragment().is_none()
            && url.password().is_none()
            && url.username().is_empty()
            && text.len() <= 2_000
    })
}

fn refused(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidTarget, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8707_2_resources_are_absolute_uris_without_fragment() {
        let read = |values: &[&str]| of_request(&values.iter().map(|value| ("resource", *value)).collect());
        assert_eq!(read(&["https://api.example.com/orders", "urn:example:x"]).unwrap().len(), 2);
        assert_eq!(read(&["https://api.example.com", "https://api.example.com"]).unwrap().len(), 1);
        for wrong in [
            "/orders",
            "https://a.example/#x",
            "https://a.example/#",
            "https://u:p@a.example/",
            "not a uri",
            "HTTPS://a.example/",
        ] {
            assert_eq!(read(&[wrong]).unwrap_err().code, ErrorCode::InvalidTarget, "{wrong}");
        }
        let many: Vec<String> = (0..11).map(|n| format!("urn:example:{n}")).collect();
        assert!(read(&many.iter().map(String::as_str).collect::<Vec<_>>()).is_err());
    }

    #[test]
    fn rfc8707_2_2_a_token_request_narrows_and_never_widens() {
        let granted = ["urn:a".to_owned(), "urn:b".to_owned()];
        assert_eq!(narrow(&granted, Vec::new()).unwrap(), granted);
        assert_eq!(narrow(&granted, vec!["urn:b".to_owned()]).unwrap(), ["urn:b"]);
        assert_eq!(narrow(&granted, vec!["urn:c".to_owned()]).unwrap_err().code, ErrorCode::InvalidTarget);
        assert!(must_be_known(&granted, |it| it == "urn:a").is_err());
    }
}
