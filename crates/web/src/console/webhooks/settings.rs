//! The fields of an endpoint.

use app::App;
use domain::{Gateway, Invalid, WebhookAuthDraft, WebhookEndpointDraft, WebhookShape};

use super::words;
use crate::field::{Choice, Field};
use crate::refused::Refused;
use crate::typed::Typed;
use crate::visit::Guest;

/// Nothing of an endpoint that is not there yet.
pub(super) fn blank() -> WebhookEndpointDraft {
    WebhookEndpointDraft {
        url: String::new(),
        description: String::new(),
        event_types: None,
        gateway_id: None,
        shape: WebhookShape::Own,
        auth: None,
        ordered: false,
    }
}

/// Of a draft. An endpoint that is there keeps what it proves us by unless something else is chosen.
pub(super) fn fields(
    app: &App,
    guest: &Guest,
    draft: &WebhookEndpointDraft,
    is_new: bool,
) -> Result<Vec<Field>, Refused> {
    let is_chosen = |name: &str| draft.event_types.iter().flatten().any(|chosen| chosen == name);
    let types = app
        .event_types(&guest.caller)?
        .iter()
        .map(|it| Choice::new(it.name, it.name).hint(it.description).chosen(is_chosen(it.name)));
    let shapes =
        words::SHAPES.iter().map(|(it, word, words)| Choice::new(*word, *words).chosen(draft.shape == *it));
    let keep = (!is_new).then(|| Choice::new("", "As it is now"));
    let auths = [
        Choice::new("none", "The signature alone"),
        Choice::new("basic", "User name and password"),
        Choice::new("bearer", "A bearer token"),
        Choice::new("headers", "Header fields"),
        Choice::new("certificate", "A client certificate"),
    ];
    let hidden = "It is kept sealed and never shown again.";
    Ok(vec![
        Field::text("url", "Address", &draft.url)
            .hint("With https, such as https://gateway.example.com/hook."),
        Field::area("description", "Description", &draft.description).tall(2),
        Field::select("shape", "Bodies", shapes.collect()),
        Field::tick("ordered", "The events of one application come one after the other", draft.ordered)
            .hint("The next one is sent when the one before was taken or given up."),
        Field::select("auth", "We prove ourselves by", keep.into_iter().chain(auths).collect()),
        Field::text("auth_username", "User name", "").hint("With “user name and password”.").optional(),
        Field::text("auth_password", "Password", "").hint(hidden).optional(),
        Field::text("auth_token", "Bearer token", "").hint(hidden).optional(),
        Field::area("auth_headers", "Header fields", "")
            .hint(
                "With “header fields”: one in a line, such as “X-Key: value”. Values are never shown again.",
            )
            .tall(2),
        Field::area("auth_certificate", "Client certificate", "")
            .hint("With “a client certificate”: it and those of its signers, as PEM.")
            .tall(2),
        Field::area("auth_private_key", "Its private key", "")
            .hint("As PEM, not encrypted. It is kept sealed and never shown again.")
            .tall(2),
        Field::ticks("event_types", "Events", types.collect()).hint("None: all of them."),
    ])
}

/// Whose events it gets: chosen once.
pub(super) fn gateway_field(gateways: &[Gateway]) -> Field {
    let whole = Choice::new("", "The whole installation");
    let choices = gateways.iter().map(|it| Choice::new(it.id.to_string(), &it.name));
    Field::select("gateway_id", "Events of", std::iter::once(whole).chain(choices).collect())
        .hint("A third party’s gateway gets what is meant for it.")
}

/// Takes over what was typed.
pub(super) fn fill(draft: &mut WebhookEndpointDraft, typed: &Typed) -> Result<(), Invalid> {
    draft.url = typed.text("url").trim().to_owned();
    draft.description = typed.lines("description");
    if let Some((shape, ..)) = words::SHAPES.iter().find(|(_, word, _)| *word == typed.text("shape")) {
        draft.shape = *shape;
    }
    draft.ordered = typed.is_ticked("ordered");
    let types: Vec<String> = typed.all("event_types").map(str::to_owned).collect();
    draft.event_types = (!types.is_empty()).then_some(types);
    let text = |name: &str| typed.text(name).to_owned();
    draft.auth = match typed.text("auth") {
        "none" => Some(WebhookAuthDraft::None),
        "basic" => {
            Some(WebhookAuthDraft::Basic { username: text("auth_username"), password: text("auth_password") })
        }
        "bearer" => Some(WebhookAuthDraft::Bearer { token: text("auth_token") }),
        "headers" => Some(WebhookAuthDraft::Headers(headers(typed)?)),
        "certificate" => Some(WebhookAuthDraft::Certificate {
            certificate: typed.lines("auth_certificate"),
            private_key: typed.lines("auth_private_key"),
        }),
        _ => None,
    };
    Ok(())
}

fn headers(typed: &Typed) -> Result<Vec<(String, String)>, Invalid> {
    let wrong = || Invalid::field("auth_headers", "invalid", "must be lines like “X-Key: value”");
    let pair = |line: &String| {
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    typed.each_line("auth_headers").iter().map(pair).collect()
}
