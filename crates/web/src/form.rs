//! Forms: inputs, what ties them to the browser, and what went wrong the last time.

use app::{Error, PasskeyRequest};
use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::StatusCode;
use uuid::Uuid;

use super::field::{Field, complain};
use super::message::sentence;
use super::refused::Refused;
use super::typed::Typed;
use super::visit::Guest;
use edge::problem::Problem;
use edge::words;
use edge::words::Words;

/// The field with a number of the form's own.
pub(super) const ONCE: &str = "once";
/// The field with the version of the thing that the form was made from.
pub(super) const VERSION: &str = "version";

/// A form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct Form {
    action: String,
    csrf: String,
    once: Option<String>,
    version: Option<i64>,
    fields: Vec<Field>,
    submit: Words,
    danger: bool,
    cancel: Option<String>,
    problem: Option<Words>,
    /// A word that has to be typed before the button works.
    confirm: Option<String>,
    /// It carries a file.
    with_file: bool,
    /// It only shows how things are.
    still: bool,
    /// It is not the first thing to do.
    quiet: bool,
    /// What its script has a browser do with a passkey before it is sent: `create` or `get`, and the options as JSON.
    passkey: Option<(&'static str, String)>,
    /// What stands there where a browser cannot.
    without: Words,
}

impl HtmlSafe for Form {}

impl Form {
    /// A form that is sent to a path, by a button with these words.
    pub(crate) fn new(guest: &Guest, action: impl Into<String>, submit: impl Into<Words>) -> Self {
        Self {
            action: action.into(),
            csrf: guest.csrf.masked(),
            once: None,
            version: None,
            fields: Vec::new(),
            submit: submit.into(),
            danger: false,
            cancel: None,
            problem: None,
            confirm: None,
            with_file: false,
            still: false,
            quiet: false,
            passkey: None,
            without: Words::default(),
        }
    }

    /// It is not the first thing to do.
    pub(crate) fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// A browser is to `create` or `get` a passkey, and sends what comes of it. Where it cannot, or without scripts, these
    /// words are there and no form. After [`Form::refused`], since nothing of what was asked before is good for a second
    /// try.
    pub(crate) fn asking(self, act: &'static str, request: &PasskeyRequest, without: &'static str) -> Self {
        let form = Self { passkey: Some((act, request.options.clone())), without: without.into(), ..self };
        form.field(Field::hidden("ticket", &request.ticket)).field(Field::hidden("answer", ""))
    }

    /// It carries a file: for [`super::upload::SentFile`].
    pub(crate) fn with_file(self) -> Self {
        Self { with_file: true, ..self }
    }

    /// One more input.
    pub(crate) fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// More inputs.
    pub(crate) fn fields(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// It makes something: sent twice, it makes it once.
    pub(crate) fn once(self) -> Self {
        Self { once: Some(Uuid::now_v7().to_string()), ..self }
    }

    /// It was made from this version of a thing.
    pub(crate) fn version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Where to go instead.
    pub(crate) fn cancel(self, path: impl Into<String>) -> Self {
        Self { cancel: Some(path.into()), ..self }
    }

    /// It stops or removes something.
    pub(crate) fn danger(self) -> Self {
        Self { danger: true, ..self }
    }

    /// It does so for good: a name has to be typed first.
    pub(crate) fn confirm(self, name: &str) -> Self {
        let label = words!("Type “{name}” to confirm", name);
        let field = Field::text("confirm", label, "").focused();
        Self { confirm: Some(name.to_owned()), ..self.danger() }.field(field)
    }

    /// It shows what is in it and cannot be sent.
    pub(crate) fn only_show(&mut self) {
        self.still = true;
    }

    /// Whether something is wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        self.problem.is_some() || self.fields.iter().any(Field::is_wrong)
    }

    /// The form again, with what was typed. What goes with it unseen is the form's own.
    pub(crate) fn again(mut self, typed: &Typed) -> Self {
        for field in self.fields.iter_mut().filter(|field| typed.has(field.called()) && !field.is_hidden()) {
            field.refill(typed);
        }
        self
    }

    /// The form again, with what was typed and what was wrong.
    ///
    /// # Errors
    /// What has nothing to do with what was typed.
    pub(crate) fn refused(mut self, typed: &Typed, error: Error) -> Result<(StatusCode, Self), Refused> {
        for field in &mut self.fields {
            field.refill(typed);
        }
        if let Error::Invalid(wrong) = &error {
            let rest = complain(&mut self.fields, wrong);
            if !rest.is_empty() {
                let said: Vec<String> =
                    rest.iter().map(|it| format!("{} {}", it.field, Words::known(&it.message))).collect();
                self.problem = Some(sentence(&said.join("; ")).into());
            }
            return Ok((StatusCode::BAD_REQUEST, self));
        }
        // Where the field is there that is to blame, it is said at it.
        let at_field = error.field_in_conflict();
        if at_field.is_some_and(|wrong| complain(&mut self.fields, &wrong).is_empty()) {
            return Ok((StatusCode::CONFLICT, self));
        }
        self.problem = Some(match &error {
            Error::Stale => "Somebody else has changed this in the meantime. What you typed is still here: compare it with the present state, and send it again to overwrite that.".into(),
            Error::IdempotencyMismatch => {
                "This form was sent before. If you want another one, open the page anew.".into()
            }
            Error::Conflict { .. }
            | Error::Gone(_)
            | Error::Quota(_)
            | Error::Limited { .. }
            | Error::Forbidden(_)
            | Error::Reauthenticate
            | Error::Upstream(_) => sentence(&Words::known(&error.to_string())).into(),
            // Only where people sign in: whoever is signed in gets further than this.
            Error::Unauthenticated(why) => sentence(&Words::from(*why)).into(),
            Error::Invalid(_) | Error::NotFound(_) | Error::Unavailable(_) | Error::Internal(_) => {
                return Err(error.into());
            }
        });
        let status = match &error {
            Error::Unauthenticated(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::from_u16(Problem::from(error).status).unwrap_or(StatusCode::BAD_REQUEST),
        };
        Ok((status, self))
    }
}

/// Whether the name was typed that [`Form::confirm`] asks for.
///
/// # Errors
/// If not.
pub(crate) fn confirmed(typed: &Typed, name: &str) -> Result<(), Error> {
    if typed.text("confirm").trim() == name {
        Ok(())
    } else {
        let message = "— it does not match yet";
        Err(domain::Invalid::field("confirm", "different", message).into())
    }
}
