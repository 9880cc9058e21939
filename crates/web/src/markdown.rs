//! Markdown as people write it into descriptions, as HTML. Nothing of HTML in it is taken for HTML, links lead to pages
//! and mailboxes only, and pictures become links: nothing is loaded from elsewhere.

use askama::filters::HtmlSafe;
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

/// HTML that may be shown as it is.
pub(crate) struct Html(String);

impl HtmlSafe for Html {}

impl std::fmt::Display for Html {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Renders Markdown.
pub(crate) fn render(text: &str) -> Html {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(text, options).map(harmless);
    let mut html = String::with_capacity(text.len() * 2);
    html::push_html(&mut html, events);
    Html(html)
}

/// The first paragraph as plain words, for lists.
pub(crate) fn first_words(text: &str, most: usize) -> String {
    let mut words = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            Event::End(TagEnd::Paragraph) => break,
            _ => {}
        }
    }
    if words.chars().count() <= most {
        return words;
    }
    let cut: String = words.chars().take(most).collect();
    format!("{}…", cut.trim_end())
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // The page has a heading of the first and the second level already.
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        Event::Start(Tag::Link { link_type, dest_url, .. }) => Event::Start(link(link_type, &dest_url)),
        Event::Start(Tag::Image { dest_url, .. }) => Event::Start(link(LinkType::Inline, &dest_url)),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        other => other,
    }
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// A link that leads somewhere harmless; to nowhere if it would not.
fn link<'a>(link_type: LinkType, target: &str) -> Tag<'a> {
    let lower = target.to_ascii_lowercase();
    let is_mail = matches!(link_type, LinkType::Email) && !target.contains(':');
    let fits =
        is_mail || ["https://", "http://", "mailto:", "#"].iter().any(|start| lower.starts_with(start));
    let dest_url = CowStr::from(if fits { target.to_owned() } else { "#".to_owned() });
    Tag::Link { link_type, dest_url, title: "".into(), id: "".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_141_nothing_in_markdown_runs() {
        let all = [
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,<script>)",
            "[x](vbscript:x)",
            "[x](//evil.test)",
            "[x](/sign-out)",
            "[x]( javascript:alert(1))",
            "<javascript:alert(1)>",
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onclick=alert(1)>b</b>",
            "![x](javascript:alert(1))",
            "![x](https://evil.test/pixel.png)",
            "[x]: javascript:alert(1)\n\n[x]",
            "<svg><script>alert(1)</script></svg>",
            "```html\n<script>alert(1)</script>\n```",
            "[a](https://x.test \"\" onmouseover=alert(1))",
        ];
        for text in all {
            let html = render(text).to_string();
            for bad in [
                "<script",
                "<img",
                "<svg",
                "<b ",
                "href=\"javascript",
                "href=\"data",
                "href=\"vb",
                "href=\"//",
                "href=\"/",
            ] {
                assert!(!html.to_lowercase().contains(bad), "{text}: {html}");
            }
        }
        assert_eq!(
            render("![x](https://a.test/b.png)").to_string(),
            "<p><a href=\"https://a.test/b.png\">x</a></p>\n"
        );
        assert_eq!(render("[x](javascript:a)").to_string(), "<p><a href=\"#\">x</a></p>\n");
    }

    #[test]
    fn what_is_harmless_is_rendered() {
        let html = render("# Weather\n\nSee *this* and [that](https://a.test).\n\n- `a`\n").to_string();
        assert!(html.contains("<h3>Weather</h3>") && html.contains("<em>this</em>"), "{html}");
        assert!(
            html.contains("<a href=\"https://a.test\">that</a>") && html.contains("<li><code>a</code>"),
            "{html}"
        );
        assert_eq!(first_words("One *two*\nthree.\n\nFour.", 100), "One two three.");
        assert_eq!(first_words("One two three", 7), "One two…");
    }
}
