//! Descriptions: paragraphs with words in code type between backticks, and nothing else of Markdown.

/// A description.
#[derive(Debug, Default)]
pub(super) struct Prose(pub(super) Vec<Vec<Span>>);

/// A run of characters of one type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) code: bool,
}

impl Prose {
    pub(super) fn read(text: &str) -> Self {
        let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
        Self(paragraphs.map(spans).collect())
    }
}

/// Every second run between backticks is code.
fn spans(paragraph: &str) -> Vec<Span> {
    let runs = paragraph.trim().split('`').enumerate();
    let spans = runs.map(|(i, run)| Span { text: run.replace('\n', " "), code: i % 2 == 1 });
    spans.filter(|span| !span.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_code_are_told_apart() {
        let Prose(paragraphs) = Prose::read("Send `a`\nor b.\n\n`c`");
        let flat: Vec<Vec<(&str, bool)>> =
            paragraphs.iter().map(|p| p.iter().map(|s| (s.text.as_str(), s.code)).collect()).collect();
        assert_eq!(flat, [vec![("Send ", false), ("a", true), (" or b.", false)], vec![("c", true)]]);
        assert!(Prose::read(" \n\n").0.is_empty());
    }
}
