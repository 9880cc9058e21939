//! The catalogue: the APIs that somebody may see, each with its versions. It is small and changes seldom, so it is
//! looked at as a whole.

use std::collections::{HashMap, HashSet};

use domain::{Access, Api, ApiId, ApiVersion, ApiVersionId, AuthStrategy, Partner, Plan, Resource};

use crate::{App, Caller, Error, Identity, PartnerFilter, Result, every};

/// An API that is on offer.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The API.
    pub api: Api,
    /// Those of its versions that the one who asks may see, from the newest to the oldest.
    pub versions: Vec<ApiVersion>,
    /// How many pages are written about it.
    pub documents: u64,
}

/// What a developer who asks for a version has to expect.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How its callers authenticate.
    pub strategy: AuthStrategy,
    /// The plan that a subscription gets if it names none.
    pub plan: Option<Plan>,
    /// Whether it can be asked for.
    pub is_open: bool,
    /// Whether nobody has to approve.
    pub is_automatic: bool,
}

/// Who looks at the catalogue.
struct Viewer {
    /// Sees all of it.
    is_administrator: bool,
    /// The roles of the partners whom they are a member of.
    roles: HashSet<String>,
    /// What their applications are subscribed to.
    subscribed: HashSet<ApiVersionId>,
}

impl Viewer {
    fn sees(&self, version: &ApiVersion) -> bool {
        let holds_all = version.required_roles.iter().all(|role| self.roles.contains(role));
        let may = self.subscribed.contains(&version.id) || (!version.private && holds_all);
        self.is_administrator || may
    }
}

#[macros::boxed]
impl App {
    /// The APIs that the caller may see, from the newest to the oldest. One without a version that they may see is
    /// not among them. Strangers see it if the portal is public.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for strangers if it is not.
    pub async fn catalogue(&self, caller: &Caller) -> Result<Vec<Offer>> {
        let viewer = self.viewer(caller).await?;
        let read = self.store.read();
        let mut documents = read.count_documents().await?;
        let mut versions: HashMap<ApiId, Vec<ApiVersion>> = HashMap::new();
        for version in read.all_api_versions().await? {
            versions.entry(version.api_id).or_default().push(version);
        }
        let mut offers = Vec::new();
        for api in read.all_apis().await? {
            let mut all = versions.remove(&api.id).unwrap_or_default();
            all.retain(|version| viewer.sees(version));
            if all.is_empty() && !viewer.is_administrator {
                continue;
            }
            all.sort_by_key(|version| std::cmp::Reverse(version.id));
            let documents = documents.remove(&api.id).unwrap_or(0);
            offers.push(Offer { api, versions: all, documents });
        }
        offers.sort_by_key(|offer| std::cmp::Reverse(offer.api.id));
        Ok(offers)
    }

    /// One API that the caller may see.
    ///
    /// # Errors
    /// As [`App::catalogue`], or if they may not.
    pub async fn offer(&self, caller: &Caller, id: ApiId) -> Result<Offer> {
        let offers = self.catalogue(caller).await?;
        offers.into_iter().find(|offer| offer.api.id == id).ok_or(Error::NotFound(ApiId::KIND))
    }

    /// One version of an API that the caller may see.
    ///
    /// # Errors
    /// As [`App::offer`].
    pub async fn offered_version(
        &self,
        caller: &Caller,
        api: ApiId,
        id: ApiVersionId,
    ) -> Result<(Offer, ApiVersion)> {
        let offer = self.offer(caller, api).await?;
        let version = offer.versions.iter().find(|version| version.id == id).cloned();
        version.map(|version| (offer, version)).ok_or(Error::NotFound(ApiVersionId::KIND))
    }

    /// What developers who ask for these versions have to expect.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn terms(&self, versions: &[ApiVersion]) -> Result<HashMap<ApiVersionId, Terms>> {
        let read = self.store.read();
        let portal = self.portal().await?;
        let strategies = read.all_auth_strategies().await?;
        let plans = read.all_plans().await?;
        let mut terms = HashMap::with_capacity(versions.len());
        for version in versions {
            let strategy = strategies.iter().find(|strategy| strategy.id == version.auth_strategy_id);
            let Some(strategy) = strategy.cloned() else { continue };
            let first = version.plan_ids.first();
            let plan = plans.iter().find(|plan| Some(&plan.id) == first).cloned();
            let is_automatic = portal.approves_subscriptions
                || plan.as_ref().is_some_and(|plan| !version.needs_approval(plan));
            let is_open = version.open_for_subscriptions && plan.is_some();
            terms.insert(version.id, Terms { strategy, plan, is_open, is_automatic });
        }
        Ok(terms)
    }

    /// The specification of a version that the caller may see; `None` if it has none.
    ///
    /// # Errors
    /// As [`App::offered_version`].
    pub async fn offered_specification(
        &self,
        caller: &Caller,
        api: ApiId,
        id: ApiVersionId,
    ) -> Result<Option<String>> {
        self.offered_version(caller, api, id).await?;
        Ok(self.store.read().specification_text(id).await?)
    }

    /// The operations of that specification; `None` if there is none.
    ///
    /// # Errors
    /// As [`App::offered_version`].
    pub async fn offered_operations(
        &self,
        caller: &Caller,
        api: ApiId,
        id: ApiVersionId,
    ) -> Result<Option<Vec<domain::openapi::Operation>>> {
        self.offered_version(caller, api, id).await?;
        Ok(self.store.read().operations(id).await?)
    }

    /// The APIs of the catalogue that have a page which holds a text.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn apis_with_document_like(&self, text: &str) -> Result<HashSet<ApiId>> {
        Ok(self.store.read().apis_with_document_like(text).await?.into_iter().collect())
    }

    async fn viewer(&self, caller: &Caller) -> Result<Viewer> {
        let stranger = Viewer { is_administrator: false, roles: HashSet::new(), subscribed: HashSet::new() };
        match (&caller.identity, caller.developer()) {
            (Identity::Anonymous, _) if self.portal().await?.is_public => Ok(stranger),
            (_, Some(developer)) => {
                let read = self.store.read();
                let member = PartnerFilter { member: Some(developer), ..PartnerFilter::default() };
                let partners = every(|page| read.partners(&member, page)).await?;
                let roles = partners.into_iter().flat_map(|partner: Partner| partner.roles).collect();
                let subscribed = read.versions_subscribed_by(developer).await?.into_iter().collect();
                Ok(Viewer { roles, subscribed, ..stranger })
            }
            _ => {
                caller.must_administer(Resource::Apis, Access::Read)?;
                Ok(Viewer { is_administrator: true, ..stranger })
            }
        }
    }
}
