//! `/applications/{id}/usage`

use std::sync::Arc;

use app::{App, ToName, UsageDimension};
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::{Counted, Range};
use crate::Pages;
use crate::applications::{Shown, Tab};
use crate::cell::{Action, Cell};
use crate::refused::{Answer, Refused};
use crate::view::{Section, Table};
use crate::visit::{Guest, Person, Visit};
use edge::extract::Path;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/usage", "What an application has called", show).get(
        "/applications/{id}/usage.csv",
        "What an application has called, as CSV",
        download,
    )
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let counted = Counted::read(&app, &visit, Range::of(&visit), |it| it.application_id = Some(id)).await?;
    let path = format!("{}/usage", shown.path());
    let view = counted.onto(&app, shown.head(&visit, Tab::Usage), &path);
    let apis = by_api(&app, &visit, &counted).await?;
    let refused = Action::see(format!("{}/refused-calls", shown.path()), "Refused calls");
    view.action(refused)
        .section_if(!apis.is_empty(), || {
            let columns = ["API", "Plan", "Calls"];
            Section::table(Table::new("Calls by API", &columns, apis, "None.")).heading("By API and plan")
        })
        .show(&app, &visit)
        .await
}

async fn by_api(app: &App, guest: &Guest, counted: &Counted) -> Result<Vec<Vec<Cell>>, Refused> {
    let by = [UsageDimension::ApiVersion, UsageDimension::Plan];
    let counts = app.usage(&guest.caller, counted.filter(), &by).await?;
    let names = ToName {
        versions: counts.iter().filter_map(|it| it.api_version_id).collect(),
        plans: counts.iter().filter_map(|it| it.plan_id).collect(),
        ..ToName::default()
    };
    let names = app.names(names).await?;
    Ok(counts
        .iter()
        .map(|it| {
            vec![
                it.api_version_id
                    .map_or(Cell::nothing("not known"), |id| Cell::text(Words::said(names.of(id)))),
                it.plan_id.map_or(Cell::dash(), |id| Cell::text(Words::said(names.of(id)))),
                Cell::text(it.calls.to_string()),
            ]
        })
        .collect())
}

async fn download(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    visit: Visit<Person>,
) -> Answer {
    let range = Range::of(&visit);
    Ok(Counted::read(&app, &visit, range, |it| it.application_id = Some(id)).await?.csv())
}
