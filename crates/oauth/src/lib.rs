//! OAuth 2.0 and OpenID Connect as values: what a request says, which rule it breaks, what a grant gives.
//!
//! Nothing in here does I/O or looks at a clock: time and stored things come in as arguments, and what is to be stored,
//! ended or answered goes out as a value. Each rule names the section that it is from. Randomness is used in two places
//! only, inside the signatures that need it and in [`jose::generate`], which makes keys.

pub mod authorize;
pub mod claims;
pub mod client_auth;
pub mod discovery;
mod error;
pub mod id_token;
pub mod jose;
pub mod logout;
pub mod params;
pub mod pkce;
pub mod redirect_uri;
pub mod relying_party;
pub mod resource;
pub mod response;
pub mod scope;
pub mod token;
pub mod userinfo;

pub use error::{ErrorCode, OAuthError, Result};
pub use params::Params;
