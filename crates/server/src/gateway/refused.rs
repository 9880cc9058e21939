//! What is kept of a call that is refused.

use std::net::IpAddr;

use app::RefusedCall;
use axum::http::HeaderMap;
use domain::Instant;
use uuid::Uuid;
use verify::{RawOriginal, Refusal};

use super::{Gateway, original};

/// Longer texts are cut off: they come from whoever calls.
const LONGEST: usize = 512;

impl Gateway {
    /// Keeps a refused call for whoever asks why. The query is left out, for keys may be in it.
    pub(super) fn keep(
        &self,
        refusal: &Refusal,
        headers: &HeaderMap,
        id: Uuid,
        address: Option<IpAddr>,
        at: Instant,
    ) {
        self.app.refused_calls_to_write().keep(|| {
            let nothing = RawOriginal { host: b"", method: b"", target: b"" };
            let said = original::read(headers, self.options.adapter).unwrap_or(nothing);
            let path = said.target.split(|byte| *byte == b'?').next().unwrap_or_default();
            RefusedCall {
                id,
                at,
                status: refusal.reason.status(),
                reason: refusal.reason.code().to_owned(),
                application_id: refusal.about.application_id,
                api_version_id: refusal.about.api_version_id,
                method: text(said.method),
                host: text(said.host),
                path: text(path),
                address: address.map(|address| address.to_string()),
            }
        });
    }
}

/// What can be shown of it: printable characters, and not too many of them.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|character| !character.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_shown() {
        assert_eq!(text("/ä\u{1b}[31m\0".as_bytes()), "/ä[31m");
        assert_eq!(text(b"/\xff"), "/\u{fffd}");
        assert_eq!(text(&[b'a'; 9_000]).len(), LONGEST);
    }
}
