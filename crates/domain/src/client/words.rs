//! The closed sets of words in a client's settings.

use serde::{Deserialize, Serialize};

/// What kind of program a client is. All but `custom` fix what follows from the kind: which grants there are, and
/// whether the program can keep a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientType {
    /// A program on a server, with pages: it keeps a secret.
    Web,
    /// Script in a browser: it keeps none.
    SinglePage,
    /// A program on somebody's device: it keeps none.
    Native,
    /// A program without a person in front of it: it acts for itself and keeps a secret.
    NonInteractive,
    /// Whatever is set.
    Custom,
}

/// How tokens are asked for (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A person consents, and a code is exchanged (RFC 6749 §4.1).
    AuthorizationCode,
    /// The client acts for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A new access token for an older consent (RFC 6749 §6).
    RefreshToken,
    /// The client is told the person's password (RFC 6749 §4.3). Legacy.
    Password,
    /// The token comes in the browser's address (RFC 6749 §4.2). Legacy.
    Implicit,
    /// Some of it comes in the browser's address, some for the code (OpenID Connect Core §3.3). Legacy.
    Hybrid,
}

impl GrantType {
    /// Every grant.
    pub const ALL: [Self; 6] = [
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::RefreshToken,
        Self::Password,
        Self::Implicit,
        Self::Hybrid,
    ];

    /// Those that current practice forbids (RFC 9700 §2.1.2, §2.4). They exist for what is there already, are off until
    /// an administrator turns them on for the server and for the client, and are not advertised while off.
    pub const LEGACY: [Self; 3] = [Self::Password, Self::Implicit, Self::Hybrid];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::Password => "password",
            Self::Implicit => "implicit",
            Self::Hybrid => "hybrid",
        }
    }

    /// Whether it is one of [`GrantType::LEGACY`].
    pub fn is_legacy(self) -> bool {
        Self::LEGACY.contains(&self)
    }

    /// Whether a person's browser is sent back to the client in it.
    pub fn redirects(self) -> bool {
        match self {
            Self::AuthorizationCode | Self::Implicit | Self::Hybrid => true,
            Self::ClientCredentials | Self::RefreshToken | Self::Password => false,
        }
    }

    /// Whether a refresh token may come of it. Never of client credentials or implicit (RFC 6749 §4.2.2, §4.4.3).
    pub fn refreshes(self) -> bool {
        match self {
            Self::AuthorizationCode | Self::Password | Self::Hybrid => true,
            Self::ClientCredentials | Self::RefreshToken | Self::Implicit => false,
        }
    }
}

/// How a client proves at the token endpoint who it is (OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// Not at all: it keeps no secret.
    None,
    /// Its secret, in the `Authorization` header.
    ClientSecretBasic,
    /// Its secret, in the body.
    ClientSecretPost,
    /// A JWT signed by a key of its own (RFC 7523).
    PrivateKeyJwt,
}

/// What access tokens look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFormat {
    /// A signed JWT (RFC 9068).
    Jwt,
    /// A random text of ours.
    Opaque,
    /// A random UUID, for programs that expect one. It carries 122 random bits.
    Uuid,
}

/// Whether clients see the same identifier of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// All the same.
    Public,
    /// Each another one (OpenID Connect Core §8.1).
    Pairwise,
}

/// Whether a client may still ask for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientState {
    /// It may.
    Live,
    /// It may not, for good; its tokens are worth nothing.
    Revoked,
}
