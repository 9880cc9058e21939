//! Scopes: everybody who is signed in may see them, administrators change them.

use domain::{Access, OAuthScope, OAuthScopeDraft, OAuthScopeId, Resource, Transition};
use store::ClientFilter;

use crate::{App, Caller, Created, Error, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::Oauth;

#[macros::boxed]
impl App {
    /// All scopes.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn oauth_scopes(&self, caller: &Caller, page: PageRequest) -> Result<Page<OAuthScope>> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().oauth_scopes(page).await?)
    }

    /// One scope.
    ///
    /// # Errors
    /// If it does not exist, or the caller is nobody or lacks the scope.
    pub async fn oauth_scope(&self, caller: &Caller, id: OAuthScopeId) -> Result<OAuthScope> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(OAuthScopeId::KIND))
    }

    /// Makes a scope.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_oauth_scope(
        &self,
        caller: &Caller,
        draft: OAuthScopeDraft,
    ) -> Result<Created<OAuthScope>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let change = OAuthScope::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a scope.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or it is not at the expected version.
    pub async fn update_oauth_scope(
        &self,
        caller: &Caller,
        id: OAuthScopeId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut OAuthScopeDraft) + Send,
    ) -> Result<OAuthScope> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let scope: OAuthScope = tx.read().find(id).await?.ok_or(Error::NotFound(OAuthScopeId::KIND))?;
        expect_version(&scope, expected)?;
        let mut draft = scope.draft();
        edit(&mut draft);
        let change = scope.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a scope that no client may ask for by name.
    ///
    /// # Errors
    /// If the caller may not, it is built in, or clients list it.
    pub async fn delete_oauth_scope(
        &self,
        caller: &Caller,
        id: OAuthScopeId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let scope: OAuthScope = tx.read().find(id).await?.ok_or(Error::NotFound(OAuthScopeId::KIND))?;
        expect_version(&scope, expected)?;
        if scope.is_built_in() {
            return Err(Error::conflict("built_in", "this scope means something to the server; it stays"));
        }
        let live = ClientFilter { state: Some(domain::ClientState::Live), ..ClientFilter::default() };
        let mut page = PageRequest::first(500);
        loop {
            let clients = tx.read().clients(&live, page).await?;
            if clients.items.iter().any(|client| client.scopes.contains(&scope.name)) {
                return Err(Error::conflict("in_use", "clients list this scope; take it off them first"));
            }
            match clients.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        self.save(tx, Transition::delete(scope, "scope.deleted")).await.map(drop)
    }
}
