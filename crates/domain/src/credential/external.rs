//! Credentials that a third party's gateway made and checks. They are kept here sealed, to be shown to their owner.

use serde::{Deserialize, Serialize};

use crate::{Checks, GatewayId, Invalid};

/// What we keep of a third party's credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct External {
    /// Whose gateway made it, if a gateway did.
    pub gateway_id: Option<GatewayId>,
    /// What it is.
    pub form: ExternalForm,
    /// The values themselves, sealed: see [`ExternalValues`].
    #[serde(skip)]
    pub sealed: Vec<u8>,
    /// What may be shown of it: its last characters, or the client id.
    pub hint: String,
}

/// What a third party's credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalForm {
    /// A text that is sent with each call.
    ApiKey,
    /// A client of the third party's authorization server.
    Oauth2,
    /// What a token of the third party must claim.
    Jwt,
}

/// The values of a third party's credential, as they were given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum ExternalValues {
    /// A text that is sent with each call.
    ApiKey {
        /// The key.
        key: String,
        /// Until when, in the third party's own words.
        expiry: Option<String>,
    },
    /// A client of the third party's authorization server.
    Oauth2 {
        /// The client's name there.
        client_id: String,
        /// Its secret there.
        client_secret: String,
        /// What it may ask for.
        scopes: Vec<String>,
        /// How long a token lives, in seconds.
        token_lifetime_s: Option<i64>,
        /// How often it may be refreshed.
        refresh_limit: Option<i64>,
        /// Where users are sent.
        authorization_uris: Vec<String>,
        /// Where tokens are had.
        access_token_uris: Vec<String>,
        /// Where users come back to.
        redirect_uris: Vec<String>,
        /// Where tokens are renewed.
        refresh_token_uris: Vec<String>,
    },
    /// What a token of the third party must claim.
    Jwt {
        /// Sets of claims.
        claim_sets: Vec<ClaimSet>,
        /// Where tokens are had.
        access_token_uris: Option<Vec<String>>,
    },
}

/// Claims under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimSet {
    /// What people call it.
    pub name: String,
    /// The claims, in their order.
    pub claims: Vec<Claim>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl std::fmt::Debug for ExternalValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExternalValues({:?}, …)", self.form())
    }
}

impl ExternalValues {
    /// How many texts a credential may hold, and how long each may be.
    const MAX_TEXTS: usize = 200;
    const MAX_TEXT: usize = 8_192;

    /// What it is.
    pub fn form(&self) -> ExternalForm {
        match self {
            Self::ApiKey { .. } => ExternalForm::ApiKey,
            Self::Oauth2 { .. } => ExternalForm::Oauth2,
            Self::Jwt { .. } => ExternalForm::Jwt,
        }
    }

    /// What people call a credential of this form that has no name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ApiKey { .. } => "API key",
            Self::Oauth2 { .. } => "OAuth2 client",
            Self::Jwt { .. } => "JWT claims",
        }
    }

    /// What may be shown of it. Of a short key nothing: its end would give too much away.
    pub fn hint(&self) -> String {
        match self {
            Self::ApiKey { key, .. } if key.chars().count() >= 12 => {
                key.chars().skip(key.chars().count() - 4).collect()
            }
            Self::Oauth2 { client_id, .. } => client_id.chars().take(64).collect(),
            Self::ApiKey { .. } | Self::Jwt { .. } => String::new(),
        }
    }

    /// Whether there is something in it, and not too much.
    ///
    /// # Errors
    /// The field that is empty, too long, or of which there are too many.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut checks = Checks::new();
        let mut texts: Vec<&str> = Vec::new();
        match self {
            Self::ApiKey { key, expiry } => {
                checks.require(!key.is_empty(), "key", "required", "must not be empty");
                texts.extend([key.as_str(), expiry.as_deref().unwrap_or_default()]);
            }
            Self::Oauth2 { client_id, client_secret, scopes, .. } => {
                checks.require(!client_id.is_empty(), "client_id", "required", "must not be empty");
                texts.extend([client_id.as_str(), client_secret.as_str()]);
                texts.extend(scopes.iter().map(String::as_str));
                texts.extend(self.uris().map(String::as_str));
            }
            Self::Jwt { claim_sets, .. } => {
                texts.extend(claim_sets.iter().map(|set| set.name.as_str()));
                let claims = claim_sets.iter().flat_map(|set| &set.claims);
                texts.extend(claims.flat_map(|claim| [claim.key.as_str(), claim.value.as_str()]));
                texts.extend(self.uris().map(String::as_str));
            }
        }
        let few = texts.len() <= Self::MAX_TEXTS;
        checks.require(few, "", "too_many", &format!("must hold at most {} values", Self::MAX_TEXTS));
        let short = texts.iter().all(|text| text.len() <= Self::MAX_TEXT && !text.contains('\0'));
        let message = format!("must hold values of at most {} bytes, without NUL", Self::MAX_TEXT);
        checks.require(short, "", "too_long", &message);
        checks.build(|| Some(()))
    }

    fn uris(&self) -> impl Iterator<Item = &String> {
        let lists: Vec<&Vec<String>> = match self {
            Self::ApiKey { .. } => Vec::new(),
            Self::Oauth2 {
                authorization_uris, access_token_uris, redirect_uris, refresh_token_uris, ..
            } => vec![authorization_uris, access_token_uris, redirect_uris, refresh_token_uris],
            Self::Jwt { access_token_uris, .. } => access_token_uris.iter().collect(),
        };
        lists.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str) -> ExternalValues {
        ExternalValues::ApiKey { key: key.to_owned(), expiry: None }
    }

    #[test]
    fn a_279_nothing_shows_a_foreign_secret() {
        let values = key("709cb14b-f19f-4df9-98b8-eebe727f7844");
        assert_eq!(values.hint(), "7844");
        assert!(!format!("{values:?}").contains("709cb14b"));
        assert_eq!(key("short").hint(), "");
    }

    #[test]
    fn an_empty_or_endless_credential_is_none() {
        assert!(key("x").check().is_ok());
        assert!(key("").check().is_err());
        assert!(key(&"x".repeat(10_000)).check().is_err());
        let claims = vec![Claim { key: String::new(), value: String::new() }; 101];
        let sets = vec![ClaimSet { name: "many".to_owned(), claims }];
        assert!(ExternalValues::Jwt { claim_sets: sets, access_token_uris: None }.check().is_err());
    }
}
