//! The file layer: TOML with the line of every key, so that what is wrong can be pointed at.

use std::fs;
use std::path::Path;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::load::Found;
use super::nearest::nearest_key;
use super::settings::{Origin, SECTIONS, SETTINGS, Setting};
use crate::output::Problem;

/// Reads the settings of a file, and everything that is wrong with its keys.
pub(super) fn read(path: &Path) -> (Vec<Found>, Vec<Problem>) {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(error) => {
            let problem =
                Problem::new(format!("cannot read the configuration file {}: {error}", path.display())).hint(
                    "`keywright config example > keywright.toml` makes one to begin with; none is needed",
                );
            (Vec::new(), vec![problem])
        }
    }
}

fn parse(path: &Path, text: &str) -> (Vec<Found>, Vec<Problem>) {
    let mut reader = Reader { path, text, found: Vec::new(), problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => reader.syntax_error(&error),
    }
    (in_order(reader.found), in_order(reader.problems))
}

/// The parser sorts by name; people read from top to bottom.
fn in_order<T>(mut lines: Vec<(usize, T)>) -> Vec<T> {
    lines.sort_by_key(|(line, _)| *line);
    lines.into_iter().map(|(_, item)| item).collect()
}

/// Collects what is found with the line that it is on.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    found: Vec<(usize, Found)>,
    problems: Vec<(usize, Problem)>,
}

impl Reader<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = if section.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{section}.{}", name.get_ref())
            };
            let line = self.line(name.span().start);
            if let Some(setting) = Setting::find(&key) {
                self.setting(setting, value, line);
                continue;
            }
            let is_section = SECTIONS.iter().any(|(known, _)| *known == key);
            match value.get_ref() {
                DeValue::Table(inner) if is_section || !inner.is_empty() => self.table(&key, inner),
                _ if is_section => self.problem(line, format!("{key} is a section, not a value"), None),
                DeValue::Table(_) => self.unknown(&key, line, SECTIONS.iter().map(|(known, _)| *known)),
                _ => self.unknown(&key, line, SETTINGS.iter().map(|setting| setting.key)),
            }
        }
    }

    fn setting(&mut self, setting: &'static Setting, value: &Spanned<DeValue<'_>>, line: usize) {
        let origin = Origin::File(self.path.to_owned(), line);
        match toml::Value::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(value) => self.found.push((line, Found { setting, value, origin })),
            Err(error) => self.problem(line, format!("{}: {}", setting.key, error.message()), None),
        }
    }

    fn unknown(&mut self, key: &str, line: usize, known: impl Iterator<Item = &'static str>) {
        let hint = nearest_key(key, known).map(|nearest| format!("the nearest known one is {nearest}"));
        self.problem(line, format!("unknown key {key}"), hint);
    }

    /// Only the parser's sentence is told: what it would quote from the file may be a password.
    fn syntax_error(&mut self, error: &toml::de::Error) {
        let line = self.line(error.span().map_or(0, |span| span.start));
        self.problem(line, format!("not TOML: {}", error.message()), None);
    }

    fn problem(&mut self, line: usize, what: String, hint: Option<String>) {
        let message = format!("{}:{line}: {what}", self.path.display());
        self.problems.push((line, Problem { message, hint }));
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(String, Option<String>)> {
        parse(Path::new("k.toml"), text)
            .1
            .into_iter()
            .map(|problem| (problem.message, problem.hint))
            .collect()
    }

    #[test]
    fn a_setting_is_found_with_its_line_however_it_is_written() {
        for text in [
            "\n[server]\n# listen\nlisten = 'x'",
            "\n\n\nserver.listen = 'x'",
            "\n\n\nserver = { listen = 'x' }",
        ] {
            let (found, problems) = parse(Path::new("k.toml"), text);
            assert_eq!(problems, []);
            assert_eq!(found[0].setting.key, "server.listen");
            assert_eq!(found[0].value.as_str(), Some("x"));
            assert_eq!(found[0].origin, Origin::File("k.toml".into(), 4));
        }
    }

    #[test]
    fn an_unknown_key_is_told_with_file_line_path_and_nearest_name() {
        let nearest = |key: &str| Some(format!("the nearest known one is {key}"));
        assert_eq!(
            problems("[server]\nlisten = 'x'\nlisen = 'y'\n[smtp]\nhost = 'z'\n[mial]\n"),
            [
                ("k.toml:3: unknown key server.lisen".into(), nearest("server.listen")),
                ("k.toml:5: unknown key smtp.host".into(), nearest("mail.host")),
                ("k.toml:6: unknown key mial".into(), nearest("mail")),
            ]
        );
    }

    #[test]
    fn a_section_is_not_a_value() {
        for text in ["server = 3", "[[server]]\nlisten = 'x'", "server = 'x'"] {
            assert_eq!(
                problems(text),
                [("k.toml:1: server is a section, not a value".into(), None)],
                "{text}"
            );
        }
    }

    #[test]
    fn a_301_a_syntax_error_does_not_quote_the_file() {
        for text in [
            "\ndatabase.url = \"postgres://u:s3cret@h/d",
            "\ndatabase.url = postgres://u:s3cret@h/d",
            "\ndatabase.url = 's3cret'\ndatabase.url = 's3cret'",
            "\n[mail]\npassword s3cret",
        ] {
            let problems = problems(text);
            assert_eq!(problems.len(), 1, "{text}");
            assert!(
                problems[0].0.starts_with("k.toml:") && problems[0].0.contains(": not TOML: "),
                "{problems:?}"
            );
            assert!(!format!("{problems:?}").contains("s3cret"), "{problems:?}");
        }
    }

    #[test]
    fn a_301_an_unknown_key_does_not_show_its_value() {
        assert!(!format!("{:?}", problems("[mail]\npassword = 's3cret'")).contains("s3cret"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let (_, problems) = read(Path::new("/nonexistent/k.toml"));
        assert!(problems[0].message.starts_with("cannot read the configuration file /nonexistent/k.toml: "));
    }
}
