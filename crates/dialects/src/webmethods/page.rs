//! Lists by number of page: `{"result", "count", "_links"}`.

use app::{Slice, Sliced};
use serde::{Deserialize, Serialize};

use super::error::Fault;

const DEFAULT_LIMIT: u64 = 10;
const MAX_LIMIT: u64 = 200;

/// Which page is wanted.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
    limit: Option<String>,
}

/// A page.
#[derive(Debug, Serialize)]
pub(super) struct Listed<T> {
    pub(super) result: Vec<T>,
    pub(super) count: u64,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    links: Option<Links>,
}

#[derive(Debug, Serialize)]
struct Links {
    #[serde(rename = "_self")]
    this: String,
    #[serde(rename = "_next", skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl PageQuery {
    /// From 0, ten at a time, if nothing is said.
    pub(super) fn slice(&self) -> Result<Slice, Fault> {
        let number = |text: &Option<String>, default| match text {
            None => Ok(default),
            Some(text) => text.parse::<u32>().map(u64::from).map_err(|_| ()),
        };
        let page = number(&self.page, 0).map_err(|()| Fault::wrong("page must be a number from 0"))?;
        let limit = number(&self.limit, DEFAULT_LIMIT).ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        let limit =
            limit.ok_or_else(|| Fault::wrong(format!("limit must be a number from 1 to {MAX_LIMIT}")))?;
        Ok(Slice { page, limit })
    }
}

impl<T> Listed<T> {
    /// A page without links, as Developer Portal lists the requests of an application.
    pub(super) fn plain<S>(found: Sliced<S>, show: impl FnMut(S) -> T) -> Self {
        Self { result: found.items.into_iter().map(show).collect(), count: found.count, links: None }
    }

    /// A page with links to itself and to the next. `path` is below `/portal`, `filter` what else was asked, such as
    /// `type=X&`.
    pub(super) fn linked<S>(
        found: Sliced<S>,
        slice: Slice,
        path: &str,
        filter: &str,
        show: impl FnMut(S) -> T,
    ) -> Self {
        let size =
            if slice.limit == DEFAULT_LIMIT { String::new() } else { format!("&limit={}", slice.limit) };
        let link = |page| format!("/portal{path}?{filter}page={page}{size}");
        let has_more = slice.page.saturating_add(1).saturating_mul(slice.limit) < found.count;
        let next = has_more.then(|| link(slice.page + 1));
        let links = Some(Links { this: link(slice.page), next });
        Self { links, ..Self::plain(found, show) }
    }
}
