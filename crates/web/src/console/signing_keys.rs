//! `/console/signing-keys`: what tokens are signed with.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{SigningAlgorithm, SigningKey, SigningKeyId, SigningKeyState};

use crate::cell::{Action, Cell, Tone};
use crate::field::{Choice, Field};
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use crate::{Pages, moment};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

const PATH: &str = "/console/signing-keys";
const ROTATE: &str = "/console/signing-keys/rotate";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Signing keys", list)
        .get(ROTATE, "Make the next signing keys", show_rotate)
        .post(ROTATE, "Make the next signing keys", rotate)
        .get("/console/signing-keys/{id}", "A signing key", show)
        .get("/console/signing-keys/{id}/revoke", "End a signing key at once", show_revoke)
        .post("/console/signing-keys/{id}/revoke", "End a signing key at once", revoke)
}

fn state(state: SigningKeyState) -> (Tone, &'static str) {
    match state {
        SigningKeyState::Pending => (Tone::Waits, "Published, signs soon"),
        SigningKeyState::Active => (Tone::Good, "Signs"),
        SigningKeyState::Retiring => (Tone::Plain, "Signs no more, still published"),
        SigningKeyState::Retired => (Tone::Plain, "Retired"),
        SigningKeyState::Revoked => (Tone::Bad, "Revoked"),
    }
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.signing_keys(&visit.caller, listing.request()).await?;
    let now = app.clock().now();
    let rows = page.items.iter().map(|it| {
        let (tone, word) = state(it.state);
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), it.algorithm.as_str(), it.id.to_string()),
            Cell::Code(it.series.clone()),
            Cell::badge((tone, word)),
            Cell::ago(it.since, now),
            Cell::time(it.meta.created_at),
        ]
    });
    let columns = ["Key", "Series", "State", "Since", "Made"];
    let empty = "There is no key yet. The first ones are made with the first client.";
    let table = Table::new("Signing keys", &columns, rows.collect(), empty).pages(listing.pages(page.next));
    View::new(Place::SigningKeys, "Signing keys")
        .lead("What tokens are signed with. Keys change by themselves: each is published for 20 minutes before it signs, signs for 90 days, and stays published until nothing that it signed lives.")
        .action(Action::link(ROTATE, "Rotate"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn rotate_form(guest: &Guest) -> Form {
    let all = std::iter::once(Choice::new("", "All"));
    let choices =
        all.chain(SigningAlgorithm::ALL.into_iter().map(|it| Choice::new(it.as_str(), it.as_str())));
    Form::new(guest, ROTATE, "Make the next keys")
        .field(Field::select("algorithm", "Algorithm", choices.collect()))
        .cancel(PATH)
}

fn rotate_view(form: Form) -> View {
    View::new(Place::SigningKeys, "Rotate signing keys")
        .crumb(PATH, "Signing keys")
        .lead("The next key of each kind is made and published. It signs in 20 minutes; then the oldest one stops signing. Nothing stops working: tokens that are out stay good.")
        .section(Section::form(form))
}

async fn show_rotate(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    rotate_view(rotate_form(&visit)).show(&app, &visit).await
}

async fn rotate(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let algorithm = SigningAlgorithm::parse(typed.text("algorithm"));
    match app.rotate_signing_keys(&visit.caller, algorithm).await {
        Ok(_) => go_to(PATH, Notice::KeysMade),
        Err(error) => {
            let (status, form) = rotate_form(&visit).refused(&typed, error)?;
            rotate_view(form).answer(status, &app, &visit).await
        }
    }
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<SigningKeyId>, visit: Visit<Overseer>) -> Answer {
    let key = app.one_signing_key(&visit.caller, id).await?;
    let now = app.clock().now();
    let jwk = serde_json::to_string_pretty(&key.public_jwk).unwrap_or_default();
    let view = View::new(Place::SigningKeys, words!("{algorithm} key", algorithm = key.algorithm.as_str()))
        .crumb(PATH, "Signing keys")
        .badge(state(key.state))
        .section(Section::facts(vec![
            ("Key id (kid)", Cell::Copy(id.to_string())),
            ("Algorithm", Cell::Code(key.algorithm.as_str().to_owned())),
            ("Series", Cell::Code(key.series.clone())),
            ("Made", Cell::time(key.meta.created_at)),
            ("In this state since", Cell::ago(key.since, now)),
        ]))
        .section(Section::copy(jwk).heading("Its public part"));
    if !key.state.is_published() {
        return view.show(&app, &visit).await;
    }
    view.section(
        Section::words("For a key that somebody else may have got hold of. Otherwise let it retire.")
            .heading("Revoke it")
            .action(Action::link(format!("{PATH}/{id}/revoke"), "Revoke").danger()),
    )
    .show(&app, &visit)
    .await
}

fn revoke_form(guest: &Guest, key: &SigningKey) -> Form {
    let path = format!("{PATH}/{}", key.id);
    Form::new(guest, format!("{path}/revoke"), "Revoke this key").confirm(&key.id.to_string()).cancel(path)
}

fn revoke_view(key: &SigningKey, form: Form) -> View {
    let effect = match key.state {
        SigningKeyState::Pending => "It has not signed anything yet, so nothing stops working.",
        SigningKeyState::Active | SigningKeyState::Retiring => {
            "Every JWT that it signed is refused here from then on, and elsewhere as soon as the published keys are asked for again: access tokens, ID tokens, and sign-ins that rest on them. Clients have to ask for new tokens."
        }
        SigningKeyState::Retired | SigningKeyState::Revoked => "It has ended already.",
    };
    let next = if key.state == SigningKeyState::Active {
        " If no other key of its kind signs, nothing of this kind can be signed until the next one has been published for 20 minutes."
    } else {
        ""
    };
    let wait = moment::span_in_words(SigningKey::MAX_AGE);
    View::new(Place::SigningKeys, "Revoke this key?")
        .crumb(PATH, "Signing keys")
        .crumb(format!("{PATH}/{}", key.id), words!("{algorithm} key", algorithm = key.algorithm.as_str()))
        .lead(words!(
            "{effect}{next} Others may hold the published keys for {wait}. This cannot be undone.",
            effect = Words::from(effect),
            next = Words::from(next),
            wait
        ))
        .section(Section::form(form))
}

async fn show_revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<SigningKeyId>,
    visit: Visit<Administrator>,
) -> Answer {
    let key = app.one_signing_key(&visit.caller, id).await?;
    revoke_view(&key, revoke_form(&visit, &key)).show(&app, &visit).await
}

async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<SigningKeyId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let key = app.one_signing_key(&visit.caller, id).await?;
    let done = match confirmed(&typed, &id.to_string()) {
        Ok(()) => app.revoke_signing_key(&visit.caller, id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::KeyRevoked),
        Err(error) => {
            let (status, form) = revoke_form(&visit, &key).refused(&typed, error)?;
            revoke_view(&key, form).answer(status, &app, &visit).await
        }
    }
}
