//! `/apis`: what there is to be called.

use std::sync::Arc;

use app::{ApiFilter, App};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::Api;

use crate::field::Field;
use crate::frame::{Frame, Place};
use crate::list::Listing;
use crate::refused::Answer;
use crate::visit::{Developer, Visit};
use crate::{Pages, framed, markdown};

const PATH: &str = "/apis";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "What there is to be called", show)
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct Catalogue {
    frame: Frame,
    search: Field,
    is_filtered: bool,
    cards: Vec<Card>,
    first: Option<String>,
    next: Option<String>,
}

struct Card {
    path: String,
    name: String,
    words: String,
    tags: Vec<String>,
}

impl From<Api> for Card {
    fn from(api: Api) -> Self {
        Self {
            path: format!("{PATH}/{}", api.id),
            name: api.name.to_string(),
            words: markdown::first_words(api.description.as_str(), 180),
            tags: api.tags,
        }
    }
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["q"])?;
    let name_contains = visit.query.given("q").map(str::to_owned);
    let page = app
        .apis(&visit.caller, ApiFilter { name_contains, ..ApiFilter::default() }, listing.request())
        .await?;
    let (first, next) = listing.pages(page.next);
    let page = Catalogue {
        frame: Frame::around(&app, &visit, Place::Apis).await?,
        search: Field::search("q", "Name", visit.query.text("q")),
        is_filtered: listing.is_filtered(),
        cards: page.items.into_iter().map(Card::from).collect(),
        first,
        next,
    };
    Ok(framed(StatusCode::OK, &page))
}
