//! Pages of developers.

mod dashboard;

use super::Pages;

pub(super) fn routes(pages: Pages) -> Pages {
    dashboard::routes(pages)
}
