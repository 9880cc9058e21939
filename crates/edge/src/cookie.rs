//! The cookies that a browser is known by. `__Host-` makes browsers refuse them from anywhere but ourselves over HTTPS
//! (RFC 6265bis §4.1.3.2); where people come by plain HTTP there is no such promise, and another name.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// Whose value is the secret of a session.
pub const SESSION: Cookie = Cookie { secure: "__Host-kw_s", plain: "kw_s" };
/// Of somebody who is about to sign in: ties the form to the browser that asked for it.
pub const VISIT: Cookie = Cookie { secure: "__Host-kw_v", plain: "kw_v" };
/// Of somebody who is signing in elsewhere: only the browser that went there comes back.
pub const ABROAD: Cookie = Cookie { secure: "__Host-kw_a", plain: "kw_a" };

/// The secret of the invitation that somebody came with who has no account yet.
pub const INVITED: Cookie = Cookie { secure: "__Host-kw_i", plain: "kw_i" };

/// A cookie, under the name that fits how people come.
pub struct Cookie {
    secure: &'static str,
    plain: &'static str,
}

impl Cookie {
    fn name(&self, public_url: &str) -> &'static str {
        if public_url.starts_with("https://") { self.secure } else { self.plain }
    }

    /// Its value. Sent more than once, it is worth nothing: nobody knows which one is meant.
    pub fn read<'a>(&self, headers: &'a HeaderMap, public_url: &str) -> Option<&'a str> {
        let name = self.name(public_url);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(given, _)| *given == name)
            .map(|(_, value)| value);
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Sets it, until the browser is closed. `value` is made of letters, digits and underscores.
    pub fn set(&self, value: &str, public_url: &str) -> HeaderValue {
        self.line(value, "", public_url)
    }

    /// Sets it for a while, over closing the browser.
    pub fn set_for(&self, value: &str, lifetime: Duration, public_url: &str) -> HeaderValue {
        self.line(value, &format!("; Max-Age={}", lifetime.as_secs()), public_url)
    }

    /// Takes it away.
    pub fn clear(&self, public_url: &str) -> HeaderValue {
        self.line("", "; Max-Age=0", public_url)
    }

    fn line(&self, value: &str, age: &str, public_url: &str) -> HeaderValue {
        let name = self.name(public_url);
        let secure = if name == self.secure { "; Secure" } else { "" };
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        HeaderValue::try_from(line).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str], public_url: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        SESSION.read(&headers, public_url).map(str::to_owned)
    }

    #[test]
    fn a_101_only_one_cookie_of_the_right_name_counts() {
        const HTTPS: &str = "https://desk.example.com";
        assert_eq!(read(&["a=b; __Host-kw_s=x; c=d"], HTTPS).as_deref(), Some("x"));
        assert_eq!(read(&["kw_s=x"], HTTPS), None);
        assert_eq!(read(&["__Host-kw_s=x"], "http://127.0.0.1:8080"), None);
        assert_eq!(read(&["kw_s=x"], "http://127.0.0.1:8080").as_deref(), Some("x"));
        assert_eq!(read(&["__Host-kw_s=x; __Host-kw_s=y"], HTTPS), None);
        assert_eq!(read(&["__Host-kw_s=x", "__Host-kw_s=x"], HTTPS), None);
        assert_eq!(read(&["__Host-kw_s", ";;=;"], HTTPS), None);
    }

    #[test]
    fn the_flags_are_right() {
        let set = |url| SESSION.set("x", url).to_str().unwrap().to_owned();
        assert_eq!(set("https://a.test"), "__Host-kw_s=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(set("http://127.0.0.1:8080"), "kw_s=x; Path=/; HttpOnly; SameSite=Lax");
        assert!(SESSION.clear("https://a.test").to_str().unwrap().ends_with("; Secure; Max-Age=0"));
    }
}
