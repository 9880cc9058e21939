//! The catalogue's template: every text of the pages, gathered from the code and the templates.
//!
//! What is gathered may be too much, such as a word of a protocol that looks like one for people, and must not be too
//! little: `web::translated` of the server's tests reads every page in a language that has all of it.

// Clippy takes only the test functions themselves for tests, not what they call.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A text, with its plural if it has one.
type Text = (String, Option<String>);

/// Texts, each with the files that it is in.
type Found = BTreeMap<Text, BTreeSet<String>>;

/// Macros whose texts are for the log, or for those who program.
const NOT_FOR_PEOPLE: [&str; 19] = [
    "format",
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "info_span",
    "write",
    "writeln",
    "assert",
    "assert_eq",
    "panic",
    "unreachable",
    "concat",
    "include_str",
    "matches",
    "json",
    "stringify",
    "env",
];

/// Calls that take a word that is for people although it is a single one that is not capitalised.
const SINGLE: [&str; 17] = [
    "not_for_you",
    "nothing",
    "text",
    "badge",
    "quiet",
    "about",
    "heading",
    "maybe_time",
    "Nothing",
    "from",
    "said",
    "words",
    "note",
    "hint",
    "field",
    "require",
    "codes",
];

/// Calls that take what is for the one who programs, or for a machine.
const FOR_MACHINES: [&str; 10] =
    ["get", "post", "post_large", "route", "Internal", "hidden", "expect", "from_static", "header", "cookie"];

/// Who may say something to a caller that a page shows: errors come from below.
const BELOW: [&str; 4] = ["crates/app/src", "crates/domain/src", "crates/edge/src", "crates/verify/src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// How a file is read.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Whatever looks as if it were for people.
    Pages,
    /// Sentences only: what is told to whoever asked wrongly.
    Below,
}

struct Scan<'a> {
    file: &'a str,
    way: Way,
    found: &'a mut Found,
}

fn literal(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    text.starts_with('"').then(|| serde_json::from_str(&unwrapped(&text)).ok()).flatten()
}

/// A literal as JSON has it: lines that go on in the next one, and characters by their numbers, are Rust's own.
fn unwrapped(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once("\\\n") {
        text.push_str(before);
        rest = after.trim_start();
    }
    text.push_str(rest);
    text.replace("\\'", "'").replace("\\u{feff}", "")
}

