//! Sentences with links and emphasis in them. They are translated whole: another language puts the link elsewhere.

use super::{Catalogue, Value, lookup};

/// Elements that may stand in a sentence without anything else.
const PLAIN: [&str; 2] = ["strong", "code"];

/// A sentence as HTML: `<1>…</1>` is a link to the first address, `<strong>` and `<code>` are themselves, `{name}` is a
/// value. All else is text, be it in a translation or in a value, and is escaped as templates escape it.
pub fn rich(text: &str, addresses: &[&dyn AsRef<str>], values: &[Value<'_>]) -> String {
    let translated = lookup(text, Catalogue::text);
    let mut html = String::with_capacity(2 * text.len());
    let mut rest = translated.as_deref().unwrap_or(text);
    let mut open = Vec::new();
    while let Some(at) = rest.find(['<', '{']) {
        let (before, after) = rest.split_at(at);
        escape(&mut html, before);
        match mark(after, addresses, values, &mut open) {
            Some((made, after)) => {
                html.push_str(&made);
                rest = after;
            }
            None => {
                // One character, which is one byte.
                escape(&mut html, &after[..1]);
                rest = &after[1..];
            }
        }
    }
    escape(&mut html, rest);
    // A translation may have forgotten to close what it has opened.
    open.iter().rev().for_each(|element| html.push_str(&format!("</{element}>")));
    html
}

/// What a mark at the beginning of a text becomes, and what comes after it.
fn mark<'a>(
    text: &'a str,
    addresses: &[&dyn AsRef<str>],
    values: &[Value<'_>],
    open: &mut Vec<&'static str>,
) -> Option<(String, &'a str)> {
    if let Some(inner) = text.strip_prefix('{') {
        let (name, after) = inner.split_once('}')?;
        let (_, value) = values.iter().find(|(known, _)| *known == name)?;
        let mut html = String::new();
        escape(&mut html, &value.to_string());
        return Some((html, after));
    }
    let (name, after) = text.strip_prefix('<')?.split_once('>')?;
    if let Some(name) = name.strip_prefix('/') {
        let element = element(name)?;
        // Only what was opened last is closed.
        open.pop_if(|last| *last == element)?;
        return Some((format!("</{element}>"), after));
    }
    let element = element(name)?;
    let html = if element == "a" {
        let address = addresses.get(name.parse::<usize>().ok()?.checked_sub(1)?)?;
        let mut html = "<a href=\"".to_owned();
        escape(&mut html, address.as_ref());
        html + "\">"
    } else {
        format!("<{element}>")
    };
    open.push(element);
    Some((html, after))
}

fn element(name: &str) -> Option<&'static str> {
    if name.len() == 1 && name.as_bytes()[0].is_ascii_digit() {
        return Some("a");
    }
    PLAIN.into_iter().find(|plain| *plain == name)
}

/// As templates do it.
fn escape(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => html.push_str("&#34;"),
            '&' => html.push_str("&#38;"),
            '\'' => html.push_str("&#39;"),
            '<' => html.push_str("&#60;"),
            '>' => html.push_str("&#62;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rich;

    #[test]
    fn only_marks_become_elements() {
        assert_eq!(
            rich!("No account? <1>Register</1>.", ["/sign-up?a=1&b"]),
            "No account? <a href=\"/sign-up?a=1&#38;b\">Register</a>."
        );
        let name = "<strong>Eve</strong> {name} <1>";
        assert_eq!(
            rich!("<strong>{name}</strong> & <code>x</code>", [], name),
            "<strong>&#60;strong&#62;Eve&#60;/strong&#62; {name} &#60;1&#62;</strong> &#38; <code>x</code>"
        );
        assert_eq!(
            rich!("<script>alert(1)</script> </strong><2>x</2> {nobody} <strong>on", ["/"]),
            "&#60;script&#62;alert(1)&#60;/script&#62; &#60;/strong&#62;&#60;2&#62;x&#60;/2&#62; {nobody} <strong>on</strong>"
        );
    }
}
