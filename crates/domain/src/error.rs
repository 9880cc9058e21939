//! What a rule answers when it says no.

use std::fmt;

/// Why a rule refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The input is wrong; each wrong field is named.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// The input is right, but the thing's state forbids it.
    #[error("{message}")]
    Conflict {
        /// Stable, for programs.
        code: &'static str,
        /// For people: what is in the way and what to do.
        message: String,
    },
}

impl Error {
    /// A state that forbids what was asked.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }
}

/// One or more wrong fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid(Vec<FieldError>);

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path in the input, such as `name` or `hosts[2]`.
    pub field: String,
    /// Stable, for programs: `required`, `invalid`, `too_long`, `unknown_field` …
    pub code: &'static str,
    /// A predicate for people, to be read after the field's name: "must be …".
    pub message: String,
}

impl Invalid {
    /// One wrong field.
    pub fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self(vec![FieldError { field: field.into(), code, message: message.into() }])
    }

    /// All wrong fields, in the order they were found.
    pub fn fields(&self) -> &[FieldError] {
        &self.0
    }

    /// The same errors below another field: `name` inside `plan` becomes `plan.name`.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        for error in &mut self.0 {
            let dot = if error.field.starts_with('[') || error.field.is_empty() { "" } else { "." };
            error.field = format!("{parent}{dot}{}", error.field);
        }
        self
    }
}

impl std::error::Error for Invalid {}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", error.field, error.message)?;
        }
        Ok(())
    }
}

/// Collects the errors of several fields, so that one answer names them all.
#[derive(Debug, Default)]
pub struct Checks(Invalid);

impl Checks {
    /// No field was looked at yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a field's value, or its error for later.
    pub fn take<T>(&mut self, field: &str, value: Result<T, Invalid>) -> Option<T> {
        value.map_err(|errors| self.0.0.extend(errors.within(field).0)).ok()
    }

    /// Notes an error unless `holds`.
    pub fn require(&mut self, holds: bool, field: &str, code: &'static str, message: &str) {
        if !holds {
            self.0.0.extend(Invalid::field(field, code, message).0);
        }
    }

    /// Makes the checked thing, or says everything that was wrong. `make` is called only if nothing was, so that
    /// every value that [`Checks::take`] returned is there: `checks.build(|| Some(Thing { name: name?, … }))`.
    ///
    /// # Errors
    /// Every error that was noted.
    pub fn build<T>(self, make: impl FnOnce() -> Option<T>) -> Result<T, Invalid> {
        if self.0.0.is_empty() { make().ok_or(self.0) } else { Err(self.0) }
    }
}
