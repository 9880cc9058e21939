//! APIs as those see them who want to call them.

mod answer;
mod catalogue;
mod changes;
mod difference;
mod one;
mod outline;
mod sample;
mod specification;
mod subscribe;
mod try_it;

use super::Pages;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = catalogue::routes(pages);
    let pages = one::routes(pages);
    let pages = specification::routes(pages);
    let pages = changes::routes(pages);
    let pages = try_it::routes(pages);
    subscribe::routes(pages)
}
