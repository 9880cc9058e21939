//! Tokens that a third party makes for a developer, and how developers ask for them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{
    ApiVersionId, Checks, DeveloperId, Error, ExternalTokenId, Instant, Invalid, Meta, Name, TokenFormId,
    TokenRequestId, Transition,
};

/// A key and a value, both as they were given: no blank is taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// What it is.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// The key that names the application.
const APPLICATION: &str = "applicationName";
/// The key that says what kind of token it is.
const KIND: &str = "Access Token Type";

/// What the list of properties must hold: the application's name and the token's type, every key once, at most 100 of
/// them, of at most 200 and 8,192 bytes. Answers the two.
///
/// # Errors
/// The property that is missing, empty, doubled or too long.
pub fn check_properties(properties: &[Property]) -> Result<(String, String), Invalid> {
    const FIELD: &str = "propertyList";
    if properties.len() > 100 {
        return Err(Invalid::field(FIELD, "too_many", "must have at most 100 entries"));
    }
    let mut keys = BTreeSet::new();
    for (i, Property { key, value }) in properties.iter().enumerate() {
        let wrong = |code, message: &str| Err(Invalid::field(format!("{FIELD}[{i}]"), code, message));
        if key.trim().is_empty() {
            return wrong("required", "must have a key");
        }
        if key.len() > 200 || value.len() > 8_192 || key.contains('\0') || value.contains('\0') {
            return wrong(
                "too_long",
                "must have a key of at most 200 and a value of at most 8192 bytes, without NUL",
            );
        }
        if !keys.insert(key) {
            return wrong("duplicate", "must have a key that no other entry has");
        }
    }
    let find = |wanted: &str| {
        let found = properties.iter().find(|property| property.key == wanted);
        let found = found.filter(|property| !property.value.trim().is_empty());
        found.map(|property| property.value.clone()).ok_or_else(|| {
            Invalid::field(FIELD, "required", format!("must have an entry {wanted} with a value"))
        })
    };
    Ok((find(APPLICATION)?, find(KIND)?))
}

/// A token that a third party made for a developer. Its properties are kept sealed: one of them is the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExternalToken {
    /// Its identity.
    pub id: ExternalTokenId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Whose it is.
    pub developer_id: DeveloperId,
    /// For which application, in the third party's words.
    pub application_name: String,
    /// What kind of token, in the third party's words.
    pub kind: String,
    /// The list of properties as JSON, sealed.
    #[serde(skip)]
    pub sealed: Vec<u8>,
    /// What was asked of the third party.
    pub state: TokenState,
    /// Whether a token of this developer for this application was there already: perhaps a repeated message.
    pub maybe_duplicate: bool,
}

noun!(ExternalToken, ExternalTokenId);

/// What was asked of the third party about a token. Nothing changes until it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Nothing.
    Active,
    /// To renew it.
    RenewRequested,
    /// To end it.
    RevokeRequested,
}

impl ExternalToken {
    /// A third party made one.
    pub fn create(
        id: ExternalTokenId,
        developer_id: DeveloperId,
        (application_name, kind): (String, String),
        sealed: Vec<u8>,
        maybe_duplicate: bool,
        now: Instant,
    ) -> Transition<Self> {
        let (meta, state) = (Meta::new(now), TokenState::Active);
        let token = Self { id, meta, developer_id, application_name, kind, sealed, state, maybe_duplicate };
        Transition::create(token, "external_token.created")
    }

    /// A third party renewed it: everything it consists of is something else now.
    ///
    /// # Errors
    /// If it belongs to somebody else.
    pub fn replace(
        &self,
        developer_id: DeveloperId,
        (application_name, kind): (String, String),
        sealed: Vec<u8>,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        if developer_id != self.developer_id {
            return Err(Invalid::field("user", "invalid", "must be the user whose token it is").into());
        }
        let state = TokenState::Active;
        let after = Self { application_name, kind, sealed, state, ..self.clone() };
        Ok(Transition::update(self, after, "external_token.renewed", now))
    }

    /// Its owner wants it renewed. `None`: that was asked before, nothing is to be done.
    pub fn ask_to_renew(&self, now: Instant) -> Option<Transition<Self>> {
        self.ask(TokenState::RenewRequested, "external_token.renew_requested", now)
    }

    /// Its owner wants it ended. `None`: that was asked before, nothing is to be done.
    pub fn ask_to_revoke(&self, now: Instant) -> Option<Transition<Self>> {
        self.ask(TokenState::RevokeRequested, "external_token.revoke_requested", now)
    }

    fn ask(&self, state: TokenState, action: &'static str, now: Instant) -> Option<Transition<Self>> {
        if self.state == state {
            return None;
        }
        Some(Transition::update(self, Self { state, ..self.clone() }, action, now))
    }
}

/// Something to be filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// What it is called in the mail and in answers.
    pub key: String,
    /// What stands beside it in the form.
    pub label: String,
    /// Whether it must be filled in.
    pub required: bool,
}

