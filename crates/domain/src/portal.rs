//! The portal: what this installation shows of itself to those who use its APIs.

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{Checks, Color, Instant, Invalid, Meta, Name, PortalId, Text, Transition};

/// What this installation shows of itself to those who use its APIs. There is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Portal {
    /// Its identity.
    pub id: PortalId,
    /// Version and times. Version 0: it is as installed, and nobody has saved it.
    #[serde(flatten)]
    pub meta: Meta,
    /// What it is called.
    pub name: Name,
    /// Whether everybody may look at the catalogue, signed in or not.
    pub is_public: bool,
    /// Whether subscriptions work at once, whatever their API version or plan says.
    pub approves_subscriptions: bool,
    /// The line on top of the catalogue.
    pub headline: Text,
    /// What stands below it.
    pub welcome: Text,
    /// Origins of pages elsewhere that may call for whoever is signed in, such as `https://portal.example.com`.
    pub allowed_origins: Vec<String>,
    /// The colour of links and buttons; none: Keywright's own.
    pub accent: Option<Color>,
    /// What stands at the foot of every page, such as terms of use and the imprint.
    pub links: Vec<PortalLink>,
}

/// A link at the foot of every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalLink {
    /// Its words.
    pub label: String,
    /// Where it leads: an address of http or https.
    pub url: String,
}

noun!(Portal, PortalId);

/// What somebody typed about the portal.
#[derive(Clone, Debug)]
pub struct PortalDraft {
    /// See [`Portal::name`].
    pub name: String,
    /// See [`Portal::is_public`].
    pub is_public: bool,
    /// See [`Portal::approves_subscriptions`].
    pub approves_subscriptions: bool,
    /// See [`Portal::headline`].
    pub headline: String,
    /// See [`Portal::welcome`].
    pub welcome: String,
    /// See [`Portal::allowed_origins`].
    pub allowed_origins: Vec<String>,
    /// See [`Portal::accent`]; empty: none.
    pub accent: String,
    /// See [`Portal::links`].
    pub links: Vec<PortalLink>,
}

impl Portal {
    /// The portal as installed: private, and nobody from elsewhere is let in.
    ///
    /// # Errors
    /// Never: what it is made of is right.
    pub fn installed(id: PortalId) -> Result<Self, Invalid> {
        let meta = Meta { version: 0, ..Meta::new(Instant::from_micros(0)) };
        let draft = PortalDraft {
            name: "Keywright".to_owned(),
            is_public: false,
            approves_subscriptions: false,
            headline: "APIs".to_owned(),
            welcome: String::new(),
            allowed_origins: Vec::new(),
            accent: String::new(),
            links: Vec::new(),
        };
        draft.check(id, meta)
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> PortalDraft {
        PortalDraft {
            name: self.name.to_string(),
            is_public: self.is_public,
            approves_subscriptions: self.approves_subscriptions,
            headline: self.headline.as_str().to_owned(),
            welcome: self.welcome.as_str().to_owned(),
            allowed_origins: self.allowed_origins.clone(),
            accent: self.accent.map(|color| color.to_string()).unwrap_or_default(),
            links: self.links.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: PortalDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let action = "portal.updated";
        if self.meta.version == 0 {
            return Ok(Transition::create(draft.check(self.id, Meta::new(now))?, action));
        }
        Ok(Transition::update(self, draft.check(self.id, self.meta)?, action, now))
    }
}

impl PortalDraft {
    fn check(self, id: PortalId, meta: Meta) -> Result<Portal, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let headline = checks.take("headline", Text::parse(&self.headline));
        let welcome = checks.take("welcome", Text::parse(&self.welcome));
        let origins = checks.take("allowed_origins", parse_origins(&self.allowed_origins));
        let accent = match self.accent.as_str() {
            "" => Some(None),
            text => checks.take("accent", Color::parse(text)).map(Some),
        };
        let links = checks.take("links", parse_links(self.links));
        checks.build(|| {
            Some(Portal {
                id,
                meta,
                name: name?,
                is_public: self.is_public,
                approves_subscriptions: self.approves_subscriptions,
                headline: headline?,
                welcome: welcome?,
                allowed_origins: origins?,
                accent: accent?,
                links: links?,
            })
        })
    }
}

/// A footer has room for so many.
const MOST_LINKS: usize = 8;

fn parse_links(links: Vec<PortalLink>) -> Result<Vec<PortalLink>, Invalid> {
    if links.len() > MOST_LINKS {
        return Err(Invalid::field("", "too_many", format!("must have at most {MOST_LINKS} entries")));
    }
    for (i, link) in links.iter().enumerate() {
        let name = Name::parse(&link.label).map_err(|wrong| wrong.within(&format!("[{i}].label")))?;
        let leads = ["https://", "http://"].iter().any(|scheme| link.url.starts_with(scheme));
        let is_plain = link.url.len() <= 2_000 && link.url.bytes().all(|byte| byte.is_ascii_graphic());
        if !(leads && is_plain) || name.as_str().chars().count() > 60 {
            let message =
                "must be an address such as https://example.com/terms, with words of at most 60 characters";
            return Err(Invalid::field(format!("[{i}].url"), "invalid", message));
        }
    }
    Ok(links)
}

fn parse_origins(texts: &[String]) -> Result<Vec<String>, Invalid> {
    if texts.len() > 50 {
        return Err(Invalid::field("", "too_many", "must have at most 50 entries"));
    }
    let mut origins = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        if !is_origin(text) {
            let message = "must be an origin as browsers write it, such as https://portal.example.com";
            return Err(Invalid::field(format!("[{i}]"), "invalid", message));
        }
        if !origins.contains(text) {
            origins.push(text.clone());
        }
    }
    Ok(origins)
}

