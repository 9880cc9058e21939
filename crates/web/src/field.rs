//! Inputs of forms, with what is wrong with them.

use std::borrow::Cow;
use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use domain::{FieldError, Invalid};

use super::typed::Typed;
use edge::words;
use edge::words::Words;

/// One input with its label.
#[derive(Template)]
#[template(path = "field.html")]
pub(crate) struct Field {
    name: Cow<'static, str>,
    label: Words,
    kind: Kind,
    /// What a browser or a password manager is to fill in.
    autocomplete: &'static str,
    hint: Words,
    value: String,
    error: Option<Words>,
    focus: bool,
    required: bool,
    /// Where scripts run, it can be read from a file.
    from_file: bool,
    /// Where scripts run, its lines are looked at as URIs while somebody types.
    of_uris: bool,
}

/// What it looks like.
enum Kind {
    /// One line, as HTML calls it: `text`, `email`, `password`.
    Input(&'static str),
    /// Several lines.
    Area(u8),
    /// One of several.
    Select(Vec<Choice>),
    /// Yes or no.
    Tick,
    /// Any of several.
    Ticks(Vec<Choice>),
    /// One of several, each with its explanation.
    Radios(Vec<Choice>),
    /// A file; which kinds a browser offers.
    File(&'static str),
    /// Nothing that is seen.
    Hidden,
}

/// Something that can be chosen.
pub(crate) struct Choice {
    value: String,
    label: Words,
    hint: Words,
    chosen: bool,
}

impl Choice {
    /// A value, and what people call it.
    pub(crate) fn new(value: impl Into<String>, label: impl Into<Words>) -> Self {
        Self { value: value.into(), label: label.into(), hint: Words::default(), chosen: false }
    }

    /// What is to be known about it.
    pub(crate) fn hint(self, hint: impl Into<Words>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// Whether it is chosen already.
    pub(crate) fn chosen(self, chosen: bool) -> Self {
        Self { chosen, ..self }
    }
}

impl HtmlSafe for Field {}

impl Field {
    /// An e-mail address; nothing is put right in it by keyboards.
    pub(crate) fn email(value: &str) -> Self {
        Self::new("email", "E-mail address", Kind::Input("email"), "email").with(value)
    }

    /// How somebody wants to be called.
    pub(crate) fn name(value: &str) -> Self {
        let field = Self::new("name", "Name", Kind::Input("text"), "name");
        field.with(value).hint("How you want to be called.")
    }

    /// A password that is known.
    pub(crate) fn password(name: impl Into<Cow<'static, str>>, label: impl Into<Words>) -> Self {
        Self::new(name, label, Kind::Input("password"), "current-password")
    }

    /// A password to be chosen, to be typed twice. Neither is ever filled in again.
    pub(crate) fn new_password() -> [Self; 2] {
        let hint = "At least 15 characters. A few unrelated words are hard to guess and easy to remember.";
        [
            Self::new("password", "Password", Kind::Input("password"), "new-password").hint(hint),
            Self::new("repeat", "Password again", Kind::Input("password"), "new-password"),
        ]
    }

    /// A code that is shown elsewhere for a moment.
    pub(crate) fn code(name: impl Into<Cow<'static, str>>, label: impl Into<Words>) -> Self {
        Self { autocomplete: "one-time-code", ..Self::text(name, label, "") }
    }

    /// One line of text.
    pub(crate) fn text(name: impl Into<Cow<'static, str>>, label: impl Into<Words>, value: &str) -> Self {
        Self::new(name, label, Kind::Input("text"), "off").with(value)
    }

    /// Words to look for.
    pub(crate) fn search(name: impl Into<Cow<'static, str>>, label: impl Into<Words>, value: &str) -> Self {
        Self::new(name, label, Kind::Input("search"), "off").with(value).optional()
    }

    /// A day.
    pub(crate) fn day(name: impl Into<Cow<'static, str>>, label: impl Into<Words>, value: &str) -> Self {
        Self::new(name, label, Kind::Input("date"), "off").with(value).optional()
    }

    /// Several lines of text, which may be left out.
    pub(crate) fn area(name: impl Into<Cow<'static, str>>, label: impl Into<Words>, value: &str) -> Self {
        Self::new(name, label, Kind::Area(4), "off").with(value).optional()
    }

    /// Many lines.
    pub(crate) fn tall(self, rows: u8) -> Self {
        Self { kind: Kind::Area(rows), ..self }
    }

    /// One of several. Without a chosen one, the first.
    pub(crate) fn select(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Words>,
        choices: Vec<Choice>,
    ) -> Self {
        let value = choices.iter().find(|choice| choice.chosen).map(|choice| choice.value.clone());
        let mut field = Self::new(name, label, Kind::Select(choices), "off");
        field.value = value.unwrap_or_default();
        field.optional()
    }

    /// One of several, each with its explanation.
    pub(crate) fn radios(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Words>,
        choices: Vec<Choice>,
    ) -> Self {
        Self::new(name, label, Kind::Radios(choices), "off")
    }

    /// Yes or no.
    pub(crate) fn tick(name: impl Into<Cow<'static, str>>, label: impl Into<Words>, ticked: bool) -> Self {
        Self::new(name, label, Kind::Tick, "off").with(if ticked { "on" } else { "" }).optional()
    }

    /// Any of several.
    pub(crate) fn ticks(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Words>,
        choices: Vec<Choice>,
    ) -> Self {
        Self::new(name, label, Kind::Ticks(choices), "off").optional()
    }

    /// A file of one of these kinds, as HTML's `accept` has them.
    pub(crate) fn file(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Words>,
        kinds: &'static str,
    ) -> Self {
        Self::new(name, label, Kind::File(kinds), "off")
    }

    /// Something secret that is typed or pasted, and never filled in: not even by the browser.
    pub(crate) fn secret(name: impl Into<Cow<'static, str>>, label: impl Into<Words>) -> Self {
        Self::new(name, label, Kind::Input("password"), "off")
    }

    /// A value that goes with the form.
    pub(crate) fn hidden(name: impl Into<Cow<'static, str>>, value: &str) -> Self {
        Self::new(name, "", Kind::Hidden, "off").with(value)
    }

    fn new(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Words>,
        kind: Kind,
        autocomplete: &'static str,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            autocomplete,
            hint: Words::default(),
            value: String::new(),
            error: None,
            focus: false,
            required: true,
            from_file: false,
            of_uris: false,
        }
    }

    /// It may be read from a file.
    pub(crate) fn with_file(self) -> Self {
        Self { from_file: true, ..self }
    }

    /// Each line of it is a URI.
    pub(crate) fn of_uris(self) -> Self {
        Self { of_uris: true, ..self }
    }

    /// It may be left empty.
    pub(crate) fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// It may not be left empty.
    pub(crate) fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// What is to be known about it.
    pub(crate) fn hint(self, hint: impl Into<Words>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// Typing begins here.
    pub(crate) fn focused(self) -> Self {
        Self { focus: true, ..self }
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

    pub(super) fn called(&self) -> &str {
        &self.name
    }

    pub(super) fn is_hidden(&self) -> bool {
        matches!(self.kind, Kind::Hidden)
    }

    fn is_email(&self) -> bool {
        matches!(self.kind, Kind::Input("email"))
    }

    /// Whether to say so: in filters and choices everybody knows.
    fn may_be_left_out(&self) -> bool {
        !self.required && !matches!(self.kind, Kind::Select(_) | Kind::Input("search"))
    }

    /// Takes back what was typed. Passwords are typed again, and files chosen again.
    pub(super) fn refill(&mut self, typed: &Typed) {
        match &mut self.kind {
            Kind::Input("password") | Kind::File(_) => {}
            Kind::Input(_) | Kind::Area(_) | Kind::Hidden => self.value = typed.lines(&self.name),
            Kind::Tick => {
                self.value = if typed.is_ticked(&self.name) { "on".to_owned() } else { String::new() }
            }
            Kind::Select(choices) | Kind::Ticks(choices) | Kind::Radios(choices) => {
                for choice in choices.iter_mut() {
                    choice.chosen = typed.all(&self.name).any(|chosen| chosen == choice.value);
                }
                self.value = typed.text(&self.name).to_owned();
            }
        }
    }

    /// Whether an error is about this input: about it, or about a part of it.
    pub(super) fn is_meant_by(&self, error: &FieldError) -> bool {
        let rest = error.field.strip_prefix(&*self.name);
        !matches!(self.kind, Kind::Hidden)
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    }

    /// Says what is wrong with it.
    pub(super) fn complain(&mut self, error: &FieldError) {
        let (label, wrong) = (&self.label, Words::known(&error.message));
        self.error = Some(words!("{label} {wrong}.", label, wrong));
    }

    /// Whether something is wrong with it.
    pub(super) fn is_wrong(&self) -> bool {
        self.error.is_some()
    }
}

/// Writes what is wrong to the inputs it is about, lets typing go on at the first of them, and returns the rest.
pub(super) fn complain(fields: &mut [Field], wrong: &Invalid) -> Vec<FieldError> {
    let mut rest = Vec::new();
    for error in wrong.fields() {
        match fields.iter_mut().find(|field| field.is_meant_by(error)) {
            Some(field) if field.is_wrong() => {}
            Some(field) => field.complain(error),
            None => rest.push(error.clone()),
        }
    }
    if let Some(first) = fields.iter().position(Field::is_wrong) {
        fields.iter_mut().enumerate().for_each(|(i, field)| field.focus = i == first);
    }
    rest
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
        complain(&mut fields, wrong);
        Self(fields)
    }

    /// What the title begins with, for those who hear it first.
    pub(super) fn mark(&self) -> Words {
        mark(self.0.iter().any(Field::is_wrong))
    }
}

/// What the title of a page begins with, for those who hear it first, if something is wrong.
pub(super) fn mark(is_wrong: bool) -> Words {
    if is_wrong { Words::from("Error: ") } else { Words::default() }
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