impl Scan<'_> {
    fn note(&mut self, text: String, plural: Option<String>) {
        self.found.entry((text, plural)).or_default().insert(self.file.to_owned());
    }

    /// `called`: the function or macro whose arguments these are.
    fn stream(&mut self, stream: TokenStream, called: &str) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Punct(it) if it.as_char() == '#' => at += self.attribute(&tokens, at),
                TokenTree::Ident(name) => {
                    let name = name.to_string();
                    let is_method =
                        at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(it) if it.as_char() == '.');
                    if let Some(more) = self.call(&tokens, at, &name, is_method) {
                        at += more;
                    }
                }
                TokenTree::Group(group) => self.stream(group.stream(), called),
                token => self.literal(token, called),
            }
            at += 1;
        }
    }

    /// Reads an attribute; how many tokens there are besides the hash. Tests are left out.
    fn attribute(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        // What is said of a whole file has an exclamation mark before it.
        if matches!(tokens.get(at + 1), Some(TokenTree::Punct(it)) if it.as_char() == '!') {
            return 2;
        }
        let Some(TokenTree::Group(group)) = tokens.get(at + 1) else { return 0 };
        let text = group.stream().to_string();
        if self.way == Way::Below && text.starts_with("error") {
            self.stream(group.stream(), "error");
        }
        if text != "cfg (test)" && text != "cfg(test)" {
            return 1;
        }
        let is_end = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(it) => it.as_char() == ';',
            _ => false,
        };
        tokens[at + 2..].iter().position(is_end).map_or(1, |more| more + 2)
    }

    /// Reads what is called; how many tokens there are besides the name.
    fn call(&mut self, tokens: &[TokenTree], at: usize, name: &str, is_method: bool) -> Option<usize> {
        let is_macro = matches!(tokens.get(at + 1), Some(TokenTree::Punct(it)) if it.as_char() == '!');
        let TokenTree::Group(group) = tokens.get(at + 1 + usize::from(is_macro))? else { return None };
        match (is_macro, name) {
            (true, "words" | "plural" | "rich") => self.marked(name, group),
            (true, name) if NOT_FOR_PEOPLE.contains(&name) => {}
            // `pages.get("/path", "what it is", …)`, but not `Action::post(guest, "/path", "What it does")`.
            (false, name)
                if (is_method || name != "post")
                    && FOR_MACHINES.contains(&name)
                    && group.delimiter() == Delimiter::Parenthesis =>
            {
                self.inner_calls(group, name);
            }
            _ => self.stream(group.stream(), name),
        }
        Some(1 + usize::from(is_macro))
    }

    /// What is within, but for the texts themselves.
    fn inner_calls(&mut self, group: &Group, name: &str) {
        let inner = group.stream().into_iter().filter(|token| literal(token).is_none());
        self.stream(inner.collect(), name);
    }

    /// `words!`, `plural!` and `rich!`: the text, and whatever the values say.
    fn marked(&mut self, name: &str, group: &Group) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let texts: Vec<(usize, String)> =
            tokens.iter().enumerate().filter_map(|(at, token)| Some((at, literal(token)?))).collect();
        let used = if name == "plural" { 2 } else { 1 };
        let mut texts = texts.into_iter().take(used);
        let Some((mut last, text)) = texts.next() else { return };
        let plural = texts.next().map(|(at, text)| {
            last = at;
            text
        });
        self.note(text, plural);
        self.stream(tokens.into_iter().skip(last + 1).collect(), name);
    }

    fn literal(&mut self, token: &TokenTree, called: &str) {
        let Some(text) = literal(token) else { return };
        let wanted = match self.way {
            Way::Pages => is_for_people(&text) || SINGLE.contains(&called) && is_word(&text),
            Way::Below => is_sentence(&text),
        };
        if wanted {
            self.note(text.clone(), None);
        }
        if self.way == Way::Below {
            // What the audit log calls the things that something was done to.
            if self.file == "crates/domain/src/id.rs" {
                let kind = text.replace('_', " ");
                self.note(capitalised(&kind), None);
                self.note(kind, None);
            }
            for words in act(&text).into_iter().flatten() {
                self.note(words, None);
            }
        }
    }
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// Whether it looks like words: capitalised, or several.
fn is_for_people(text: &str) -> bool {
    let first = text.trim_start().chars().next().unwrap_or_default();
    let looks = first.is_uppercase() || text.contains(' ');
    let odd = ["\r\n", "=\"", "application/", "text/", "'self'", "--", "**", "max-age"];
    let methods =
        ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "GRANT", "SCOPE", "CODE", "JWT", "SECRET"];
    // Addresses and patterns are for programs, unless there is a sentence around them.
    let is_address = ["://", "{"].iter().any(|it| text.contains(it)) && text.split(' ').count() < 4;
    has_letters(text)
        && looks
        && !is_address
        && !odd.iter().any(|it| text.contains(it))
        && !text.starts_with(['/', '?', '#', '-', '.', '$', '<', '&', '%'])
        && !methods.contains(&text)
}

/// A single small word.
fn is_word(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|it| it.is_lowercase() || it == '’')
}

/// Whether somebody is told something: three words at least, and nothing filled in.
fn is_sentence(text: &str) -> bool {
    let odd = ["{", "://", "\n", "\"", "=", ";"];
    let is_whole = text.contains(' ') && text.ends_with('.') && text.starts_with(char::is_uppercase);
    let is_told =
        is_whole || text.split(' ').count() >= 3 || text.starts_with("must ") || text.starts_with("is ");
    has_letters(text)
        && is_told
        && !odd[..5].iter().any(|it| text.contains(it))
        && !text.starts_with(['/', ' ', '-', '$'])
        && !["SELECT ", "UPDATE ", "INSERT ", "DELETE "].iter().any(|it| text.contains(it))
}

fn capitalised(words: &str) -> String {
    words[..1].to_uppercase() + &words[1..]
}

/// `credential.issued` of the audit log, as pages show it: what was done, and to what.
fn act(text: &str) -> Option<[String; 3]> {
    let (noun, verb) = text.split_once('.')?;
    let is_part = |part: &str| part.len() > 2 && part.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    if !is_part(noun) || !is_part(verb) {
        return None;
    }
    let (words, noun) = (text.replace(['.', '_'], " "), noun.replace('_', " "));
    Some([capitalised(&words), capitalised(&noun), noun])
}

