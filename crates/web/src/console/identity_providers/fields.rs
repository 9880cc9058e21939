//! What is asked for about a provider, and how it is read.

use std::collections::{BTreeMap, BTreeSet};

use app::Error;
use domain::{Checks, ClaimRules, IdentityProviderDraft, Invalid, MappedRole, TokenAuth};

use crate::field::{Choice, Field};
use crate::typed::Typed;

/// Ways to prove who we are: word, and what people call it.
const WAYS: [(TokenAuth, &str, &str); 3] = [
    (TokenAuth::ClientSecretBasic, "client_secret_basic", "By a secret in the header (client_secret_basic)"),
    (TokenAuth::ClientSecretPost, "client_secret_post", "By a secret in the body (client_secret_post)"),
    (TokenAuth::None, "none", "Not at all: it knows us as a public client"),
];

/// Where the rule names a field in `claims`, and the page has it under another name.
const CLAIMS: [(&str, &str); 6] = [
    ("claims.required", "required"),
    ("claims.name", "name_claim"),
    ("claims.email_verified", "verified_claim"),
    ("claims.email", "email_claim"),
    ("claims.roles", "roles"),
    ("claims.role", "role_claim"),
];

/// What is asked for when it is set up, and stays.
pub(super) fn fixed(draft: &IdentityProviderDraft) -> Vec<Field> {
    vec![
        Field::text("name", "Name", &draft.name).focused().hint("People read “Sign in with …”."),
        Field::text("slug", "Word in addresses", &draft.slug)
            .hint("Small letters, digits and hyphens, such as corp. It stays, and is a part of the redirect URI."),
        Field::text("issuer", "Issuer", &draft.issuer).hint(
            "As the provider writes it, letter by letter, such as https://login.example.com/realms/corp. It stays.",
        ),
    ]
}

/// What can be changed. `is_new`: there is no secret yet.
pub(super) fn changeable(draft: &IdentityProviderDraft, is_new: bool) -> Vec<Field> {
    let secret = Field::password("client_secret", "Client secret").optional();
    let secret = if is_new {
        secret.hint("What the provider gave you with the client id. It is not shown again.")
    } else {
        secret.hint("Left empty, it stays as it is.")
    };
    let ways =
        WAYS.iter().map(|(way, word, words)| Choice::new(*word, *words).chosen(*way == draft.token_auth));
    let claims = &draft.claims;
    let required = claims.required.iter().map(|(name, values)| {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        format!("{name} = {}", values.join(", "))
    });
    let roles = claims.roles.iter().map(|(value, role)| format!("{value} = {}", role.as_str()));
    let lines = |lines: &mut dyn Iterator<Item = String>| lines.collect::<Vec<_>>().join("\n");
    vec![
        Field::text("client_id", "Client id", &draft.client_id).hint("What the provider knows Keywright as."),
        secret,
        Field::select("token_auth", "Keywright proves who it is", ways.collect()),
        Field::text("scopes", "Scopes", &draft.scopes.join(" ")).hint("What it is asked for, in words."),
        Field::tick("developers", "Developers sign in with it", draft.developers),
        Field::tick("makes_developers", "Developers get an account at their first sign-in", draft.makes_developers)
            .hint("Under the rules of registration: whether people may register, allowed domains, approval."),
        Field::tick("administrators", "Administrators sign in with it", draft.administrators)
            .hint("Whoever runs the provider can then sign in as any of them."),
        Field::area("required", "Only for those with", &lines(&mut required.into_iter()))
            .hint("One claim in a line with the values that will do, such as “groups = api-users, staff”. All lines must hold."),
        Field::text("name_claim", "Claim with the name", &claims.name),
        Field::text("email_claim", "Claim with the mail address", &claims.email),
        Field::text("verified_claim", "Claim that says the address was proven", &claims.email_verified)
            .hint("It must be true. An address that was not proven links nobody."),
        Field::text("role_claim", "Claim with the roles", claims.role.as_deref().unwrap_or_default()).optional(),
        Field::area("roles", "Roles in the console", &lines(&mut roles.into_iter()))
            .hint("One value in a line with what it makes of somebody, such as “desk-admins = administrator”. If there are any, only those are administrators who have one, and who has one becomes one."),
        Field::tick("enabled", "It is used", draft.enabled),
    ]
}

