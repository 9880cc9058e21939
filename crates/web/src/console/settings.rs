//! `/console/settings`: how this installation shows itself, and who may register.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Portal, PortalDraft, PortalLink, PortalPicture};

use crate::Pages;
use crate::cell::{Action, Cell};
use crate::field::Field;
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::upload::SentFile;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};

const PATH: &str = "/console/settings";
const LOGO: &str = "/console/settings/logo";
const NO_LOGO: &str = "/console/settings/logo/delete";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Settings", show)
        .post(PATH, "Change the settings", submit)
        .post(LOGO, "Put the logo", put_logo)
        .post(NO_LOGO, "Take the logo away", remove_logo)
}

fn form(guest: &Guest, portal: &Portal) -> Form {
    let draft = portal.draft();
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
        .field(
            Field::text("accent", "Colour", &draft.accent)
                .hint("Of links and buttons, such as #0f766e; made darker or lighter where it could not be read. Empty: Keywright’s own.")
                .optional(),
        )
        .field(
            Field::area("links", "Links at the foot of every page", &links_to_text(&draft.links))
                .hint("One in a line, words and then the address: Terms of use https://example.com/terms")
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
    typed.text("accent").trim().clone_into(&mut draft.accent);
    draft.links = typed.each_line("links").iter().map(|line| link_of_text(line)).collect();
}

/// Words and an address in a line.
fn links_to_text(links: &[PortalLink]) -> String {
    links.iter().map(|link| format!("{} {}", link.label, link.url)).collect::<Vec<_>>().join("\n")
}

/// The last word is the address.
fn link_of_text(line: &str) -> PortalLink {
    let (label, url) = line.trim().rsplit_once(char::is_whitespace).unwrap_or(("", line.trim()));
    PortalLink { label: label.trim().to_owned(), url: url.to_owned() }
}

fn logo_form(guest: &Guest) -> Form {
    let field = Field::file("picture", "Picture", "image/png,image/jpeg")
        .hint("A PNG or JPEG of up to 200 KiB; it is shown 28 pixels high, beside the name.");
    Form::new(guest, LOGO, "Put logo").with_file().field(field)
}

/// The page: its two forms, and what the configuration file says, which is changed there.
async fn view(app: &App, guest: &Guest, form: Form, logo: Form) -> View {
    let settings = app.settings();
    let domains = &settings.allowed_email_domains;
    let mut logo = Section::form(logo).heading("Logo");
    if app.brand().await.has_logo {
        logo = logo.action(Action::post(guest, NO_LOGO, "Take it away").quiet().about("the logo"));
    }
    View::new(Place::Settings, "Settings").section(Section::form(form)).section(logo).section(
        Section::facts(vec![
            ("Public address", Cell::Code(settings.public_url.clone())),
            ("People may register", Cell::yes(settings.sign_up)),
            ("An administrator has to approve them", Cell::yes(!settings.approve_developers)),
            (
                "Mail domains that may register",
                if domains.is_empty() { Cell::nothing("all") } else { Cell::tags(domains) },
            ),
            ("Mails are sent", Cell::yes(settings.sends_mail)),
        ])
        .heading("From the configuration file")
        .text("These are changed there, and hold after a restart."),
    )
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let portal = app.portal_settings(&visit.caller).await?;
    view(&app, &visit, form(&visit, &portal), logo_form(&visit)).await.show(&app, &visit).await
}

async fn submit(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    match app.update_portal(&visit.caller, typed.version(), |draft| fill(draft, &typed)).await {
        Ok(_) => go_to(PATH, Notice::Saved),
        Err(error) => {
            let portal = app.portal_settings(&visit.caller).await?;
            let (status, form) = form(&visit, &portal).refused(&typed, error)?;
            view(&app, &visit, form, logo_form(&visit)).await.answer(status, &app, &visit).await
        }
    }
}

async fn put_logo(Shared(app): Shared<Arc<App>>, sent: SentFile<Administrator>) -> Answer {
    let SentFile { visit, typed, file } = sent;
    match app.set_portal_picture(&visit.caller, PortalPicture::Logo, Some(file)).await {
        Ok(()) => go_to(PATH, Notice::Saved),
        Err(error) => {
            let portal = app.portal_settings(&visit.caller).await?;
            let (status, logo) = logo_form(&visit).refused(&typed, error)?;
            view(&app, &visit, form(&visit, &portal), logo).await.answer(status, &app, &visit).await
        }
    }
}

async fn remove_logo(Shared(app): Shared<Arc<App>>, Sent { visit, .. }: Sent<Administrator>) -> Answer {
    match app.set_portal_picture(&visit.caller, PortalPicture::Logo, None).await {
        Ok(()) | Err(app::Error::NotFound(_)) => go_to(PATH, Notice::Saved),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_as_they_are_written() {
        let link = link_of_text("  Terms of use \t https://example.com/terms ");
        assert_eq!((link.label.as_str(), link.url.as_str()), ("Terms of use", "https://example.com/terms"));
        assert_eq!(links_to_text(&[link]), "Terms of use https://example.com/terms");
        assert_eq!(link_of_text("https://example.com").label, "");
    }
}
