//! Pages of administrators.

mod overview;

use super::Pages;

pub(super) fn routes(pages: Pages) -> Pages {
    overview::routes(pages)
}
