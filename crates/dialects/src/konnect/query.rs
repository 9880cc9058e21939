//! Lists: numbered pages and filters, as in `?page[size]=10&filter[name][contains]=shop`.

use app::Slice;
use axum::Json;
use serde::Serialize;

use super::error::{Refusal, Source, Wrong};

/// What clients get that say nothing.
const DEFAULT_SIZE: u64 = 10;
/// Clients of Konnect ask for up to 100.
const MAX_SIZE: u64 = 1_000;
/// More filters than any list has fields.
const MAX_FILTERS: usize = 20;
/// The longest value, in characters.
const MAX_VALUE: usize = 512;

/// How a field can be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ops {
    /// `[eq]`, the short form, and `[contains]`.
    Text,
    /// `[eq]` and the short form.
    Is,
    /// `[eq]` only.
    Eq,
}

/// What is asked of a list.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) slice: Slice,
    filters: Vec<(String, bool, String)>,
    others: Vec<(String, String)>,
}

/// A part of a list, with its place in it.
#[derive(Debug, Serialize)]
pub(super) struct List<T> {
    meta: Meta,
    data: Vec<T>,
}

#[derive(Debug, Serialize)]
struct Meta {
    page: Place,
}

#[derive(Debug, Serialize)]
struct Place {
    number: u64,
    size: u64,
    total: u64,
}

/// What a text must be, or hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) is: Option<&'a str>,
    pub(super) holds: Option<&'a str>,
}

impl Wanted<'_> {
    pub(super) fn fits(self, text: &str) -> bool {
        let holds = |wanted| domain::search_key(text).contains(&domain::search_key(wanted));
        self.is.is_none_or(|is| is == text) && self.holds.is_none_or(holds)
    }
}

impl Listing {
    /// Reads a query. Which filters there are is said by `known`; parameters of other kinds are left to the caller.
    ///
    /// # Errors
    /// Every parameter of a page or a filter that is wrong or not known.
    pub(super) fn read(query: Option<&str>, known: &[(&str, Ops)]) -> Result<Self, Refusal> {
        let mut listing =
            Self { slice: Slice { page: 0, limit: DEFAULT_SIZE }, filters: Vec::new(), others: Vec::new() };
        let mut wrong = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            // What is wrong in the same way twice is told once.
            if let Err(error) = listing.take(&name, &value, known)
                && !wrong.contains(&error)
            {
                wrong.push(error);
            }
            // Who sends so much that is wrong is told of some of it.
            if wrong.len() == MAX_FILTERS {
                break;
            }
        }
        if wrong.is_empty() { Ok(listing) } else { Err(Refusal::invalid(wrong)) }
    }

    fn take(&mut self, name: &str, value: &str, known: &[(&str, Ops)]) -> Result<(), Wrong> {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        let wrong = |rule, reason: &str| Wrong::new(Source::Query, shown.clone(), rule, reason);
        if value.chars().count() > MAX_VALUE {
            return Err(
                wrong("max_length", "must not have more than 512 characters").maximum(MAX_VALUE as u64)
            );
        }
        if value.chars().any(char::is_control) {
            return Err(wrong("invalid", "must not hold control characters"));
        }
        match keys(name).as_slice() {
            ["page", "number"] => {
                // Theirs begin with 1, ours with 0.
                let mut page = self.slice.page + 1;
                number(&mut page, value, u64::MAX, &wrong)?;
                self.slice.page = page - 1;
                Ok(())
            }
            ["page", "size"] => number(&mut self.slice.limit, value, MAX_SIZE, &wrong),
            ["filter", field, op @ ..] => {
                let ops = known.iter().find(|(name, _)| name == field).map(|(_, ops)| *ops);
                let contains = match (ops, op) {
                    (Some(_), ["eq"]) | (Some(Ops::Text | Ops::Is), []) => false,
                    (Some(Ops::Text), ["contains"]) => true,
                    _ => return Err(wrong("invalid", "is not a filter of this list")),
                };
                if self.filters.len() == MAX_FILTERS {
                    let wrong = wrong("max_items", "must not be one of more than 20 filters");
                    return Err(wrong.maximum(MAX_FILTERS as u64));
                }
                self.filters.push(((*field).to_owned(), contains, value.to_owned()));
                Ok(())
            }
            ["page", ..] => Err(wrong("invalid", "is not known here")),
            _ => {
                self.others.push((name.to_owned(), value.to_owned()));
                Ok(())
            }
        }
    }

    /// What the field must be, or hold. Of several that are given the last one counts.
    pub(super) fn text(&self, field: &str) -> Wanted<'_> {
        let last = |contains| {
            let mut fitting =
                self.filters.iter().rev().filter(|(name, c, _)| name == field && *c == contains);
            fitting.next().map(|(.., value)| value.as_str())
        };
        Wanted { is: last(false), holds: last(true) }
    }

    /// What the field must be, if it is an id.
    ///
    /// # Errors
    /// If it is something else.
    pub(super) fn id<T: From<uuid::Uuid>>(&self, field: &str) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(field).is else { return Ok(None) };
        match domain::parse_uuid(text) {
            Some(id) => Ok(Some(id.into())),
            None => {
                let name = format!("filter[{field}]");
                Err(Refusal::wrong(Wrong::new(Source::Query, name, "is_uuid", "must be a UUID")))
            }
        }
    }

    /// What the field must be, if it is one of some words.
    ///
    /// # Errors
    /// If it is something else.
    pub(super) fn word<T: Copy>(&self, field: &str, words: &[(&str, T)]) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(field).is else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let choices: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Err(Refusal::wrong(Wrong::choice(Source::Query, format!("filter[{field}]"), &choices)))
            }
        }
    }

    /// A parameter that is neither a page nor a filter.
    pub(super) fn other(&self, name: &str) -> Option<&str> {
        self.others.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The answer, when the page is all that was read.
    pub(super) fn reply<T>(&self, data: Vec<T>, total: u64) -> Json<List<T>> {
        let Slice { page, limit } = self.slice;
        Json(List { meta: Meta { page: Place { number: page + 1, size: limit, total } }, data })
    }

    /// The answer, when the whole list was read: cuts the page out of it.
    pub(super) fn cut<T, W>(&self, all: Vec<T>, show: impl FnMut(T) -> W) -> Json<List<W>> {
        let total = all.len() as u64;
        let before = self.slice.page.saturating_mul(self.slice.limit);
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        let size = usize::try_from(self.slice.limit).unwrap_or(usize::MAX);
        self.reply(all.into_iter().skip(before).take(size).map(show).collect(), total)
    }
}

