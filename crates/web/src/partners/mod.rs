//! Partners and their members.

mod change;
mod list;
mod members;
mod one;

use super::Pages;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = list::routes(pages);
    let pages = one::routes(pages);
    let pages = change::routes(pages);
    members::routes(pages)
}
