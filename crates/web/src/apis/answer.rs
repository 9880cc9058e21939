//! What came of a call that was tried out: the answer, why it was refused if it was, and the same call as a command.

use app::{App, GatewayReply, Tried};
use axum::http::StatusCode;
use domain::{KeyPlace, openapi::Operation};

use super::try_it::Asked;
use crate::cell::{Action, Cell, Tone};
use crate::example;
use crate::refused_calls::advice;
use crate::typed::Typed;
use crate::view::{Section, Table};
use edge::words;
use edge::words::Words;

/// In the place of a key or a token in commands.
const ELIDED: &str = "YOUR_KEY";

/// All of it, from what matters most.
pub(super) fn sections(
    app: &App,
    asked: &Asked,
    operation: &Operation,
    typed: &Typed,
    tried: &Tried,
) -> Vec<Section> {
    let mut sections = Vec::new();
    match &tried.reply {
        Ok(reply) => {
            sections.push(facts(reply));
            sections.extend(why(app, tried));
            sections.extend(body(reply));
            sections.push(headers(reply));
        }
        Err(word) => sections.push(Section::note(Tone::Bad, no_answer(word)).heading("Answer")),
    }
    let command = command(app, asked, operation, typed, tried);
    sections.push(Section::copy(command).heading("The same call, elsewhere"));
    sections
}

fn facts(reply: &GatewayReply) -> Section {
    let words = StatusCode::from_u16(reply.status).ok().and_then(|it| it.canonical_reason());
    let status = format!("{} {}", reply.status, words.unwrap_or_default());
    let tone = match reply.status {
        200..=299 => Tone::Good,
        300..=399 => Tone::Plain,
        _ => Tone::Bad,
    };
    Section::facts(vec![
        ("Status", Cell::badge((tone, status.trim_end().to_owned()))),
        ("Took", Cell::text(words!("{count} ms", count = reply.took.as_millis()))),
    ])
    .heading("Answer")
}

/// Why Keywright refused it, if it was Keywright.
fn why(app: &App, tried: &Tried) -> Option<Section> {
    let code = tried.reason.as_deref()?;
    let why = app.calls().why(code)?;
    let why = Words::known(&why);
    let words = match advice(code) {
        Some(advice) => words!("{why} {advice}", why, advice = Words::from(advice)),
        None => why,
    };
    let note = Section::note(Tone::Bad, words);
    Some(match tried.refused_call {
        Some(id) => note.action(Action::see(format!("/refused-calls/{id}"), "Why was this refused?")),
        None => note,
    })
}

/// As text; JSON with line breaks.
fn body(reply: &GatewayReply) -> Option<Section> {
    if reply.body.is_empty() {
        return None;
    }
    let section = match text(reply) {
        Some(text) => Section::copy(text),
        None => Section::words(words!("{count} bytes that are no text.", count = reply.body.len())),
    };
    let section = if reply.is_cut { section.text("Only its beginning: the first 256 KiB.") } else { section };
    Some(section.heading("Body"))
}

