//! Access tokens that third parties make for a developer: asked for, shown, renewed and ended by asking them.

mod ask;
mod list;
mod one;

use super::Pages;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = list::routes(pages);
    let pages = ask::routes(pages);
    one::routes(pages)
}
