//! Third parties that provision: gateways that are not ours, and which APIs are theirs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::transition::noun;
use crate::{ApiId, Checks, Email, Error, GatewayId, Instant, Invalid, Meta, Name, Text, Transition};

/// A third party's gateway. What is asked for its APIs is told to it, and it answers by call-back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gateway {
    /// Its identity.
    pub id: GatewayId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique over all gateways.
    pub name: Name,
    /// In one line.
    pub summary: Text,
    /// What it is, for people.
    pub description: Text,
    /// Where it stands in the life of an API, such as `production`; shown to those who ask.
    pub stage: Text,
    /// What it calls itself, if that matters to it.
    pub external_ref: Text,
    /// Where mails go that ask it for something.
    pub mail_to: Option<Email>,
    /// The APIs that it provisions, and what it calls each. An API belongs to at most one gateway.
    pub apis: BTreeMap<ApiId, Option<String>>,
}

noun!(Gateway, GatewayId);

/// What somebody typed about a gateway.
#[derive(Clone, Debug, Default)]
pub struct GatewayDraft {
    /// See [`Gateway::name`].
    pub name: String,
    /// See [`Gateway::summary`].
    pub summary: String,
    /// See [`Gateway::description`].
    pub description: String,
    /// See [`Gateway::stage`].
    pub stage: String,
    /// See [`Gateway::external_ref`].
    pub external_ref: String,
    /// See [`Gateway::mail_to`].
    pub mail_to: Option<String>,
}

impl GatewayDraft {
    fn check(self, id: GatewayId, meta: Meta) -> Result<Gateway, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let summary = checks.take("summary", Text::parse(&self.summary));
        let description = checks.take("description", Text::parse(&self.description));
        let stage = checks.take("stage", Text::parse(&self.stage));
        let external_ref = checks.take("external_ref", Text::parse(&self.external_ref));
        let mail_to = match self.mail_to {
            Some(address) => checks.take("mail_to", Email::parse(&address)).map(Some),
            None => Some(None),
        };
        checks.build(|| {
            Some(Gateway {
                id,
                meta,
                name: name?,
                summary: summary?,
                description: description?,
                stage: stage?,
                external_ref: external_ref?,
                mail_to: mail_to?,
                apis: BTreeMap::new(),
            })
        })
    }
}

impl Gateway {
    /// A new gateway without APIs.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(id: GatewayId, draft: GatewayDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now))?, "gateway.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> GatewayDraft {
        GatewayDraft {
            name: self.name.to_string(),
            summary: self.summary.as_str().to_owned(),
            description: self.description.as_str().to_owned(),
            stage: self.stage.as_str().to_owned(),
            external_ref: self.external_ref.as_str().to_owned(),
            mail_to: self.mail_to.as_ref().map(ToString::to_string),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: GatewayDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let after = Self { apis: self.apis.clone(), ..draft.check(self.id, self.meta)? };
        Ok(Transition::update(self, after, "gateway.updated", now))
    }

    /// Gives it APIs, or says what it calls them. A reference that was known stays, if no other is given.
    ///
    /// # Errors
    /// If a reference is too long.
    pub fn link(
        &self,
        apis: impl IntoIterator<Item = (ApiId, Option<String>)>,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        let mut after = self.clone();
        for (api, reference) in apis {
            if let Some(reference) = &reference {
                Text::parse(reference).map_err(|e| e.within("external_ref"))?;
                if reference.chars().count() > Name::MAX {
                    let message = format!("must have at most {} characters", Name::MAX);
                    return Err(Invalid::field("external_ref", "too_long", message).into());
                }
            }
            let known = after.apis.entry(api).or_default();
            *known = reference.or(known.take());
        }
        Ok(Transition::update(self, after, "gateway.apis_linked", now))
    }

    /// Takes APIs from it.
    pub fn unlink(&self, apis: &[ApiId], now: Instant) -> Transition<Self> {
        let mut after = self.clone();
        after.apis.retain(|api, _| !apis.contains(api));
        Transition::update(self, after, "gateway.apis_unlinked", now)
    }
}
