//! Auth strategies: everybody who is signed in may see them, administrators change them.

use std::collections::HashMap;

use domain::{
    Access, AuthStrategy, AuthStrategyDraft, AuthStrategyId, Invalid, Resource, Sealed, Secret, Transition,
};

use crate::{App, Caller, Created, Error, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::AuthStrategies;

/// What the key of a bridge is bound to.
pub(crate) fn place(id: AuthStrategyId) -> String {
    format!("auth_strategies.bridge_key.{id}")
}

#[macros::boxed]
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

    /// The strategies whose clients are made at other authorization servers, from the oldest to the newest: everybody may
    /// know which there are.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn bridged_strategies(&self) -> Result<Vec<AuthStrategyId>> {
        let all = self.store.read().all_auth_strategies().await?;
        let bridged = all.into_iter().filter(|strategy| strategy.method.bridge_url().is_some());
        let mut ids: Vec<AuthStrategyId> = bridged.map(|strategy| strategy.id).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// One strategy.
    ///
    /// # Errors
    /// If it does not exist, or the caller is nobody or lacks the scope.
    pub async fn auth_strategy(&self, caller: &Caller, id: AuthStrategyId) -> Result<AuthStrategy> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(AuthStrategyId::KIND))
    }

    /// Makes a strategy. The first one becomes the default. If it has a bridge, `bridge_key` is what the bridge asks for;
    /// it is never shown again.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_auth_strategy(
        &self,
        caller: &Caller,
        mut draft: AuthStrategyDraft,
        bridge_key: Option<&str>,
    ) -> Result<Created<AuthStrategy>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let is_first = tx.read().default_auth_strategy().await?.is_none();
        draft.bridge_key = self.sealed_key(id, bridge_key)?;
        let change = AuthStrategy::create(id, draft, is_first, &self.settings.outbound, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a strategy. Calls of all its API versions are judged by it from now on. The key of its bridge stays, unless
    /// another is given.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_auth_strategy(
        &self,
        caller: &Caller,
        id: AuthStrategyId,
        expected: Option<i64>,
        bridge_key: Option<&str>,
        edit: impl FnOnce(&mut AuthStrategyDraft) + Send,
    ) -> Result<AuthStrategy> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let strategy: AuthStrategy =
            tx.read().find(id).await?.ok_or(Error::NotFound(AuthStrategyId::KIND))?;
        expect_version(&strategy, expected)?;
        let mut draft = strategy.draft();
        edit(&mut draft);
        draft.bridge_key = self.sealed_key(id, bridge_key)?.or(draft.bridge_key);
        let change = strategy.update(draft, &self.settings.outbound, tx.now())?;
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
                let message = "applications or API versions use this strategy, or clients of it are still to be removed \
                               by its bridge";
                return Err(Error::conflict("in_use", message));
            }
            other => other?,
        };
        self.commit(tx).await
    }
    /// Header fields take nothing else (RFC 9110 §5.5).
    fn sealed_key(&self, id: AuthStrategyId, key: Option<&str>) -> Result<Option<Sealed>> {
        let Some(key) = key else { return Ok(None) };
        if !(12..=256).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let message = "must have 12 to 256 visible ASCII characters";
            return Err(Invalid::field("method.api_key", "invalid", message).into());
        }
        Ok(Some(Sealed(self.keys.seal(&place(id), key.as_bytes()))))
    }

    /// What a strategy's bridge asks for.
    pub(crate) fn bridge_key(&self, strategy: &AuthStrategy) -> Result<Secret> {
        let opened = strategy.bridge_key.as_ref().and_then(|key| self.keys.open(&place(strategy.id), &key.0));
        let key = opened.and_then(|bytes| String::from_utf8(bytes).ok());
        let key = key.ok_or_else(|| Error::Internal("the key of a bridge does not open".to_owned()))?;
        Ok(Secret::imported(key))
    }
}
