//! `WWW-Authenticate`: what a caller who may not pass could bring instead.

use std::sync::Arc;

use domain::{Accepted, ApiVersion, KeyLocation};

/// What a version says, made once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Challenges {
    /// To those who bring nothing, or something that is no token (RFC 9110 §11.6.1).
    pub(crate) plain: Arc<str>,
    /// To those who bring a token that is worth nothing (RFC 6750 §3.1).
    pub(crate) invalid_token: Arc<str>,
    /// To those whose token opens too little.
    pub(crate) insufficient_scope: Arc<str>,
}

impl Challenges {
    pub(crate) fn new(version: &ApiVersion, locations: &[KeyLocation]) -> Self {
        let all = |bearer: &str| -> Arc<str> {
            let challenges: Vec<String> = version
                .accepted_credentials
                .iter()
                .map(|accepted| match accepted {
                    Accepted::ApiKey => key(locations),
                    // No scheme is registered for what is proven in the handshake.
                    Accepted::Certificate => "ClientCertificate realm=\"keywright\"".to_owned(),
                    Accepted::Basic => "Basic realm=\"keywright\", charset=\"UTF-8\"".to_owned(),
                    Accepted::Bearer => bearer.to_owned(),
                })
                .collect();
            challenges.join(", ").into()
        };
        Self {
            plain: all(BEARER),
            invalid_token: all(&format!("{BEARER}, error=\"invalid_token\"")),
            insufficient_scope: insufficient_scope(&version.required_scopes),
        }
    }
}

/// What a token lacks (RFC 6750 §3.1): of several that would do, the first is named.
pub(crate) fn insufficient_scope(required: &[String]) -> Arc<str> {
    let first = |scope: &String| scope.split('|').next().unwrap_or_default().to_owned();
    let scope = required.iter().map(first).collect::<Vec<_>>().join(" ");
    format!("{BEARER}, error=\"insufficient_scope\", scope=\"{scope}\"").into()
}

const BEARER: &str = "Bearer realm=\"keywright\"";

fn key(locations: &[KeyLocation]) -> String {
    match locations.first() {
        Some(KeyLocation::Header(name)) if name == "authorization" => BEARER.to_owned(),
        Some(KeyLocation::Header(name)) => {
            format!("ApiKey realm=\"keywright\", in=\"header\", name=\"{name}\"")
        }
        Some(KeyLocation::Query(name)) => {
            format!("ApiKey realm=\"keywright\", in=\"query\", name=\"{name}\"")
        }
        None => "ApiKey realm=\"keywright\"".to_owned(),
    }
}
