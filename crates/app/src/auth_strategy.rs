//! Auth strategies: everybody who is signed in may see them, administrators change them.

use std::collections::HashMap;

use domain::{Access, AuthStrategy, AuthStrategyDraft, AuthStrategyId, Resource, Transition};

use crate::{App, Caller, Created, Error, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::AuthStrategies;

impl App {
    /// All strategies.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn auth_strategies(&self, caller: &Caller, page: PageRequest) -> Result<Page<AuthStrategy>> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().auth_strategies(page).await?)
    }

    /// All strategies, by their ids: they are few.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn auth_strategies_by_id(
        &self,
        caller: &Caller,
    ) -> Result<HashMap<AuthStrategyId, AuthStrategy>> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        let all = self.store.read().all_auth_strategies().await?;
        Ok(all.into_iter().map(|strategy| (strategy.id, strategy)).collect())
    }

    /// One strategy.
    ///
    /// # Errors
    /// If it does not exist, or the caller is nobody or lacks the scope.
    pub async fn auth_strategy(&self, caller: &Caller, id: AuthStrategyId) -> Result<AuthStrategy> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(AuthStrategyId::KIND))
    }

    /// Makes a strategy. The first one becomes the default.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_auth_strategy(
        &self,
        caller: &Caller,
        draft: AuthStrategyDraft,
    ) -> Result<Created<AuthStrategy>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let is_first = tx.read().default_auth_strategy().await?.is_none();
        let change = AuthStrategy::create(id, draft, is_first, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a strategy. Calls of all its API versions are judged by it from now on.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_auth_strategy(
        &self,
        caller: &Caller,
        id: AuthStrategyId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut AuthStrategyDraft) + Send,
    ) -> Result<AuthStrategy> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let strategy: AuthStrategy =
            tx.read().find(id).await?.ok_or(Error::NotFound(AuthStrategyId::KIND))?;
        expect_version(&strategy, expected)?;
        let mut draft = strategy.draft();
        edit(&mut draft);
        let change = strategy.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Makes a strategy the one that applications get when they name none.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn make_auth_strategy_default(
        &self,
        caller: &Caller,
        id: AuthStrategyId,
    ) -> Result<AuthStrategy> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let strategy: AuthStrategy =
            tx.read().find(id).await?.ok_or(Error::NotFound(AuthStrategyId::KIND))?;
        if strategy.is_default {
            return Ok(strategy);
        }
        if let Some(old) = tx.read().default_auth_strategy().await? {
            let change = old.set_default(false, tx.now());
            tx.save(change).await?;
        }
        let change = strategy.set_default(true, tx.now());
        self.save(tx, change).await
    }

    /// Removes a strategy that nothing uses.
    ///
    /// # Errors
    /// If the caller may not, it is the default, or applications or API versions use it.
    pub async fn delete_auth_strategy(
        &self,
        caller: &Caller,
        id: AuthStrategyId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let strategy: AuthStrategy =
            tx.read().find(id).await?.ok_or(Error::NotFound(AuthStrategyId::KIND))?;
        expect_version(&strategy, expected)?;
        if strategy.is_default {
            return Err(Error::conflict(
                "is_default",
                "this is the default strategy; make another one the default first",
            ));
        }
        match tx.save(Transition::delete(strategy, "auth_strategy.deleted")).await {
            Err(store::Error::Reference) => {
                return Err(Error::conflict("in_use", "applications or API versions use this strategy"));
            }
            other => other?,
        };
        self.commit(tx).await
    }
}
