//! `/credentials/{id}/rotate`: a new key takes over while the old one still works, so that no call fails.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use axum::extract::State as Shared;
use domain::CredentialId;

use super::{One, reveal};
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, moment};
use edge::extract::Path;
use edge::words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/credentials/{id}/rotate", "Replace a credential", show).post(
        "/credentials/{id}/rotate",
        "Replace a credential",
        submit,
    )
}

const HOUR: u64 = 3_600;
/// For how long both may work, and how that is called.
const OVERLAPS: [(u64, &str); 6] = [
    (24 * HOUR, "One day"),
    (HOUR, "One hour"),
    (7 * 24 * HOUR, "One week"),
    (30 * 24 * HOUR, "30 days"),
    (90 * 24 * HOUR, "90 days"),
    (0, "Not at all: the old one ends now"),
];

/// How long the old one goes on beside the new one.
pub(crate) fn overlap_field(label: &'static str) -> Field {
    let overlaps = OVERLAPS.iter().map(|(seconds, words)| Choice::new(seconds.to_string(), *words)).collect();
    Field::select("overlap_seconds", label, overlaps)
        .hint("Time to put the new one everywhere where the old one is. Until then both work.")
}

fn form(guest: &Guest, one: &One) -> Form {
    Form::new(guest, format!("{}/rotate", one.path()), "Issue the new key")
        .once()
        .field(overlap_field("The old one goes on for"))
        .cancel(one.path())
}

/// What was chosen there.
pub(crate) fn overlap(typed: &Typed) -> Duration {
    Duration::from_secs(typed.text("overlap_seconds").parse().unwrap_or(24 * HOUR))
}

fn view(guest: &Guest, one: &One, form: Form) -> View {
    one.below(guest, words!("Rotate {credential}", credential = one.credential.name))
        .lead("A new key takes the place of this one. You see it once, on the next page.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<CredentialId>, visit: Visit<Person>) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    view(&visit, &one, form(&visit, &one)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<CredentialId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    let overlap = overlap(&typed);
    match app.rotate_credential(&visit.caller, id, overlap).await {
        Ok(issued) => {
            let Some(secret) = &issued.secret else {
                return Err(app::Error::Internal("a key without its secret".to_owned()).into());
            };
            let old = if overlap.is_zero() {
                "The old key does not work any more.".into()
            } else {
                words!(
                    "The old key goes on for {span}. Its page shows when it was last used: when nothing uses it any more, you can revoke it.",
                    span = moment::span_in_words(overlap)
                )
            };
            reveal(&app, &visit, &one.shown, &issued.value, secret, Some(old)).await
        }
        Err(error) => {
            let (status, form) = form(&visit, &one).refused(&typed, error)?;
            view(&visit, &one, form).answer(status, &app, &visit).await
        }
    }
}
