//! `/credentials/{id}`, and switching it off and on.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{CredentialId, CredentialStatus, Material};
use serde_json::Value;

use super::list::ends;
use super::{One, certificate, recognised_by};
use crate::cell::{Action, Cell, Tone};
use crate::fresh::must_be_fresh;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, Table, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, moment, states};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/credentials/{id}", "A credential", show)
        .post("/credentials/{id}/disable", "Switch a credential off", disable)
        .post("/credentials/{id}/enable", "Switch a credential on", enable)
        .post("/credentials/{id}/reveal", "Show a credential of a third party", reveal)
}

/// What a third party's gateway made is shown again to those who manage the application's credentials.
fn shows_again(one: &One) -> bool {
    matches!(one.credential.material, Material::External(_)) && one.shown.rights.credentials
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<CredentialId>, visit: Visit<Person>) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    let credential = &one.credential;
    let now = app.clock().now();
    let status = credential.status(now);
    let mut view = one
        .shown
        .below(&visit, &credential.name)
        .crumb(format!("{}/credentials", one.shown.path()), "Credentials")
        .badge(states::credential(status));
    if one.shown.rights.credentials {
        view = actions(&visit, view, &one, status);
    }
    if let (Some(successor), Some(end)) = (credential.replaced_by, credential.expires_at) {
        let use_until = match credential.last_used_at {
            Some(at) => words!("It was last used {when}.", when = moment::from_now(at, now)),
            None => "It was not used yet, as far as was noted.".into(),
        };
        let when = moment::from_now(end, now);
        let words = if status == CredentialStatus::Rotating {
            words!("Both keys work until this one ends {when}. {use_until}", when, use_until)
        } else {
            words!("Another key has taken its place. {use_until}", use_until)
        };
        let next = Action::see(format!("/credentials/{successor}"), "See its successor");
        view = view.section(Section::note(Tone::Waits, words).action(next));
    }
    let reveal = Action::post(&visit, format!("{}/reveal", one.path()), "Show it");
    let view = view
        .section_if(shows_again(&one), || {
            Section::words(
                "What it is made of is shown when you ask for it. Each time is noted in the audit log.",
            )
            .action(reveal)
        })
        .section(Section::facts(vec![
            ("Kind", Cell::text(states::credential_kind(credential.material.kind()))),
            ("Recognised by", Cell::Code(recognised_by(credential))),
            ("Issued", Cell::time(credential.meta.created_at)),
            ("Ends", ends(credential, now)),
            (
                "Last used",
                credential
                    .last_used_at
                    .map_or(Cell::nothing("never, as far as was noted"), |at| Cell::ago(at, now)),
            ),
            ("Id", Cell::Copy(id.to_string())),
        ]));
    let view = match &credential.material {
        Material::Certificate(it) => {
            view.section(certificate::facts(it)).section(Section::copy(it.pem()).heading("As PEM"))
        }
        Material::ApiKey(_) | Material::ClientSecret(_) | Material::External(_) => view,
    };
    view.show(&app, &visit).await
}

/// What can be done with it as it is now.
fn actions(guest: &Guest, view: View, one: &One, status: CredentialStatus) -> View {
    let path = one.path();
    let at = |part: &str| format!("{path}/{part}");
    let edit = Action::link(at("edit"), "Edit").quiet();
    let revoke = Action::link(at("revoke"), "Revoke").danger();
    match status {
        CredentialStatus::Active => successor(view, one)
            .action(edit)
            .action(Action::post(guest, at("disable"), "Switch off").quiet())
            .action(revoke),
        CredentialStatus::Rotating => view.action(edit).action(revoke),
        CredentialStatus::Disabled => {
            view.action(Action::post(guest, at("enable"), "Switch on")).action(edit).action(revoke)
        }
        CredentialStatus::Expired => view.action(revoke),
        CredentialStatus::Revoked => view,
    }
}

/// How another takes its place: by its kind.
fn successor(view: View, one: &One) -> View {
    match &one.credential.material {
        Material::ApiKey(_) => view.action(Action::link(format!("{}/rotate", one.path()), "Rotate")),
        Material::ClientSecret(_) => {
            view.action(Action::see(format!("{}/client", one.shown.path()), "OAuth settings"))
        }
        Material::Certificate(_) => view
            .action(Action::link(format!("{}/certificates/new", one.shown.path()), "Register the next one")),
        Material::External(_) => view,
    }
}

async fn disable(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<CredentialId>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    app.set_credential_enabled(&visit.caller, id, false).await?;
    go_to(&format!("/credentials/{id}"), Notice::Disabled)
}

async fn enable(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<CredentialId>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    app.set_credential_enabled(&visit.caller, id, true).await?;
    go_to(&format!("/credentials/{id}"), Notice::Enabled)
}

async fn reveal(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<CredentialId>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    must_be_fresh(&app, &visit, &format!("/credentials/{id}")).await?;
    let revealed = app.reveal_credential(&visit.caller, id).await?;
    let one = One::load(&app, &visit, id).await?;
    let mut rows = Vec::new();
    lines(&mut rows, "", &serde_json::to_value(&revealed.values).unwrap_or_default());
    let table = Table::new("The credential", &["What", "Value"], rows, "");
    one.below(&visit, "As the gateway gave it").section(Section::table(table)).show(&app, &visit).await
}

/// Every value on a line of its own.
fn lines(rows: &mut Vec<Vec<Cell>>, path: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                lines(rows, &path, member);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| lines(rows, path, item)),
        Value::Null => {}
        Value::String(text) => rows.push(vec![Cell::text(Words::said(path)), Cell::Copy(text.clone())]),
        other => rows.push(vec![Cell::text(Words::said(path)), Cell::text(other.to_string())]),
    }
}
