//! Lists in pages: which part is wanted, and where the others are.

use app::{App, Page, PageRequest};
use uuid::Uuid;

use super::refused::Refused;
use super::visit::Guest;
use edge::page::Paging;
use edge::words;
use edge::words::Words;

/// So many things on a page.
const ON_A_PAGE: u64 = 25;

/// What is said of a list that shows the newest things only, if there are more.
pub(crate) fn newest<T>(page: &Page<T>) -> Words {
    match page.next {
        Some(_) => words!("The newest {count}; there are more.", count = page.items.len()),
        None => Words::default(),
    }
}

/// One part of a list.
pub(crate) struct Listing<'a> {
    paging: Paging<'a>,
    path: String,
    filters: Vec<(&'static str, String)>,
    is_first: bool,
}

impl<'a> Listing<'a> {
    /// The part that the address names. `names`: what the list is narrowed down by.
    ///
    /// # Errors
    /// If the cursor in the address is none of this list.
    pub(crate) fn read(
        app: &'a App,
        guest: &Guest,
        path: impl Into<String>,
        names: &[&'static str],
    ) -> Result<Self, Refused> {
        let path = path.into();
        let given = names.iter().filter_map(|&name| Some((name, guest.query.given(name)?.to_owned())));
        let filters: Vec<(&'static str, String)> = given.collect();
        let cursor = guest.query.given("cursor");
        let list = (&path, &filters);
        let paging = Paging::read(app.keys(), "page", &list, cursor, Some(ON_A_PAGE))?;
        Ok(Self { paging, path, filters, is_first: cursor.is_none() })
    }

    /// What to ask the use case for.
    pub(crate) fn request(&self) -> PageRequest {
        self.paging.request()
    }

    /// Whether anything is left out.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.filters.is_empty()
    }

    /// Where the first part is, if this is another, and where the next one is, if there is one.
    pub(crate) fn pages(&self, next: Option<Uuid>) -> (Option<String>, Option<String>) {
        let first = (!self.is_first).then(|| self.address(None));
        (first, next.map(|id| self.address(Some(&self.paging.seal(id)))))
    }

    fn address(&self, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.filters.iter().map(|(name, value)| (*name, value.as_str())));
        query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}
