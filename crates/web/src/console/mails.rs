//! `/console/mails`: the mail log.

use std::sync::Arc;

use app::{App, MailFilter};
use axum::extract::State as Shared;
use domain::{Email, MailId, MailState};

use crate::cell::{Cell, Tone};
use crate::field::{Choice, Field};
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Overseer, Visit};
use crate::{Pages, states};
use edge::extract::Path;
use edge::words;

const PATH: &str = "/console/mails";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Mails", list).get("/console/mails/{id}", "A mail", show)
}

fn state(word: &str) -> Option<MailState> {
    match word {
        "waiting" => Some(MailState::Waiting),
        "kept" => Some(MailState::Kept),
        "sent" => Some(MailState::Sent),
        "failed" => Some(MailState::Failed),
        _ => None,
    }
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["to", "state"])?;
    let word = visit.query.text("state");
    let to = visit.query.given("to").and_then(|to| Email::parse(to).ok());
    let page = app.mails(&visit.caller, &MailFilter { to, state: state(word) }, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        let (tone, state) = states::mail(it.record.state);
        vec![
            Cell::link_with(
                format!("{PATH}/{}", it.record.id),
                &it.record.subject,
                words!("to {to}", to = it.record.to),
            ),
            Cell::badge((tone, state)),
            Cell::time(it.record.created_at),
        ]
    });
    let words = ["waiting", "kept", "sent", "failed"];
    let named = words.into_iter().filter_map(|word| Some((word, states::mail(state(word)?).1)));
    let choices = [("", "Any")].into_iter().chain(named);
    let choices = choices.map(|(value, label)| Choice::new(value, label).chosen(value == word)).collect();
    let fields = vec![
        Field::search("to", "To exactly this address", visit.query.text("to")),
        Field::select("state", "State", choices),
    ];
    let table =
        Table::new("Mails", &["Subject", "State", "Written"], rows.collect(), "No mail was written yet.")
            .pages(listing.pages(page.next))
            .filter(Filter::new(PATH, fields, listing.is_filtered()));
    let mut view = View::new(Place::Mails, "Mails");
    if !app.settings().sends_mail {
        view = view.section(Section::note(
            Tone::Waits,
            "No mail server is configured: mails are kept here, and nobody gets them. Pass their links on by hand, or set mail.host.",
        ));
    }
    view.section(Section::table(table)).show(&app, &visit).await
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<MailId>, visit: Visit<Overseer>) -> Answer {
    let mail = app.mail(&visit.caller, id).await?;
    let record = &mail.record;
    View::new(Place::Mails, &record.subject)
        .crumb(PATH, "Mails")
        .badge(states::mail(record.state))
        .section(Section::facts(vec![
            ("To", Cell::text(&record.to)),
            ("Written", Cell::time(record.created_at)),
            ("Sent", Cell::maybe_time(record.sent_at, "not yet")),
            ("Tries", Cell::text(record.attempts.to_string())),
            ("What the mail server said last", Cell::text(record.last_error.clone().unwrap_or_default())),
        ]))
        .section(Section::copy(mail.text.clone()).heading("Text"))
        .show(&app, &visit)
        .await
}
