//! What the server says about itself (RFC 8414, OpenID Connect Discovery).

use domain::GrantType;
use oauth::discovery::{Metadata, On};

use crate::App;

impl App {
    /// The metadata: computed from what is on, so that they promise nothing that is not.
    pub fn metadata(&self) -> Metadata {
        let mut grants: Vec<&str> = self.grants_on().into_iter().map(|(name, _)| name).collect();
        if self.has_grant(GrantType::Implicit) || self.has_grant(GrantType::Hybrid) {
            grants.push("implicit");
        }
        let scopes: Vec<String> = self.known_scopes().into_iter().map(|scope| scope.name).collect();
        Metadata::of(&On {
            issuer: &self.settings.public_url,
            grant_types: &grants,
            response_types: &self.response_types(),
            scopes: &scopes,
            // The first client brings the keys with it, so whoever can use them finds them.
            algorithms: &self.settings.oauth.algorithms,
        })
    }
}
