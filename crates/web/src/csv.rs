//! Tables for spreadsheets.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Writes a line.
pub(crate) fn write(csv: &mut String, fields: &[String]) {
    let fields: Vec<String> = fields.iter().map(|field| cell(field)).collect();
    csv.push_str(&fields.join(","));
    csv.push_str("\r\n");
}

/// Answers with a file.
pub(crate) fn file(name: &str, csv: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, csv).into_response()
}

/// A value that no spreadsheet takes for a formula, in quotes (RFC 4180 §2).
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_146_no_cell_is_a_formula() {
        for formula in ["=HYPERLINK(\"http://evil\")", "+1", "-1", "@x", "\tx", "\rx"] {
            assert!(cell(formula).starts_with("\"'"), "{formula}");
        }
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }
}
