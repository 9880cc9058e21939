//! The words of pages. English is written where it is read, in the code and in the templates, and is the key that a
//! translation is found by (docs/adr/0075-english-is-the-key.md). Which language a page is in is known to the layer
//! around it, as its brand is.

mod accept;
mod catalogue;
mod plural;
mod po;
mod rich;

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::ops::Deref;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

pub use catalogue::{Catalogue, Translations, Unreadable};
pub use rich::rich;

tokio::task_local! {
    static CATALOGUE: Arc<Catalogue>;
}

/// The language that the program is written in.
pub const ENGLISH: &str = "en";

/// Words for people, in the language of whoever reads the page that is being written.
///
/// What is written in the program (`&'static str`) is looked up when it becomes words; what somebody has typed
/// (`String`) is taken as it is. So a borrowed text that is neither does not become words by accident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Cow<'static, str>);

impl Words {
    /// What somebody has said: it is in no catalogue.
    pub fn said(text: impl Into<String>) -> Self {
        Self(Cow::Owned(text.into()))
    }

    /// What the program says and keeps as data, such as an error that has come from below: translated, if the catalogue
    /// has the whole of it.
    pub fn known(text: &str) -> Self {
        Self::said(lookup(text, Catalogue::text).unwrap_or_else(|| text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Words {
    fn from(text: &'static str) -> Self {
        Self(lookup(text, Catalogue::text).map_or(Cow::Borrowed(text), Cow::Owned))
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::said(text)
    }
}

impl From<&String> for Words {
    fn from(text: &String) -> Self {
        Self::said(text)
    }
}

macro_rules! said_by_somebody {
    ($($data:ty)*) => { $(impl From<&$data> for Words {
        fn from(said: &$data) -> Self {
            Self::said(said.as_str())
        }
    })* };
}

said_by_somebody! { domain::Name domain::Text domain::Email }

impl From<&Self> for Words {
    fn from(words: &Self) -> Self {
        words.clone()
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.0.into_owned()
    }
}

impl Deref for Words {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Several, one after the other.
pub fn listed(all: impl IntoIterator<Item = impl Into<Words>>) -> Words {
    Words::said(all.into_iter().map(|it| String::from(it.into())).collect::<Vec<_>>().join(", "))
}

/// What is found in the catalogue of whoever reads, if there is one: English has none.
fn lookup(key: &str, find: impl for<'a> FnOnce(&'a Catalogue, &str) -> Option<&'a str>) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    CATALOGUE.try_with(|it| find(it, key).map(str::to_owned)).ok().flatten()
}

/// Whether the page is in English.
pub fn is_english() -> bool {
    CATALOGUE.try_with(|_| ()).is_err()
}

/// The language of the page that is being written, as HTML names it.
pub fn language() -> String {
    CATALOGUE.try_with(|it| it.language().to_owned()).unwrap_or_else(|_| ENGLISH.to_owned())
}

/// Work for another thread, which finds the same words there.
pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let catalogue = CATALOGUE.try_with(Arc::clone).ok();
    move || match catalogue {
        Some(catalogue) => CATALOGUE.sync_scope(catalogue, work),
        None => work(),
    }
}

/// A value for a place in a pattern.
pub type Value<'a> = (&'a str, &'a dyn Display);

/// A pattern in the reader's language, with its values: for [`crate::words!`].
pub fn filled(pattern: &str, values: &[Value<'_>]) -> Words {
    let pattern = lookup(pattern, Catalogue::text).map_or(Cow::Borrowed(pattern), Cow::Owned);
    Words::said(fill(&pattern, values))
}

/// A pattern for a number of things: for [`crate::plural!`].
pub fn counted(count: u64, one: &str, many: &str, values: &[Value<'_>]) -> Words {
    let translated = lookup(one, |catalogue, one| catalogue.plural(one, count));
    let pattern = translated.map_or(Cow::Borrowed(if count == 1 { one } else { many }), Cow::Owned);
    // Whoever calls may have a nicer way to write the number.
    let values: Vec<Value<'_>> = values.iter().copied().chain([("count", &count as &dyn Display)]).collect();
    Words::said(fill(&pattern, &values))
}

/// Puts values into their places. A place that nothing is known for stays as it is: a translation with a slip in it is
/// still a page.
fn fill(pattern: &str, values: &[Value<'_>]) -> String {
    let mut text = String::with_capacity(pattern.len() + 16 * values.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let place = after.split_once('}').and_then(|(name, after)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, after))
        });
        match place {
            Some((value, after)) => {
                text.push_str(&value.to_string());
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// How many there are of something.
pub trait Count {
    /// As a number that plurals are chosen by.
    fn count(&self) -> u64;
}

macro_rules! counts {
    ($($number:ty)*) => { $(impl Count for $number {
        fn count(&self) -> u64 {
            u64::try_from(*self).unwrap_or_default()
        }
    })* };
}

counts! { u8 u16 u32 u64 usize i32 i64 }

impl<T: Count> Count for &T {
    fn count(&self) -> u64 {
        (*self).count()
    }
}

/// Words with values in them: `words!("{name} of {owner}", name, owner = names.owner(it))`. The text is what a
/// translator sees, so the names of its places say what stands there. Without values it is the text alone.
#[macro_export]
macro_rules! words {
    (@value $name:ident) => { $name };
    (@value $name:ident = $value:expr) => { $value };
    ($text:literal $(,)?) => { $crate::words::Words::from($text) };
    // For templates: a field that holds what is written elsewhere in the program.
    (= $text:expr) => { $crate::words::Words::from($text) };
    ($text:literal $(, $name:ident $(= $value:expr)?)+ $(,)?) => {
        if $crate::words::is_english() {
            // The compiler looks at the places, too.
            $crate::words::Words::said(format!($text $(, $name = $crate::words!(@value $name $(= $value)?))+))
        } else {
            $crate::words::filled($text, &[
                $((stringify!($name), &$crate::words!(@value $name $(= $value)?) as &dyn ::std::fmt::Display)),+
            ])
        }
    };
}

/// Words for a number of things, which stands in the place `{count}`:
/// `plural!(calls, "{count} call", "{count} calls")`.
#[macro_export]
macro_rules! plural {
    ($count:expr, $one:literal, $many:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::words::counted($crate::words::Count::count(&$count), $one, $many, &[
            $((stringify!($name), &$crate::words!(@value $name $(= $value)?) as &dyn ::std::fmt::Display)),*
        ])
    };
}

/// A sentence with links in it, as HTML: `rich!("<1>Sign in</1> or <2>register</2>.", ["/sign-in", "/sign-up"])`. See
/// [`rich`](fn@crate::words::rich).
#[macro_export]
macro_rules! rich {
    ($text:literal, [$($href:expr),* $(,)?] $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::words::rich($text, &[$(&$href),*], &[
            $((stringify!($name), &$crate::words!(@value $name $(= $value)?) as &dyn ::std::fmt::Display)),*
        ])
    };
}

/// Somebody who reads pages, where there are translations.
pub struct Reader(Option<Arc<Catalogue>>);

impl Reader {
    /// Whoever asks, if it is for a page. Programs are answered without one.
    pub fn of(translations: &Translations, asked: &HeaderMap) -> Option<Self> {
        if translations.is_empty() || !crate::brand::reads_pages(asked) {
            return None;
        }
        let wanted = asked.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        Some(Self(accept::choose(wanted, translations)))
    }

    /// Answers in the reader's language. What lies between must know that another reader gets other words.
    pub async fn within(self, answer: impl Future<Output = Response>) -> Response {
        let (language, mut answer) = match self.0 {
            None => (ENGLISH.to_owned(), answer.await),
            Some(catalogue) => (catalogue.language().to_owned(), CATALOGUE.scope(catalogue, answer).await),
        };
        let headers = answer.headers_mut();
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if media_type.is_some_and(|it| it.starts_with("text/html")) {
            if let Ok(language) = HeaderValue::from_str(&language) {
                headers.insert(header::CONTENT_LANGUAGE, language);
            }
            headers.append(header::VARY, HeaderValue::from_static("accept-language"));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn in_pseudo<T>(po: &str, said: impl FnOnce() -> T) -> T {
        let catalogue = Catalogue::parse("xx", po).unwrap();
        CATALOGUE.scope(Arc::new(catalogue), async { said() }).await
    }

    const PO: &str = "msgid \"Name\"\nmsgstr \"Nam\"\n\n\
        msgid \"{name} of {owner}\"\nmsgstr \"{owner}: {name}, {nobody}\"\n\n\
        msgid \"{count} call\"\nmsgid_plural \"{count} calls\"\nmsgstr[0] \"{count} Ruf\"\nmsgstr[1] \"{count} Rufe\"\n";

    #[test]
    fn english_is_what_is_written() {
        assert_eq!(Words::from("Name").to_string(), "Name");
        let owner = "Acme";
        assert_eq!(words!("{name} of {owner}", name = 1, owner).to_string(), "1 of Acme");
        assert_eq!(plural!(1_u64, "{count} call", "{count} calls").to_string(), "1 call");
        assert_eq!(
            plural!(1_000_usize, "{count} call", "{count} calls", count = "1,000").as_str(),
            "1,000 calls"
        );
        assert_eq!(language(), "en");
    }

    #[tokio::test]
    async fn what_is_ours_is_translated_and_what_was_said_is_not() {
        in_pseudo(PO, || {
            assert_eq!(Words::from("Name").to_string(), "Nam");
            assert_eq!(Words::from("Name".to_owned()).to_string(), "Name");
            assert_eq!(Words::known("Name").to_string(), "Nam");
            assert_eq!(Words::from("").to_string(), "");
            // What is in no catalogue stays, a place that is not known does too, and values are no patterns.
            assert_eq!(words!("{name}!", name = 1).to_string(), "1!");
            assert_eq!(
                words!("{name} of {owner}", name = "{owner}", owner = 2).to_string(),
                "2: {owner}, {nobody}"
            );
            assert_eq!(plural!(1_i64, "{count} call", "{count} calls").to_string(), "1 Ruf");
            assert_eq!(plural!(7_i64, "{count} call", "{count} calls").to_string(), "7 Rufe");
            assert_eq!(language(), "xx");
        })
        .await;
    }
}
