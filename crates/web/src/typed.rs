//! What was typed into a form.

use domain::Invalid;

/// Names and values, as the browser sent them.
#[derive(Clone, Default)]
pub struct Typed(Vec<(String, String)>);

/// More inputs than any of our forms has.
const MAX_FIELDS: usize = 2_000;

impl Typed {
    /// Reads a form; `None` if it is none, or has far too many fields.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
            .take(MAX_FIELDS + 1)
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        (pairs.len() <= MAX_FIELDS).then_some(Self(pairs))
    }

    /// The value of a field; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// Whether there is a field with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The value of a field with the line ends that we keep: browsers send both characters.
    pub(crate) fn lines(&self, name: &str) -> String {
        self.text(name).replace("\r\n", "\n")
    }

    /// The value of a field, if something was typed.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.find(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// What was chosen of several.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Words, separated by spaces, commas or line ends.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        text.split([' ', ',', '\n', '\r', '\t']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// What was typed, one in a line.
    pub(crate) fn each_line(&self, name: &str) -> Vec<String> {
        let lines = self.text(name).lines().map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// A number, if something was typed.
    ///
    /// # Errors
    /// If it is no whole number.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<i64>, Invalid> {
        let wrong = |_| Invalid::field(name, "invalid", "must be a whole number");
        self.given(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// The version of the thing that the form was made from.
    pub(crate) fn version(&self) -> Option<i64> {
        self.text(super::form::VERSION).parse().ok()
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}
