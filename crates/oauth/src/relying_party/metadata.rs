//! What a provider says of itself (OpenID Connect Discovery §3 and §4).

use domain::SigningAlgorithm;
use serde::Deserialize;

use super::{Failure, Result};
use crate::client_auth::Method;

/// The algorithms that ID tokens may be signed with.
pub const ALGORITHMS: [SigningAlgorithm; 3] =
    [SigningAlgorithm::Rs256, SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];

/// Where a provider is asked what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Who it is.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where it tells more.
    pub userinfo_endpoint: Option<String>,
    /// Whether its answers always say whose they are (RFC 9207 §3).
    pub names_issuer: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
}

/// Where an issuer's document is (§4.1).
pub fn discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Metadata {
    /// Reads the document of an issuer. What it does not say of itself is not held against it.
    ///
    /// # Errors
    /// If it is somebody else's (§4.3), or the provider cannot do what we need.
    pub fn parse(document: &[u8], issuer: &str, method: Method) -> Result<Self> {
        let it: Document = serde_json::from_slice(document).map_err(|_| Failure::Document)?;
        if it.issuer != issuer {
            return Err(Failure::OtherIssuer);
        }
        let lacks = |list: &Option<Vec<String>>, word: &str| {
            list.as_ref().is_some_and(|list| !list.iter().any(|it| it == word))
        };
        if lacks(&it.response_types_supported, "code") || lacks(&it.code_challenge_methods_supported, "S256")
        {
            return Err(Failure::NoCodeFlow);
        }
        if ALGORITHMS.iter().all(|ours| lacks(&it.id_token_signing_alg_values_supported, ours.as_str())) {
            return Err(Failure::NoAlgorithm);
        }
        if lacks(&it.token_endpoint_auth_methods_supported, method.as_str()) {
            return Err(Failure::NoTokenAuth);
        }
        Ok(Self {
            issuer: it.issuer,
            authorization_endpoint: it.authorization_endpoint,
            token_endpoint: it.token_endpoint,
            jwks_uri: it.jwks_uri,
            userinfo_endpoint: it.userinfo_endpoint,
            names_issuer: it.authorization_response_iss_parameter_supported.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.test/realm";

    fn parse(changes: Value) -> Result<Metadata> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.test/auth",
            "token_endpoint": "https://login.test/token",
            "jwks_uri": "https://login.test/jwks",
            "response_types_supported": ["code", "id_token"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256"],
        });
        document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        Metadata::parse(document.to_string().as_bytes(), ISSUER, Method::ClientSecretBasic)
    }

    #[test]
    fn oidc_discovery_4_1_the_document_is_below_the_issuer() {
        for issuer in ["https://login.test/realm", "https://login.test/realm/"] {
            assert_eq!(discovery_url(issuer), "https://login.test/realm/.well-known/openid-configuration");
        }
    }

    #[test]
    fn oidc_discovery_4_3_the_issuer_must_be_the_same() {
        assert!(parse(json!({})).is_ok());
        for other in ["https://login.test/realm/", "https://LOGIN.test/realm", "https://evil.test", ""] {
            assert_eq!(parse(json!({"issuer": other})), Err(Failure::OtherIssuer), "{other}");
        }
        assert_eq!(parse(json!({"issuer": 5})), Err(Failure::Document));
        assert_eq!(Metadata::parse(b"<html>", ISSUER, Method::None), Err(Failure::Document));
        assert_eq!(Metadata::parse(b"[]", ISSUER, Method::None), Err(Failure::Document));
    }

    #[test]
    fn what_we_need_must_be_offered() {
        let code = parse(json!({"response_types_supported": ["id_token"]}));
        assert_eq!(code, Err(Failure::NoCodeFlow));
        let pkce = parse(json!({"code_challenge_methods_supported": ["plain"]}));
        assert_eq!(pkce, Err(Failure::NoCodeFlow));
        let algorithms = json!({"id_token_signing_alg_values_supported": ["HS256", "none", "PS256"]});
        assert_eq!(parse(algorithms), Err(Failure::NoAlgorithm));
        let auth = parse(json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}));
        assert_eq!(auth, Err(Failure::NoTokenAuth));
        assert!(!parse(json!({})).unwrap().names_issuer);
        let names = parse(json!({"authorization_response_iss_parameter_supported": true}));
        assert!(names.unwrap().names_issuer);
    }
}
