//! `/api-versions/{id}/changes`: what is another in a version than in another version of the same API.

use std::sync::Arc;

use app::{ApiVersionFilter, App, PageRequest};
use axum::extract::State as Shared;
use domain::{ApiVersion, ApiVersionId, openapi};

use super::difference::{Difference, Fate, differences};
use super::outline;
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::field::{Choice, Field};
use crate::frame::Place;
use crate::refused::{Answer, Refused};
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Person, Visit};
use edge::extract::Path;
use edge::plural;
use edge::words;

/// So many versions can be compared with.
const VERSIONS: u64 = 100;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/api-versions/{id}/changes", "What a version changes", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Person>) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let api = app.api(&visit.caller, version.api_id).await?;
    let filter = ApiVersionFilter { api_id: Some(api.id), ..ApiVersionFilter::default() };
    let others = app.api_versions(&visit.caller, filter, PageRequest::first(VERSIONS)).await?.items;
    let others: Vec<ApiVersion> =
        others.into_iter().filter(|it| it.id != id && it.specification.is_some()).collect();
    let asked = visit.query.text("since");
    let since = others.iter().find(|it| it.id.to_string() == asked);
    let since = since.or_else(|| others.iter().find(|it| it.id < id)).or_else(|| others.first());
    let path = format!("/api-versions/{id}/changes");
    let view = View::new(Place::Apis, words!("What {version} changes", version = version.name))
        .crumb(if visit.is_administrator() { "/console/apis" } else { "/apis" }, "APIs")
        .crumb(format!("/apis/{}?version={id}", api.id), format!("{} {}", api.name, version.name));
    let (Some(since), true) = (since, version.specification.is_some()) else {
        let words = "Two versions of an API with specifications can be compared; here is only one.";
        return view.section(Section::words(words)).show(&app, &visit).await;
    };
    let before = app.specification(&visit.caller, since.id).await?;
    let after = app.specification(&visit.caller, id).await?;
    let found = compared(before, after).await?;
    let choices =
        others.iter().map(|it| Choice::new(it.id.to_string(), it.name.to_string()).chosen(it.id == since.id));
    let fields = vec![Field::select("since", "Compared with", choices.collect())];
    let breaking = found.iter().filter(|it| it.breaks).count();
    let table = Table::new(
        "Operations that are not as they were",
        &["Operation", "What", "Calls"],
        found.iter().map(row).collect(),
        "Both specifications say the same about every operation.",
    );
    view.lead(words!("Compared with {since}, for those who call it.", since = since.name))
        .action(Action::see(format!("/api-versions/{id}/specification"), "Parameters and schemas"))
        .section_if(breaking > 0, || {
            let words = plural!(
                breaking,
                "One operation may refuse or answer differently what was right before.",
                "{count} operations may refuse or answer differently what was right before."
            );
            Section::note(Tone::Waits, words)
        })
        .section(Section::table(table.filter(Filter::new(path, fields, false))))
        .show(&app, &visit)
        .await
}

/// Megabytes of YAML take longer than others can wait.
async fn compared(before: String, after: String) -> Result<Vec<Difference>, Refused> {
    let reading = tokio::task::spawn_blocking(words::carried(move || {
        let read = |text: &str| -> Option<Vec<outline::Described>> {
            let document = openapi::document(text)?;
            Some(outline::operations(&document).into_iter().flat_map(|(_, group)| group).collect())
        };
        Some(differences(&read(&before)?, &read(&after)?))
    }));
    reading.await.ok().flatten().ok_or_else(Refused::not_found)
}

fn row(it: &Difference) -> Vec<Cell> {
    let (tone, word) = match it.fate {
        Fate::Added => (Tone::Good, "New"),
        Fate::Changed => (Tone::Plain, "Changed"),
        Fate::Removed => (Tone::Bad, "Gone"),
    };
    let mut said = vec![Cell::badge((tone, word))];
    said.extend(it.lines.iter().map(Cell::text));
    let calls = if it.breaks { Cell::badge((Tone::Waits, "may break")) } else { Cell::nothing("go on") };
    vec![Cell::Code(format!("{} {}", it.method, it.path)), Cell::Stack(said), calls]
}