fn text(reply: &GatewayReply) -> Option<String> {
    let text = match std::str::from_utf8(&reply.body) {
        Ok(text) => text,
        // Cut within a character.
        Err(error) if reply.is_cut && error.error_len().is_none() => {
            std::str::from_utf8(reply.body.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    if text.contains('\0') {
        return None;
    }
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    Some(if is_json { indented(text) } else { text.to_owned() })
}

/// JSON on several lines. What is in it stays as it came, numbers and the order of members, too.
fn indented(json: &str) -> String {
    let mut out = String::with_capacity(2 * json.len());
    let (mut depth, mut in_string, mut is_escaped) = (0, false, false);
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if in_string {
            out.push(c);
            in_string = c != '"' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                match rest.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        new_line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ if c.is_ascii_whitespace() => {}
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn headers(reply: &GatewayReply) -> Section {
    let rows = reply.headers.iter().map(|(name, value)| vec![Cell::Code(name.clone()), Cell::text(value)]);
    let table = Table::new("Headers of the answer", &["Name", "Value"], rows.collect(), "None.");
    Section::table(table).heading("Headers")
}

fn no_answer(word: &str) -> &'static str {
    match word {
        "timeout" => "The gateway gave no complete answer within ten seconds.",
        "dns" => "There is no answer: the name of the gateway in gateway.public_url has no address.",
        "connect" => "There is no answer: nobody listens at gateway.public_url.",
        "tls" => "There is no answer: the gateway’s certificate is not one that this server trusts.",
        "blocked_address" => {
            "There is no answer: calls from here do not go to the port of gateway.public_url."
        }
        "unsendable" => "The call cannot be sent like this.",
        _ => "The connection broke before the answer was complete.",
    }
}

/// The call for a shell, with a word in the place of the secret.
fn command(app: &App, asked: &Asked, operation: &Operation, typed: &Typed, tried: &Tried) -> String {
    let mut target = tried.target.clone();
    let mut parts = Vec::new();
    match operation.method.as_str() {
        "GET" => {}
        "HEAD" => parts.push("--head".to_owned()),
        method => parts.push(format!("--request {method}")),
    }
    match typed.text("proof") {
        "application" | "key" => match asked.method.key_place() {
            KeyPlace::Query(name) => {
                let separator = if target.contains('?') { '&' } else { '?' };
                target = format!("{target}{separator}{name}={ELIDED}");
            }
            KeyPlace::Header(name) => {
                parts.push(format!("--header {}", quoted(&format!("{name}: {ELIDED}"))));
            }
            KeyPlace::Bearer => {
                parts.push(format!("--header {}", quoted(&format!("Authorization: Bearer {ELIDED}"))));
            }
        },
        "token" => parts.push(format!("--header {}", quoted("Authorization: Bearer YOUR_TOKEN"))),
        _ => {}
    }
    let text = typed.lines("body");
    if !text.is_empty() && !["GET", "HEAD"].contains(&operation.method.as_str()) {
        let media_type = format!("Content-Type: {}", typed.text("media_type"));
        parts.push(format!("--header {}", quoted(&media_type)));
        parts.push(format!("--data-raw {}", quoted(&text)));
    }
    let url = quoted(&format!("{}{target}", example::origin(app, Some(&asked.version))));
    std::iter::once(format!("curl {url}")).chain(parts).collect::<Vec<_>>().join(" \\\n  ")
}

/// One word for a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reply(body: &[u8], is_cut: bool) -> GatewayReply {
        let took = Duration::from_millis(1);
        GatewayReply { status: 200, headers: Vec::new(), body: body.to_vec(), is_cut, took }
    }

    #[test]
    fn a_body_is_shown_as_the_text_that_it_is() {
        let shown = |body: &[u8], is_cut| text(&reply(body, is_cut));
        assert_eq!(
            shown(br#"{"b":1,"a":[2]}"#, false).as_deref(),
            Some("{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}")
        );
        assert_eq!(
            shown(br#" [ {} , {"a\\\"{": 12345678901234567890123, "b": [ ] } ] "#, false).as_deref(),
            Some("[\n  {},\n  {\n    \"a\\\\\\\"{\": 12345678901234567890123,\n    \"b\": []\n  }\n]")
        );
        assert_eq!(shown(b"<b>1</b>", false).as_deref(), Some("<b>1</b>"));
        assert_eq!(shown(b"17", false).as_deref(), Some("17"));
        assert_eq!(shown("é".as_bytes(), false).as_deref(), Some("é"));
        assert_eq!(shown(&"aé".as_bytes()[..2], true).as_deref(), Some("a"));
        for odd in [&b"\xff\xfe"[..], &"aé".as_bytes()[..2], b"a\0b"] {
            assert_eq!(shown(odd, false), None);
        }
    }

    #[test]
    fn a_shell_reads_one_word() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("a'; rm -rf /; '"), r"'a'\''; rm -rf /; '\'''");
        assert_eq!(quoted("$(id) `id`"), "'$(id) `id`'");
    }
}
