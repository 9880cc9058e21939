//! Calls that gateways were told to refuse: all of them, those of an application, and one with what to do about it.

mod advice;
mod list;
mod one;

use super::Pages;

pub(super) use advice::advice;

pub(super) fn routes(pages: Pages) -> Pages {
    one::routes(list::routes(pages))
}
