//! APIs: what is offered, under a name.

use serde::{Deserialize, Serialize};

use crate::text::parse_labels;
use crate::transition::noun;
use crate::{ApiId, Checks, Instant, Invalid, Meta, Name, Text, Transition};

/// What a caller may present to open an API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepted {
    /// An API key, where the auth strategy says.
    ApiKey,
    /// A client certificate, handed on by the gateway.
    Certificate,
    /// A client's id and secret, as HTTP Basic.
    Basic,
    /// An access token of ours, as `Authorization: Bearer`.
    Bearer,
}

impl Accepted {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ApiKey, Self::Certificate, Self::Basic, Self::Bearer];
}

/// What is offered, under a name. Its versions are what is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Api {
    /// Its identity.
    pub id: ApiId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique over all APIs.
    pub name: Name,
    /// What it offers, for people.
    pub description: Text,
    /// Words to find it by.
    pub tags: Vec<String>,
}

noun!(Api, ApiId);

/// What somebody typed about an API.
#[derive(Clone, Debug, Default)]
pub struct ApiDraft {
    /// See [`Api::name`].
    pub name: String,
    /// See [`Api::description`].
    pub description: String,
    /// See [`Api::tags`].
    pub tags: Vec<String>,
}

impl Api {
    /// A new API without versions.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(id: ApiId, draft: ApiDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now))?, "api.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> ApiDraft {
        ApiDraft {
            name: self.name.to_string(),
            description: self.description.as_str().to_owned(),
            tags: self.tags.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: ApiDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::update(self, draft.check(self.id, self.meta)?, "api.updated", now))
    }
}

impl ApiDraft {
    fn check(self, id: ApiId, meta: Meta) -> Result<Api, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        let tags = checks.take("tags", parse_labels(&self.tags));
        checks.build(|| Some(Api { id, meta, name: name?, description: description?, tags: tags? }))
    }
}
