//! A table of text with aligned columns.

use std::fmt::{self, Display, Formatter};

use owo_colors::OwoColorize as _;
use unicode_width::UnicodeWidthStr as _;

use crate::text::printable;

/// Rows under a bold heading; the columns are as wide as their widest cell. Cells are made printable, so
/// that text from outside cannot break the table.
pub(crate) struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these column names.
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self { heading: heading.map(str::to_uppercase).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| printable(&cell).into_owned()).to_vec());
    }

    fn widths(&self) -> Vec<usize> {
        let width_of = |column: usize| {
            let cells = std::iter::once(&self.heading).chain(&self.rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        (0..self.heading.len()).map(width_of).collect()
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        writeln!(f, "{}", aligned(&self.heading, &widths).bold())?;
        for row in &self.rows {
            writeln!(f, "{}", aligned(row, &widths))?;
        }
        Ok(())
    }
}

/// One line, with nothing behind its last word. Padding counts columns of the terminal, not characters.
fn aligned(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_foreign_text_cannot_break_them() {
        let mut table = Table::new(["name", "state"]);
        table.row(["株式会社".into(), "active".into()]);
        table.row(["x\n\u{1b}[2J".into(), String::new()]);
        let plain = anstream::adapter::strip_str(&table.to_string()).to_string();
        assert_eq!(plain, "NAME          STATE\n株式会社      active\nx\\n\\u{1b}[2J\n");
    }
}
