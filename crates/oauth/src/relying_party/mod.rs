//! The other side: we as a client of somebody else's server, to learn who somebody is (OpenID Connect Core §3.1, with
//! PKCE and the checks of RFC 9700 §2.1). What is sent and what came back are values here; others carry them.

pub mod callback;
pub mod id_token;
pub mod metadata;
pub mod request;
pub mod token;

/// Why somebody is not who they say, or their provider is not one that can be asked. For the log and for administrators:
/// whoever wanted to sign in is told less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The discovery document is none.
    #[error("the discovery document is not the JSON that OpenID Connect Discovery describes")]
    Document,
    /// The document is about another issuer.
    #[error("the discovery document names another issuer; it must be the same letter by letter")]
    OtherIssuer,
    /// No code flow, or no PKCE.
    #[error("the provider does not offer the authorization code flow with PKCE (S256)")]
    NoCodeFlow,
    /// None of our algorithms.
    #[error("the provider signs ID tokens with none of RS256, ES256 and EdDSA")]
    NoAlgorithm,
    /// Not the way that we would prove who we are by.
    #[error("the provider does not take the way in which we would prove who we are")]
    NoTokenAuth,
    /// No key that can be used.
    #[error("the provider publishes no key that can be used")]
    NoKeys,
    /// The answer came from somebody else (RFC 9207).
    #[error("the answer names another issuer, or none although it should")]
    MixedUp,
    /// Whoever was asked said no.
    #[error("the provider or the person refused")]
    Denied,
    /// Another error of the provider.
    #[error("the provider answered with an error")]
    Refused,
    /// There is no code.
    #[error("the answer holds no code, or something twice")]
    NoCode,
    /// The token endpoint did not answer with tokens.
    #[error("the token endpoint refused, or answered something else than tokens")]
    NoTokens,
    /// The ID token is not signed by a key of the provider, with one of our algorithms.
    #[error("the ID token is not signed as it must be")]
    Signature,
    /// Its time is over, or has not come.
    #[error("the ID token is too old, or from the future")]
    Time,
    /// It is somebody else's, for somebody else, or for another sign-in.
    #[error("the ID token is not for this sign-in: issuer, audience or nonce are others")]
    NotForUs,
    /// It does not say who it is about.
    #[error("the ID token does not say who it is about")]
    Nobody,
    /// They did not sign in anew, although they were asked to.
    #[error("the provider did not ask to sign in anew")]
    NotFresh,
    /// The userinfo endpoint did not answer with claims of the same person.
    #[error("the userinfo endpoint refused, or answered about somebody else")]
    UserInfo,
}

/// The answer of everything here.
pub type Result<T, E = Failure> = std::result::Result<T, E>;
