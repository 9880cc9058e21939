//! The pages, as a browser without JavaScript sees them.

mod cross_site;
mod every_page;
mod forgot_password;
mod reset_password;
mod setup;
mod sign_up;
mod verify_email;

use reqwest::Method;
use reqwest::redirect::Policy;

use crate::support::{Answer, Desk};

/// A browser: it says what browsers say, and shows redirects instead of following them.
pub struct Browser {
    http: reqwest::Client,
    url: String,
}

impl Browser {
    pub fn new(desk: &Desk) -> Self {
        let timeout = std::time::Duration::from_secs(30);
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(timeout);
        Self { http: http.build().unwrap(), url: desk.url.clone() }
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

    /// Sends anything.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        fields: Option<&[(&str, &str)]>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(fields) = fields {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }
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

/// All tags of a kind, with their attributes.
pub fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("<{name} ");
    html.split(start.as_str()).skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
}

/// The value of an attribute.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()
}
