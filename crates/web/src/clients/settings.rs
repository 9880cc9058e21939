//! The fields of a client's settings: those that its type has.

use app::{App, every};
use domain::{ClientAuthMethod, ClientDraft, ClientType, Invalid, OAuthScope, ScopeKind};

use super::words::{self, about_grant, grant, grants_of};
use crate::field::{Choice, Field};
use crate::refused::Refused;
use crate::typed::Typed;
use crate::visit::Guest;

/// Which scopes a client of a type may have at all.
pub(crate) fn fits(kind: ClientType, scope: &OAuthScope) -> bool {
    let for_itself = kind == ClientType::NonInteractive;
    match scope.kind {
        ScopeKind::Plain => true,
        ScopeKind::System => for_itself,
        ScopeKind::Role | ScopeKind::Openid => !for_itself,
    }
}

/// The grants to choose among: those that are on, and those that it has.
pub(crate) fn grant_choices(app: &App, draft: &ClientDraft) -> Vec<Choice> {
    let offered = grants_of(draft.client_type).iter().copied();
    let offered = offered.filter(|it| app.has_grant(*it) || draft.grant_types.contains(it));
    offered
        .map(|it| {
            Choice::new(it.as_str(), grant(it)).hint(about_grant(it)).chosen(draft.grant_types.contains(&it))
        })
        .collect()
}

/// All fields of a draft. What only administrators may set is for them.
pub(super) async fn fields(
    app: &App,
    guest: &Guest,
    draft: &ClientDraft,
    definition: Option<&str>,
) -> Result<Vec<Field>, Refused> {
    let kind = draft.client_type;
    let by_administrator = guest.is_administrator();
    let for_people = kind != ClientType::NonInteractive;
    let mut fields = Vec::new();
    if !grants_of(kind).is_empty() {
        let hint = if kind == ClientType::Custom {
            "None: every one that is on."
        } else {
            "How it asks for tokens."
        };
        fields.push(Field::ticks("grant_types", "Grant types", grant_choices(app, draft)).hint(hint));
    }
    if for_people {
        let hint = "Where people are sent back to, one in a line. They have to be the same to the letter.";
        fields.push(
            Field::area("redirect_uris", "Redirect URIs", &draft.redirect_uris.join("\n"))
                .hint(hint)
                .tall(3)
                .of_uris(),
        );
        let text = draft.post_logout_redirect_uris.join("\n");
        fields.push(
            Field::area("post_logout_redirect_uris", "Redirect URIs after signing out", &text)
                .hint("One in a line. None: people stay on our page.")
                .tall(2)
                .of_uris(),
        );
    }
    fields.push(scopes(app, guest, draft).await?);
    if kind == ClientType::Custom && by_administrator || !draft.requested_scopes_required {
        let label = "It has to name the scopes that it asks for";
        fields.push(
            Field::tick("requested_scopes_required", label, draft.requested_scopes_required)
                .hint("Without, one that names none gets all that it may have. Once on, it stays on."),
        );
    }
    if for_people {
        let label = "People may stay signed in";
        fields.push(
            Field::tick("persistent_sso", label, draft.persistent_sso).hint("Only with the scope openid."),
        );
    }
    fields.extend(proof(draft));
    fields.extend(lifetimes(draft));
    fields.push(
        Field::area("allowed_ips", "Allowed addresses", &draft.allowed_ips.join("\n"))
            .hint("From where it may ask for tokens and use them: addresses and networks, such as 192.0.2.0/24, one in a line. None: from everywhere.")
            .tall(2),
    );
    let formats = words::FORMATS
        .iter()
        .filter(|(it, ..)| *it != domain::TokenFormat::Uuid || kind == ClientType::Custom);
    let formats =
        formats.map(|(it, word, words)| Choice::new(*word, *words).chosen(draft.access_token_format == *it));
    fields.push(Field::select("access_token_format", "Access tokens", formats.collect()));
    if by_administrator {
        fields.push(definitions(app, guest, definition).await?);
        let label = "Trusted: errors are sent to it without a page in between";
        fields.push(Field::tick("trusted", label, draft.trusted));
    }
    Ok(fields)
}

async fn scopes(app: &App, guest: &Guest, draft: &ClientDraft) -> Result<Field, Refused> {
    let all = every(|page| app.oauth_scopes(&guest.caller, page)).await?;
    let choices: Vec<Choice> = all
        .iter()
        .filter(|it| fits(draft.client_type, it))
        .map(|it| {
            Choice::new(it.name.to_string(), &it.name)
                .hint(&it.description)
                .chosen(draft.scopes.contains(&it.name))
        })
        .collect();
    let hint = match draft.client_type {
        ClientType::Custom => "What it may ask for. None: everything but system scopes.",
        ClientType::NonInteractive if choices.is_empty() => {
            "There is none yet; an administrator makes them under “Scopes”."
        }
        ClientType::NonInteractive => "What it may ask for. Of system scopes one at a time.",
        ClientType::Web | ClientType::SinglePage | ClientType::Native => {
            "What it may ask for. With openid it learns who signed in."
        }
    };
    Ok(Field::ticks("scopes", "Scopes", choices).hint(hint))
}

