//! How callers get the tokens that an API takes, written into its specification.

use serde_json::{Map, Value, json};

/// Where tokens for an API come from, and what they can open.
#[derive(Clone, Debug)]
pub struct TokenSource {
    /// Where people allow a client something (RFC 6749 §3.1).
    pub authorization_url: String,
    /// Where clients get tokens (RFC 6749 §3.2).
    pub token_url: String,
    /// The scopes that the API asks for, each with a line for people.
    pub scopes: Vec<(String, String)>,
}

/// The name of the scheme; in a Swagger document, what comes before the name of the flow.
const SCHEME: &str = "keywright";

/// Names the source in a specification: as a scheme, and as what every operation takes, where the specification says
/// nothing of that itself. What was there under the same name is replaced.
#[must_use]
pub fn with_token_source(mut document: Value, source: &TokenSource) -> Value {
    let Some(root) = document.as_object_mut() else { return document };
    let scopes: Map<String, Value> =
        source.scopes.iter().map(|(name, about)| (name.clone(), json!(about))).collect();
    let names: Vec<String> = if root.contains_key("swagger") {
        let of = |flow: &str, more: Value| {
            let mut scheme =
                json!({"type": "oauth2", "flow": flow, "tokenUrl": source.token_url, "scopes": scopes});
            merge(&mut scheme, more);
            scheme
        };
        let code = of("accessCode", json!({"authorizationUrl": source.authorization_url}));
        let own = of("application", json!({}));
        let names = ["code", "client_credentials"].map(|flow| format!("{SCHEME}_{flow}"));
        within(root, "securityDefinitions", |all| {
            all.extend(names.iter().cloned().zip([code, own]));
        });
        names.into()
    } else {
        let own = json!({"tokenUrl": source.token_url, "scopes": scopes});
        let mut code = json!({"authorizationUrl": source.authorization_url, "refreshUrl": source.token_url});
        merge(&mut code, own.clone());
        let flows = json!({"authorizationCode": code, "clientCredentials": own});
        within(root, "components", |components| {
            within(components, "securitySchemes", |schemes| {
                schemes.insert(SCHEME.to_owned(), json!({"type": "oauth2", "flows": flows}));
            });
        });
        vec![SCHEME.to_owned()]
    };
    let asked: Vec<&String> = source.scopes.iter().map(|(name, _)| name).collect();
    let alternatives: Vec<Value> = names.into_iter().map(|name| json!({ name: asked })).collect();
    root.entry("security").or_insert(Value::Array(alternatives));
    document
}

/// Changes the object under a name; it is made if there is none.
fn within(parent: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Map<String, Value>)) {
    let value = parent.entry(name).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    if let Value::Object(map) = value {
        change(map);
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> TokenSource {
        TokenSource {
            authorization_url: "https://us.test/oauth2/authorize".to_owned(),
            token_url: "https://us.test/oauth2/token".to_owned(),
            scopes: vec![("orders:read".to_owned(), "Read orders".to_owned())],
        }
    }

    #[test]
    fn openapi_3_gets_one_scheme_with_both_flows() {
        let filled = with_token_source(json!({"openapi": "3.1.0", "components": []}), &source());
        let scheme = &filled["components"]["securitySchemes"]["keywright"];
        assert_eq!(
            scheme["flows"]["authorizationCode"]["authorizationUrl"],
            "https://us.test/oauth2/authorize"
        );
        assert_eq!(scheme["flows"]["clientCredentials"]["scopes"]["orders:read"], "Read orders");
        assert_eq!(filled["security"], json!([{"keywright": ["orders:read"]}]));
        // What the specification says itself stays.
        let own = json!({"openapi": "3.0.0", "security": [{"key": []}], "components": {"securitySchemes": {"key": {}}}});
        let filled = with_token_source(own, &source());
        assert_eq!(filled["security"], json!([{"key": []}]));
        assert!(filled["components"]["securitySchemes"]["key"].is_object());
    }

    #[test]
    fn swagger_2_gets_a_definition_for_each_flow() {
        let filled = with_token_source(json!({"swagger": "2.0"}), &source());
        let all = &filled["securityDefinitions"];
        assert_eq!(all["keywright_code"]["flow"], "accessCode");
        assert_eq!(all["keywright_client_credentials"]["tokenUrl"], "https://us.test/oauth2/token");
        assert_eq!(filled["security"].as_array().map(Vec::len), Some(2));
        assert_eq!(with_token_source(json!([]), &source()), json!([]));
    }
}
