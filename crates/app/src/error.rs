//! What a use case answers when it cannot do what was asked.

use domain::Invalid;

/// The answer of every use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done. Each has a stable code and a text for people; what went wrong inside stays inside.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is wrong; each wrong field is named.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It does not exist, or the caller may not know that it does.
    #[error("there is no such {0}, or you may not see it")]
    NotFound(&'static str),
    /// Its state forbids it.
    #[error("{message}")]
    Conflict {
        /// Stable, for programs.
        code: &'static str,
        /// For people.
        message: String,
        /// The field that is to blame, if one is.
        field: Option<&'static str>,
    },
    /// It was worth something once: a link that was used, a session that ended.
    #[error("{0}")]
    Gone(&'static str),
    /// Somebody else changed it since the caller saw it.
    #[error("it was changed in the meantime; read it again and repeat your change")]
    Stale,
    /// The caller did not say who they are, or not convincingly.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller may not do that.
    #[error("{0}")]
    Forbidden(String),
    /// The caller has to sign in again for this, since it matters most and the last time was too long ago.
    #[error("sign in again for this: it was more than ten minutes ago")]
    Reauthenticate,
    /// No more of these.
    #[error("{0}")]
    Quota(String),
    /// Too many attempts.
    #[error("too many attempts; try again in {retry_after_s} s")]
    Limited {
        /// In how many seconds it may work again.
        retry_after_s: u64,
    },
    /// An idempotency key was used before, for something else.
    #[error("this Idempotency-Key was used before with another request; use a new key for a new request")]
    IdempotencyMismatch,
    /// The database cannot be reached, or is busy for too long.
    #[error("the service is not available at the moment; try again soon")]
    Unavailable(String),
    /// Another system that is needed for this did not do its part. What exactly went wrong there is in the log.
    #[error(
        "another system that this needs did not do its part ({0}); try again later, or tell the administrator"
    )]
    Upstream(&'static str),
    /// A defect. The text is for the log.
    #[error("something went wrong here; tell the administrator the request id")]
    Internal(String),
}

impl Error {
    /// A state that forbids what was asked.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into(), field: None }
    }

    /// A field that cannot be so while something else is as it is.
    pub(crate) fn conflict_in(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into(), field: Some(field) }
    }

    /// The field that is to blame for a conflict, and what is wrong with it.
    pub fn field_in_conflict(&self) -> Option<Invalid> {
        let Self::Conflict { code, message, field: Some(field) } = self else { return None };
        // Of a field a predicate is told: its name stands before it already.
        let predicate = message.strip_prefix(field).map_or(message.as_str(), str::trim_start);
        Some(Invalid::field(*field, code, predicate))
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::NotFound(_) => "not_found",
            Self::Conflict { code, .. } => code,
            Self::Gone(_) => "gone",
            Self::Stale => "stale",
            Self::Unauthenticated(crate::SECOND_FACTOR) => "second_factor_required",
            Self::Unauthenticated(crate::SECOND_FACTOR_MISSING) => "second_factor_missing",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::Reauthenticate => "reauth_required",
            Self::Forbidden(_) => "forbidden",
            Self::Quota(_) => "quota_exceeded",
            Self::Limited { .. } => "too_many_attempts",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::Unavailable(_) => "unavailable",
            Self::Upstream(_) => "upstream_failed",
            Self::Internal(_) => "internal",
        }
    }

    /// What went wrong inside, for the log only.
    pub fn internal_detail(&self) -> Option<&str> {
        match self {
            Self::Unavailable(detail) | Self::Internal(detail) => Some(detail),
            _ => None,
        }
    }
}

impl From<domain::Error> for Error {
    fn from(error: domain::Error) -> Self {
        match error {
            domain::Error::Invalid(invalid) => Self::Invalid(invalid),
            domain::Error::Conflict { code, message } => Self::Conflict { code, message, field: None },
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unique { field } => {
                Self::conflict_in(field, "taken", format!("{field} is taken; choose another"))
            }
            store::Error::Reference => {
                Self::conflict("in_use", "something else refers to it, or what it refers to is gone")
            }
            store::Error::Stale => Self::Stale,
            store::Error::Unavailable(detail) => Self::Unavailable(detail),
            error @ (store::Error::Corrupt { .. } | store::Error::Other(_)) => {
                Self::Internal(error.to_string())
            }
        }
    }
}
