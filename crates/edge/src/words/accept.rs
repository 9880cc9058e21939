//! Which language somebody reads (RFC 9110 §12.5.4, and "Lookup" of RFC 4647 §3.4).

use std::sync::Arc;

use super::catalogue::{Catalogue, Translations};

/// Nobody reads more languages than that.
const MOST: usize = 50;

/// The translation that fits best; `None` is English, which also stands for what nobody has translated.
pub(super) fn choose<'a>(
    headers: impl Iterator<Item = &'a str>,
    translations: &Translations,
) -> Option<Arc<Catalogue>> {
    let ranges = headers.flat_map(|header| header.split(',')).take(MOST);
    let mut wanted: Vec<(&str, u16)> = ranges.filter_map(range).filter(|(_, weight)| *weight > 0).collect();
    // What is wanted equally much is taken in the order it is named in.
    wanted.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    for (mut tag, _) in wanted {
        loop {
            if tag == "*" || tag.eq_ignore_ascii_case(super::ENGLISH) {
                return None;
            }
            if let Some(found) = translations.find(tag) {
                return Some(found);
            }
            // A single letter only introduces what comes after it.
            let Some((shorter, _)) = tag.rsplit_once('-') else { break };
            tag = match shorter.rsplit_once('-') {
                Some((rest, single)) if single.len() == 1 => rest,
                _ => shorter,
            };
        }
    }
    None
}

/// `de-AT;q=0.8`, as the language and thousandths.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = match parts.next() {
        None => 1_000,
        Some(weight) => thousandths(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?,
    };
    Some((tag, weight))
}

/// `0.8` as 800. Whatever is no weight makes the range none.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_that_there_is() {
        let translations =
            Translations::of(["de", "pt-BR", "fr"].map(|tag| Catalogue::parse(tag, "").unwrap()));
        for (header, expected) in [
            ("de", "de"),
            ("DE-at", "de"),
            ("de-AT-x-private", "de"),
            ("nl, fr;q=0.5, de;q=0.6", "de"),
            ("fr;q=0.7, de;q=0.7", "fr"),
            ("en-GB, de;q=0.9", "en"),
            ("pt-br", "pt-BR"),
            ("pt", "en"),
            ("nl", "en"),
            ("*", "en"),
            ("*;q=0.1, de", "de"),
            ("de;q=0", "en"),
            ("de;q=0, fr;q=0.001", "fr"),
            ("de;q=2", "en"),
            ("de;q=0.8888", "en"),
            (";;, ,de;level=1", "en"),
            ("", "en"),
            ("-, --, de", "de"),
        ] {
            let chosen = choose([header].into_iter(), &translations);
            assert_eq!(chosen.as_ref().map_or("en", |it| it.language()), expected, "{header}");
        }
        assert!(choose(["nl", "fr"].into_iter(), &translations).is_some(), "a header may be there twice");
    }
}
