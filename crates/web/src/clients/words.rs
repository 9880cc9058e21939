//! The settings of a client in words.

use domain::{Client, ClientAuthMethod, ClientState, ClientType, GrantType, TokenFormat};

use crate::cell::Tone;

/// Every type that can be chosen, in the order in which they are offered.
pub(super) const TYPES: [ClientType; 5] = [
    ClientType::Web,
    ClientType::SinglePage,
    ClientType::Native,
    ClientType::NonInteractive,
    ClientType::Custom,
];

/// What programs call a type.
pub(crate) fn type_word(kind: ClientType) -> &'static str {
    match kind {
        ClientType::Web => "web",
        ClientType::SinglePage => "single_page",
        ClientType::Native => "native",
        ClientType::NonInteractive => "non_interactive",
        ClientType::Custom => "custom",
    }
}

pub(crate) fn parse_type(word: &str) -> Option<ClientType> {
    TYPES.into_iter().find(|kind| type_word(*kind) == word)
}

/// What people call a type.
pub(crate) fn client_type(kind: ClientType) -> &'static str {
    match kind {
        ClientType::Web => "Web server application",
        ClientType::SinglePage => "Single page web application",
        ClientType::Native => "Native application",
        ClientType::NonInteractive => "Non-interactive application",
        ClientType::Custom => "Custom",
    }
}

/// For whom a type is, and what follows from it.
pub(super) fn about_type(kind: ClientType) -> &'static str {
    match kind {
        ClientType::Web => {
            "Pages that are made on a server, such as with Java, Rails or Node. People sign in and consent; the server keeps a secret that no browser sees."
        }
        ClientType::SinglePage => {
            "Script that runs in the browser. It cannot keep a secret, so it has none: it proves with each sign-in that it is the one who began it (PKCE)."
        }
        ClientType::Native => {
            "A program on somebody’s phone or computer. Like a single page it keeps no secret, and it may stay signed in by refresh tokens."
        }
        ClientType::NonInteractive => {
            "A script, a service, a device: nobody sits in front of it. It acts for itself, with a client id and a secret. Take this one if you are not sure and no person signs in."
        }
        ClientType::Custom => {
            "Whatever you set, for clients that fit none of these. Nothing is preset, so nothing keeps you from mistakes. For administrators."
        }
    }
}

/// What people call a grant.
pub(crate) fn grant(grant: GrantType) -> &'static str {
    match grant {
        GrantType::AuthorizationCode => "Authorization code",
        GrantType::ClientCredentials => "Client credentials",
        GrantType::RefreshToken => "Refresh token",
        GrantType::Password => "Password (legacy)",
        GrantType::Implicit => "Implicit (legacy)",
        GrantType::Hybrid => "Hybrid (legacy)",
    }
}

/// What it does.
pub(crate) fn about_grant(grant: GrantType) -> &'static str {
    match grant {
        GrantType::AuthorizationCode => {
            "People sign in here and consent; the program gets a code, and for it a token."
        }
        GrantType::ClientCredentials => "The program acts for itself.",
        GrantType::RefreshToken => "New tokens without a new sign-in.",
        GrantType::Password => {
            "Legacy: the program is told people’s passwords. Only for what is there already."
        }
        GrantType::Implicit => {
            "Legacy: the token comes in the address of a page. Only for what is there already."
        }
        GrantType::Hybrid => {
            "Legacy: some of it comes in the address of a page. Only for what is there already."
        }
    }
}

/// The grants that a type lets choose among. None: they are fixed.
pub(crate) fn grants_of(kind: ClientType) -> &'static [GrantType] {
    use GrantType::{AuthorizationCode, Implicit, Password, RefreshToken};
    match kind {
        ClientType::Web => &[AuthorizationCode, Password, RefreshToken],
        ClientType::SinglePage => &[AuthorizationCode, Implicit],
        ClientType::Native => &[AuthorizationCode, RefreshToken],
        ClientType::NonInteractive => &[],
        ClientType::Custom => &GrantType::ALL,
    }
}

/// What tokens look like.
pub(super) const FORMATS: [(TokenFormat, &str, &str); 3] = [
    (TokenFormat::Opaque, "opaque", "Opaque: a random text; it ends when it is revoked"),
    (TokenFormat::Jwt, "jwt", "JWT: others can verify it by themselves, until it ends"),
    (TokenFormat::Uuid, "uuid", "UUID: for programs that expect one"),
];

/// How a client proves itself.
pub(super) const METHODS: [(ClientAuthMethod, &str, &str); 4] = [
    (ClientAuthMethod::ClientSecretBasic, "client_secret_basic", "Its secret, in a header"),
    (ClientAuthMethod::ClientSecretPost, "client_secret_post", "Its secret, in the body"),
    (ClientAuthMethod::PrivateKeyJwt, "private_key_jwt", "A JWT that it signs with a key of its own"),
    (ClientAuthMethod::None, "none", "Not at all: it keeps no secret"),
];

pub(super) fn format(format: TokenFormat) -> &'static str {
    FORMATS.iter().find(|(it, ..)| *it == format).map_or("", |(_, _, words)| words)
}

pub(super) fn method(method: ClientAuthMethod) -> &'static str {
    METHODS.iter().find(|(it, ..)| *it == method).map_or("", |(_, _, words)| words)
}

/// Of a client.
pub(crate) fn state(client: &Client) -> (Tone, &'static str) {
    match client.state {
        ClientState::Live => (Tone::Good, "Active"),
        ClientState::Revoked => (Tone::Bad, "Revoked"),
    }
}
