//! Whatever path we accept, a careless server behind the gateway finds it under the same prefixes.
//!
//! The careless server is written here: it decodes twice, resolves dots, merges slashes, cuts parameters
//! off, normalises Unicode and ignores case. Random paths are made of what attackers use.

use keywright_verify::{BadRequestReason, Original, PathPrefix, RawOriginal, RequestPath};
use unicode_normalization::UnicodeNormalization;

const PREFIXES: &[&str] = &[
    "/",
    "/v1",
    "/v1/admin",
    "/v1/admin/keys",
    "/v1/public",
    "/admin",
    "/v10",
    "/V1/Public",
    "/a.b",
    "/~me",
    "/x-y_z",
];

/// The first half are harmless, so that many paths are accepted.
const PIECES: &[&str] = &[
    "/",
    "/v1",
    "/admin",
    "/public",
    "/keys",
    "/v1/admin",
    "/v10",
    "/a.b",
    "/~me",
    "/x-y_z",
    "/V1",
    "/ADMIN",
    "/Public",
    "/%20",
    "/%40me",
    "/caf%C3%A9",
    "/...",
    "/a",
    "x",
    "@",
    ":",
    "=",
    "+",
    "%2B",
    "%E2%84%A2",
    "/%F0%9F%94%91",
    "%5B",
    "~",
    "1",
    "0",
    "/.x",
    "/x.",
    "/..x",
    "%22",
    "/%3Cx",
    "%7C",
    "$",
    "!",
    "(",
    "%27",
    // From here on: each is refused somewhere.
    "//",
    "/.",
    "/..",
    "/../",
    "/./",
    "%2e",
    "%2E%2e",
    ".%2e",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    "%252f",
    "%25",
    "%2561",
    "%61",
    "%76",
    "%00",
    "%0a",
    "%7f",
    ";",
    ";x",
    "%3b",
    "..;",
    "#",
    "%23",
    "?",
    "%3f",
    "%c0%af",
    "%c0%ae",
    "%e0%80%af",
    "%ef%bc%8f",
    "%ef%bc%8e",
    "%ef%bd%81dmin",
    "%e2%84%aa",
    "%e2%80%a5",
    "%cd%be",
    "%u002f",
    "%zz",
    "%",
    "%c3",
    "%a9",
    "%ed%a0%80",
    " ",
    "\t",
    "\r\n",
    "\0",
    "\u{e9}",
    "\u{ff0f}",
    "[",
    "{",
    "|",
    "^",
    "<",
    "\"",
];
const HARMLESS: usize = 40;

/// Knuth's MMIX generator: enough for tests, and the same paths every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    /// A few pieces, of which most are harmless, and now and then a byte changed.
    fn target(&mut self) -> Vec<u8> {
        let mut target = b"/".to_vec();
        if self.below(8) != 0 {
            target.clear();
        }
        for _ in 0..=self.below(6) {
            let pieces = if self.below(8) == 0 { PIECES.len() } else { HARMLESS };
            target.extend_from_slice(PIECES[self.below(pieces)].as_bytes());
        }
        if self.below(4) == 0 {
            let at = self.below(target.len());
            target[at] = self.below(256) as u8;
        }
        target
    }
}

fn original(target: &[u8]) -> Result<Original<'_>, BadRequestReason> {
    Original::parse(RawOriginal { host: b"api.example.com", method: b"GET", target })
}

fn percent_decode(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                rest = &after[2..];
            }
            _ => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    decoded
}

/// The segments that a careless server sees.
fn careless_segments(target: &[u8]) -> Vec<String> {
    let decoded = percent_decode(&percent_decode(target));
    let text: String = String::from_utf8_lossy(&decoded).nfkc().collect();
    let text = text.replace('\\', "/");
    let path = text.split(['?', '#', '\0']).next().unwrap_or_default();
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name.to_owned()),
        }
    }
    segments
}

fn lower(segments: &[String]) -> Vec<String> {
    segments.iter().map(|segment| segment.to_lowercase()).collect()
}

#[test]
fn every_accepted_path_is_the_same_path_upstream() {
    let prefixes: Vec<PathPrefix> = PREFIXES.iter().map(|prefix| prefix.parse().unwrap()).collect();
    let mut random = Random(20_260_101);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..200_000 {
        let target = random.target();
        let Ok(call) = original(&target) else {
            refused += 1;
            continue;
        };
        accepted += 1;

        assert_eq!(RequestPath::parse(call.path.as_str()), Ok(call.path), "parsing again changes {target:?}");
        let again = match call.query {
            Some(query) => format!("{}?{query}", call.path),
            None => call.path.to_string(),
        };
        assert_eq!(again.as_bytes(), target, "something was repaired");

        let seen = careless_segments(&target);
        for prefix in &prefixes {
            let wanted = careless_segments(prefix.as_str().as_bytes());
            assert_eq!(prefix.matches(call.path), seen.starts_with(&wanted), "{prefix} {}", call.path);
            assert_eq!(
                prefix.matches_ignoring_case(call.path),
                lower(&seen).starts_with(&lower(&wanted)),
                "{prefix} {} without case",
                call.path
            );
        }
    }
    assert!(accepted > 40_000 && refused > 40_000, "lopsided: {accepted} accepted, {refused} refused");
}

/// The other way round, so that the property above cannot hold by accepting nothing that matters.
#[test]
fn the_careless_server_is_fooled_by_what_we_refuse() {
    let admin = careless_segments(b"/v1/admin");
    for target in [
        "/v1/public/../admin",
        "/v1//admin",
        "/v1/./admin",
        "/v1/%61dmin",
        "/v1/%2561dmin",
        "/v1%2fadmin",
        "/v1%5cadmin",
        "/v1\\admin",
        "/v1/x/%2e%2e/admin",
        "/v1/x/..;/admin",
        "/v1;x/admin",
        "/v1/admin%23/public",
        "/v1%ef%bc%8fadmin",
        "/v1/%ef%bd%81dmin",
        "/v1/x/%e2%80%a5/admin",
        "/v1/x%2f..%2fadmin",
    ] {
        assert!(careless_segments(target.as_bytes()).starts_with(&admin), "{target} is harmless");
        assert!(original(target.as_bytes()).is_err(), "{target} is accepted");
    }
}
