//! What is said about a person: by scope (OpenID Connect Core §5.4), and by the `claims` parameter (§5.5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{OAuthError, Params, Result};

/// Where a claim is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the ID token.
    IdToken,
    /// At the userinfo endpoint.
    Userinfo,
}

/// Single claims that a client asks for, each with whether it must have this value or one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// For the ID token.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Option<ClaimWish>>,
    /// For the userinfo endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Option<ClaimWish>>,
}

/// What is said about one claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimWish {
    /// Whether the client cannot do without. It gets what there is, and no error (§5.5.1).
    #[serde(default)]
    pub essential: bool,
    /// The value that it wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values that it would take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimsRequest {
    /// Reads `claims`.
    ///
    /// # Errors
    /// If it is no JSON object as §5.5 describes it, or far too large.
    pub fn of_request(params: &Params) -> Result<Self> {
        let Some(text) = params.get("claims")? else { return Ok(Self::default()) };
        let refused = || {
            OAuthError::invalid_request(
                "claims must be a JSON object as OpenID Connect Core 5.5 describes it",
            )
        };
        if text.len() > 4_096 {
            return Err(refused());
        }
        // By itself serde would take a list for a structure.
        let object: Map<String, Value> = serde_json::from_str(text).map_err(|_| refused())?;
        if [object.get("id_token"), object.get("userinfo")]
            .into_iter()
            .flatten()
            .any(|part| !part.is_object())
        {
            return Err(refused());
        }
        serde_json::from_value(Value::Object(object)).map_err(|_| refused())
    }

    /// The claims that are asked for at a place.
    pub fn at(&self, place: Place) -> &BTreeMap<String, Option<ClaimWish>> {
        match place {
            Place::IdToken => &self.id_token,
            Place::Userinfo => &self.userinfo,
        }
    }

    /// The subject that the answer must be about, if the client says so (§5.5.1).
    pub fn subject(&self) -> Option<&str> {
        let wishes = [self.id_token.get("sub"), self.userinfo.get("sub")];
        wishes.into_iter().flatten().flatten().find_map(|wish| wish.value.as_ref()?.as_str())
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.id_token.is_empty() && self.userinfo.is_empty()
    }
}

/// The claims that the standard scopes stand for (§5.4), of those that are known about developers.
pub const STANDARD: [(&str, &[&str]); 2] =
    [("profile", &["name", "updated_at"]), ("email", &["email", "email_verified"])];

/// Picks out of all that is known what a client is told at a place: by its scopes, and what it asks for singly as far
/// as its scopes would allow that. `extra` are claims of other scopes that an administrator has described.
///
/// In the code flow the claims of scopes are delivered at the userinfo endpoint only (§5.4): ID tokens stay small, and
/// say nothing of people to whoever gets hold of one.
pub fn pick(
    known: &Map<String, Value>,
    is_granted: impl Fn(&str) -> bool,
    by_scope: impl Fn(&str) -> bool,
    request: &ClaimsRequest,
    place: Place,
) -> Map<String, Value> {
    let mut picked = Map::new();
    for (name, value) in known {
        let asked = request.at(place).contains_key(name);
        if by_scope(name) || (asked && is_granted(name)) {
            picked.insert(name.clone(), value.clone());
        }
    }
    picked
}

/// Whether a scope stands for a claim.
pub fn is_of_scope(scope: &str, claim: &str) -> bool {
    STANDARD.iter().any(|(name, claims)| *name == scope && claims.contains(&claim))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<ClaimsRequest> {
        ClaimsRequest::of_request(&[("claims", text)].into_iter().collect())
    }

    #[test]
    fn oidc_core_5_5_single_claims_are_read_and_unknown_ones_do_no_harm() {
        let request = read(r#"{"userinfo": {"name": {"essential": true}, "x": null}, "id_token": {"sub": {"value": "s"}}, "more": 1}"#).unwrap();
        assert_eq!(request.subject(), Some("s"));
        assert!(request.userinfo["name"].as_ref().unwrap().essential);
        for wrong in
            ["[]", "{\"userinfo\": []}", "nonsense", &format!("{{\"x\": \"{}\"}}", "a".repeat(5_000))]
        {
            assert!(read(wrong).is_err(), "{wrong:.40}");
        }
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn oidc_core_5_4_scopes_stand_for_claims() {
        let known = json!({"name": "Ada", "email": "a@b.test", "email_verified": true});
        let known = known.as_object().unwrap();
        let at = |scopes: &[&str], request: &str, place| {
            let allowed = |claim: &str| scopes.iter().any(|scope| is_of_scope(scope, claim));
            let by_scope = |claim: &str| place == Place::Userinfo && allowed(claim);
            let request = if request.is_empty() { ClaimsRequest::default() } else { read(request).unwrap() };
            pick(known, allowed, by_scope, &request, place).keys().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(at(&["openid"], "", Place::Userinfo), "");
        assert_eq!(at(&["openid", "email"], "", Place::Userinfo), "email email_verified");
        assert_eq!(at(&["openid", "email"], "", Place::IdToken), "");
        assert_eq!(
            at(&["openid", "email"], r#"{"id_token": {"email": null, "name": null}}"#, Place::IdToken),
            "email"
        );
    }
}