/// How it proves itself: a choice only for those who keep a secret.
fn proof(draft: &ClientDraft) -> Vec<Field> {
    let is_custom = draft.client_type == ClientType::Custom;
    let mut fields = Vec::new();
    if is_custom || draft.confidential {
        let methods = words::METHODS.iter().filter(|(it, ..)| is_custom || *it != ClientAuthMethod::None);
        let methods = methods.map(|(it, word, words)| {
            Choice::new(*word, *words).chosen(draft.token_endpoint_auth_method == *it)
        });
        fields.push(Field::select("token_endpoint_auth_method", "It proves itself by", methods.collect()));
        let keys = draft.jwks.as_ref().and_then(|keys| serde_json::to_string_pretty(keys).ok());
        fields.push(
            Field::area("jwks", "Its public keys", &keys.unwrap_or_default())
                .hint("A JSON Web Key Set; needed only if it signs JWTs.")
                .tall(3),
        );
        fields.push(
            Field::tick("require_pkce", "PKCE: each sign-in is bound to who began it", draft.require_pkce)
                .hint("Leave it on unless the program cannot do it."),
        );
    }
    fields
}

fn lifetimes(draft: &ClientDraft) -> Vec<Field> {
    let text = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let number = |name: &'static str, label: &'static str, value: Option<i64>, hint: &'static str| {
        Field::text(name, label, &text(value)).hint(hint).optional()
    };
    let mut fields = vec![number(
        "access_token_lifetime_s",
        "Access tokens live for, in seconds",
        draft.access_token_lifetime_s,
        "10 seconds to 30 days. None: an hour, and 10 minutes for JWTs.",
    )];
    if draft.client_type != ClientType::NonInteractive && draft.client_type != ClientType::SinglePage {
        fields.push(number(
            "refresh_token_lifetime_s",
            "Refresh tokens live for, in seconds",
            draft.refresh_token_lifetime_s,
            "A minute to 365 days; only with the grant type refresh token. None: 30 days.",
        ));
        let label = "A refresh token is used once";
        fields.push(Field::tick("refresh_invalidate_on_use", label, draft.refresh_invalidate_on_use));
        let label = "A new refresh token comes when one is used";
        fields.push(Field::tick("refresh_issue_new_on_use", label, draft.refresh_issue_new_on_use));
    }
    if draft.client_type != ClientType::NonInteractive {
        fields.push(number(
            "id_token_lifetime_min",
            "ID tokens live for, in minutes",
            draft.id_token_lifetime_min,
            "1 minute to a day. None: 10 minutes.",
        ));
    }
    fields
}

async fn definitions(app: &App, guest: &Guest, chosen: Option<&str>) -> Result<Field, Refused> {
    let all = every(|page| app.token_definitions(&guest.caller, page)).await?;
    let choices = all
        .iter()
        .filter(|it| !it.is_default)
        .map(|it| Choice::new(it.name.as_str(), &it.name).chosen(chosen == Some(it.name.as_str())));
    let default = Choice::new("", "The default one").chosen(chosen.is_none());
    let choices = std::iter::once(default).chain(choices).collect();
    Ok(Field::select("token_definition", "Tokens are made by the definition", choices))
}

/// Takes over what was typed. What its type has no field for stays.
pub(super) fn fill(draft: &mut ClientDraft, typed: &Typed, by_administrator: bool) -> Result<(), Invalid> {
    let kind = draft.client_type;
    let for_people = kind != ClientType::NonInteractive;
    if !grants_of(kind).is_empty() {
        let chosen = |it: &&domain::GrantType| typed.all("grant_types").any(|word| word == it.as_str());
        draft.grant_types = grants_of(kind).iter().filter(chosen).copied().collect();
    }
    if for_people {
        draft.redirect_uris = typed.each_line("redirect_uris");
        draft.post_logout_redirect_uris = typed.each_line("post_logout_redirect_uris");
        draft.persistent_sso = typed.is_ticked("persistent_sso");
        draft.id_token_lifetime_min = typed.number("id_token_lifetime_min")?;
    }
    draft.scopes = typed.all("scopes").map(str::to_owned).collect();
    if kind == ClientType::Custom && by_administrator || !draft.requested_scopes_required {
        draft.requested_scopes_required = typed.is_ticked("requested_scopes_required");
    }
    draft.access_token_lifetime_s = typed.number("access_token_lifetime_s")?;
    if for_people && kind != ClientType::SinglePage {
        draft.refresh_token_lifetime_s = typed.number("refresh_token_lifetime_s")?;
        draft.refresh_invalidate_on_use = typed.is_ticked("refresh_invalidate_on_use");
        draft.refresh_issue_new_on_use = typed.is_ticked("refresh_issue_new_on_use");
    }
    if kind == ClientType::Custom || draft.confidential {
        fill_proof(draft, typed)?;
    }
    draft.allowed_ips = typed.words("allowed_ips");
    let format = words::FORMATS.iter().find(|(_, word, _)| *word == typed.text("access_token_format"));
    if let Some((format, ..)) = format {
        draft.access_token_format = *format;
    }
    if by_administrator {
        draft.trusted = typed.is_ticked("trusted");
    }
    Ok(())
}

fn fill_proof(draft: &mut ClientDraft, typed: &Typed) -> Result<(), Invalid> {
    let word = typed.text("token_endpoint_auth_method");
    if let Some((method, ..)) = words::METHODS.iter().find(|(_, it, _)| *it == word) {
        draft.token_endpoint_auth_method = *method;
        draft.confidential = *method != ClientAuthMethod::None;
    }
    let wrong = |_| Invalid::field("jwks", "invalid", "must be JSON");
    draft.jwks = typed.given("jwks").map(|text| serde_json::from_str(text).map_err(wrong)).transpose()?;
    draft.require_pkce = typed.is_ticked("require_pkce");
    Ok(())
}

/// The definition that was chosen; `None`: nobody was asked.
pub(super) fn definition(typed: &Typed, by_administrator: bool) -> Option<Option<String>> {
    by_administrator.then(|| typed.given("token_definition").map(str::to_owned))
}
