//! Who approves what: flows of people, and the policies that name them.

use domain::{
    Access, Administrator, ApprovalFlow, ApprovalFlowDraft, ApprovalFlowId, ApprovalPolicy, ApprovalPolicyId,
    Approver, Developer, Group, Invalid, Person, PolicyScope, PolicyStep, Transition,
};
use store::Tx;
use uuid::Uuid;

use crate::request::THIS;
use crate::{App, Caller, Created, Error, Page, PageRequest, Result, Slice, Sliced, expect_version};

#[macros::boxed]
impl App {
    /// The policy about something: administrators only. None: nobody has to approve.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn approval_policy(
        &self,
        caller: &Caller,
        scope: PolicyScope,
    ) -> Result<Option<ApprovalPolicy>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().approval_policy(scope).await?)
    }

    /// Sets the policy. What waits already goes on by the policy under which it was asked.
    ///
    /// # Errors
    /// If the caller may not, a step names a flow that does not exist or has no place there, or the policy is not at the
    /// expected version.
    pub async fn set_approval_policy(
        &self,
        caller: &Caller,
        scope: PolicyScope,
        expected: Option<i64>,
        steps: Vec<PolicyStep>,
        for_increase: bool,
    ) -> Result<ApprovalPolicy> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        for (i, step) in steps.iter().enumerate() {
            if let PolicyStep::Flow { flow_id } = step {
                let flow: Option<ApprovalFlow> = tx.read().find(*flow_id).await?;
                let field = format!("steps[{i}].flow_id");
                flow.ok_or_else(|| Invalid::field(field, "unknown", "must be an existing flow"))?;
            }
        }
        let policy = match tx.read().approval_policy(scope).await? {
            Some(policy) => {
                expect_version(&policy, expected)?;
                policy
            }
            None => tx.save(ApprovalPolicy::create(self.new_id(), scope, tx.now())).await?,
        };
        let change = policy.set(steps, for_increase, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a policy: from now on nobody has to approve what it is about. What waits already goes on.
    ///
    /// # Errors
    /// If the caller may not, there is none, or it is not at the expected version.
    pub async fn delete_approval_policy(
        &self,
        caller: &Caller,
        scope: PolicyScope,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let policy = tx.read().approval_policy(scope).await?;
        let policy = policy.ok_or(Error::NotFound(ApprovalPolicyId::KIND))?;
        expect_version(&policy, expected)?;
        self.save(tx, Transition::delete(policy, "approval_policy.deleted")).await.map(drop)
    }

    /// Whether the caller may see how requests are approved.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if not.
    pub fn may_see_approvals(&self, caller: &Caller) -> Result<()> {
        caller.must_administer(THIS, Access::Read)
    }

    /// Whether the caller may set up how requests are approved, and see all approvals.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if not.
    pub fn may_manage_approvals(&self, caller: &Caller) -> Result<()> {
        caller.must_administer(THIS, Access::Write)
    }

    /// The person with an id: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or there is nobody with it.
    pub async fn person(&self, caller: &Caller, id: Uuid) -> Result<Person> {
        caller.must_administer(THIS, Access::Read)?;
        let read = self.store.read();
        if read.find::<Developer>(id).await?.is_some() {
            return Ok(Person::Developer(id.into()));
        }
        let administrator: Option<Administrator> = read.find(id).await?;
        administrator.map(|it| Person::Administrator(it.id)).ok_or(Error::NotFound("person"))
    }

    /// Flows by number of page: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn approval_flows(&self, caller: &Caller, slice: Slice) -> Result<Sliced<ApprovalFlow>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().approval_flows(slice).await?)
    }

    /// All flows: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn approval_flow_list(&self, caller: &Caller, page: PageRequest) -> Result<Page<ApprovalFlow>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().approval_flows_page(page).await?)
    }

    /// One flow: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn approval_flow(&self, caller: &Caller, id: ApprovalFlowId) -> Result<ApprovalFlow> {
        caller.must_administer(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(ApprovalFlowId::KIND))
    }

    /// Makes a flow.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_approval_flow(
        &self,
        caller: &Caller,
        draft: ApprovalFlowDraft,
    ) -> Result<Created<ApprovalFlow>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        must_be_approvers(&tx, &draft).await?;
        let change = ApprovalFlow::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Puts something else in the place of a flow. What waits already goes on as it was asked.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, a field is wrong, or it is not at the expected version.
    pub async fn update_approval_flow(
        &self,
        caller: &Caller,
        id: ApprovalFlowId,
        expected: Option<i64>,
        draft: ApprovalFlowDraft,
    ) -> Result<ApprovalFlow> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let flow: ApprovalFlow = tx.read().find(id).await?.ok_or(Error::NotFound(ApprovalFlowId::KIND))?;
        expect_version(&flow, expected)?;
        must_be_approvers(&tx, &draft).await?;
        let change = flow.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a flow that no policy names.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, a policy names it, or it is not at the expected version.
    pub async fn delete_approval_flow(
        &self,
        caller: &Caller,
        id: ApprovalFlowId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let flow: ApprovalFlow = tx.read().find(id).await?.ok_or(Error::NotFound(ApprovalFlowId::KIND))?;
        expect_version(&flow, expected)?;
        for scope in PolicyScope::ALL {
            let steps =
                tx.read().approval_policy(scope).await?.map(|policy| policy.steps).unwrap_or_default();
            if steps.iter().any(|step| matches!(step, PolicyStep::Flow { flow_id } if *flow_id == id)) {
                return Err(Error::conflict("in_use", "an approval policy names this flow; change it first"));
            }
        }
        self.save(tx, Transition::delete(flow, "approval_flow.deleted")).await.map(drop)
    }
}

/// Everybody who is to approve exists. Who goes later approves nothing.
async fn must_be_approvers(tx: &Tx, draft: &ApprovalFlowDraft) -> Result<()> {
    let read = tx.read();
    for (i, step) in draft.steps.iter().enumerate().take(ApprovalFlow::MAX) {
        for (j, approver) in step.approvers.iter().enumerate().take(ApprovalFlow::MAX) {
            let exists = match approver {
                Approver::Group(id) => read.find::<Group>(*id).await?.is_some(),
                Approver::Person(Person::Developer(id)) => read.find::<Developer>(*id).await?.is_some(),
                Approver::Person(Person::Administrator(id)) => {
                    read.find::<Administrator>(*id).await?.is_some()
                }
            };
            if !exists {
                let field = format!("steps[{i}].approvers[{j}]");
                return Err(Invalid::field(field, "unknown", "must be somebody who exists").into());
            }
        }
    }
    Ok(())
}