/// What a developer must fill in to ask for an external token to an API version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenForm {
    /// Its identity.
    pub id: TokenFormId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// For which version; there is at most one.
    pub api_version_id: ApiVersionId,
    /// In their order; the application's name comes first in any case.
    pub fields: Vec<FormField>,
}

noun!(TokenForm, TokenFormId);

impl TokenForm {
    /// How many fields a form may have.
    pub const MAX: usize = 30;

    /// What is asked where nobody has said what to ask.
    pub fn standard() -> Vec<FormField> {
        let field = |key: &str, label: &str, required| FormField {
            key: key.to_owned(),
            label: label.to_owned(),
            required,
        };
        vec![field(APPLICATION, "Application", true), field("description", "What for", false)]
    }

    /// A new form.
    ///
    /// # Errors
    /// Every wrong field.
    pub fn create(
        id: TokenFormId,
        api_version_id: ApiVersionId,
        fields: Vec<FormField>,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let fields = check_form(fields)?;
        Ok(Transition::create(
            Self { id, meta: Meta::new(now), api_version_id, fields },
            "token_form.created",
        ))
    }

    /// Other fields.
    ///
    /// # Errors
    /// Every wrong field.
    pub fn set(&self, fields: Vec<FormField>, now: Instant) -> Result<Transition<Self>, Invalid> {
        let after = Self { fields: check_form(fields)?, ..self.clone() };
        Ok(Transition::update(self, after, "token_form.updated", now))
    }
}

/// Every field with a key of its own; the application's name is always asked.
fn check_form(mut fields: Vec<FormField>) -> Result<Vec<FormField>, Invalid> {
    if !fields.iter().any(|field| field.key == APPLICATION) {
        fields.splice(0..0, TokenForm::standard().into_iter().take(1));
    }
    let mut checks = Checks::new();
    let message = format!("must have at most {} entries", TokenForm::MAX);
    checks.require(fields.len() <= TokenForm::MAX, "fields", "too_many", &message);
    let mut keys = BTreeSet::new();
    for (i, field) in fields.iter_mut().enumerate() {
        checks.take(&format!("fields[{i}].key"), Name::parse(&field.key));
        checks.take(&format!("fields[{i}].label"), Name::parse(&field.label));
        let is_new = keys.insert(field.key.clone());
        checks.require(is_new, &format!("fields[{i}].key"), "duplicate", "must be another one in each entry");
        field.required |= field.key == APPLICATION;
    }
    checks.build(|| Some(fields))
}

/// A developer asks for an external token. The approvers are told by mail, and answer with a token or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenRequest {
    /// Its identity.
    pub id: TokenRequestId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Who asks.
    pub developer_id: DeveloperId,
    /// For what.
    pub api_version_id: ApiVersionId,
    /// The application's name, by which the answer is recognised.
    pub application_name: String,
    /// What was filled in, in the order of the form.
    pub values: Vec<Property>,
    /// The token that answered it.
    pub token_id: Option<ExternalTokenId>,
}

noun!(TokenRequest, TokenRequestId);

impl TokenRequest {
    /// A developer has filled in a form.
    ///
    /// # Errors
    /// Every field that is missing, unknown or too long.
    pub fn ask(
        id: TokenRequestId,
        developer_id: DeveloperId,
        api_version_id: ApiVersionId,
        form: &[FormField],
        values: &[Property],
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        let mut filled = Vec::new();
        for field in form {
            let given: Vec<&Property> = values.iter().filter(|value| value.key == field.key).collect();
            let place = format!("values.{}", field.key);
            checks.require(given.len() <= 1, &place, "duplicate", "must be given once");
            let value = given.first().map(|value| value.value.trim()).unwrap_or_default();
            checks.require(!field.required || !value.is_empty(), &place, "required", "must be filled in");
            if checks.take(&place, crate::Text::parse(value)).is_some() && !value.is_empty() {
                filled.push(Property { key: field.key.clone(), value: value.to_owned() });
            }
        }
        for value in values {
            let known = form.iter().any(|field| field.key == value.key);
            let key: String = value.key.chars().filter(|c| !c.is_control()).take(64).collect();
            checks.require(known, &format!("values.{key}"), "unknown_field", "is not asked for");
        }
        let application = filled.iter().find(|value| value.key == APPLICATION);
        let application_name = application.map(|value| value.value.clone()).unwrap_or_default();
        let (meta, token_id) = (Meta::new(now), None);
        let request = checks.build(|| {
            Some(Self { id, meta, developer_id, api_version_id, application_name, values: filled, token_id })
        })?;
        Ok(Transition::create(request, "token_request.made"))
    }

    /// A token has answered it.
    pub fn answer(&self, token: ExternalTokenId, now: Instant) -> Transition<Self> {
        Transition::update(
            self,
            Self { token_id: Some(token), ..self.clone() },
            "token_request.answered",
            now,
        )
    }
}
