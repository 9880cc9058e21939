//! How the protocol says no.

use std::borrow::Cow;

/// The answer of every rule.
pub type Result<T, E = OAuthError> = std::result::Result<T, E>;

/// Why a request was not carried out: a code for programs and a sentence that says what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// Which of the registered codes.
    pub code: ErrorCode,
    /// What to change, in the characters that RFC 6749 §5.2 allows. It repeats nothing that the caller sent.
    pub description: Cow<'static, str>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:literal;)*) => {
        /// The registered error codes that we use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// The HTTP status where the error is not sent by a redirect.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }
        }
    };
}

codes! {
    /// A parameter is missing, repeated, unknown or malformed (RFC 6749 §5.2).
    InvalidRequest = "invalid_request", 400;
    /// The client is unknown or did not prove who it is (RFC 6749 §5.2).
    InvalidClient = "invalid_client", 401;
    /// Code or refresh token are worth nothing, or somebody else's (RFC 6749 §5.2).
    InvalidGrant = "invalid_grant", 400;
    /// This client may not do that (RFC 6749 §5.2).
    UnauthorizedClient = "unauthorized_client", 400;
    /// Nobody may do that here (RFC 6749 §5.2).
    UnsupportedGrantType = "unsupported_grant_type", 400;
    /// A scope is unknown, malformed, or more than may be had (RFC 6749 §5.2).
    InvalidScope = "invalid_scope", 400;
    /// The resource owner or the server said no (RFC 6749 §4.1.2.1).
    AccessDenied = "access_denied", 403;
    /// Codes or tokens are not had in this way here (RFC 6749 §4.1.2.1).
    UnsupportedResponseType = "unsupported_response_type", 400;
    /// A defect (RFC 6749 §4.1.2.1).
    ServerError = "server_error", 500;
    /// Not now (RFC 6749 §4.1.2.1).
    TemporarilyUnavailable = "temporarily_unavailable", 503;
    /// A resource is unknown or malformed (RFC 8707 §2).
    InvalidTarget = "invalid_target", 400;
    /// Somebody has to sign in, and no page may be shown (OpenID Connect Core §3.1.2.6).
    LoginRequired = "login_required", 400;
    /// Somebody has to agree, and no page may be shown (OpenID Connect Core §3.1.2.6).
    ConsentRequired = "consent_required", 400;
    /// Something has to be asked, and no page may be shown (OpenID Connect Core §3.1.2.6).
    InteractionRequired = "interaction_required", 400;
    /// Request objects are not taken (OpenID Connect Core §3.1.2.6).
    RequestNotSupported = "request_not_supported", 400;
    /// Request objects are not fetched (OpenID Connect Core §3.1.2.6).
    RequestUriNotSupported = "request_uri_not_supported", 400;
    /// Registration parameters are not taken (OpenID Connect Core §3.1.2.6).
    RegistrationNotSupported = "registration_not_supported", 400;
    /// The access token is worth nothing (RFC 6750 §3.1).
    InvalidToken = "invalid_token", 401;
    /// The access token does not go that far (RFC 6750 §3.1).
    InsufficientScope = "insufficient_scope", 403;
    /// Tokens of this kind cannot be revoked (RFC 7009 §2.2.1).
    UnsupportedTokenType = "unsupported_token_type", 400;
    /// Too many attempts; common practice, in no registry.
    SlowDown = "slow_down", 429;
}

impl OAuthError {
    /// An error with a description.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        // RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
        let is_allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
        let description = if description.chars().all(is_allowed) {
            description
        } else {
            description.chars().map(|c| if is_allowed(c) { c } else { '?' }).collect::<String>().into()
        };
        Self { code, description }
    }

    /// The HTTP status where it is not sent by a redirect.
    pub fn status(&self) -> u16 {
        self.code.status()
    }
}

macro_rules! shortcuts {
    ($($name:ident = $code:ident;)*) => {
        impl OAuthError {
            $(
                #[doc = concat!("See [`ErrorCode::", stringify!($code), "`].")]
                pub fn $name(description: impl Into<Cow<'static, str>>) -> Self {
                    Self::new(ErrorCode::$code, description)
                }
            )*
        }
    };
}

shortcuts! {
    invalid_request = InvalidRequest;
    invalid_client = InvalidClient;
    invalid_grant = InvalidGrant;
    invalid_scope = InvalidScope;
    invalid_token = InvalidToken;
    access_denied = AccessDenied;
    unauthorized_client = UnauthorizedClient;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_5_2_codes_are_distinct_and_descriptions_hold_no_quotes() {
        let words: std::collections::BTreeSet<&str> =
            ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), ErrorCode::ALL.len());
        let error = OAuthError::invalid_request("say \"a\\b\" \u{e9}\n");
        assert_eq!(error.description, "say ?a?b? ??");
        assert_eq!(ErrorCode::InvalidClient.status(), 401);
    }
}
