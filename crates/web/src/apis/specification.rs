//! `/api-versions/{id}/specification`: what a version's specification says, for people.

use std::sync::Arc;

use app::{App, ToName};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{ApiVersionId, openapi};

use super::outline::{self, Described, Shape};
use super::try_it;
use crate::frame::{Frame, Place};
use crate::refused::{Answer, Refused};
use crate::visit::{Person, Visit};
use crate::{Pages, framed};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/api-versions/{id}/specification", "What a specification says", show)
}

#[derive(Template)]
#[template(path = "specification.html")]
struct Page {
    frame: Frame,
    name: String,
    api_path: String,
    groups: Vec<(String, Vec<Described>)>,
    schemas: Vec<Shape>,
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Person>) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let text = app.specification(&visit.caller, id).await?;
    // Megabytes of YAML take longer than others can wait.
    let reading = tokio::task::spawn_blocking(edge::words::carried(move || {
        let document = openapi::document(&text)?;
        Some((outline::operations(&document), outline::schemas(&document)))
    }));
    let (mut groups, schemas) = reading.await.ok().flatten().ok_or_else(Refused::not_found)?;
    for operation in groups.iter_mut().flat_map(|(_, operations)| operations) {
        operation.try_path = try_it::path_to(id, &operation.method, &operation.path);
    }
    let names = app.names(ToName { versions: vec![id], ..ToName::default() }).await?;
    let page = Page {
        frame: Frame::around(&app, &visit, Place::Apis).await?,
        name: names.of(id).to_owned(),
        api_path: format!("/apis/{}?version={id}", version.api_id),
        groups,
        schemas,
    };
    Ok(framed(StatusCode::OK, &page))
}
