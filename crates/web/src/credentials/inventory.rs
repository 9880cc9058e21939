//! `/console/credentials`: every credential that was ever issued.

use std::sync::Arc;
use std::time::Duration;

use app::{App, CredentialFilter, ToName};
use axum::extract::State as Shared;
use domain::CredentialState;

use super::list::ends;
use super::recognised_by;
use crate::cell::Cell;
use crate::field::{Choice, Field};
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Overseer, Visit};
use crate::{Pages, states};
use edge::words::Words;

const PATH: &str = "/console/credentials";
const DAY: u64 = 24 * 3_600;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "All credentials", show)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["state", "ends_in"])?;
    let (state, ends_in) = (visit.query.text("state"), visit.query.text("ends_in"));
    let now = app.clock().now();
    let days: Option<u64> = ends_in.parse().ok().filter(|days| *days <= 3_660);
    let filter = CredentialFilter {
        state: match state {
            "active" => Some(CredentialState::Active),
            "disabled" => Some(CredentialState::Disabled),
            "revoked" => Some(CredentialState::Revoked),
            _ => None,
        },
        expires_before: days.map(|days| now + Duration::from_secs(days * DAY)),
        ..CredentialFilter::default()
    };
    let page = app.credentials(&visit.caller, filter, listing.request()).await?;
    let applications = page.items.iter().map(|it| it.application_id).collect();
    let names = app.names(ToName { applications, ..ToName::default() }).await?;
    let rows = page.items.iter().map(|it| {
        let (tone, word) = states::credential(it.status(now));
        vec![
            Cell::link_with(
                format!("/credentials/{}", it.id),
                &it.name,
                states::credential_kind(it.material.kind()),
            ),
            Cell::link(
                format!("/applications/{}", it.application_id),
                Words::said(names.of(it.application_id)),
            ),
            Cell::Code(recognised_by(it)),
            Cell::badge((tone, word)),
            ends(it, now),
            it.last_used_at.map_or(Cell::nothing("never"), |at| Cell::ago(at, now)),
        ]
    });
    let choice =
        |value: &str, label: &'static str, chosen: &str| Choice::new(value, label).chosen(value == chosen);
    let in_state = vec![
        choice("", "Any", state),
        choice("active", "Active", state),
        choice("disabled", "Switched off", state),
        choice("revoked", "Revoked", state),
    ];
    let ending = vec![
        choice("", "Whenever", ends_in),
        choice("0", "Has ended", ends_in),
        choice("7", "Within 7 days", ends_in),
        choice("30", "Within 30 days", ends_in),
        choice("90", "Within 90 days", ends_in),
    ];
    let fields = vec![Field::select("state", "State", in_state), Field::select("ends_in", "Ends", ending)];
    let columns = ["Name", "Application", "Recognised by", "State", "Ends", "Last used"];
    let table = Table::new("Credentials", &columns, rows.collect(), "No credential was issued yet.")
        .pages(listing.pages(page.next))
        .filter(Filter::new(PATH, fields, listing.is_filtered()));
    View::new(Place::Credentials, "Credentials")
        .lead("Every credential that was ever issued here: whose it is, until when it works, and when it was last used.")
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}
