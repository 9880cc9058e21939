//! `/apis`: what there is to be called.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::App;
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::Api;

use crate::field::{Choice, Field};
use crate::frame::{Frame, Place};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::visit::{Developer, Visit};
use crate::{Pages, framed, markdown};
use edge::plural;
use edge::words;
use edge::words::Words;

const PATH: &str = "/apis";
/// So many cards on a page: whole rows of two and of three.
const ON_A_PAGE: usize = 24;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "What there is to be called", show)
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct Catalogue {
    frame: Frame,
    fields: Vec<Field>,
    is_filtered: bool,
    cards: Vec<Card>,
    said: Words,
    back: Option<String>,
    next: Option<String>,
}

struct Card {
    path: String,
    name: String,
    words: String,
    tags: Vec<Tag>,
}

struct Tag {
    path: String,
    name: String,
}

impl From<&Api> for Card {
    fn from(api: &Api) -> Self {
        let tag = |name: &String| Tag { path: Wanted::of_tag(name).address(0), name: name.clone() };
        Self {
            path: format!("{PATH}/{}", api.id),
            name: api.name.to_string(),
            words: markdown::first_words(api.description.as_str(), 180),
            tags: api.tags.iter().map(tag).collect(),
        }
    }
}

/// What somebody wants to see of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    text: String,
    tag: String,
    by_name: bool,
    page: usize,
}

impl Wanted {
    fn read(query: &Typed) -> Self {
        Self {
            text: query.text("q").trim().to_owned(),
            tag: query.text("tag").to_owned(),
            by_name: query.text("sort") == "name",
            // No catalogue has a million pages.
            page: query.text("page").parse::<usize>().unwrap_or_default().min(1_000_000),
        }
    }

    fn of_tag(tag: &str) -> Self {
        Self { tag: tag.to_owned(), ..Self::default() }
    }

    fn is_filtered(&self) -> bool {
        !self.text.is_empty() || !self.tag.is_empty()
    }

    /// The address of a page, counted from zero.
    fn address(&self, page: usize) -> String {
        let page = (page > 0).then(|| page.to_string());
        let pairs = [
            ("q", Some(self.text.as_str())),
            ("tag", Some(self.tag.as_str())),
            ("sort", self.by_name.then_some("name")),
            ("page", page.as_deref()),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(
            pairs.into_iter().filter_map(|(name, value)| {
                value.filter(|value| !value.is_empty()).map(|value| (name, value))
            }),
        );
        let query = query.finish();
        if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") }
    }

    /// Those of the APIs that are wanted, in the order that is wanted. Every word has to be in the name, in the
    /// description or among the tags.
    fn choose(&self, mut apis: Vec<Api>) -> Vec<Api> {
        let words: Vec<String> = self.text.split_whitespace().map(str::to_lowercase).collect();
        apis.retain(|api| {
            let all =
                format!("{}\n{}\n{}", api.name, api.description.as_str(), api.tags.join("\n")).to_lowercase();
            let has_tag = self.tag.is_empty() || api.tags.contains(&self.tag);
            has_tag && words.iter().all(|word| all.contains(word))
        });
        if self.by_name {
            apis.sort_by_cached_key(|api| api.name.to_string().to_lowercase());
        }
        apis
    }

    /// What it can be narrowed down by: words, a tag of those there are, the order.
    fn fields(&self, apis: &[Api]) -> Vec<Field> {
        let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in apis.iter().flat_map(|api| &api.tags) {
            *tags.entry(tag).or_default() += 1;
        }
        let mut fields = vec![Field::search("q", "Name, description or tag", &self.text)];
        if !tags.is_empty() {
            let any = Choice::new("", "Any").chosen(self.tag.is_empty());
            let each = tags
                .into_iter()
                .map(|(tag, count)| Choice::new(tag, format!("{tag} ({count})")).chosen(tag == self.tag));
            fields.push(Field::select("tag", "Tag", std::iter::once(any).chain(each).collect()));
        }
        let order = [("", "Newest first", !self.by_name), ("name", "By name", self.by_name)];
        let order = order.map(|(value, label, chosen)| Choice::new(value, label).chosen(chosen));
        fields.push(Field::select("sort", "Order", order.into()));
        fields
    }
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let wanted = Wanted::read(&visit.query);
    let apis = app.visible_apis(&visit.caller).await?;
    let fields = wanted.fields(&apis);
    let chosen = wanted.choose(apis);
    let first = wanted.page.saturating_mul(ON_A_PAGE);
    let cards: Vec<Card> = chosen.iter().skip(first).take(ON_A_PAGE).map(Card::from).collect();
    let is_last = first.saturating_add(ON_A_PAGE) >= chosen.len();
    let page = Catalogue {
        frame: Frame::around(&app, &visit, Place::Apis).await?,
        fields,
        is_filtered: wanted.is_filtered(),
        said: said(chosen.len(), first, cards.len()),
        cards,
        back: wanted.page.checked_sub(1).map(|page| wanted.address(page)),
        next: (!is_last).then(|| wanted.address(wanted.page + 1)),
    };
    Ok(framed(StatusCode::OK, &page))
}

/// How many there are, and which of them these are.
fn said(all: usize, first: usize, shown: usize) -> Words {
    match all {
        _ if all == 1 || shown == all => plural!(all, "One API", "{count} APIs"),
        _ => words!("{first} to {shown} of {all} APIs", first = first + 1, shown = first + shown, all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ApiDraft, Instant};

    fn api(name: &str, description: &str, tags: &[&str]) -> Api {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let draft = ApiDraft { name: name.to_owned(), description: description.to_owned(), tags };
        let id = domain::ApiId(uuid::Uuid::nil());
        Api::create(id, draft, Instant::from_micros(0)).unwrap().after().clone()
    }

    fn names(wanted: &Wanted) -> String {
        let all = vec![
            api("Orders", "Buy and ship", &["shop", "eu"]),
            api("invoices", "Pay orders", &["money"]),
            api("Weather", "", &["eu"]),
        ];
        wanted.choose(all).iter().map(|api| api.name.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_tags_and_order_choose() {
        let of = |query: &str| names(&Wanted::read(&Typed::parse(query.as_bytes()).unwrap()));
        assert_eq!(of(""), "Orders invoices Weather");
        assert_eq!(of("sort=name"), "invoices Orders Weather");
        assert_eq!(of("q=ORDERS"), "Orders invoices");
        assert_eq!(of("q=orders+pay"), "invoices");
        assert_eq!(of("q=eu"), "Orders Weather");
        assert_eq!(of("tag=eu"), "Orders Weather");
        assert_eq!(of("tag=e"), "");
        assert_eq!(of("q=nothing"), "");
    }

    #[test]
    fn addresses_say_what_is_not_usual_only() {
        assert_eq!(Wanted::default().address(0), "/apis");
        assert_eq!(Wanted::of_tag("a b&c").address(0), "/apis?tag=a+b%26c");
        let wanted = Wanted { text: "x".to_owned(), by_name: true, ..Wanted::default() };
        assert_eq!(wanted.address(2), "/apis?q=x&sort=name&page=2");
        assert_eq!(
            (said(1, 0, 1), said(30, 24, 6)),
            (Words::from("One API"), Words::from("25 to 30 of 30 APIs"))
        );
    }
}
