//! Plans: everybody who is signed in may see them, administrators change them.

use domain::{Access, Plan, PlanDraft, PlanId, Resource, Transition};

use crate::{App, Caller, Created, Error, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::Plans;

#[macros::boxed]
impl App {
    /// All plans.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn plans(&self, caller: &Caller, page: PageRequest) -> Result<Page<Plan>> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().plans(page).await?)
    }

    /// One plan.
    ///
    /// # Errors
    /// If it does not exist, or the caller is nobody or lacks the scope.
    pub async fn plan(&self, caller: &Caller, id: PlanId) -> Result<Plan> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(PlanId::KIND))
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_plan(&self, caller: &Caller, draft: PlanDraft) -> Result<Created<Plan>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let change = Plan::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a plan.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_plan(
        &self,
        caller: &Caller,
        id: PlanId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut PlanDraft) + Send,
    ) -> Result<Plan> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let plan: Plan = tx.read().find(id).await?.ok_or(Error::NotFound(PlanId::KIND))?;
        expect_version(&plan, expected)?;
        let mut draft = plan.draft();
        edit(&mut draft);
        let change = plan.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a plan that no subscription names. API versions stop to offer it.
    ///
    /// # Errors
    /// If the caller may not, or subscriptions name it.
    pub async fn delete_plan(&self, caller: &Caller, id: PlanId, expected: Option<i64>) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let plan: Plan = tx.read().find(id).await?.ok_or(Error::NotFound(PlanId::KIND))?;
        expect_version(&plan, expected)?;
        let subscriptions = tx.read().count_subscriptions_under(id).await?;
        if subscriptions > 0 {
            let message =
                format!("{subscriptions} subscriptions are under this plan; move them to another one first");
            return Err(Error::conflict("in_use", message));
        }
        tx.lock_catalogue().await?;
        for version in tx.read().all_api_versions().await?.into_iter().filter(|v| v.plan_ids.contains(&id)) {
            let mut draft = version.draft();
            draft.plan_ids.retain(|offered| *offered != id);
            let change = version.update(draft, tx.now())?;
            tx.save(change).await?;
        }
        tx.save(Transition::delete(plan, "plan.deleted")).await?;
        self.commit(tx).await
    }
}
