//! Lists in pages, by cursor. A cursor says after which thing the next page begins, and for which list: another list, or
//! the same with other filters, does not take it.

use app::{Keys, Page, PageRequest};
use axum::Json;
use domain::Invalid;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::problem::Problem;

const DEFAULT_LIMIT: u64 = 50;
const MAX_LIMIT: u64 = 200;
/// 16 bytes of id and 16 of authentication, in hexadecimal.
const CURSOR: usize = 64;

/// A part of a list, from the newest to the oldest.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// Send this as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// `cursor` and `limit` do not say which list it is. (With plain `skip_serializing` they would not be described either.)
pub fn no_filter<T>(_: &T) -> bool {
    true
}

/// Which page of a list without filters.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    pub cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u64>,
}

/// Which page of which list. `filters` must be the same on each page.
pub struct Paging<'a> {
    keys: &'a Keys,
    list: &'static str,
    filters: String,
    request: PageRequest,
}

impl<'a> Paging<'a> {
    /// Reads `cursor` and `limit`; `filters` is everything else that was asked for.
    ///
    /// # Errors
    /// If the limit is out of range, or the cursor is not one of this list with these filters.
    pub fn read(
        keys: &'a Keys,
        list: &'static str,
        filters: &impl Serialize,
        cursor: Option<&str>,
        limit: Option<u64>,
    ) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Invalid::field("limit", "out_of_range", format!("must be 1 to {MAX_LIMIT}")).into());
        }
        let filters = serde_json::to_string(filters).unwrap_or_default();
        let mut paging = Self { keys, list, filters, request: PageRequest { after: None, limit } };
        if let Some(cursor) = cursor {
            let after = paging.open(cursor).ok_or_else(|| {
                Invalid::field("cursor", "invalid", "must be the next_cursor of this list with these filters")
            })?;
            paging.request.after = Some(after);
        }
        Ok(paging)
    }

    /// What to ask the use case for.
    pub fn request(&self) -> PageRequest {
        self.request
    }

    /// The answer.
    pub fn reply<T, W: From<T>>(&self, page: Page<T>) -> Json<List<W>> {
        self.reply_with(page, W::from)
    }

    /// The answer, for things that show differently at different times.
    pub fn reply_with<T, W>(&self, page: Page<T>, show: impl FnMut(T) -> W) -> Json<List<W>> {
        Json(List {
            items: page.items.into_iter().map(show).collect(),
            next_cursor: page.next.map(|id| self.seal(id)),
        })
    }

    /// The cursor after this thing.
    pub fn seal(&self, id: Uuid) -> String {
        id.as_bytes().iter().chain(&self.authentication(id)).map(|byte| format!("{byte:02x}")).collect()
    }

    fn open(&self, cursor: &str) -> Option<Uuid> {
        if cursor.len() != CURSOR || !cursor.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let (id, authentication) = cursor.split_at(CURSOR / 2);
        let id = Uuid::from_u128(u128::from_str_radix(id, 16).ok()?);
        let given = u128::from_str_radix(authentication, 16).ok()?.to_be_bytes();
        bool::from(subtle::ConstantTimeEq::ct_eq(&given[..], &self.authentication(id)[..])).then_some(id)
    }

    fn authentication(&self, id: Uuid) -> [u8; 16] {
        self.keys.authenticate("cursor", &[self.list.as_bytes(), self.filters.as_bytes(), id.as_bytes()])
    }
}
