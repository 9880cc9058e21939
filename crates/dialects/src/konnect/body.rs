//! Bodies: closed JSON objects, of which every wrong field is named at once.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::{Refusal, Source, Wrong};
use edge::extract::{must_be_json, read_body};
use edge::state::State;

/// The members of a JSON object, to be taken one by one.
#[derive(Debug)]
pub(super) struct Fields {
    members: Map<String, Value>,
    wrong: Vec<Wrong>,
}

/// A body that must be there.
pub(super) struct Body(pub(super) Fields);

/// A body that may be left out, as an empty form does.
pub(super) struct MayBody(pub(super) Fields);

impl FromRequest<State> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &State) -> Result<Self, Refusal> {
        must_be_json(request.headers())?;
        parse(&read_body(request).await?).map(Self)
    }
}

impl FromRequest<State> for MayBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &State) -> Result<Self, Refusal> {
        let is_json = must_be_json(request.headers());
        let has_kind = request.headers().contains_key(header::CONTENT_TYPE);
        let bytes = read_body(request).await?;
        if bytes.is_empty() {
            return Ok(Self(Fields { members: Map::new(), wrong: Vec::new() }));
        }
        if has_kind {
            is_json?;
        }
        parse(&bytes).map(Self)
    }
}

fn parse(bytes: &[u8]) -> Result<Fields, Refusal> {
    let wrong = |rule, reason| Refusal::wrong(Wrong::new(Source::Body, "body", rule, reason));
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => Ok(Fields { members, wrong: Vec::new() }),
        Ok(_) => Err(wrong("is_object", "must be an object")),
        Err(_) => Err(wrong("invalid", "is not valid JSON")),
    }
}

impl Fields {
    fn note(&mut self, field: &str, rule: &'static str, reason: &str) {
        self.wrong.push(Wrong::new(Source::Body, field, rule, reason));
    }

    /// Notes something that the body alone cannot show.
    pub(super) fn refuse(&mut self, wrong: Wrong) {
        self.wrong.push(wrong);
    }

    /// A text of at most so many characters that may be left out.
    pub(super) fn text(&mut self, field: &str, maximum: usize) -> Option<String> {
        let text = match self.members.remove(field)? {
            Value::String(text) => text,
            _ => {
                self.note(field, "is_string", "must be a string");
                return None;
            }
        };
        if text.chars().count() > maximum {
            let reason = format!("must not have more than {maximum} characters");
            let wrong = Wrong::new(Source::Body, field, "max_length", reason);
            self.wrong.push(wrong.maximum(maximum as u64));
            return None;
        }
        Some(text)
    }

    /// A text of 1 to so many characters that must be there.
    pub(super) fn required(&mut self, field: &str, maximum: usize) -> String {
        if !self.members.contains_key(field) {
            self.note(field, "required", "is a required field");
            return String::new();
        }
        let before = self.wrong.len();
        let text = self.text(field, maximum).unwrap_or_default();
        if text.trim().is_empty() && self.wrong.len() == before {
            let wrong = Wrong::new(Source::Body, field, "min_length", "must not be empty");
            self.wrong.push(wrong.minimum(1));
        }
        text
    }

    /// An id that must be there.
    pub(super) fn required_id(&mut self, field: &str) -> Uuid {
        if !self.members.contains_key(field) {
            self.note(field, "required", "is a required field");
            return Uuid::nil();
        }
        self.id(field).unwrap_or_else(|| {
            if !self.wrong.iter().any(|wrong| wrong.is_about(field)) {
                self.note(field, "is_uuid", "must be a UUID");
            }
            Uuid::nil()
        })
    }

    /// An id that may be left out or null.
    pub(super) fn id(&mut self, field: &str) -> Option<Uuid> {
        match self.members.remove(field)? {
            Value::Null => None,
            Value::String(text) => {
                let id = domain::parse_uuid(&text);
                if id.is_none() {
                    self.note(field, "is_uuid", "must be a UUID");
                }
                id
            }
            _ => {
                self.note(field, "is_string", "must be a string");
                None
            }
        }
    }

    /// A list of texts that may be left out.
    pub(super) fn texts(&mut self, field: &str) -> Option<Vec<String>> {
        let Value::Array(items) = self.members.remove(field)? else {
            self.note(field, "is_array", "must be an array");
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for (i, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text),
                _ => self.note(&format!("{field}[{i}]"), "is_string", "must be a string"),
            }
        }
        Some(texts)
    }

    /// Whether something is said about a field.
    pub(super) fn has(&self, field: &str) -> bool {
        self.members.contains_key(field)
    }

    /// Any value that may be left out.
    pub(super) fn value(&mut self, field: &str) -> Option<Value> {
        self.members.remove(field)
    }

    /// That was all there may be.
    ///
    /// # Errors
    /// Every wrong field, and every one that is not known.
    pub(super) fn close(mut self) -> Result<(), Refusal> {
        let unknown: Vec<String> = self.members.keys().map(|name| printable(name)).collect();
        for name in unknown {
            self.note(&name, "unknown_property", "is not a known property");
        }
        self.open()
    }

    /// There may be more, which means nothing.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn open(self) -> Result<(), Refusal> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.wrong)) }
    }
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}
