//! What matters most is for those who have signed in within the last ten minutes: others do so again and come back.

use app::{App, Error};

use super::refused::Refused;
use super::sign_in;
use super::visit::Guest;

/// Sends whoever has not signed in lately to do so, and back to a page afterwards.
///
/// # Errors
/// [`Refused::SignInAgain`] if so.
pub(crate) async fn must_be_fresh(app: &App, guest: &Guest, back: &str) -> Result<(), Refused> {
    match app.must_be_fresh(&guest.caller).await {
        Err(Error::Reauthenticate) => Err(Refused::SignInAgain(sign_in::path_again(back))),
        other => Ok(other?),
    }
}
