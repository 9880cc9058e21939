//! Pages that are made of the usual parts: facts, tables, forms, text. What looks like nothing else has a template of
//! its own instead.

use app::App;
use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::StatusCode;
use domain::Instant;

use super::cell::{Action, Cell, Tone};
use super::chart::Chart;
use super::field::Field;
use super::form::Form;
use super::frame::{Frame, Place};
use super::refused::Answer;
use super::visit::Guest;
use super::{framed, markdown::Html};
use edge::words::Words;

/// A page.
pub(crate) struct View {
    place: Place,
    title: Words,
    crumbs: Vec<(String, Words)>,
    badges: Vec<(Tone, Words)>,
    lead: Words,
    tabs: Vec<Tab>,
    actions: Vec<Action>,
    sections: Vec<Section>,
}

/// One of several pages about one thing.
pub(crate) struct Tab {
    href: String,
    label: Words,
    current: bool,
}

/// A part of a page under a heading.
pub(crate) struct Section {
    heading: Words,
    text: Words,
    actions: Vec<Action>,
    part: Part,
}

enum Part {
    Facts(Vec<(Words, Cell)>),
    Table(Box<Table>),
    Prose(Html),
    Form(Box<Form>),
    Timeline(Vec<Event>),
    Note(Tone),
    Copy(String),
    Chart(Box<Chart>),
    Nothing,
}

/// Something that happened.
pub(crate) struct Event {
    tone: Tone,
    what: Words,
    at: Cell,
    more: Words,
}

impl Event {
    /// What happened, when, and what else there is to say.
    pub(crate) fn new((tone, what): (Tone, impl Into<Words>), at: Instant, more: impl Into<Words>) -> Self {
        Self { tone, what: what.into(), at: Cell::time(at), more: more.into() }
    }
}

/// Things of one kind, one in each row.
#[derive(Template)]
#[template(path = "table.html")]
pub(crate) struct Table {
    caption: Words,
    columns: Vec<Words>,
    rows: Vec<Vec<Cell>>,
    empty: Words,
    empty_action: Option<Action>,
    next: Option<String>,
    first: Option<String>,
    filter: Option<Filter>,
}

impl HtmlSafe for Table {}

/// What a list is narrowed down by.
pub(crate) struct Filter {
    path: String,
    fields: Vec<Field>,
    is_active: bool,
}

impl Filter {
    /// At the path of the list; `is_active`: it leaves something out.
    pub(crate) fn new(path: impl Into<String>, fields: Vec<Field>, is_active: bool) -> Self {
        Self { path: path.into(), fields, is_active }
    }
}

impl Table {
    /// A table. The caption is for those who cannot see it; `empty` is said if there are no rows.
    pub(crate) fn new(
        caption: impl Into<Words>,
        columns: &[&'static str],
        rows: Vec<Vec<Cell>>,
        empty: impl Into<Words>,
    ) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.iter().copied().map(Words::from).collect(),
            rows,
            empty: empty.into(),
            empty_action: None,
            next: None,
            first: None,
            filter: None,
        }
    }

    /// What is said if there are no rows.
    pub(crate) fn empty(self, words: impl Into<Words>) -> Self {
        Self { empty: words.into(), ..self }
    }

    /// What to do if there are no rows.
    pub(crate) fn empty_action(self, action: Action) -> Self {
        Self { empty_action: Some(action), ..self }
    }

    /// Where older ones are, and the newest.
    pub(crate) fn pages(self, (first, next): (Option<String>, Option<String>)) -> Self {
        Self { next, first, ..self }
    }

    /// What it is narrowed down by.
    pub(crate) fn filter(self, filter: Filter) -> Self {
        Self { filter: Some(filter), ..self }
    }

    fn leave_what_shows(&mut self) {
        self.empty_action = None;
        for cell in self.rows.iter_mut().flatten().filter(|cell| matches!(cell, Cell::Buttons(_))) {
            *cell = Cell::nothing("—");
        }
    }

    fn is_narrowed(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.is_active)
    }

    fn cells<'a>(&'a self, row: &'a [Cell]) -> impl Iterator<Item = (&'a Words, &'a Cell)> {
        self.columns.iter().zip(row)
    }
}

impl Section {
    fn new(part: Part) -> Self {
        Self { heading: Words::default(), text: Words::default(), actions: Vec::new(), part }
    }