/// The macros in a template: each of them is read as the code that it becomes.
fn template(file: &str, text: &str, found: &mut Found) {
    for (at, _) in text.match_indices("edge::") {
        let rest = &text[at + "edge::".len()..];
        let Some(name) = ["words!(", "plural!(", "rich!("].into_iter().find(|name| rest.starts_with(name))
        else {
            continue;
        };
        // Up to the parenthesis that closes it, outside of texts.
        let (mut depth, mut in_text, mut end) = (0_usize, false, None);
        for (i, character) in rest.char_indices() {
            match character {
                '"' if !rest[..i].ends_with('\\') => in_text = !in_text,
                '(' if !in_text => depth += 1,
                ')' if !in_text => {
                    depth -= 1;
                    if depth == 0 {
                        end = Some(i);
                        break;
                    }
                }
                _ => {}
            }
        }
        let end = end.unwrap_or_else(|| panic!("{file}: {name} is not closed"));
        let code: TokenStream = rest[..=end].parse().unwrap();
        Scan { file, way: Way::Pages, found }.stream(code, "");
    }
}

fn gathered() -> Found {
    let mut found = Found::new();
    for (folder, way) in [("crates/web/src", Way::Pages), ("crates/server/src/oauth2", Way::Pages)]
        .into_iter()
        .chain(BELOW.map(|folder| (folder, Way::Below)))
    {
        // What a translator is told by the program that reads the translation is in English.
        for (file, text) in
            files(folder, "rs").into_iter().filter(|(file, _)| !file.contains("/edge/src/words/"))
        {
            let code: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
            Scan { file: &file, way, found: &mut found }.stream(code, "");
        }
    }
    for folder in ["crates/web/templates", "crates/server/templates"] {
        for (file, text) in files(folder, "html") {
            template(&file, &text, &mut found);
        }
    }
    found
}

/// As gettext writes it.
fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t")
    )
}

const HEAD: &str = r#"# Texts of Keywright's pages. Made by crates/testkit/tests/texts.rs.
# Copy it to <language>.po and translate: see docs/guide/translating.md.
msgid ""
msgstr ""
"Project-Id-Version: keywright\n"
"Language: \n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"#;

#[test]
fn the_template_of_translations_has_every_text() {
    // In the order of the first file that a text is in, pages before what is told by what is below them: what is read
    // together stands together. No number of a line is here, so that it changes with the texts only.
    let mut entries: Vec<(BTreeSet<String>, Text)> =
        gathered().into_iter().map(|(text, files)| (files, text)).collect();
    // A text that is there with a plural and without has the same key: gettext wants it once.
    let plurals: BTreeSet<String> = entries
        .iter()
        .filter(|(_, (_, plural))| plural.is_some())
        .map(|(_, (text, _))| text.clone())
        .collect();
    entries.retain(|(_, (text, plural))| plural.is_some() || !plurals.contains(text));
    let place = |files: &BTreeSet<String>| {
        let is_below = |file: &String| BELOW.iter().any(|folder| file.starts_with(folder));
        files.iter().map(|file| (is_below(file), file.clone())).min()
    };
    entries.sort_by_cached_key(|(files, text)| (place(files), text.clone()));
    let mut pot = HEAD.to_owned();
    for (files, (text, plural)) in &entries {
        pot.push('\n');
        for file in files {
            let file = file.strip_prefix("crates/").unwrap_or(file);
            writeln!(pot, "#: {file}").unwrap();
        }
        if text.contains('{') {
            pot.push_str("#, python-brace-format\n");
        }
        writeln!(pot, "msgid {}", quoted(text)).unwrap();
        match plural {
            None => pot.push_str("msgstr \"\"\n"),
            Some(plural) => {
                writeln!(pot, "msgid_plural {}\nmsgstr[0] \"\"\nmsgstr[1] \"\"", quoted(plural)).unwrap();
            }
        }
    }
    assert!(entries.len() > 1_000, "only {} texts were found", entries.len());
    keywright_testkit::golden::compare("crates/web/texts/keywright.pot", &pot);
}
