//! Markdown as the tree of nodes that Konnect's portal draws.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde_json::{Map, Value, json};

/// How deep a tree may get; what is deeper is put flat. Clients draw it by calling themselves.
const DEEPEST: usize = 64;

/// A document's tree.
pub(super) fn parse(markdown: &str) -> Value {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut tree = Tree::default();
    for event in Parser::new_ext(markdown, options) {
        tree.take(event);
    }
    json!({"type": "document", "version": "1", "children": tree.finish()})
}

/// The nodes that are open, from the outermost, each with its children so far.
#[derive(Default)]
struct Tree {
    top: Vec<Value>,
    open: Vec<(Map<String, Value>, Vec<Value>)>,
    /// Nodes that were not opened because they would be too deep.
    skipped: usize,
    /// How the columns of the table that is open are aligned, and which column comes next.
    columns: (Vec<&'static str>, usize),
}

impl Tree {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.push(json!({"type": "text", "text": &*text})),
            Event::Code(text) => {
                self.push(json!({"type": "code", "children": [{"type": "text", "text": &*text}]}));
            }
            // Shown as it is written, never run.
            Event::Html(text) | Event::InlineHtml(text) => self.push(json!({"type": "text", "text": &*text})),
            Event::SoftBreak => self.mark("softBreak"),
            Event::HardBreak => self.mark("hardBreak"),
            Event::Rule => self.push(json!({"type": "break"})),
            Event::TaskListMarker(checked) => self.push(json!({"type": "task_checkbox", "checked": checked})),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.push(json!({"type": "text", "text": &*text}));
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        if self.skipped > 0 || self.open.len() >= DEEPEST {
            self.skipped += 1;
            return;
        }
        let node = match tag {
            Tag::Paragraph | Tag::HtmlBlock => json!({"type": "paragraph"}),
            Tag::Heading { level, .. } => json!({"type": "heading", "level": number(level)}),
            Tag::BlockQuote(_) => json!({"type": "blockquote"}),
            Tag::CodeBlock(CodeBlockKind::Fenced(lang)) if !lang.is_empty() => {
                json!({"type": "code_block", "lang": &*lang})
            }
            Tag::CodeBlock(_) => json!({"type": "code_block"}),
            Tag::List(first) => json!({"type": "list", "isOrdered": first.is_some()}),
            Tag::Item => json!({"type": "list_item"}),
            Tag::Table(alignments) => {
                self.columns.0 = alignments.into_iter().map(word).collect();
                json!({"type": "table", "alignments": self.columns.0})
            }
            Tag::TableHead => self.row("table_header"),
            Tag::TableRow => self.row("table_row"),
            Tag::TableCell => {
                let alignment = self.columns.0.get(self.columns.1).copied().unwrap_or("none");
                self.columns.1 += 1;
                json!({"type": "table_cell", "alignment": alignment})
            }
            Tag::Emphasis => json!({"type": "emphasis", "level": 1}),
            Tag::Strong => json!({"type": "emphasis", "level": 2}),
            Tag::Strikethrough => json!({"type": "strikethrough"}),
            Tag::Link { dest_url, title, .. } => {
                json!({"type": "link", "href": safe(&dest_url), "title": &*title})
            }
            Tag::Image { dest_url, title, .. } => {
                json!({"type": "image", "url": safe(&dest_url), "title": &*title})
            }
            _ => json!({"type": "text_block"}),
        };
        let Value::Object(node) = node else { return };
        self.open.push((node, Vec::new()));
    }

    fn row(&mut self, kind: &str) -> Value {
        self.columns.1 = 0;
        json!({"type": kind, "alignments": self.columns.0})
    }

