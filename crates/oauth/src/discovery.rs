//! What the server says about itself (RFC 8414 §2, OpenID Connect Discovery §3), computed from what is really on.

use domain::SigningAlgorithm;
use serde::Serialize;

use crate::authorize::Prompt;
use crate::client_auth::Method;
use crate::id_token;
use crate::pkce::Challenge;
use crate::response::{ResponseMode, ResponseType};

/// What is on.
#[derive(Clone, Copy, Debug)]
pub struct On<'a> {
    /// The issuer; every address begins with it.
    pub issuer: &'a str,
    /// The names of the grants.
    pub grant_types: &'a [&'a str],
    /// What may come back from the authorization endpoint.
    pub response_types: &'a [ResponseType],
    /// The names of the scopes that clients may ask for.
    pub scopes: &'a [String],
    /// With what ID tokens can be signed: there is a key for each.
    pub algorithms: &'a [SigningAlgorithm],
}

/// The paths of the endpoints, each written once.
pub mod path {
    /// RFC 6749 §3.1.
    pub const AUTHORIZE: &str = "/oauth2/authorize";
    /// RFC 6749 §3.2.
    pub const TOKEN: &str = "/oauth2/token";
    /// OpenID Connect Core §5.3.
    pub const USERINFO: &str = "/oauth2/userinfo";
    /// RFC 7517 §5.
    pub const JWKS: &str = "/oauth2/jwks.json";
    /// RFC 7662.
    pub const INTROSPECT: &str = "/oauth2/introspect";
    /// RFC 7009.
    pub const REVOKE: &str = "/oauth2/revoke";
    /// OpenID Connect RP-Initiated Logout.
    pub const LOGOUT: &str = "/oauth2/logout";
}

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are those of the registry")]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub jwks_uri: String,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    pub end_session_endpoint: String,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: Vec<String>,
    pub response_modes_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<String>,
    pub subject_types_supported: [&'static str; 2],
    pub acr_values_supported: [&'static str; 2],
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub code_challenge_methods_supported: [&'static str; 1],
    pub claim_types_supported: [&'static str; 1],
    pub claims_supported: Vec<&'static str>,
    pub prompt_values_supported: Vec<&'static str>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub require_request_uri_registration: bool,
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Describes what is on.
    pub fn of(on: &On<'_>) -> Self {
        let at = |path: &str| format!("{}{path}", on.issuer);
        let modes = ResponseMode::ALL.into_iter();
        let methods: Vec<&'static str> = Method::ALL.iter().map(|method| method.as_str()).collect();
        // RFC 7662 §2.1: whoever asks proves who they are.
        let proofs: Vec<&'static str> =
            methods.iter().copied().filter(|name| *name != Method::None.as_str()).collect();
        let assertions: Vec<&'static str> = SigningAlgorithm::ALL.iter().map(|alg| alg.as_str()).collect();
        Self {
            issuer: on.issuer.to_owned(),
            authorization_endpoint: at(path::AUTHORIZE),
            token_endpoint: at(path::TOKEN),
            userinfo_endpoint: at(path::USERINFO),
            jwks_uri: at(path::JWKS),
            introspection_endpoint: at(path::INTROSPECT),
            revocation_endpoint: at(path::REVOKE),
            end_session_endpoint: at(path::LOGOUT),
            scopes_supported: on.scopes.to_vec(),
            response_types_supported: on.response_types.iter().map(ToString::to_string).collect(),
            response_modes_supported: modes.map(|(_, name)| name).collect(),
            grant_types_supported: on.grant_types.iter().map(|&name| name.to_owned()).collect(),
            subject_types_supported: ["public", "pairwise"],
            acr_values_supported: id_token::ACR,
            id_token_signing_alg_values_supported: on.algorithms.iter().map(|alg| alg.as_str()).collect(),
            introspection_endpoint_auth_methods_supported: proofs,
            introspection_endpoint_auth_signing_alg_values_supported: assertions.clone(),
            revocation_endpoint_auth_methods_supported: methods.clone(),
            revocation_endpoint_auth_signing_alg_values_supported: assertions.clone(),
            token_endpoint_auth_methods_supported: methods,
            token_endpoint_auth_signing_alg_values_supported: assertions,
            code_challenge_methods_supported: [Challenge::METHOD],
            claim_types_supported: ["normal"],
            claims_supported: CLAIMS.to_vec(),
            prompt_values_supported: Prompt::ALL.iter().map(|(_, name)| *name).collect(),
            claims_parameter_supported: true,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            require_request_uri_registration: false,
            authorization_response_iss_parameter_supported: true,
        }
    }
}

/// What ID tokens and the userinfo endpoint may say.
const CLAIMS: [&str; 16] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "name",
    "preferred_username",
    "updated_at",
    "email",
    "email_verified",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(response_types: &[ResponseType]) -> serde_json::Value {
        let on = On {
            issuer: "https://desk.test",
            grant_types: &["authorization_code"],
            response_types,
            scopes: &["openid".to_owned()],
            algorithms: &[SigningAlgorithm::Rs256, SigningAlgorithm::Es256],
        };
        serde_json::to_value(Metadata::of(&on)).unwrap()
    }

    #[test]
    fn rfc8414_2_oidc_discovery_3_what_must_be_there_is_there() {
        let document = metadata(&[ResponseType::CODE]);
        for name in [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "response_types_supported",
            "subject_types_supported",
            "id_token_signing_alg_values_supported",
        ] {
            assert!(!document[name].is_null(), "{name}");
        }
        // OpenID Connect Discovery §3: RS256 must be there, `none` must not be for codes.
        let algorithms = document["id_token_signing_alg_values_supported"].as_array().unwrap();
        assert!(algorithms.contains(&"RS256".into()) && !algorithms.contains(&"none".into()));
        assert_eq!(document["issuer"], "https://desk.test");
        assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    }

    #[test]
    fn a_095_only_what_is_on_is_promised() {
        assert_eq!(metadata(&[ResponseType::CODE])["response_types_supported"], serde_json::json!(["code"]));
        assert_eq!(
            metadata(&[ResponseType::IMPLICIT[0]])["response_types_supported"],
            serde_json::json!(["token"])
        );
        let methods = &metadata(&[])["introspection_endpoint_auth_methods_supported"];
        assert!(!methods.as_array().unwrap().contains(&"none".into()));
    }
}
