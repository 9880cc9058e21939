//! APIs, their versions and specifications: people who are signed in see what is on offer, administrators change it.

use domain::openapi::{self, Operation, Specification};
use domain::{
    Access, Api, ApiDraft, ApiId, ApiVersion, ApiVersionDraft, ApiVersionId, AuthStrategy, Invalid,
    OperationScopes, Plan, Resource, Transition,
};
use store::Tx;

use crate::{
    ApiFilter, ApiVersionFilter, App, Caller, Created, Error, Page, PageRequest, Result, every,
    expect_version,
};

const THIS: Resource = Resource::Apis;

#[macros::boxed]
impl App {
    /// APIs: all of them for administrators; developers do not see those of which they may see no version.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn apis(&self, caller: &Caller, mut filter: ApiFilter, page: PageRequest) -> Result<Page<Api>> {
        filter.visible_to = caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().apis(&filter, page).await?)
    }

    /// All of those APIs, from the newest to the oldest: they are few, and a catalogue is looked at as a whole.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn visible_apis(&self, caller: &Caller) -> Result<Vec<Api>> {
        every(|page| self.apis(caller, ApiFilter::default(), page)).await
    }

    /// One API.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it, or is nobody or lacks the scope.
    pub async fn api(&self, caller: &Caller, id: ApiId) -> Result<Api> {
        let developer = caller.developer_or_administrator(THIS, Access::Read)?;
        self.store.read().find_visible(id, developer).await?.ok_or(Error::NotFound(ApiId::KIND))
    }

    /// Makes an API without versions.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_api(&self, caller: &Caller, draft: ApiDraft) -> Result<Created<Api>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let change = Api::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Whether the caller may make APIs.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if not.
    pub fn may_make_apis(&self, caller: &Caller) -> Result<()> {
        caller.must_administer(THIS, Access::Write)
    }

    /// Changes an API.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_api(
        &self,
        caller: &Caller,
        id: ApiId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut ApiDraft) + Send,
    ) -> Result<Api> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let api: Api = tx.read().find(id).await?.ok_or(Error::NotFound(ApiId::KIND))?;
        expect_version(&api, expected)?;
        let mut draft = api.draft();
        edit(&mut draft);
        let change = api.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes an API that has no versions left.
    ///
    /// # Errors
    /// If the caller may not, or versions are left.
    pub async fn delete_api(&self, caller: &Caller, id: ApiId, expected: Option<i64>) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let api: Api = tx.read().find(id).await?.ok_or(Error::NotFound(ApiId::KIND))?;
        expect_version(&api, expected)?;
        match tx.save(Transition::delete(api, "api.deleted")).await {
            Err(store::Error::Reference) => {
                return Err(Error::conflict("in_use", "the API still has versions; delete them first"));
            }
            other => other?,
        };
        self.commit(tx).await
    }

    /// Versions: all of them for administrators; developers do not see private ones that they are not subscribed to.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn api_versions(
        &self,
        caller: &Caller,
        mut filter: ApiVersionFilter,
        page: PageRequest,
    ) -> Result<Page<ApiVersion>> {
        filter.visible_to = caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().api_versions(&filter, page).await?)
    }

    /// One version.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn api_version(&self, caller: &Caller, id: ApiVersionId) -> Result<ApiVersion> {
        let developer = caller.developer_or_administrator(THIS, Access::Read)?;
        let version: ApiVersion =
            self.store.read().find(id).await?.ok_or(Error::NotFound(ApiVersionId::KIND))?;
        match developer {
            Some(developer) if version.private && !self.store.read().is_subscribed(developer, id).await? => {
                Err(Error::NotFound(ApiVersionId::KIND))
            }
            _ => Ok(version),
        }
    }

    /// Makes a version. If it names no plans it offers those that are offered by default; if it names no strategy it
    /// gets the default one.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken within the API, or another version is published at
    /// the same place.
    pub async fn create_api_version(
        &self,
        caller: &Caller,
        api_id: ApiId,
        draft: impl FnOnce(&mut ApiVersionDraft) + Send,
        offers_default_plans: bool,
    ) -> Result<Created<ApiVersion>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        tx.lock_catalogue().await?;
        let api: Api = tx.read().find(api_id).await?.ok_or(Error::NotFound(ApiId::KIND))?;
        let strategy = tx.read().default_auth_strategy().await?.ok_or_else(|| {
            Error::conflict("no_default_strategy", "there is no auth strategy yet; create one first")
        })?;
        let mut new = ApiVersionDraft::new("", "/", strategy.id);
        new.path_prefixes.clear();
        draft(&mut new);
        if offers_default_plans {
            let plans = tx.read().all_plans().await?;
            new.plan_ids = plans.iter().filter(|plan| plan.offered_by_default).map(|plan| plan.id).collect();
        }
        let change = ApiVersion::create(id, api.id, new, tx.now())?;
        check_references(&tx, change.after()).await?;
        check_route_is_free(&tx, change.after()).await?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a version. The gateway check goes by it from now on.
    ///
    /// # Errors
    /// As [`App::create_api_version`], or if it is not at the expected version.
    pub async fn update_api_version(
        &self,
        caller: &Caller,
        id: ApiVersionId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut ApiVersionDraft) + Send,
    ) -> Result<ApiVersion> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        tx.lock_catalogue().await?;
        let version: ApiVersion = tx.read().find(id).await?.ok_or(Error::NotFound(ApiVersionId::KIND))?;
        expect_version(&version, expected)?;
        let mut draft = version.draft();
        edit(&mut draft);
        let change = version.update(draft, tx.now())?;
        check_references(&tx, change.after()).await?;
        check_route_is_free(&tx, change.after()).await?;
        self.save(tx, change).await
    }

    /// Removes a version that nobody is subscribed to. Its calls are refused from now on.
    ///
    /// # Errors
    /// If the caller may not, or subscriptions are left.
    pub async fn delete_api_version(
        &self,
        caller: &Caller,
        id: ApiVersionId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let version: ApiVersion = tx.read().find(id).await?.ok_or(Error::NotFound(ApiVersionId::KIND))?;
        expect_version(&version, expected)?;
        match tx.save(Transition::delete(version, "api_version.deleted")).await {
            Err(store::Error::Reference) => {
                return Err(Error::conflict(
                    "in_use",
                    "applications are subscribed to this version; end that first",
                ));
            }
            other => other?,
        };
        self.commit(tx).await
    }

    /// Puts a specification in the place of the one that a version had; `None` removes it.
    ///
    /// # Errors
    /// If the caller may not, it is no OpenAPI document, there is none to be removed, or the version is not at the
    /// expected version.
    pub async fn set_specification(
        &self,
        caller: &Caller,
        id: ApiVersionId,
        expected: Option<i64>,
        text: Option<String>,
    ) -> Result<ApiVersion> {
        caller.must_administer(THIS, Access::Write)?;
        let new = match text {
            Some(text) => Some(parse_specification(text).await?),
            None => None,
        };
        let mut tx = self.begin(caller).await?;
        let version: ApiVersion = tx.read().find(id).await?.ok_or(Error::NotFound(ApiVersionId::KIND))?;
        expect_version(&version, expected)?;
        if new.is_none() && version.specification.is_none() {
            return Err(Error::NotFound("specification"));
        }
        let summary = new.as_ref().map(|(_, parsed)| parsed.summary.clone());
        let change = version.set_specification(summary, tx.now());
        // The version first: of two at once, the second one finds that it is stale before it touches the text.
        let version = tx.save(change).await?;
        tx.put_specification(id, new.as_ref().map(|(text, parsed)| (text.as_str(), parsed))).await?;
        self.commit(tx).await?;
        Ok(version)
    }

    /// Takes over what a version's specification demands of tokens, operation by operation, in the place of what was set.
    ///
    /// # Errors
    /// If the caller may not, the version has no specification or is not at the expected version, or the specification
    /// demands what cannot be a scope.
    pub async fn adopt_operation_scopes(
        &self,
        caller: &Caller,
        id: ApiVersionId,
        expected: Option<i64>,
    ) -> Result<ApiVersion> {
        caller.must_administer(THIS, Access::Write)?;
        let version: ApiVersion =
            self.store.read().find(id).await?.ok_or(Error::NotFound(ApiVersionId::KIND))?;
        expect_version(&version, expected)?;
        let text = self.store.read().specification_text(id).await?.ok_or(Error::NotFound("specification"))?;
        let (_, parsed) = parse_specification(text).await?;
        let scopes = OperationScopes::of_specification(&parsed.operations, &version.route.path_prefixes);
        self.update_api_version(caller, id, Some(version.meta.version), |draft| {
            draft.operation_scopes = scopes
        })
        .await
    }

    /// The text of a version's specification, as it was put.
    ///
    /// # Errors
    /// If the caller may not see the version, or it has none.
    pub async fn specification(&self, caller: &Caller, id: ApiVersionId) -> Result<String> {
        self.api_version(caller, id).await?;
        self.store.read().specification_text(id).await?.ok_or(Error::NotFound("specification"))
    }

    /// The operations of a version's specification; none if it has no specification.
    ///
    /// # Errors
    /// If the caller may not see the version.
    pub async fn operations(&self, caller: &Caller, id: ApiVersionId) -> Result<Vec<Operation>> {
        self.api_version(caller, id).await?;
        Ok(self.store.read().operations(id).await?.unwrap_or_default())
    }
}

