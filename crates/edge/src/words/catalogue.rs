//! Translations: one file of gettext's for each language, read once at the start.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::plural::Rule;
use super::po;

/// The texts of one language, by the English that they stand for.
#[derive(Debug)]
pub struct Catalogue {
    language: String,
    texts: HashMap<String, String>,
    plurals: HashMap<String, Vec<String>>,
    rule: Rule,
}

impl Catalogue {
    /// Reads the text of a `.po` file.
    ///
    /// # Errors
    /// The line that is wrong, and what is wrong there.
    pub fn parse(language: &str, text: &str) -> Result<Self, (usize, String)> {
        let (mut texts, mut plurals, mut rule) = (HashMap::new(), HashMap::new(), Rule::default());
        for entry in po::read(text)? {
            let at = |what: String| (entry.line, what);
            if entry.id.is_empty() {
                rule = head(entry.texts.first().map(String::as_str).unwrap_or_default()).map_err(at)?;
                continue;
            }
            // What nobody has translated yet, or somebody has to look at again, stays English.
            if entry.is_fuzzy || entry.texts.iter().any(String::is_empty) {
                continue;
            }
            let is_new = if entry.is_plural {
                plurals.insert(entry.id.clone(), entry.texts).is_none()
            } else {
                entry.texts.into_iter().next().is_none_or(|it| texts.insert(entry.id.clone(), it).is_none())
            };
            if !is_new {
                return Err((entry.line, format!("“{}” is there twice", entry.id)));
            }
        }
        Ok(Self { language: language.to_owned(), texts, plurals, rule })
    }

    /// The tag of the language (BCP 47).
    pub fn language(&self) -> &str {
        &self.language
    }

    pub(super) fn text(&self, english: &str) -> Option<&str> {
        self.texts.get(english).map(String::as_str)
    }

    pub(super) fn plural(&self, one: &str, count: u64) -> Option<&str> {
        self.plurals.get(one)?.get(self.rule.form(count)).map(String::as_str)
    }
}

/// What the head of a file says: how plurals are made, and that its characters are those that we read.
fn head(text: &str) -> Result<Rule, String> {
    let mut rule = Rule::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.trim().eq_ignore_ascii_case("plural-forms") {
            rule = Rule::parse(value.trim())?;
        } else if name.trim().eq_ignore_ascii_case("content-type") {
            let charset = value.rsplit_once("charset=").map(|(_, charset)| charset.trim());
            if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
                return Err("the file has to be in UTF-8, and to say so".to_owned());
            }
        }
    }
    Ok(rule)
}

/// Why the translations cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    path: PathBuf,
    line: Option<usize>,
    why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path.display(), self.why),
            None => write!(f, "{}: {}", self.path.display(), self.why),
        }
    }
}

impl std::error::Error for Unreadable {}

/// All languages that there are besides English.
#[derive(Clone, Debug, Default)]
pub struct Translations(Arc<Vec<Arc<Catalogue>>>);

impl Translations {
    /// These.
    pub fn of(catalogues: impl IntoIterator<Item = Catalogue>) -> Self {
        Self(Arc::new(catalogues.into_iter().map(Arc::new).collect()))
    }

    /// Each `<language>.po` of a folder.
    ///
    /// # Errors
    /// If there is no such folder, or something is wrong with a file in it.
    pub fn read(folder: &Path) -> Result<Self, Unreadable> {
        let unreadable = |path: &Path, error: std::io::Error| Unreadable {
            path: path.to_owned(),
            line: None,
            why: format!("it cannot be read: {error}"),
        };
        let mut catalogues = Vec::new();
        for file in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
            let path = file.map_err(|error| unreadable(folder, error))?.path();
            if path.extension().is_some_and(|it| it == "po") {
                let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, error))?;
                catalogues.push(one(&path, bytes)?);
            }
        }
        Ok(Self::of(catalogues))
    }

    /// Whether everything is in English.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their tags.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|it| it.language())
    }

    pub(super) fn find(&self, tag: &str) -> Option<Arc<Catalogue>> {
        self.0.iter().find(|it| it.language().eq_ignore_ascii_case(tag)).cloned()
    }
}

fn one(path: &Path, bytes: Vec<u8>) -> Result<Catalogue, Unreadable> {
    let wrong = |line, why| Unreadable { path: path.to_owned(), line, why };
    let tag = path.file_stem().and_then(|stem| stem.to_str()).filter(|tag| is_tag(tag));
    let tag = tag.ok_or_else(|| {
        wrong(None, "a translation is called as its language is, such as de.po or pt-BR.po".to_owned())
    })?;
    if tag.eq_ignore_ascii_case(super::ENGLISH) {
        return Err(wrong(None, "English is in the program; name another language".to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        wrong(Some(line), "this is not UTF-8".to_owned())
    })?;
    Catalogue::parse(tag, &text).map_err(|(line, why)| wrong(Some(line), why))
}

/// Whether it may be a language tag (RFC 5646), by its looks.
fn is_tag(text: &str) -> bool {
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_alphanumeric());
    let language = text.split('-').next().unwrap_or_default();
    (2..=8).contains(&language.len())
        && language.bytes().all(|it| it.is_ascii_alphabetic())
        && text.split('-').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_stays_english() {
        let po = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\"Plural-Forms: nplurals=1; plural=0;\\n\"\n\n\
            msgid \"a\"\nmsgstr \"A\"\n\nmsgid \"b\"\nmsgstr \"\"\n\n#, fuzzy\nmsgid \"c\"\nmsgstr \"C\"\n\n\
            msgid \"d\"\nmsgid_plural \"ds\"\nmsgstr[0] \"D\"\n";
        let catalogue = Catalogue::parse("de", po).unwrap();
        assert_eq!(["a", "b", "c", "d"].map(|it| catalogue.text(it)), [Some("A"), None, None, None]);
        assert_eq!([0, 1, 7].map(|count| catalogue.plural("d", count)), [Some("D"); 3]);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        let twice = "msgid \"a\"\nmsgstr \"A\"\n\nmsgid \"a\"\nmsgstr \"B\"\n";
        assert_eq!(Catalogue::parse("de", twice).unwrap_err().0, 4);
        let latin = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=ISO-8859-1\\n\"\n";
        assert_eq!(Catalogue::parse("de", latin).unwrap_err().0, 1);
        let error = one(Path::new("t/de.po"), b"# \n\xff".to_vec()).unwrap_err();
        assert_eq!(error.to_string(), "t/de.po:2: this is not UTF-8");
        for name in ["t/.po", "t/de_AT.po", "t/d.po", "t/en.po", "t/de-.po", "t/../x/1.po"] {
            assert!(one(Path::new(name), Vec::new()).is_err(), "{name}");
        }
        assert!(one(Path::new("t/zh-Hans-CN.po"), Vec::new()).is_ok());
    }
}
