//! The pages, as a browser without JavaScript sees them.

pub mod abroad;
mod account;
mod administrator_invitation;
mod administrators;
mod api_clients;
mod apis;
mod auth_bridges;
mod certificates;
mod clients;
mod cross_site;
pub mod every_page;
mod examples;
mod forgot_password;
pub mod guests;
mod identity_providers;
mod invitation;
mod oauth_settings;
mod overview;
mod passkey_sign_in;
mod passkeys;
mod refused_calls;
mod requests;
mod reset_password;
mod second_factor;
mod settings;
mod setup;
mod sign_in;
mod sign_in_with;
mod sign_in_with_attacks;
mod sign_up;
mod translated;
mod try_it;
mod usage;
mod verify_email;
mod webhooks;

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::redirect::Policy;

use crate::support::{Answer, Desk, User};

/// A browser: it says what browsers say, and shows redirects instead of following them.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    url: String,
    /// Names and values, as they were set.
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(desk: &Desk) -> Self {
        let timeout = std::time::Duration::from_secs(30);
        let http = crate::support::http().redirect(Policy::none()).timeout(timeout);
        Self { http: http.build().unwrap(), url: desk.url.clone(), cookies: BTreeMap::new() }
    }

    /// The browser of somebody who has signed in.
    pub fn of(desk: &Desk, user: &User) -> Self {
        let mut browser = Self::new(desk);
        browser.cookies.insert("kw_s".to_owned(), user.bearer.clone().unwrap());
        browser
    }

    /// The browser of an administrator.
    pub async fn of_administrator(desk: &Desk) -> Self {
        Self::of(desk, &desk.administrator().await)
    }

    /// Opens a page.
    pub async fn open(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[("accept", "text/html,*/*;q=0.8")], None).await
    }

    /// Sends a form, as our own page does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-site", "same-origin")];
        self.ask(Method::POST, path, &headers, Some(fields)).await
    }

    /// Opens a page, fills in the form that is sent to a path, and sends it with all that is hidden in it.
    pub async fn fill(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.open(page).await.expect(200);
        let hidden = hidden(&page.text, action);
        let all: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(fields.iter().copied())
            .collect();
        self.submit(action, &all).await
    }

    /// A token for forms, from a page that everybody has who is signed in.
    pub async fn csrf(&self) -> String {
        let page = self.open("/account").await.expect(200);
        let hidden = hidden(&page.text, "/sign-out");
        hidden.into_iter().find(|(name, _)| name == "csrf").unwrap().1
    }

    /// Takes over the cookies that an answer sets.
    pub fn keep_cookies(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Sends anything.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        fields: Option<&[(&str, &str)]>,
    ) -> Answer {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(fields) = fields {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        answered(request).await
    }

    /// Sends a form with a file, as browsers do (RFC 7578).
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let disposition = format!("form-data; name=\"{}\"; filename=\"x.png\"", file.0);
        body.extend_from_slice(format!("--b\r\nContent-Disposition: {disposition}\r\n\r\n").as_bytes());
        body.extend_from_slice(file.1);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = self.request(Method::POST, path).header("accept", "text/html,*/*;q=0.8");
        let request = request.header("sec-fetch-site", "same-origin");
        answered(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        request
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

impl Answer {
    /// A page with this status and heading.
    #[track_caller]
    pub fn page(self, status: u16, heading: &str) -> Self {
        let page = self.expect(status);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.text.contains(&format!("<h1>{heading}</h1>")), "{}", page.text);
        page
    }

    /// A form that came back with something wrong in exactly this field, which says so beside it.
    #[track_caller]
    pub fn complains_about(self, field: &str, text: &str) -> Self {
        let page = self.expect(400);
        let marked: Vec<&str> =
            tags(&page.text, "input").into_iter().filter(|tag| tag.contains("aria-invalid")).collect();
        assert_eq!(marked.len(), 1, "{}", page.text);
        assert!(marked[0].contains(&format!("name=\"{field}\"")), "{}", marked[0]);
        assert!(marked[0].contains(&format!("aria-describedby=\"{field}-error")), "{}", marked[0]);
        assert!(marked[0].contains(" autofocus"), "{}", marked[0]);
        let error = page.text.split(&format!("id=\"{field}-error\">")).nth(1).unwrap_or_default();
        assert!(error.split("</p>").next().unwrap().contains(text), "{}", page.text);
        assert!(page.text.contains("<title>Error: "), "{}", page.text);
        page
    }

    /// A redirect, as after every form that did something.
    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!((self.status.as_u16(), self.header("location")), (303, path), "{}", self.text);
        assert_eq!(self.text, "");
    }
}

/// The secret that a page shows this once.
#[track_caller]
pub fn secret(page: &Answer) -> String {
    let rest = page.text.split("id=\"secret\" tabindex=\"0\">").nth(1);
    let rest = rest.unwrap_or_else(|| panic!("no secret: {}", page.text));
    unescape(rest.split('<').next().unwrap())
}

/// What is said to be wrong with a field.
#[track_caller]
pub fn error_of(page: &Answer, field: &str) -> String {
    let rest = page.text.split(&format!("id=\"{field}-error\">")).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("nothing is wrong with {field}: {}", page.text));
    unescape(rest.split("</p>").next().unwrap())
}

/// Takes the references out of an attribute.
pub fn unescape(text: &str) -> String {
    let plain = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    plain.replace("&#38;", "&")
}

/// The hidden fields of the form that is sent to a path.
pub fn hidden(html: &str, action: &str) -> Vec<(String, String)> {
    let form = html
        .split("<form ")
        .find(|form| form.split('>').next().unwrap().contains(&format!("action=\"{action}\"")));
    let form =
        form.unwrap_or_else(|| panic!("no form for {action}: {html}")).split("</form>").next().unwrap();
    let inputs = tags(form, "input").into_iter().filter(|tag| attribute(tag, "type") == Some("hidden"));
    inputs
        .map(|tag| (attribute(tag, "name").unwrap().to_owned(), unescape(attribute(tag, "value").unwrap())))
        .collect()
}

/// All tags of a kind, with their attributes.
pub fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("<{name} ");
    html.split(start.as_str()).skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
}

/// The value of an attribute.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()
}
