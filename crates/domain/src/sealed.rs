//! Values that must be read again and are kept under a key of the installation.

use std::fmt;

use crate::{
    AuthStrategy, Credential, ExternalToken, Factor, IdentityProvider, Material, SigningKey, WebhookAuth,
    WebhookEndpoint,
};

/// A sealed value: worthless without the master key and the place it was sealed for. Never shown, not even in an audit
/// line.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// A noun in which something is sealed: it is sealed anew when the master key is replaced.
pub trait HoldsSealed {
    /// Every sealed value in it.
    fn sealed(&mut self) -> Vec<&mut Vec<u8>>;
}

impl HoldsSealed for SigningKey {
    fn sealed(&mut self) -> Vec<&mut Vec<u8>> {
        self.sealed_private.iter_mut().collect()
    }
}

impl HoldsSealed for ExternalToken {
    fn sealed(&mut self) -> Vec<&mut Vec<u8>> {
        vec![&mut self.sealed]
    }
}

impl HoldsSealed for AuthStrategy {
    fn sealed(&mut self) -> Vec<&mut Vec<u8>> {
        self.bridge_key.iter_mut().map(|key| &mut key.0).collect()
    }
}

impl HoldsSealed for Factor {
    fn sealed(&mut self) -> Vec<&mut Vec<u8>> {
        self.secret.iter_mut().map(|secret| &mut secret.0).collect()
    }
}

impl HoldsSealed for IdentityProvider {
    fn sealed(&mut self) -> Vec<&mut Vec<u8>> {
        self.client_secret.iter_mut().map(|secret| &mut secret.0).collect()
    }
}

impl HoldsSealed for Credential {
    fn sealed(&mut self) -> Vec<&mut Vec<u8>> {
        match &mut self.material {
            Material::External(external) => vec![&mut external.sealed],
            Material::ApiKey(_) | Material::ClientSecret(_) | Material::Certificate(_) => Vec::new(),
        }
    }
}

impl HoldsSealed for WebhookEndpoint {
    fn sealed(&mut self) -> Vec<&mut Vec<u8>> {
        let mut all: Vec<&mut Vec<u8>> = match &mut self.auth {
            WebhookAuth::None => Vec::new(),
            WebhookAuth::Basic { password, .. } => vec![&mut password.0],
            WebhookAuth::Bearer { token } => vec![&mut token.0],
            WebhookAuth::Certificate { private_key, .. } => vec![&mut private_key.0],
            WebhookAuth::Headers { headers } => {
                headers.iter_mut().map(|header| &mut header.value.0).collect()
            }
        };
        all.extend(self.secrets.iter_mut().map(|secret| &mut secret.sealed.0));
        all
    }
}