/// Takes over what was typed of what stays.
pub(super) fn read_fixed(typed: &Typed, draft: &mut IdentityProviderDraft) {
    typed.text("name").clone_into(&mut draft.name);
    typed.text("slug").trim().clone_into(&mut draft.slug);
    typed.text("issuer").trim().clone_into(&mut draft.issuer);
}

/// What was typed of what can be changed, to be taken over.
///
/// # Errors
/// What could not be read.
pub(super) fn read(typed: &Typed) -> Result<impl FnOnce(&mut IdentityProviderDraft) + Send + use<>, Invalid> {
    let mut checks = Checks::new();
    let way = WAYS.iter().find(|(_, word, _)| *word == typed.text("token_auth")).map(|(way, ..)| *way);
    checks.require(way.is_some(), "token_auth", "unknown", "must be one of those offered");
    let required = checks.take("required", required(&typed.each_line("required")));
    let roles = checks.take("roles", roles(&typed.each_line("roles")));
    let claims = checks.build(|| {
        Some(ClaimRules {
            required: required?,
            name: typed.text("name_claim").trim().to_owned(),
            email: typed.text("email_claim").trim().to_owned(),
            email_verified: typed.text("verified_claim").trim().to_owned(),
            role: typed.given("role_claim").map(str::to_owned),
            roles: roles?,
        })
    })?;
    let client_id = typed.text("client_id").trim().to_owned();
    let scopes = typed.words("scopes");
    let [developers, makes_developers, administrators, enabled] =
        ["developers", "makes_developers", "administrators", "enabled"].map(|box_| typed.is_ticked(box_));
    Ok(move |draft: &mut IdentityProviderDraft| {
        draft.client_id = client_id;
        draft.token_auth = way.unwrap_or_default();
        draft.scopes = scopes;
        draft.developers = developers;
        draft.makes_developers = makes_developers;
        draft.administrators = administrators;
        draft.claims = claims;
        draft.enabled = enabled;
    })
}

fn required(lines: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>, Invalid> {
    let wrong = || Invalid::field("", "invalid", "must be lines like “groups = api-users, staff”");
    let pair = |line: &String| {
        let (name, values) = line.split_once('=').ok_or_else(wrong)?;
        let values = values.split(',').map(str::trim).filter(|value| !value.is_empty());
        Ok((name.trim().to_owned(), values.map(str::to_owned).collect()))
    };
    lines.iter().map(pair).collect()
}

fn roles(lines: &[String]) -> Result<BTreeMap<String, MappedRole>, Invalid> {
    let known = MappedRole::ALL.map(MappedRole::as_str).join(", ");
    let wrong = || {
        let message = format!("must be lines like “desk-admins = administrator”, with one of {known}");
        Invalid::field("", "invalid", message)
    };
    let pair = |line: &String| {
        let (value, role) = line.rsplit_once('=').ok_or_else(wrong)?;
        Ok((value.trim().to_owned(), MappedRole::parse(role.trim()).ok_or_else(wrong)?))
    };
    lines.iter().map(pair).collect()
}

/// The rule names fields in `claims`; on the page they have names of their own.
pub(super) fn about_fields(error: Error) -> Error {
    let Error::Invalid(wrong) = error else { return error };
    let mut checks = Checks::new();
    for it in wrong.fields() {
        let here = CLAIMS.iter().find(|(rule, _)| it.field.starts_with(rule)).map(|(_, here)| *here);
        checks.require(false, here.unwrap_or(&it.field), it.code, &it.message);
    }
    match checks.build(|| Some(())) {
        Err(wrong) => wrong.into(),
        Ok(()) => Error::Invalid(wrong),
    }
}