    /// Names and values.
    pub(crate) fn facts(facts: Vec<(&'static str, Cell)>) -> Self {
        Self::new(Part::Facts(facts.into_iter().map(|(name, value)| (name.into(), value)).collect()))
    }

    /// A table.
    pub(crate) fn table(table: Table) -> Self {
        Self::new(Part::Table(Box::new(table)))
    }

    /// What happened, one after the other.
    pub(crate) fn timeline(events: Vec<Event>) -> Self {
        Self::new(Part::Timeline(events))
    }

    /// Text that somebody wrote.
    pub(crate) fn prose(html: Html) -> Self {
        Self::new(Part::Prose(html))
    }

    /// What somebody wrote to describe a thing, in Markdown.
    pub(crate) fn description(markdown: &str) -> Self {
        let said = match markdown.trim() {
            "" => Self::words("None yet."),
            text => Self::prose(super::markdown::render(text)),
        };
        said.heading("Description")
    }

    /// A form.
    pub(crate) fn form(form: Form) -> Self {
        Self::new(Part::Form(Box::new(form)))
    }

    /// Something to be known.
    pub(crate) fn note(tone: Tone, text: impl Into<Words>) -> Self {
        Self { text: text.into(), ..Self::new(Part::Note(tone)) }
    }

    /// Something to be copied.
    pub(crate) fn copy(text: impl Into<String>) -> Self {
        Self::new(Part::Copy(text.into()))
    }

    /// Calls over time.
    pub(crate) fn chart(chart: Chart) -> Self {
        Self::new(Part::Chart(Box::new(chart)))
    }

    /// Words and buttons only.
    pub(crate) fn words(text: impl Into<Words>) -> Self {
        Self { text: text.into(), ..Self::new(Part::Nothing) }
    }

    /// The heading above it.
    pub(crate) fn heading(self, heading: impl Into<Words>) -> Self {
        Self { heading: heading.into(), ..self }
    }

    /// Words between the heading and the rest.
    pub(crate) fn text(self, text: impl Into<Words>) -> Self {
        Self { text: text.into(), ..self }
    }

    /// What can be done.
    pub(crate) fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    fn is_wrong(&self) -> bool {
        matches!(&self.part, Part::Form(form) if form.is_wrong())
    }

    /// Takes away what changes something. Whether anything is left to be shown?
    fn leave_what_shows(&mut self) -> bool {
        let was_for_action = !self.actions.is_empty() && matches!(self.part, Part::Nothing);
        self.actions.retain(Action::only_shows);
        match &mut self.part {
            Part::Form(form) => form.only_show(),
            Part::Table(table) => table.leave_what_shows(),
            Part::Facts(facts) => facts.retain(|(_, cell)| !matches!(cell, Cell::Buttons(_))),
            Part::Prose(_)
            | Part::Timeline(_)
            | Part::Note(_)
            | Part::Copy(_)
            | Part::Chart(_)
            | Part::Nothing => {}
        }
        !was_for_action || !self.actions.is_empty()
    }
}

#[derive(Template)]
#[template(path = "view.html")]
struct Page {
    frame: Frame,
    view: View,
    mark: Words,
    narrow: bool,
}

impl View {
    /// A page at a place of the navigation.
    pub(crate) fn new(place: Place, title: impl Into<Words>) -> Self {
        Self {
            place,
            title: title.into(),
            crumbs: Vec::new(),
            badges: Vec::new(),
            lead: Words::default(),
            tabs: Vec::new(),
            actions: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// What this is a part of.
    pub(crate) fn crumb(mut self, href: impl Into<String>, label: impl Into<Words>) -> Self {
        self.crumbs.push((href.into(), label.into()));
        self
    }

    /// The state of what it is about.
    pub(crate) fn badge(mut self, (tone, text): (Tone, impl Into<Words>)) -> Self {
        self.badges.push((tone, text.into()));
        self
    }

    /// What it is, in a sentence.
    pub(crate) fn lead(self, lead: impl Into<Words>) -> Self {
        Self { lead: lead.into(), ..self }
    }

    /// One of several pages about the thing.
    pub(crate) fn tab(mut self, href: impl Into<String>, label: impl Into<Words>, current: bool) -> Self {
        self.tabs.push(Tab { href: href.into(), label: label.into(), current });
        self
    }

    /// What can be done with the whole.
    pub(crate) fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// The same, if it may be.
    pub(crate) fn action_if(self, may: bool, action: Action) -> Self {
        if may { self.action(action) } else { self }
    }

    /// The next part.
    pub(crate) fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The same, if there is any.
    pub(crate) fn section_if(self, wanted: bool, section: impl FnOnce() -> Section) -> Self {
        if wanted { self.section(section()) } else { self }
    }

    /// For those who may look and change nothing: no buttons, and forms only as far as they show how things are. That
    /// they change nothing does not rest on this: the use cases refuse it.
    fn leave_what_shows(&mut self) {
        self.actions.retain(Action::only_shows);
        self.sections.retain_mut(Section::leave_what_shows);
    }

    /// Answers with it.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn answer(mut self, status: StatusCode, app: &App, guest: &Guest) -> Answer {
        let frame = Frame::around(app, guest, self.place).await?;
        if guest.only_looks() && self.place != Place::Account {
            self.leave_what_shows();
        }
        let mark = super::field::mark(self.sections.iter().any(Section::is_wrong));
        let narrow =
            self.sections.iter().all(|it| matches!(it.part, Part::Form(_) | Part::Nothing | Part::Note(_)));
        let narrow = narrow && self.tabs.is_empty();
        Ok(framed(status, &Page { frame, view: self, mark, narrow }))
    }

    /// Answers with it; all is well.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn show(self, app: &App, guest: &Guest) -> Answer {
        self.answer(StatusCode::OK, app, guest).await
    }
}