/// `filter[name][eq]` is `filter`, `name` and `eq`.
fn keys(name: &str) -> Vec<&str> {
    let Some((first, rest)) = name.split_once('[') else { return vec![name] };
    let Some(rest) = rest.strip_suffix(']') else { return vec![name] };
    std::iter::once(first).chain(rest.split("][")).collect()
}

/// An empty value is none.
fn number(
    place: &mut u64,
    value: &str,
    maximum: u64,
    wrong: &impl Fn(&'static str, &str) -> Wrong,
) -> Result<(), Wrong> {
    if value.is_empty() {
        return Ok(());
    }
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("is_integer", "must be an integer"));
    }
    match value.parse::<u64>() {
        Ok(number) if (1..=maximum).contains(&number) => *place = number,
        Ok(0) => return Err(wrong("min", "must be at least 1").minimum(1)),
        Err(_) if value.starts_with('-') => return Err(wrong("min", "must be at least 1").minimum(1)),
        Ok(_) | Err(_) => {
            let maximum = maximum.min(i64::MAX.unsigned_abs());
            return Err(wrong("max", &format!("must be at most {maximum}")).maximum(maximum));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_at_their_brackets() {
        assert_eq!(keys("filter[name][eq]"), ["filter", "name", "eq"]);
        assert_eq!(keys("filter[name]"), ["filter", "name"]);
        assert_eq!(keys("filter[name"), ["filter[name"]);
        assert_eq!(keys("q"), ["q"]);
    }

    #[test]
    fn pages_have_numbers() {
        let read = |query| Listing::read(Some(query), &[]).map(|it| (it.slice.page + 1, it.slice.limit)).ok();
        assert_eq!(read(""), Some((1, 10)));
        assert_eq!(read("page[size]=&page[number]="), Some((1, 10)));
        assert_eq!(read("page%5Bsize%5D=5&page%5Bnumber%5D=2"), Some((2, 5)));
        for wrong in ["page[size]=0", "page[size]=-1", "page[number]=x", "page[size]=1001", "page[after]=1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