/// Scheme, host and perhaps a port, in the one form that browsers send (RFC 6454 §6.2), so that it can be compared byte
/// by byte. No wildcard, and not `null`.
fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let usual = if scheme == "https" { "443" } else { "80" };
    let port_fits = !rest.contains(':')
        || (port.parse::<u16>().is_ok_and(|n| n > 0) && !port.starts_with('0') && port != usual);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    matches!(scheme, "http" | "https") && port_fits && host.len() <= 253 && host.split('.').all(label)
}

/// A picture of the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalPicture {
    /// The sign in the corner.
    Logo,
    /// The banner over the catalogue.
    Cover,
}

impl PortalPicture {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logo => "logo",
            Self::Cover => "cover",
        }
    }
}

/// How a picture is written down. Only what browsers show and never run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

/// The largest picture, in bytes.
pub const MAX_PICTURE: usize = 200 * 1024;

impl PictureFormat {
    /// Its media type (RFC 2046 §4.2, W3C PNG).
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// The format that the first bytes of a picture prove.
    ///
    /// # Errors
    /// If it is too large, or neither PNG nor JPEG.
    pub fn of(bytes: &[u8]) -> Result<Self, Invalid> {
        if bytes.len() > MAX_PICTURE {
            return Err(Invalid::field("picture", "too_long", "must have at most 200 KiB"));
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Ok(Self::Png);
        }
        if bytes.starts_with(b"\xff\xd8\xff") {
            return Ok(Self::Jpeg);
        }
        Err(Invalid::field("picture", "invalid", "must be a PNG or a JPEG"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for right in ["https://portal.example.com", "http://localhost:3000", "https://a-b.example.com:8443"] {
            assert!(is_origin(right), "{right}");
        }
        for wrong in [
            "*",
            "null",
            "",
            "https://",
            "https://*.example.com",
            "https://example.com/",
            "https://Example.com",
            "https://example.com:443",
            "http://example.com:80",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:08443",
            "https://user@example.com",
            "https://example.com?x",
            "ftp://example.com",
            "example.com",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }

    #[test]
    fn only_pictures_are_pictures() {
        assert_eq!(PictureFormat::of(b"\x89PNG\r\n\x1a\n..."), Ok(PictureFormat::Png));
        assert_eq!(PictureFormat::of(b"\xff\xd8\xff\xe0..."), Ok(PictureFormat::Jpeg));
        for wrong in [&b"<svg onload=alert(1)>"[..], b"", b"GIF89a", b"\x89PNG"] {
            assert!(PictureFormat::of(wrong).is_err());
        }
        assert!(PictureFormat::of(&[b"\x89PNG\r\n\x1a\n", &vec![0; MAX_PICTURE][..]].concat()).is_err());
    }
}