    fn end(&mut self, tag: TagEnd) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some((mut node, children)) = self.open.pop() else { return };
        if tag == TagEnd::Image {
            // What stands in for the picture is text.
            node.insert("alt".to_owned(), Value::from(plain(&children)));
        } else if tag == TagEnd::Item {
            node.insert("children".to_owned(), Value::from(in_blocks(children)));
        } else {
            node.insert("children".to_owned(), Value::from(children));
        }
        self.push(Value::Object(node));
    }

    fn push(&mut self, node: Value) {
        self.siblings().push(node);
    }

    fn siblings(&mut self) -> &mut Vec<Value> {
        match self.open.last_mut() {
            Some((_, children)) => children,
            None => &mut self.top,
        }
    }

    /// Notes at the text before that a line ends there.
    fn mark(&mut self, name: &str) {
        let siblings = self.siblings();
        match siblings.last_mut().and_then(Value::as_object_mut) {
            Some(last) if last.get("type") == Some(&Value::from("text")) => {
                last.insert(name.to_owned(), Value::from(true));
            }
            _ => siblings.push(json!({"type": "text", "text": "", name: true})),
        }
    }

    fn finish(mut self) -> Vec<Value> {
        while let Some((mut node, children)) = self.open.pop() {
            node.insert("children".to_owned(), Value::from(children));
            self.push(Value::Object(node));
        }
        self.top
    }
}

/// Text of a tight list stands in its item without a paragraph: it gets a block of its own.
fn in_blocks(children: Vec<Value>) -> Vec<Value> {
    const BLOCKS: [&str; 8] =
        ["paragraph", "heading", "blockquote", "code_block", "list", "table", "break", "text_block"];
    let is_block =
        |node: &Value| node.get("type").and_then(Value::as_str).is_some_and(|it| BLOCKS.contains(&it));
    let mut blocks: Vec<Value> = Vec::new();
    let mut inline: Vec<Value> = Vec::new();
    for child in children {
        if is_block(&child) {
            if !inline.is_empty() {
                blocks.push(json!({"type": "text_block", "children": std::mem::take(&mut inline)}));
            }
            blocks.push(child);
        } else {
            inline.push(child);
        }
    }
    if !inline.is_empty() {
        blocks.push(json!({"type": "text_block", "children": inline}));
    }
    blocks
}

fn plain(nodes: &[Value]) -> String {
    let text = |node: &Value| match node.get("text").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => node.get("children").and_then(Value::as_array).map(|it| plain(it)).unwrap_or_default(),
    };
    nodes.iter().map(text).collect()
}

/// An address that a browser would run is none.
fn safe(url: &str) -> &str {
    let scheme: String = url
        .split([':', '/', '?', '#'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .collect();
    let runs = ["javascript", "vbscript", "data"].contains(&scheme.to_ascii_lowercase().as_str());
    if runs && url.contains(':') { "" } else { url }
}

fn word(alignment: Alignment) -> &'static str {
    match alignment {
        Alignment::None => "none",
        Alignment::Left => "left",
        Alignment::Center => "center",
        Alignment::Right => "right",
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(node: &Value, found: &mut Vec<String>) {
        found.extend(node.get("type").and_then(Value::as_str).map(ToOwned::to_owned));
        for child in node.get("children").and_then(Value::as_array).into_iter().flatten() {
            kinds(child, found);
        }
    }

    #[test]
    fn all_nineteen_kinds_of_nodes_are_made() {
        let text = "# Head\n\nA *b* **c** ~~d~~ `e` [f](g \"h\") ![i](j)\nsoft  \nhard\n\n> quote\n\n```rust\nfn\n```\n\n- one\n- [x] two\n\n---\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n";
        let tree = parse(text);
        let mut found = Vec::new();
        kinds(&tree, &mut found);
        for kind in [
            "heading",
            "blockquote",
            "paragraph",
            "text_block",
            "break",
            "code_block",
            "list",
            "list_item",
            "text",
            "emphasis",
            "code",
            "link",
            "image",
            "strikethrough",
            "table",
            "table_header",
            "table_row",
            "table_cell",
            "task_checkbox",
        ] {
            assert!(found.iter().any(|it| it == kind), "{kind}: {tree:#}");
        }
        assert_eq!(found.first().map(String::as_str), Some("document"));
    }

    #[test]
    fn nothing_in_it_can_be_run_and_nothing_is_too_deep() {
        let tree = parse("[x](javascript:alert(1)) [y](JAVASCRIPT:alert(1)) <script>z</script>").to_string();
        assert!(!tree.to_lowercase().contains("\"javascript:"), "{tree}");
        let deep = parse(&"> ".repeat(5_000)).to_string();
        assert!(deep.matches("blockquote").count() <= DEEPEST);
    }
}
