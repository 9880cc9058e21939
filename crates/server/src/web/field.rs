//! Inputs of forms, with what is wrong with them.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use domain::Invalid;

/// One input with its label.
#[derive(Template)]
#[template(path = "web/field.html")]
pub(super) struct Field {
    name: &'static str,
    label: &'static str,
    /// As HTML says: `text`, `email`, `password`.
    kind: &'static str,
    /// What a browser or a password manager is to fill in.
    autocomplete: &'static str,
    hint: &'static str,
    value: String,
    error: Option<String>,
    focus: bool,
}

impl HtmlSafe for Field {}

impl Field {
    /// An e-mail address; nothing is put right in it by keyboards.
    pub(super) fn email(value: &str) -> Self {
        Self::new("email", "E-mail address", "email", "email").with(value)
    }

    /// How somebody wants to be called.
    pub(super) fn name(value: &str) -> Self {
        Self::new("name", "Name", "text", "name").with(value).hint("How you want to be called.")
    }

    /// A password to be chosen, to be typed twice. Neither is ever filled in again.
    pub(super) fn new_password() -> [Self; 2] {
        let hint = "At least 15 characters. A few unrelated words are hard to guess and easy to remember.";
        [
            Self::new("password", "Password", "password", "new-password").hint(hint),
            Self::new("repeat", "Password again", "password", "new-password"),
        ]
    }

    fn new(name: &'static str, label: &'static str, kind: &'static str, autocomplete: &'static str) -> Self {
        Self { name, label, kind, autocomplete, hint: "", value: String::new(), error: None, focus: false }
    }

    /// What a screen reader reads after the label.
    fn described_by(&self) -> String {
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        error.into_iter().chain(hint).collect::<Vec<_>>().join(" ")
    }

    fn with(self, value: &str) -> Self {
        Self { value: value.to_owned(), ..self }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}

/// The inputs of a form.
pub(super) struct Fields(Vec<Field>);

impl HtmlSafe for Fields {}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|field| fmt::Display::fmt(field, f))
    }
}

impl Fields {
    /// Inputs, each with what is wrong with it; the first such is where typing goes on.
    pub(super) fn new(fields: impl IntoIterator<Item = Field>, wrong: &Invalid) -> Self {
        let mut fields: Vec<Field> = fields.into_iter().collect();
        for field in &mut fields {
            let error = wrong.fields().iter().find(|error| error.field == field.name);
            field.error = error.map(|error| format!("{} {}.", field.label, error.message));
        }
        if let Some(first) = fields.iter_mut().find(|field| field.error.is_some()) {
            first.focus = true;
        }
        Self(fields)
    }

    /// What the title begins with, for those who hear it first.
    pub(super) fn mark(&self) -> &'static str {
        if self.0.iter().any(|field| field.error.is_some()) { "Error: " } else { "" }
    }
}

/// The password that was typed twice.
///
/// # Errors
/// If the two differ.
pub(super) fn typed_twice<'a>(password: &'a str, repeat: &str) -> Result<&'a str, Invalid> {
    if password == repeat {
        Ok(password)
    } else {
        Err(Invalid::field("repeat", "different", "must be the same as the password above it"))
    }
}
