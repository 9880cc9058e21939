//! Pages in other languages. A language that has nothing but brackets for each text of the catalogue's template shows whether
//! the pages say anything that is in no catalogue.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use reqwest::Method;

use super::Browser;
use super::every_page::{OPEN, pages_of};
use super::guests::{is_about_ones_own, is_for_administrators, is_for_developers, is_for_providers};
use crate::support::{Answer, Desk, Engine};
use crate::world::World;
use app::Settings;
use domain::AdministratorRole;
use keywright_server::{Options, Translations};

/// What stands on pages and is in no catalogue.
const DATA: [&str; 41] = [
    // What was typed into the world of the tests.
    "Acme",
    "Shop",
    "Weather v1",
    "Weather",
    "Gold",
    "Laptop",
    "Petstore",
    "Pets",
    "Banking",
    "X Gateway",
    "Elsewhere",
    "Told",
    "Tool",
    "Stored",
    "Keys",
    "alice",
    "bob",
    "carol",
    "dan",
    "orders",
    "v1",
    "x-api-key",
    // What the program makes as data, in English, for somebody to change: the first strategy, the form for access tokens,
    // names of credentials, scopes that are built in, the default token definition.
    "API Key",
    "API key",
    "Client secret",
    "What for",
    "Application",
    "Know who you are",
    "Know your name",
    "Know your e-mail address",
    "Stay connected while you are away",
    "default",
    // Subjects of mails.
    "A request waits for your approval",
    "Somebody asks for an access token",
    "You are invited to run an API desk",
    "You are invited",
    "Confirm your e-mail address",
    "Your access token was made",
    // Names.
    "Keywright",
    "Caddy",
    "nginx",
];

/// Words of protocols and of the API: scopes, algorithms, methods, formats, and what each token opens.
const WORDS: [&str; 41] = [
    "openid",
    "profile",
    "email",
    "name",
    "key",
    "ES256",
    "PS256",
    "RS256",
    "EdDSA",
    "GET",
    "openapi",
    "administrators",
    "apis",
    "applications",
    "audit",
    "auth-strategies",
    "clients",
    "credentials",
    "developers",
    "external-tokens",
    "gateways",
    "groups",
    "identity-providers",
    "mails",
    "oauth",
    "partners",
    "plans",
    "portal",
    "requests",
    "subscriptions",
    "tokens",
    "usage",
    "webhooks",
    "audit:read",
    "*:write",
    "steps",
    "states",
    "flow",
    "kind",
    "test",
    "{id}",
];

fn template() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/texts/keywright.pot");
    fs::read_to_string(path).unwrap()
}

/// The template, with a translation made of every text. Each text is in one line there.
fn pseudo(translated: impl Fn(&str) -> String) -> String {
    let (mut po, mut one, mut many) = (String::new(), String::new(), String::new());
    for line in template().lines() {
        let quoted = |line: &str| line.split_once('"').unwrap().1.strip_suffix('"').unwrap().to_owned();
        if line.starts_with("msgid_plural ") {
            many = quoted(line);
        } else if line.starts_with("msgid ") {
            one = quoted(line);
        }
        match line.split_once(' ') {
            Some((key @ ("msgstr" | "msgstr[0]"), _)) if !one.is_empty() => {
                po.push_str(&format!("{key} \"{}\"", translated(&one)));
            }
            Some((key @ "msgstr[1]", _)) => po.push_str(&format!("{key} \"{}\"", translated(&many))),
            _ => po.push_str(line),
        }
        po.push('\n');
    }
    po
}

/// The text in brackets.
fn marked(text: &str) -> String {
    format!("⟦{text}⟧")
}

/// Nothing but the brackets and the places in it: whatever a page says then comes from elsewhere, also within a sentence.
fn emptied(text: &str) -> String {
    let (mut left, mut is_place) = (String::new(), false);
    for character in text.chars() {
        is_place |= "{<".contains(character);
        if is_place || character == ' ' {
            left.push(character);
        }
        is_place &= !"}>".contains(character);
    }
    marked(&left)
}

