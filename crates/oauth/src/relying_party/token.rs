//! Redeeming a code (OpenID Connect Core §3.1.3), and asking for more claims (§5.3).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::{Failure, Result};
use crate::client_auth::Method;
use crate::jose::Claims;

/// What is sent to redeem a code.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The body, form-encoded.
    pub form: String,
    /// The `Authorization` header, if there is to be one.
    pub authorization: Option<String>,
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenRequest(…)")
    }
}

/// As whom a code is redeemed.
#[derive(Clone, Copy, Debug)]
pub struct As<'a> {
    /// What the provider knows us as.
    pub client_id: &'a str,
    /// How we prove it.
    pub method: Method,
    /// By what.
    pub secret: Option<&'a str>,
}

/// The request for a code.
pub fn request(code: &str, redirect_uri: &str, verifier: &str, client: As<'_>) -> TokenRequest {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("code_verifier", verifier);
    let secret = client.secret.unwrap_or_default();
    let authorization = match client.method {
        // RFC 6749 §2.3.1: both parts are form-encoded first.
        Method::ClientSecretBasic => Some(basic(client.client_id, secret)),
        Method::ClientSecretPost => {
            form.append_pair("client_id", client.client_id).append_pair("client_secret", secret);
            None
        }
        Method::None | Method::PrivateKeyJwt => {
            form.append_pair("client_id", client.client_id);
            None
        }
    };
    TokenRequest { form: form.finish(), authorization }
}

fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

/// What comes back for a code.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Tokens {
    /// Who it is.
    pub id_token: String,
    /// With which more can be asked.
    pub access_token: Option<String>,
    token_type: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// Reads an answer.
    ///
    /// # Errors
    /// If it is none, or lacks the ID token.
    pub fn parse(status: u16, body: &[u8]) -> Result<Self> {
        if status != 200 {
            return Err(Failure::NoTokens);
        }
        serde_json::from_slice(body).map_err(|_| Failure::NoTokens)
    }

    /// The `Authorization` header with which the userinfo endpoint is asked.
    pub fn authorization(&self) -> Option<String> {
        let is_bearer = self.token_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("bearer"));
        self.access_token.as_ref().filter(|_| is_bearer).map(|token| format!("Bearer {token}"))
    }
}

/// Adds what the userinfo endpoint says to what the ID token said, which counts more. `email`: the claim that must not
/// be another at both places, or one's proof would count for the other.
///
/// # Errors
/// If it answers about somebody else (§5.3.2), or not with a JSON object, or contradicts.
pub fn add_userinfo(claims: &mut Claims, email: &str, status: u16, body: &[u8]) -> Result<()> {
    let more: Claims = serde_json::from_slice(body).map_err(|_| Failure::UserInfo)?;
    let subject = claims.get("sub").and_then(Value::as_str);
    if status != 200 || subject.is_none() || more.get("sub").and_then(Value::as_str) != subject {
        return Err(Failure::UserInfo);
    }
    if claims.get(email).zip(more.get(email)).is_some_and(|(one, other)| one != other) {
        return Err(Failure::UserInfo);
    }
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rfc6749_2_3_1_each_way_to_prove_who_we_are() {
        let client = |method| As { client_id: "desk:1", method, secret: Some("s%&") };
        let by = |method| request("c", "https://desk.test/back", "v", client(method));
        let basic = by(Method::ClientSecretBasic);
        assert_eq!(
            basic.form,
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fdesk.test%2Fback&code_verifier=v"
        );
        let expected = format!("Basic {}", BASE64_STANDARD.encode("desk%3A1:s%25%26"));
        assert_eq!(basic.authorization, Some(expected));
        let post = by(Method::ClientSecretPost);
        assert!(
            post.form.ends_with("&client_id=desk%3A1&client_secret=s%25%26") && post.authorization.is_none()
        );
        let none = by(Method::None);
        assert!(none.form.ends_with("&client_id=desk%3A1") && !none.form.contains("secret"));
    }

    #[test]
    fn an_answer_without_an_id_token_is_none() {
        let parse = |status, body: Value| Tokens::parse(status, body.to_string().as_bytes());
        let tokens = parse(200, json!({"id_token": "i", "access_token": "a", "token_type": "bearer"}));
        assert_eq!(tokens.unwrap().authorization().as_deref(), Some("Bearer a"));
        assert_eq!(parse(400, json!({"id_token": "i"})), Err(Failure::NoTokens));
        assert_eq!(parse(200, json!({"access_token": "a", "token_type": "Bearer"})), Err(Failure::NoTokens));
        let other = parse(200, json!({"id_token": "i", "access_token": "a", "token_type": "DPoP"}));
        assert_eq!(other.unwrap().authorization(), None);
    }

    #[test]
    fn oidc_core_5_3_2_userinfo_is_about_the_same_person_or_nothing() {
        let known = || json!({"sub": "1", "email": "a@b.test"}).as_object().unwrap().clone();
        let add = |status, body: Value| {
            let mut claims = known();
            add_userinfo(&mut claims, "email", status, body.to_string().as_bytes()).map(|()| claims)
        };
        let more = add(200, json!({"sub": "1", "email": "a@b.test", "email_verified": true})).unwrap();
        assert_eq!((&more["email"], &more["email_verified"]), (&json!("a@b.test"), &json!(true)));
        let other = json!({"sub": "1", "email": "evil@b.test", "email_verified": true});
        assert_eq!(add(200, other), Err(Failure::UserInfo));
        for (status, body) in [
            (200, json!({"sub": "2", "name": "Ada"})),
            (200, json!({"name": "Ada"})),
            (200, json!([])),
            (401, json!({"sub": "1"})),
        ] {
            assert_eq!(add(status, body), Err(Failure::UserInfo));
        }
    }
}
