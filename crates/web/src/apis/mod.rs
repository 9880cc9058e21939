//! APIs as those see them who want to call them.

mod catalogue;
mod changes;
mod difference;
mod one;
mod outline;
mod specification;
mod subscribe;

use super::Pages;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = catalogue::routes(pages);
    let pages = one::routes(pages);
    let pages = specification::routes(pages);
    let pages = changes::routes(pages);
    subscribe::routes(pages)
}