async fn desk_in(translations: &[(&str, &str)]) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    for (language, po) in translations {
        fs::write(folder.path().join(format!("{language}.po")), po).unwrap();
    }
    let options = Options {
        token_requests_per_minute: 1_000_000,
        stranger_requests_per_minute: 1_000_000,
        translations: Translations::read(folder.path()).unwrap(),
        ..Options::default()
    };
    Desk::start_with(Engine::Sqlite, Settings::default(), options).await
}

async fn open(browser: &Browser, path: &str, languages: &str) -> Answer {
    let headers = [("accept", "text/html"), ("accept-language", languages)];
    browser.ask(Method::GET, path, &headers, None).await
}

/// What a page says: its texts, and what its attributes say to those who do not see it.
fn said(html: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut rest = html;
    let mut hidden = None;
    while let Some((text, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        if hidden.is_none() {
            said.push(text.to_owned());
        }
        for name in ["aria-label", "data-label", "title", "placeholder"] {
            said.extend(super::attribute(&format!("<{tag}>"), name).map(str::to_owned));
        }
        let name = tag.split([' ', '\n']).next().unwrap();
        // What programs read, and what somebody has typed.
        if ["code", "pre", "script", "textarea", "style"].contains(&name) && hidden.is_none() {
            hidden = Some(format!("/{name}"));
        } else if hidden.as_deref() == Some(name) {
            hidden = None;
        }
        rest = after;
    }
    said
}

/// Whether a text is in no catalogue with good reason: somebody has typed it, or it is for programs.
fn is_data(text: &str) -> bool {
    let known =
        DATA.iter().fold(text.to_owned(), |text, data| text.replace(data, " ")).replace("&#34;", "\"");
    let is_for_programs = |word: &str| {
        let is_id = word.len() == 36 && word.split('-').count() == 5;
        let is_event =
            word.contains('.') && word.chars().all(|it| it.is_ascii_lowercase() || "._".contains(it));
        let has_letters = word.chars().any(char::is_alphabetic);
        !has_letters || is_id || is_event || WORDS.contains(&word) || word.contains(['/', '@', '_', '…', '"'])
    };
    known
        .split([' ', '\n', ',', ';', '(', ')', '“', '”', '?', '⟦', '⟧', '·', '→'])
        .all(|word| is_for_programs(word.trim_matches(['.', ':', '"'])))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_translated_as_a_whole() {
    let desk = desk_in(&[("xx", &pseudo(emptied))]).await;
    let world = World::new(&desk).await;
    let mut left: BTreeMap<String, String> = BTreeMap::new();
    let mut look = |path: &str, page: Answer| {
        let page = page.expect(200);
        assert!(page.text.starts_with("<!doctype html>\n<html lang=\"xx\">"), "{path}");
        assert_eq!(page.header("content-language"), "xx", "{path}");
        for text in said(&page.text) {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if !is_data(&text) {
                left.entry(text).or_insert_with(|| path.to_owned());
            }
        }
    };
    let stranger = Browser::new(&desk);
    for path in OPEN {
        look(path, open(&stranger, path, "xx").await);
    }
    let alice = Browser::of(&desk, &world.alice);
    for path in pages_of(&world, |path| !is_for_administrators(path)) {
        look(&path, open(&alice, &path, "xx").await);
    }
    let root = Browser::of_administrator(&desk).await;
    let everybodys =
        |path: &str| !is_for_developers(path) && !is_for_providers(path) && !is_about_ones_own(path);
    for path in pages_of(&world, everybodys) {
        look(&path, open(&root, &path, "xx").await);
    }
    let gateway_id = world.id("gateways").parse().unwrap();
    let provider = AdministratorRole::Provider { gateway_id };
    let gateway = Browser::of(&desk, &desk.administrator_as("gateway", provider).await);
    for path in pages_of(&world, |path| is_for_providers(path) && !path.contains('{')) {
        look(&path, open(&gateway, &path, "xx").await);
    }
    let left: Vec<String> = left.into_iter().map(|(text, path)| format!("{text}   ({path})")).collect();
    assert!(left.is_empty(), "{} texts are in no catalogue:\n{}", left.len(), left.join("\n"));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_same_language() {
    let desk = desk_in(&[("xx", &pseudo(marked))]).await;
    let browser = Browser::new(&desk);
    let headers = [("accept", "text/html"), ("accept-language", "xx"), ("sec-fetch-site", "same-origin")];
    let nothing = open(&browser, "/nothing", "xx").await.expect(404);
    assert!(nothing.text.contains("<h1>⟦There is nothing here⟧</h1>"), "{}", nothing.text);
    assert!(nothing.text.contains("⟦there is nothing at this path⟧."), "{}", nothing.text);
    let fields = [("email", "nobody"), ("name", "")];
    let wrong = browser.ask(Method::POST, "/sign-up", &headers, Some(&fields)).await.expect(400);
    assert!(wrong.text.contains("<title>⟦Error: ⟧⟦Register⟧"), "{}", wrong.text);
    assert!(wrong.text.contains("⟦⟦E-mail address⟧ ⟦"), "{}", wrong.text);
}

#[tokio::test]
async fn readers_get_the_language_that_fits_best() {
    let po = "msgid \"Register\"\nmsgstr \"Registrieren\"\n\n\
        msgid \"Sign in\"\nmsgstr \"<script>alert(1)</script>\"\n\n\
        msgid \"You have an account? <1>Sign in</1> or <2>choose a new password</2>.\"\n\
        msgstr \"<2>Neues Passwort</2> <3>x</3> <script>alert(2)</script> <1>Anmelden\"\n\n\
        msgid \"{label} {wrong}.\"\nmsgstr \"{lable} falsch.\"\n";
    let desk = desk_in(&[("de", po)]).await;
    let browser = Browser::new(&desk);
    for (languages, expected, heading) in [
        ("de", "de", "Registrieren"),
        ("de-AT, en;q=0.5", "de", "Registrieren"),
        ("en, de;q=0.5", "en", "Register"),
        ("fr", "en", "Register"),
        ("de;q=0", "en", "Register"),
        ("", "en", "Register"),
    ] {
        let page = open(&browser, "/sign-up", languages).await.expect(200);
        assert_eq!(page.header("content-language"), expected, "{languages}");
        assert_eq!(page.header("vary"), "accept-language", "{languages}");
        assert!(page.text.contains(&format!("<html lang=\"{expected}\">")), "{languages}");
        assert!(page.text.contains(&format!("<h1>{heading}</h1>")), "{languages}: {}", page.text);
    }
    // A translation is text, whatever is in it, and a slip in it is no reason to show nothing.
    let page = open(&browser, "/", "de").await.expect(200);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    assert!(page.text.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{}", page.text);
    let page = open(&browser, "/sign-up", "de").await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    let sentence = "<a href=\"/forgot-password\">Neues Passwort</a> &#60;3&#62;x&#60;/3&#62; &#60;script&#62;alert(2)&#60;/script&#62; <a href=\"/sign-in\">Anmelden</a>";
    assert!(page.text.contains(sentence), "{}", page.text);
    let headers = [("accept", "text/html"), ("accept-language", "de"), ("sec-fetch-site", "same-origin")];
    let wrong =
        browser.ask(Method::POST, "/sign-up", &headers, Some(&[("email", "nobody")])).await.expect(400);
    assert!(wrong.text.contains("{lable} falsch."), "{}", wrong.text);
    // Programs are answered as ever.
    let problem = browser.ask(Method::GET, "/nothing", &[("accept-language", "de")], None).await;
    assert!(!problem.headers.contains_key("content-language") && !problem.headers.contains_key("vary"));
    problem.problem(404, "not_found");
}

#[tokio::test]
async fn without_translations_nothing_is_said_of_languages() {
    let desk = desk_in(&[]).await;
    let page = open(&Browser::new(&desk), "/sign-up", "de").await.page(200, "Register");
    assert!(!page.headers.contains_key("content-language") && !page.headers.contains_key("vary"));
}
