//! Making, changing and deleting partners.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Partner, PartnerDraft, PartnerId};

use super::list;
use crate::Pages;
use crate::field::Field;
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

const NEW: &str = "/console/partners/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(NEW, "Create a partner", show_new)
        .post(NEW, "Create a partner", create)
        .get("/partners/{id}/edit", "Change a partner", show_edit)
        .post("/partners/{id}/edit", "Change a partner", edit)
        .get("/console/partners/{id}/delete", "Delete a partner", show_delete)
        .post("/console/partners/{id}/delete", "Delete a partner", delete)
}

fn fields(guest: &Guest, draft: &PartnerDraft) -> Vec<Field> {
    let mut fields = vec![
        Field::text("name", "Name", &draft.name),
        Field::area("description", "Description", &draft.description),
        Field::text("contact_email", "Contact", draft.contact_email.as_deref().unwrap_or_default())
            .hint("An e-mail address to write to about it.")
            .optional(),
    ];
    // Only administrators assign roles.
    if guest.is_administrator() {
        let hint = "Words between spaces. An API version may ask for some of them: only partners that hold them may call it.";
        fields.push(Field::text("roles", "Roles", &draft.roles.join(" ")).hint(hint).optional());
    }
    fields
}

fn fill(draft: &mut PartnerDraft, guest: &Guest, typed: &Typed) {
    draft.name = typed.text("name").to_owned();
    draft.description = typed.lines("description");
    draft.contact_email = typed.given("contact_email").map(str::to_owned);
    if guest.is_administrator() {
        draft.roles = typed.words("roles");
    }
}

fn new_view(guest: &Guest) -> Form {
    Form::new(guest, NEW, "Create partner")
        .once()
        .fields(fields(guest, &PartnerDraft::default()))
        .cancel(list::path(guest))
}

fn new_page(guest: &Guest, form: Form) -> View {
    View::new(Place::Partners, "New partner")
        .crumb(list::path(guest), "Partners")
        .section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    new_page(&visit, new_view(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let mut draft = PartnerDraft::default();
    fill(&mut draft, &visit, &typed);
    match app.create_partner(&visit.caller, draft).await {
        Ok(made) => go_to(&format!("/partners/{}", made.value.id), Notice::Created),
        Err(error) => {
            let (status, form) = new_view(&visit).refused(&typed, error)?;
            new_page(&visit, form).answer(status, &app, &visit).await
        }
    }
}

fn edit_form(guest: &Guest, partner: &Partner) -> Form {
    Form::new(guest, format!("/partners/{}/edit", partner.id), "Save")
        .version(partner.meta.version)
        .fields(fields(guest, &partner.draft()))
        .cancel(format!("/partners/{}", partner.id))
}

fn below(guest: &Guest, partner: &Partner, title: Words) -> View {
    View::new(Place::Partners, title)
        .crumb(list::path(guest), "Partners")
        .crumb(format!("/partners/{}", partner.id), &partner.name)
}

async fn show_edit(Shared(app): Shared<Arc<App>>, Path(id): Path<PartnerId>, visit: Visit<Person>) -> Answer {
    let partner = app.partner(&visit.caller, id).await?;
    let form = edit_form(&visit, &partner);
    below(&visit, &partner, words!("Edit {partner}", partner = partner.name))
        .section(Section::form(form))
        .show(&app, &visit)
        .await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PartnerId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let done =
        app.update_partner(&visit.caller, id, typed.version(), |draft| fill(draft, &visit, &typed)).await;
    match done {
        Ok(_) => go_to(&format!("/partners/{id}"), Notice::Saved),
        Err(error) => {
            let partner = app.partner(&visit.caller, id).await?;
            let (status, form) = edit_form(&visit, &partner).refused(&typed, error)?;
            let view = below(&visit, &partner, words!("Edit {partner}", partner = partner.name))
                .section(Section::form(form));
            view.answer(status, &app, &visit).await
        }
    }
}

fn delete_form(guest: &Guest, partner: &Partner) -> Form {
    Form::new(guest, format!("/console/partners/{}/delete", partner.id), "Delete this partner")
        .confirm(partner.name.as_str())
        .cancel(format!("/partners/{}", partner.id))
}

fn delete_page(guest: &Guest, partner: &Partner, form: Form) -> View {
    below(guest, partner, words!("Delete {partner}?", partner = partner.name))
        .lead("Its members lose what they may do as such. A partner with applications cannot be deleted: transfer or delete those first.")
        .section(Section::form(form))
}

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PartnerId>,
    visit: Visit<Administrator>,
) -> Answer {
    let partner = app.partner(&visit.caller, id).await?;
    let form = delete_form(&visit, &partner);
    delete_page(&visit, &partner, form).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PartnerId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let partner = app.partner(&visit.caller, id).await?;
    let done = match confirmed(&typed, partner.name.as_str()) {
        Ok(()) => app.delete_partner(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(list::path(&visit), Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &partner).refused(&typed, error)?;
            delete_page(&visit, &partner, form).answer(status, &app, &visit).await
        }
    }
}
