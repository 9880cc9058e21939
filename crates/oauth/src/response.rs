//! The answer to an authorization request: what comes back, and how.

use std::fmt;

use crate::{OAuthError, Params, Result, redirect_uri};

/// What comes back (OAuth 2.0 Multiple Response Type Encoding Practices §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseType {
    /// A code.
    pub code: bool,
    /// An ID token.
    pub id_token: bool,
    /// An access token.
    pub token: bool,
}

impl ResponseType {
    /// A code and nothing else: the only one that is on by default (RFC 9700 §2.1.2).
    pub const CODE: Self = Self { code: true, id_token: false, token: false };
    /// The implicit ones.
    pub const IMPLICIT: [Self; 3] = [
        Self { code: false, id_token: false, token: true },
        Self { code: false, id_token: true, token: false },
        Self { code: false, id_token: true, token: true },
    ];
    /// The hybrid ones.
    pub const HYBRID: [Self; 3] = [
        Self { code: true, id_token: true, token: false },
        Self { code: true, id_token: false, token: true },
        Self { code: true, id_token: true, token: true },
    ];

    /// Reads words in any order, each once.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parsed = Self { code: false, id_token: false, token: false };
        for word in text.split(' ') {
            let flag = match word {
                "code" => &mut parsed.code,
                "id_token" => &mut parsed.id_token,
                "token" => &mut parsed.token,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        Some(parsed)
    }

    /// Whether anything secret goes through the browser, so that the query is no place for it.
    pub fn is_front_channel(self) -> bool {
        self.id_token || self.token
    }

    /// Where the answer goes if the request does not say.
    pub fn default_mode(self) -> ResponseMode {
        if self.is_front_channel() { ResponseMode::Fragment } else { ResponseMode::Query }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.code, "code"), (self.id_token, "id_token"), (self.token, "token")];
        let words: Vec<&str> =
            words.into_iter().filter(|(is_set, _)| *is_set).map(|(_, word)| word).collect();
        f.write_str(&words.join(" "))
    }
}

/// How the answer is brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment.
    Fragment,
    /// By a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl ResponseMode {
    /// Their names.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Query, "query"), (Self::Fragment, "fragment"), (Self::FormPost, "form_post")];

    /// What a request asks for.
    ///
    /// # Errors
    /// If it is unknown, or would put into the query what does not belong there (Multiple Response Types §2.1).
    pub fn of_request(params: &Params, response_type: Option<ResponseType>) -> Result<Self> {
        let default = response_type.unwrap_or(ResponseType::CODE).default_mode();
        let Some(asked) = params.get("response_mode")? else { return Ok(default) };
        let known = Self::ALL.into_iter().find(|(_, name)| *name == asked).map(|(mode, _)| mode);
        let mode = known.ok_or_else(|| {
            OAuthError::invalid_request("response_mode must be query, fragment or form_post")
        })?;
        if mode == Self::Query && default != Self::Query {
            return Err(OAuthError::invalid_request(
                "response_mode must not be query with this response_type",
            ));
        }
        Ok(mode)
    }
}

/// How and where an answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Where: registered, and proven to be.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    /// Comes back as it was sent.
    pub state: Option<String>,
    /// Who answers (RFC 9207 §2).
    pub issuer: String,
}

/// An answer that a browser can bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// By going there.
    Redirect(String),
    /// By posting these fields there.
    Form {
        /// Where to.
        action: String,
        /// What.
        fields: Vec<(String, String)>,
    },
}

impl Return {
    /// An answer with these fields, `state` and `iss`.
    pub fn answer(&self, fields: impl IntoIterator<Item = (&'static str, String)>) -> Answer {
        let mut fields: Vec<(String, String)> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Some(state) = &self.state {
            fields.push(("state".to_owned(), state.clone()));
        }
        fields.push(("iss".to_owned(), self.issuer.clone()));
        let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        match self.mode {
            ResponseMode::Query => Answer::Redirect(redirect_uri::with_query(&self.redirect_uri, pairs)),
            ResponseMode::Fragment => {
                Answer::Redirect(redirect_uri::with_fragment(&self.redirect_uri, pairs))
            }
            ResponseMode::FormPost => Answer::Form { action: self.redirect_uri.clone(), fields },
        }
    }

    /// The answer that says no (RFC 6749 §4.1.2.1).
    pub fn refusal(&self, error: &OAuthError) -> Answer {
        self.answer([
            ("error", error.code.as_str().to_owned()),
            ("error_description", error.description.to_string()),
        ])
    }
}
