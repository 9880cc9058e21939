//! Small things that pages show: values in tables and lists of facts, links and buttons.

use askama::Template;
use askama::filters::HtmlSafe;
use domain::Instant;

use super::moment;
use super::visit::Guest;
use edge::words::Words;

/// How good or bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Somebody has to do something.
    Waits,
    /// Over, or refused.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waits => "waits",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// A value.
#[derive(Template)]
#[template(path = "cell.html")]
pub(crate) enum Cell {
    /// Words.
    Text(Words),
    /// Words of less weight.
    Quiet(Words),
    /// A link, with words beneath it.
    Link { href: String, text: Words, under: Words },
    /// A state.
    Badge(Tone, Words),
    /// A moment, as RFC 3339 and for people.
    Time(String, Words),
    /// Something that programs read.
    Code(String),
    /// The same, with a button that copies it.
    Copy(String),
    /// Short words.
    Tags(Vec<String>),
    /// Several values, one below the other.
    Stack(Vec<Cell>),
    /// The same, of which none is broken where there is room.
    Unbroken(Vec<Cell>),
    /// What can be done with it.
    Buttons(Vec<Action>),
    /// There is none.
    Nothing(Words),
}

impl HtmlSafe for Cell {}

impl Cell {
    /// Words; a dash if there are none.
    pub(crate) fn text(text: impl Into<Words>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::dash() } else { Self::Text(text) }
    }

    /// A link.
    pub(crate) fn link(href: impl Into<String>, text: impl Into<Words>) -> Self {
        Self::Link { href: href.into(), text: text.into(), under: Words::default() }
    }

    /// A link with words beneath it.
    pub(crate) fn link_with(
        href: impl Into<String>,
        text: impl Into<Words>,
        under: impl Into<Words>,
    ) -> Self {
        Self::Link { href: href.into(), text: text.into(), under: under.into() }
    }

    /// A moment.
    pub(crate) fn time(at: Instant) -> Self {
        Self::Time(at.to_string(), moment::in_words(at))
    }

    /// A moment as seen from now.
    pub(crate) fn ago(at: Instant, now: Instant) -> Self {
        Self::Time(at.to_string(), moment::from_now(at, now))
    }

    /// A moment, or why there is none.
    pub(crate) fn maybe_time(at: Option<Instant>, none: &'static str) -> Self {
        at.map_or_else(|| Self::nothing(none), Self::time)
    }

    /// Short words; a dash if there are none.
    pub(crate) fn tags(words: &[String]) -> Self {
        if words.is_empty() { Self::dash() } else { Self::Tags(words.to_vec()) }
    }

    /// Yes or no.
    pub(crate) fn yes(is: bool) -> Self {
        Self::text(if is { "Yes" } else { "No" })
    }

    /// There is none; what is said instead.
    pub(crate) fn nothing(words: impl Into<Words>) -> Self {
        Self::Nothing(words.into())
    }

    /// There is none.
    pub(crate) fn dash() -> Self {
        Self::Nothing(Words::said("—"))
    }

    /// Words of less weight.
    pub(crate) fn quiet(words: impl Into<Words>) -> Self {
        Self::Quiet(words.into())
    }

    /// A state.
    pub(crate) fn badge((tone, words): (Tone, impl Into<Words>)) -> Self {
        Self::Badge(tone, words.into())
    }
}

/// A link that looks like a button, or a button that sends a form with nothing else in it.
#[derive(Template)]
#[template(path = "action.html")]
pub(crate) struct Action {
    label: Words,
    href: String,
    class: &'static str,
    csrf: Option<String>,
    fields: Vec<(&'static str, String)>,
    /// What a screen reader adds: to what the button belongs.
    about: Words,
    /// It leads to where somebody is.
    current: bool,
    /// It leads to something to look at, and to nothing that changes anything.
    shows: bool,
}

impl HtmlSafe for Action {}

impl Action {
    /// A link.
    pub(crate) fn link(href: impl Into<String>, label: impl Into<Words>) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
            class: "",
            csrf: None,
            fields: Vec::new(),
            about: Words::default(),
            current: false,
            shows: false,
        }
    }

    /// A link to something to be looked at, also for those who may do nothing else.
    pub(crate) fn see(href: impl Into<String>, label: impl Into<Words>) -> Self {
        Self { shows: true, ..Self::link(href, label) }.quiet()
    }

    /// Whether it is for those, too, who may only look.
    pub(crate) fn only_shows(&self) -> bool {
        self.shows
    }

    /// A button.
    pub(crate) fn post(guest: &Guest, href: impl Into<String>, label: impl Into<Words>) -> Self {
        Self { csrf: Some(guest.csrf.masked()), ..Self::link(href, label) }
    }

    /// Not the first thing to do.
    pub(crate) fn quiet(self) -> Self {
        Self { class: "quiet", ..self }
    }

    /// It stops or removes something.
    pub(crate) fn danger(self) -> Self {
        Self { class: "quiet danger", ..self }
    }

    /// It leads to where somebody is.
    pub(crate) fn current(self) -> Self {
        Self { current: true, ..self }
    }

    /// A value that goes with it.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// To what it belongs, where several buttons have the same words.
    pub(crate) fn about(self, what: impl Into<Words>) -> Self {
        Self { about: what.into(), ..self }
    }
}
