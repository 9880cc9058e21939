//! `/console/settings`: how this installation shows itself, and who may register.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Portal, PortalDraft};

use crate::Pages;
use crate::cell::Cell;
use crate::field::Field;
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};

const PATH: &str = "/console/settings";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Settings", show).post(PATH, "Change the settings", submit)
}

fn form(guest: &Guest, portal: &Portal) -> Form {
    Form::new(guest, PATH, "Save")
        .version(portal.meta.version)
        .field(Field::text("name", "Name", portal.name.as_str()).hint("What this installation is called."))
        .field(
            Field::text("headline", "Headline", portal.headline.as_str())
                .hint("The line on top of the catalogue.")
                .optional(),
        )
        .field(
            Field::area("welcome", "Welcome", portal.welcome.as_str())
                .hint("What stands below it.")
                .tall(3),
        )
        .field(Field::tick("is_public", "Everybody may look at the catalogue", portal.is_public).hint("Signed in or not."))
        .field(
            Field::tick(
                "approves_subscriptions",
                "Subscriptions work at once",
                portal.approves_subscriptions,
            )
            .hint("Whatever their API version or plan says: nobody has to approve them."),
        )
        .field(
            Field::area("allowed_origins", "Origins of other portals", &portal.allowed_origins.join("\n"))
                .hint("Pages elsewhere that may call for whoever is signed in, such as https://portal.example.com; one in a line, no wildcards.")
                .tall(2),
        )
}

fn fill(draft: &mut PortalDraft, typed: &Typed) {
    typed.text("name").clone_into(&mut draft.name);
    draft.is_public = typed.is_ticked("is_public");
    draft.approves_subscriptions = typed.is_ticked("approves_subscriptions");
    draft.headline = typed.lines("headline");
    draft.welcome = typed.lines("welcome");
    draft.allowed_origins = typed.each_line("allowed_origins");
}

/// What the configuration file says: it is changed there.
fn view(app: &App, form: Form) -> View {
    let settings = app.settings();
    let domains = &settings.allowed_email_domains;
    View::new(Place::Settings, "Settings").section(Section::form(form)).section(
        Section::facts(vec![
            ("Public address", Cell::Code(settings.public_url.clone())),
            ("People may register", Cell::yes(settings.sign_up)),
            ("An administrator has to approve them", Cell::yes(!settings.approve_developers)),
            (
                "Mail domains that may register",
                if domains.is_empty() { Cell::Nothing("all") } else { Cell::tags(domains) },
            ),
            ("Mails are sent", Cell::yes(settings.sends_mail)),
        ])
        .heading("From the configuration file")
        .text("These are changed there, and hold after a restart."),
    )
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let portal = app.portal_settings(&visit.caller).await?;
    view(&app, form(&visit, &portal)).show(&app, &visit).await
}

async fn submit(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    match app.update_portal(&visit.caller, typed.version(), |draft| fill(draft, &typed)).await {
        Ok(_) => go_to(PATH, Notice::Saved),
        Err(error) => {
            let portal = app.portal_settings(&visit.caller).await?;
            let (status, form) = form(&visit, &portal).refused(&typed, error)?;
            view(&app, form).answer(status, &app, &visit).await
        }
    }
}
