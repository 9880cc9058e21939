//! Credentials, theirs and ours. What comes in goes out the same.

use domain::{Claim, ClaimSet, ExternalValues};
use serde_json::Value;

use super::wire;

impl From<wire::Credential> for ExternalValues {
    fn from(credential: wire::Credential) -> Self {
        match credential {
            wire::Credential::ApiKey { expiry, api_key } => {
                let expiry = expiry.filter(|value| !value.is_null()).map(|value| match value {
                    Value::String(text) => text,
                    other => other.to_string(),
                });
                Self::ApiKey { key: api_key, expiry }
            }
            wire::Credential::OAuth2 {
                client_id,
                client_secret,
                scopes,
                token_life_time,
                token_refresh_limit,
                authorization_uris,
                access_token_uris,
                redirect_uris,
                refresh_token_uris,
            } => Self::Oauth2 {
                client_id,
                client_secret,
                scopes,
                token_lifetime_s: token_life_time,
                refresh_limit: token_refresh_limit,
                authorization_uris,
                access_token_uris,
                redirect_uris,
                refresh_token_uris,
            },
            wire::Credential::Jwt { claimsets, accesstoken_uris } => {
                let claim = |claim: wire::Claim| Claim { key: claim.key, value: claim.value };
                let set = |set: wire::ClaimSet| ClaimSet {
                    name: set.name,
                    claims: set.claims.into_iter().map(claim).collect(),
                };
                let claim_sets = claimsets.into_iter().map(set).collect();
                Self::Jwt { claim_sets, access_token_uris: accesstoken_uris }
            }
        }
    }
}

impl From<ExternalValues> for wire::Credential {
    fn from(values: ExternalValues) -> Self {
        match values {
            ExternalValues::ApiKey { key, expiry } => {
                Self::ApiKey { expiry: expiry.map(Value::String), api_key: key }
            }
            ExternalValues::Oauth2 {
                client_id,
                client_secret,
                scopes,
                token_lifetime_s,
                refresh_limit,
                authorization_uris,
                access_token_uris,
                redirect_uris,
                refresh_token_uris,
            } => Self::OAuth2 {
                client_id,
                client_secret,
                scopes,
                token_life_time: token_lifetime_s,
                token_refresh_limit: refresh_limit,
                authorization_uris,
                access_token_uris,
                redirect_uris,
                refresh_token_uris,
            },
            ExternalValues::Jwt { claim_sets, access_token_uris } => {
                let claim = |claim: Claim| wire::Claim { key: claim.key, value: claim.value };
                let set = |set: ClaimSet| wire::ClaimSet {
                    name: set.name,
                    claims: set.claims.into_iter().map(claim).collect(),
                };
                let claimsets = claim_sets.into_iter().map(set).collect();
                Self::Jwt { claimsets, accesstoken_uris: access_token_uris }
            }
        }
    }
}
