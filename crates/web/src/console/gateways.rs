//! `/console/gateways`: how a gateway asks, ready to be copied, and whether it does.

use edge::words::Words;
use std::sync::Arc;

use app::App;
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;

use crate::field::Field;
use crate::frame::{Frame, Place};
use crate::refused::Answer;
use crate::visit::{Overseer, Visit};
use crate::{Pages, framed};
use edge::state::State;

const PATH: &str = "/console/gateways";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "How gateways ask", show)
}

/// The files of the guide, which the tests run real gateways with.
const NGINX: &str = include_str!("../../../../docs/guide/gateways/nginx.conf");
const CADDY: &str = include_str!("../../../../docs/guide/gateways/Caddyfile");

#[derive(Template)]
#[template(path = "gateways.html")]
struct Gateways {
    frame: Frame,
    fields: Vec<Field>,
    nginx: String,
    caddy: String,
    allowed: u64,
    refused: u64,
    /// What was refused why, and how often.
    reasons: Vec<(Words, &'static str, u64)>,
}

/// A host, a host with a port, or only a port: nothing that would be more than a word in a configuration file.
fn place<'a>(given: Option<&'a str>, otherwise: &'a str) -> &'a str {
    let is_place = |text: &&str| {
        text.len() <= 255
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    };
    given.filter(is_place).unwrap_or(otherwise)
}

async fn show(Shared(app): Shared<Arc<App>>, Shared(state): Shared<State>, visit: Visit<Overseer>) -> Answer {
    let keywright = place(visit.query.given("keywright"), &state.options.gateway_address);
    let upstream = place(visit.query.given("upstream"), "127.0.0.1:9000");
    let host = place(visit.query.given("host"), "api.example.com");
    let put = |file: &str| file.replace("127.0.0.1:8081", keywright).replace("127.0.0.1:9000", upstream);
    let calls = app.calls();
    let counted: Vec<_> = calls.all().filter(|(_, _, count)| *count > 0).collect();
    let page = Gateways {
        frame: Frame::around(&app, &visit, Place::Gateways).await?,
        fields: vec![
            Field::text("host", "Host name of the API", host),
            Field::text("upstream", "Address of the API", upstream),
            Field::text("keywright", "Address of Keywright’s gateway listener", keywright),
        ],
        nginx: put(NGINX).replace("api.example.com", host),
        caddy: put(CADDY).replace(":80 {", &format!("http://{host} {{")),
        allowed: counted.iter().filter(|(status, ..)| *status == 200).map(|(.., count)| count).sum(),
        refused: counted.iter().filter(|(status, ..)| *status != 200).map(|(.., count)| count).sum(),
        reasons: counted
            .into_iter()
            .filter(|(status, ..)| *status != 200)
            .map(|(_, reason, n)| (Words::known(&calls.why(reason).unwrap_or_default()), reason, n))
            .collect(),
    };
    Ok(framed(StatusCode::OK, &page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_get_into_the_files() {
        assert_eq!(place(Some("10.0.0.1:8081"), "x"), "10.0.0.1:8081");
        assert_eq!(place(Some("[::1]:80"), "x"), "[::1]:80");
        for odd in ["a; return 200", "a\nb", "$host", "a b", "\"", "{"] {
            assert_eq!(place(Some(odd), "x"), "x", "{odd}");
        }
        assert!(
            CADDY.contains(":80 {") && NGINX.contains("127.0.0.1:8081") && NGINX.contains("127.0.0.1:9000")
        );
    }
}
