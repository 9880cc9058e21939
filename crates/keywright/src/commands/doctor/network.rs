//! The mail server, and the two ports.

use std::io::ErrorKind;

use outbound::http::HttpClient;

use super::Finding;
use crate::config::Config;
use crate::desk::{self, Listener, reachable};
use crate::output::Problem;

/// The mail server: reached, encrypted and logged in to, as for a mail.
pub(super) async fn mail(config: &Config) -> Finding {
    const NAME: &str = "mail";
    let way = config.mail.way();
    match desk::mailer(config) {
        Err(failure) => Finding::fail(NAME, failure.as_problem()),
        Ok(None) => Finding::ok(NAME, format!("no mail server is configured; mails are {way}")),
        Ok(Some(mailer)) => match mailer.check().await {
            Ok(()) => Finding::ok(NAME, format!("{way} is ready to take mails")),
            Err(error) => Finding::fail(
                NAME,
                Problem::new(format!("{way} takes no mails: {error}")).hint(
                    "see that host, port, security and login in [mail] are right; mails wait until then",
                ),
            ),
        },
    }
}

/// A port is free, or a Keywright listens there already.
pub(super) async fn port(listener: Listener) -> Finding {
    let name = listener.flag.trim_start_matches('-');
    match listener.try_bind() {
        Ok(_) => Finding::ok(name, format!("{} is free, for {}", listener.address, listener.for_whom)),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_keywright(listener).await => {
            Finding::ok(name, format!("a Keywright answers at {}", listener.address))
        }
        Err(error) => Finding::fail(name, listener.problem(&error)),
    }
}

/// Whether one of us answers there: a path that exists nowhere is refused in our own words.
async fn is_keywright(listener: Listener) -> bool {
    let Ok(client) = HttpClient::loopback() else { return false };
    let url = format!("http://{}/doctor/is/asking", reachable(listener.address));
    match client.get(&url, &[]).await {
        Ok(answer) => String::from_utf8_lossy(&answer.body).contains("urn:keywright:problem:"),
        Err(_) => false,
    }
}