/// Reads a specification on a thread of its own: megabytes of YAML take longer than the calls that share the others can
/// wait.
async fn parse_specification(text: String) -> Result<(String, Specification)> {
    let reading = tokio::task::spawn_blocking(move || openapi::parse(&text).map(|parsed| (text, parsed)));
    Ok(reading.await.map_err(|e| Error::Internal(format!("specification thread: {e}")))??)
}

/// Strategy and plans of a version must exist.
async fn check_references(tx: &Tx, version: &ApiVersion) -> Result<()> {
    let strategy: Option<AuthStrategy> = tx.read().find(version.auth_strategy_id).await?;
    if strategy.is_none() {
        return Err(Invalid::field("auth_strategy_id", "unknown", "must be an existing auth strategy").into());
    }
    let plans: Vec<Plan> = tx.read().find_all(version.plan_ids.iter().map(|id| id.0)).await?;
    match version.plan_ids.iter().position(|id| !plans.iter().any(|plan| plan.id == *id)) {
        Some(i) => {
            Err(Invalid::field(format!("plan_ids[{i}]"), "unknown", "must be an existing plan").into())
        }
        None => Ok(()),
    }
}

/// Two versions at one host and path would make the answer a matter of chance. Versions are few and change seldom, so
/// all are looked at; the lock of the catalogue makes that certain with several nodes.
async fn check_route_is_free(tx: &Tx, version: &ApiVersion) -> Result<()> {
    for other in tx.read().all_api_versions().await?.iter().filter(|other| other.id != version.id) {
        if let Some(prefix) = version.route.collides_with(&other.route) {
            let message = format!("{prefix} is published already by version {} ({})", other.name, other.id);
            return Err(Error::conflict_in("path_prefixes", "route_taken", message));
        }
    }
    Ok(())
}
