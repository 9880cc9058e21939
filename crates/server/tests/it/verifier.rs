//! What the gateway check says of a call, asked in the process: a change must be seen at once.

use verify::{Decision, Headers, Original, RawOriginal, Request, Verified};

use crate::support::Desk;

/// The headers of a call.
struct Sent<'a>(&'a [(&'a str, &'a str)]);

impl Headers for Sent<'_> {
    fn each<'a, E>(&'a self, name: &str, take: &mut impl FnMut(&'a [u8]) -> Result<(), E>) -> Result<(), E> {
        self.0.iter().filter(|(sent, _)| *sent == name).try_for_each(|(_, value)| take(value.as_bytes()))
    }
}

/// A call, or the code of the reason why it may not pass.
pub fn call(
    desk: &Desk,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Result<Verified, &'static str> {
    let raw = RawOriginal { host: b"api.example.com", method: method.as_bytes(), target: target.as_bytes() };
    let request = Request { original: Original::parse(raw).unwrap(), headers: &Sent(headers), address: None };
    let now = desk.app.clock().now();
    match desk.app.verifier().decide(&request, &desk.app.in_memory(now), now) {
        Decision::Allowed(verified) => Ok(verified),
        Decision::Refused(refusal) => Err(refusal.reason.code()),
        Decision::Undecided(question) => panic!("{question:?}"),
    }
}

/// A `GET` with a key in the place where keys are by default.
pub fn get(desk: &Desk, target: &str, key: &str) -> Result<Verified, &'static str> {
    call(desk, "GET", target, &[("x-api-key", key)])
}
