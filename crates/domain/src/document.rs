//! Documents: what is written about an API beside its specification.

use serde::Serialize;

use crate::transition::noun;
use crate::{ApiId, Checks, DocumentId, Instant, Invalid, Meta, Name, Transition};

/// A page about an API, in Markdown. Pages form trees: a page may stand below another one of the same API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Its identity.
    pub id: DocumentId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Which API it is about.
    pub api_id: ApiId,
    /// The page that it stands below.
    pub parent_id: Option<DocumentId>,
    /// Its name in addresses, unique within the API.
    pub slug: String,
    /// Its name for people.
    pub title: Name,
    /// Pages with the same parent are ordered by this, then by age.
    pub position: i64,
    /// The text, in Markdown (CommonMark, with tables, task lists and strikethrough).
    #[serde(skip)]
    pub body: String,
}

noun!(Document, DocumentId);

/// What somebody typed about a document.
#[derive(Clone, Debug, Default)]
pub struct DocumentDraft {
    /// See [`Document::parent_id`].
    pub parent_id: Option<DocumentId>,
    /// See [`Document::slug`].
    pub slug: String,
    /// See [`Document::title`].
    pub title: String,
    /// See [`Document::position`].
    pub position: i64,
    /// See [`Document::body`].
    pub body: String,
}

/// The largest text of a document, in bytes.
pub const MAX_DOCUMENT: usize = 200 * 1024;
/// How many pages an API may have.
pub const MAX_DOCUMENTS: usize = 500;

impl Document {
    /// A new page.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: DocumentId,
        api_id: ApiId,
        draft: DocumentDraft,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, api_id, Meta::new(now))?, "document.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> DocumentDraft {
        DocumentDraft {
            parent_id: self.parent_id,
            slug: self.slug.clone(),
            title: self.title.to_string(),
            position: self.position,
            body: self.body.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: DocumentDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::update(self, draft.check(self.id, self.api_id, self.meta)?, "document.updated", now))
    }
}

impl DocumentDraft {
    fn check(self, id: DocumentId, api_id: ApiId, meta: Meta) -> Result<Document, Invalid> {
        let mut checks = Checks::new();
        let slug = checks.take("slug", parse_slug(&self.slug));
        let title = checks.take("title", Name::parse(&self.title));
        let fits = (0..=1_000_000).contains(&self.position);
        checks.require(fits, "position", "out_of_range", "must be 0 to 1000000");
        checks.require(self.body.len() <= MAX_DOCUMENT, "body", "too_long", "must have at most 200 KiB");
        let printable = !self.body.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        checks.require(printable, "body", "invalid", "must not hold control characters");
        let body = self.body.replace("\r\n", "\n");
        checks.build(|| {
            Some(Document {
                id,
                meta,
                api_id,
                parent_id: self.parent_id,
                slug: slug?,
                title: title?,
                position: self.position,
                body,
            })
        })
    }
}

/// Small letters, digits and single hyphens between them. Not what could be taken for an id.
fn parse_slug(text: &str) -> Result<String, Invalid> {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if text.is_empty() || text.len() > 100 || !text.split('-').all(word) {
        let message = "must have 1 to 100 small letters, digits and underscores, with single hyphens between";
        return Err(Invalid::field("", "invalid", message));
    }
    if crate::parse_uuid(text).is_some() {
        return Err(Invalid::field("", "invalid", "must not look like an id"));
    }
    Ok(text.to_owned())
}
