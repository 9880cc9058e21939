//! What the pages about members of partners and of applications have in common.

use app::{App, DeveloperFilter, Error, PageRequest};
use domain::{DeveloperId, Invalid};

use super::refused::Refused;
use super::visit::Guest;

/// The developer with an address. Only administrators look people up: to others it would tell who is registered here.
///
/// # Errors
/// If nobody has the address, or the caller may not look.
pub(super) async fn find(app: &App, guest: &Guest, email: &str) -> Result<DeveloperId, Error> {
    let email = email.trim();
    let filter = DeveloperFilter { text: Some(email.to_owned()), ..DeveloperFilter::default() };
    let found = app.developers(&guest.caller, &filter, PageRequest::first(200)).await?.items;
    let developer = found.into_iter().find(|it| it.email.as_str().eq_ignore_ascii_case(email));
    let unknown =
        || Invalid::field("email", "unknown", "must be the address of a developer who is registered here");
    Ok(developer.ok_or_else(unknown)?.id)
}

/// Somebody may look at the members, and no more.
pub(super) fn not_allowed() -> Refused {
    Error::Forbidden("your role does not allow this".to_owned()).into()
}

/// The use case names the developer's id; on the page an address was typed.
pub(super) fn about_email(error: Error) -> Error {
    match error {
        Error::Invalid(wrong) => match wrong.fields().first() {
            Some(first) if first.field != "email" => {
                Invalid::field("email", first.code, first.message.clone()).into()
            }
            _ => Error::Invalid(wrong),
        },
        other => other,
    }
}
