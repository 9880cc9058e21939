//! `/applications/{id}/certificates/new`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ApplicationId, Certificate, CredentialDraft};

use super::issue::{last_day, typed_last_day};
use crate::applications::Shown;
use crate::cell::Cell;
use crate::field::Field;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/certificates/new", "Register a client certificate", show).post(
        "/applications/{id}/certificates/new",
        "Register a client certificate",
        submit,
    )
}

fn form(guest: &Guest, shown: &Shown) -> Form {
    let form = Form::new(guest, format!("{}/certificates/new", shown.path()), "Register certificate")
        .once()
        .field(Field::text("name", "Name", "").hint("Where it is used, such as “production”.").focused())
        .field(
            Field::area("certificate", "Certificate", "")
                .hint("As PEM: the client’s alone, without those of its signers, and never its private key.")
                .tall(8)
                .with_file(),
        )
        .field(last_day(None).hint("Without one it works until the certificate itself ends."));
    let form = if guest.is_administrator() {
        form.field(Field::tick("allow_expired", "It goes on to count after its time", false)).field(
            Field::tick("skip_chain", "It counts though nobody that the gateway trusts has signed it", false),
        )
    } else {
        form
    };
    form.cancel(format!("{}/credentials", shown.path()))
}

fn view(guest: &Guest, shown: &Shown, form: Form) -> View {
    shown
        .below(guest, "Register a client certificate")
        .crumb(format!("{}/credentials", shown.path()), "Credentials")
        .lead("Calls that come with it over TLS are this application’s, at API versions that accept certificates. It is recognised by its fingerprint, whatever its names are.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    view(&visit, &shown, form(&visit, &shown)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    if !shown.rights.credentials {
        return Err(members::not_allowed());
    }
    let read = Certificate::read(
        typed.text("certificate"),
        typed.is_ticked("allow_expired"),
        typed.is_ticked("skip_chain"),
    );
    let added = match typed_last_day(&typed) {
        Ok(expires_at) => {
            let draft = CredentialDraft { name: typed.text("name").to_owned(), expires_at };
            app.add_certificate(&visit.caller, id, draft, read).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match added {
        Ok(added) => go_to(&format!("/credentials/{}", added.value.id), Notice::Created),
        Err(error) => {
            let (status, form) = form(&visit, &shown).refused(&typed, error)?;
            view(&visit, &shown, form).answer(status, &app, &visit).await
        }
    }
}

/// What a certificate says.
pub(super) fn facts(certificate: &Certificate) -> Section {
    let mut facts = vec![
        ("For", Cell::text(&certificate.subject)),
        ("Signed by", Cell::text(&certificate.issuer)),
        ("Number", Cell::Code(certificate.serial.clone())),
        ("Fingerprint (SHA-256)", Cell::Copy(certificate.fingerprint_hex())),
        ("Valid from", Cell::time(certificate.not_before)),
        ("Valid until", Cell::time(certificate.not_after)),
    ];
    if certificate.allow_expired {
        facts.push(("After its time", Cell::text("It goes on to count")));
    }
    if certificate.skip_chain {
        facts.push(("Who signed it", Cell::text("Does not matter")));
    }
    Section::facts(facts).heading("The certificate")
}
