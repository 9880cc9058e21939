//! What a gateway says about the call that it holds back.

use axum::http::HeaderMap;
use verify::{RawOriginal, Reason};

use super::Adapter;

/// One set of headers that describe a call.
#[derive(Default)]
struct Description<'a> {
    target: Option<&'a [u8]>,
    method: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    /// Whether one of them was there twice: which one counts is not ours to guess.
    repeated: bool,
}

impl<'a> Description<'a> {
    fn is_given(&self) -> bool {
        self.target.is_some() || self.method.is_some()
    }

    /// What is missing stays empty, which nothing accepts.
    fn into_raw(self) -> Result<RawOriginal<'a>, Reason> {
        if self.repeated {
            return Err(Reason::HeadersAmbiguous);
        }
        Ok(RawOriginal {
            host: self.host.unwrap_or_default(),
            method: self.method.unwrap_or_default(),
            target: self.target.unwrap_or_default(),
        })
    }
}

/// Reads what the gateway says, from the one set of headers that is believed.
///
/// # Errors
/// [`Reason::HeadersAmbiguous`] if there is more than one thing to believe.
pub(super) fn read(headers: &HeaderMap, adapter: Adapter) -> Result<RawOriginal<'_>, Reason> {
    let mut nginx = Description::default();
    let mut forwarded = Description::default();
    let mut has_url = false;
    for (name, value) in headers {
        let (description, part) = match name.as_str() {
            "x-original-uri" => (&mut nginx, Part::Target),
            "x-original-method" => (&mut nginx, Part::Method),
            "x-original-host" => (&mut nginx, Part::Host),
            "x-forwarded-uri" => (&mut forwarded, Part::Target),
            "x-forwarded-method" => (&mut forwarded, Part::Method),
            "x-forwarded-host" => (&mut forwarded, Part::Host),
            "x-original-url" | "x-rewrite-url" => {
                has_url = true;
                continue;
            }
            other if is_alias(other) => return Err(Reason::HeadersAmbiguous),
            _ => continue,
        };
        description.take(part, value.as_bytes());
    }
    let chosen = match adapter {
        Adapter::Nginx => nginx,
        Adapter::Forwarded => forwarded,
        // Some upstreams believe these rather than the path that we see.
        Adapter::Auto if has_url => return Err(Reason::HeadersAmbiguous),
        Adapter::Auto => match (nginx.is_given(), forwarded.is_given()) {
            (true, true) => return Err(Reason::HeadersAmbiguous),
            (true, false) => nginx,
            (false, _) => forwarded,
        },
    };
    chosen.into_raw()
}

#[derive(Clone, Copy)]
enum Part {
    Target,
    Method,
    Host,
}

impl<'a> Description<'a> {
    fn take(&mut self, part: Part, value: &'a [u8]) {
        let place = match part {
            Part::Target => &mut self.target,
            Part::Method => &mut self.method,
            Part::Host => &mut self.host,
        };
        self.repeated |= place.replace(value).is_some();
    }
}

/// Families of headers that gateways speak to us and to upstreams in.
const FAMILIES: [&str; 4] = ["x-forwarded-", "x-keywright-", "x-original-", "x-rewrite-"];

/// Whether a name is one of these, spelt so that CGI, WSGI and their kin cannot tell them apart: `X_Forwarded_Uri`. Only
/// a caller sends such a thing, in the hope that somebody takes it for the gateway's word.
fn is_alias(name: &str) -> bool {
    let is_odd = |byte: u8| byte == b'_' || byte == b'.';
    name.bytes().any(is_odd)
        && FAMILIES.iter().any(|family| {
            let plain = name.bytes().map(|byte| if is_odd(byte) { b'-' } else { byte });
            name.len() >= family.len() && plain.take(family.len()).eq(family.bytes())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Adapter; 3] = [Adapter::Auto, Adapter::Nginx, Adapter::Forwarded];
    const NGINX: [(&str, &str); 3] =
        [("x-original-uri", "/n"), ("x-original-method", "GET"), ("x-original-host", "n.test")];
    const FORWARDED: [(&str, &str); 3] =
        [("x-forwarded-uri", "/f"), ("x-forwarded-method", "POST"), ("x-forwarded-host", "f.test")];

    fn target(adapter: Adapter, sets: &[&[(&'static str, &'static str)]]) -> Result<String, Reason> {
        let mut headers = HeaderMap::new();
        for (name, value) in sets.iter().copied().flatten() {
            headers.append(*name, value.parse().unwrap());
        }
        read(&headers, adapter).map(|raw| String::from_utf8_lossy(raw.target).into_owned())
    }

    #[test]
    fn each_adapter_reads_its_own_set() {
        let both: &[&[_]] = &[&NGINX, &FORWARDED];
        assert_eq!(target(Adapter::Nginx, both), Ok("/n".to_owned()));
        assert_eq!(target(Adapter::Forwarded, both), Ok("/f".to_owned()));
        assert_eq!(target(Adapter::Auto, both), Err(Reason::HeadersAmbiguous));
        assert_eq!(target(Adapter::Auto, &[&NGINX]), Ok("/n".to_owned()));
        assert_eq!(target(Adapter::Auto, &[&FORWARDED]), Ok("/f".to_owned()));
        assert_eq!(target(Adapter::Nginx, &[&FORWARDED]), Ok(String::new()));
        assert_eq!(target(Adapter::Forwarded, &[&NGINX]), Ok(String::new()));
    }

    #[test]
    fn a_205_one_header_of_the_other_set_is_enough() {
        for name in ["x-forwarded-uri", "x-forwarded-method", "x-original-url", "x-rewrite-url"] {
            assert_eq!(
                target(Adapter::Auto, &[&NGINX, &[(name, "/x")]]),
                Err(Reason::HeadersAmbiguous),
                "{name}"
            );
        }
        // Proxies in front set this one for their own reasons.
        assert_eq!(target(Adapter::Auto, &[&NGINX, &[("x-forwarded-host", "x")]]), Ok("/n".to_owned()));
    }

    #[test]
    fn a_205_repeated_headers_are_refused() {
        for (name, value) in NGINX {
            for adapter in [Adapter::Auto, Adapter::Nginx] {
                assert_eq!(
                    target(adapter, &[&NGINX, &[(name, value)]]),
                    Err(Reason::HeadersAmbiguous),
                    "{name}"
                );
            }
        }
        for (name, value) in FORWARDED {
            for adapter in [Adapter::Auto, Adapter::Forwarded] {
                assert_eq!(
                    target(adapter, &[&FORWARDED, &[(name, value)]]),
                    Err(Reason::HeadersAmbiguous),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_205_aliases_are_refused() {
        for name in [
            "x_forwarded_uri",
            "x-forwarded_uri",
            "x.forwarded.uri",
            "x_forwarded-for",
            "x_original_uri",
            "x.original-method",
            "x_keywright_application_id",
            "x-keywright_plan",
            "x.keywright.plan",
            "x_rewrite_url",
        ] {
            for adapter in ALL {
                assert_eq!(
                    target(adapter, &[&NGINX, &[(name, "/x")]]),
                    Err(Reason::HeadersAmbiguous),
                    "{name}"
                );
            }
        }
        for name in ["x_api_key", "x_forward", "my_x_forwarded_uri", "a.b"] {
            assert_eq!(target(Adapter::Auto, &[&NGINX, &[(name, "/x")]]), Ok("/n".to_owned()), "{name}");
        }
    }
}
