//! `/console/api-versions/{id}/usage`

use std::sync::Arc;

use app::{App, UsageDimension};
use axum::extract::State as Shared;
use domain::ApiVersionId;

use super::all::applications;
use super::{Counted, Range};
use crate::Pages;
use crate::console::below_version;
use crate::refused::Answer;
use crate::view::Section;
use crate::visit::{Overseer, Visit};
use edge::extract::Path;
use edge::words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/api-versions/{id}/usage", "Who has called an API version", show).get(
        "/console/api-versions/{id}/usage.csv",
        "Who has called an API version, as CSV",
        download,
    )
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Overseer>) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let (name, view) = below_version(&app, &version, |name| words!("Usage of {name}", name)).await?;
    let counted = Counted::read(&app, &visit, Range::of(&visit), |it| it.api_version_id = Some(id)).await?;
    let path = format!("/console/api-versions/{id}/usage");
    let view = counted.onto(&app, view.crumb(format!("/console/api-versions/{id}"), name), &path);
    let counts = app.usage(&visit.caller, counted.filter(), &[UsageDimension::Application]).await?;
    let table = applications(&app, counts).await?;
    view.section_if(table.is_some(), || {
        table.map_or(Section::words(""), Section::table).heading("By application")
    })
    .show(&app, &visit)
    .await
}

async fn download(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    visit: Visit<Overseer>,
) -> Answer {
    app.api_version(&visit.caller, id).await?;
    let range = Range::of(&visit);
    Ok(Counted::read(&app, &visit, range, |it| it.api_version_id = Some(id)).await?.csv())
}
