//! Whole lists, read page by page: what has to be looked at as a whole, or offered as a whole to be chosen from.

use crate::{Page, PageRequest};

/// So many at once.
const PAGE: u64 = 500;

/// Everything in a list that comes in pages, however much it is.
///
/// # Errors
/// What the list says.
pub async fn every<T, E, F>(mut page: impl FnMut(PageRequest) -> F) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<Page<T>, E>>,
{
    let mut all = Vec::new();
    let mut request = PageRequest::first(PAGE);
    loop {
        let Page { items, next } = page(request).await?;
        all.extend(items);
        match next {
            Some(_) => request.after = next,
            None => return Ok(all),
        }
    }
}
