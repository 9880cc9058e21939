//! Approvals: people say yes or no to requests, in the steps of the policy.

use domain::{
    Access, Administrator, Approval, ApprovalFlow, ApprovalFlowDraft, ApprovalFlowId, ApprovalId,
    ApprovalPolicy, ApprovalState, Approver, Developer, FlowStep, Group, Invalid, Person, PolicyStep,
    Request, RequestCommand, RequestId, RequestKind, Stage, StageKind, Text, Transition,
};
use store::Tx;
use uuid::Uuid;

use crate::keys::fill_random;
use crate::mail::greeting_line;
use crate::request::THIS;
use crate::{App, Caller, Error, Result, Slice, Sliced, expect_version};

impl App {
    /// The policy for new applications: administrators only. None: nobody has to approve.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn approval_policy(&self, caller: &Caller) -> Result<Option<ApprovalPolicy>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().approval_policy().await?)
    }

    /// Sets the policy. What waits already goes on by the policy under which it was asked.
    ///
    /// # Errors
    /// If the caller may not, or a step names a flow that does not exist.
    pub async fn set_approval_policy(
        &self,
        caller: &Caller,
        steps: Vec<PolicyStep>,
        for_increase: bool,
    ) -> Result<ApprovalPolicy> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        for (i, step) in steps.iter().enumerate() {
            if let PolicyStep::Flow { flow_id } = step {
                let flow: Option<ApprovalFlow> = tx.read().find(*flow_id).await?;
                let field = format!("policies[{i}].parameters.flow_id");
                flow.ok_or_else(|| Invalid::field(field, "unknown", "must be an existing flow"))?;
            }
        }
        let policy = match tx.read().approval_policy().await? {
            Some(policy) => policy,
            None => tx.save(ApprovalPolicy::create(self.new_id(), tx.now())).await?,
        };
        let change = policy.set(steps, for_increase, tx.now())?;
        self.save(tx, change).await
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
    ) -> Result<ApprovalFlow> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let change = ApprovalFlow::create(self.new_id(), draft, tx.now())?;
        self.save(tx, change).await
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
        let change = flow.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a flow that the policy does not name.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or the policy names it.
    pub async fn delete_approval_flow(&self, caller: &Caller, id: ApprovalFlowId) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let flow: ApprovalFlow = tx.read().find(id).await?.ok_or(Error::NotFound(ApprovalFlowId::KIND))?;
        let steps = tx.read().approval_policy().await?.map(|policy| policy.steps).unwrap_or_default();
        if steps.iter().any(|step| matches!(step, PolicyStep::Flow { flow_id } if *flow_id == id)) {
            return Err(Error::conflict("in_use", "the approval policy names this flow; change it first"));
        }
        self.save(tx, Transition::delete(flow, "approval_flow.deleted")).await.map(drop)
    }

    /// What waits for the caller to decide; everything, decided or not, for administrators.
    ///
    /// # Errors
    /// If the caller is nobody.
    pub async fn approvals(
        &self,
        caller: &Caller,
        state: Option<ApprovalState>,
        slice: Slice,
    ) -> Result<Sliced<(Approval, Request)>> {
        caller.must_be_known()?;
        if caller.must_administer(THIS, Access::Read).is_ok() {
            let found = self.store.read().approvals(state, slice).await?;
            let mut items = Vec::new();
            for approval in found.items {
                let request = self.store.read().find(approval.request_id).await?;
                items.extend(request.map(|request| (approval, request)));
            }
            return Ok(Sliced { items, count: found.count });
        }
        let person = caller
            .person()
            .ok_or_else(|| Error::Forbidden("only people approve; sign in as one".to_owned()))?;
        self.approvals_for(person, slice).await
    }

    /// What waits for a person. Groups change, so it is looked at one by one; not many wait at once.
    async fn approvals_for(&self, person: Person, slice: Slice) -> Result<Sliced<(Approval, Request)>> {
        let read = self.store.read();
        let all = Slice { page: 0, limit: 1_000 };
        let mut theirs = Vec::new();
        for approval in read.approvals(Some(ApprovalState::Pending), all).await?.items {
            if self.electorate(&approval).await?.contains(&person)
                && let Some(request) = read.find(approval.request_id).await?
            {
                theirs.push((approval, request));
            }
        }
        let count = theirs.len() as u64;
        let (page, limit) = (slice.page.min(count), slice.limit.min(count));
        let skip = usize::try_from(page * limit).unwrap_or(usize::MAX);
        let take = usize::try_from(limit).unwrap_or(usize::MAX);
        let items = if slice.page.saturating_mul(slice.limit) >= count {
            Vec::new()
        } else {
            theirs.into_iter().skip(skip).take(take).collect()
        };
        Ok(Sliced { items, count })
    }

    /// One approval: for who may decide it now, and for administrators.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn approval(&self, caller: &Caller, id: ApprovalId) -> Result<(Approval, Request)> {
        caller.must_be_known()?;
        let unknown = || Error::NotFound(ApprovalId::KIND);
        let approval: Approval = self.store.read().find(id).await?.ok_or_else(unknown)?;
        if caller.must_administer(THIS, Access::Read).is_err() {
            let person = caller.person().ok_or_else(unknown)?;
            if !self.electorate(&approval).await?.contains(&person) {
                return Err(unknown());
            }
        }
        let request = self.store.read().find(approval.request_id).await?.ok_or_else(unknown)?;
        Ok((approval, request))
    }

    /// Somebody says yes or no.
    ///
    /// # Errors
    /// If it does not exist, is not the caller's to decide, or is decided.
    pub async fn vote(&self, caller: &Caller, id: ApprovalId, yes: bool, comment: &str) -> Result<Approval> {
        let (approval, _) = self.approval(caller, id).await?;
        let comment = Text::parse(comment).map_err(|e| e.within("comments"))?;
        let person = caller
            .person()
            .ok_or_else(|| Error::Forbidden("only people approve; sign in as one".to_owned()))?;
        let electorate = self.electorate(&approval).await?;
        let mut tx = self.begin(caller).await?;
        let approval: Approval = tx.read().find(id).await?.ok_or(Error::NotFound(ApprovalId::KIND))?;
        let change = match approval.vote(person, &electorate, yes, comment, tx.now()) {
            Err(domain::Error::Conflict { code: "not_yours", message }) => {
                return Err(Error::Forbidden(message));
            }
            other => other?,
        };
        let approval = tx.save(change).await?;
        self.after_decision(&mut tx, &approval).await?;
        self.commit(tx).await?;
        Ok(approval)
    }

    /// An outside system says yes or no, by the link that it was given. The link alone is no right: an administrator's
    /// login or token brings it.
    ///
    /// # Errors
    /// If the caller may not, the link is unknown or too old, or it is decided.
    pub async fn answer_approval(
        &self,
        caller: &Caller,
        link: Uuid,
        yes: bool,
        comment: &str,
    ) -> Result<Approval> {
        caller.must_administer(THIS, Access::Write)?;
        let comment = Text::parse(comment).map_err(|e| e.within("comments"))?;
        let mut tx = self.begin(caller).await?;
        let approval = tx.read().approval_by_link(link).await?.ok_or(Error::NotFound(ApprovalId::KIND))?;
        let approval = tx.save(approval.answer(link, yes, comment, tx.now())?).await?;
        self.after_decision(&mut tx, &approval).await?;
        self.commit(tx).await?;
        Ok(approval)
    }

    /// What a policy wants to be decided about a kind of request; `None`: nothing.
    pub(crate) async fn stages_for(&self, tx: &Tx, kind: RequestKind) -> Result<Option<Vec<Stage>>> {
        let policy = tx.read().approval_policy().await?.filter(|policy| policy.covers(kind));
        let Some(policy) = policy else { return Ok(None) };
        let mut stages = Vec::new();
        for step in policy.steps {
            match step {
                PolicyStep::External { expires_s } => {
                    stages.push(self.stage(StageKind::External { expires_s }))
                }
                PolicyStep::Flow { flow_id } => {
                    // A flow that the policy names cannot be deleted; if it is gone all the same, nobody approves.
                    let flow: Option<ApprovalFlow> = tx.read().find(flow_id).await?;
                    let nobody = vec![FlowStep { approvers: Vec::new(), everyone: true }];
                    for step in flow.map_or(nobody, |flow| flow.steps) {
                        stages.push(self.stage(StageKind::People { flow_id, step }));
                    }
                }
            }
        }
        Ok(Some(stages))
    }

    fn stage(&self, kind: StageKind) -> Stage {
        // An outside system answers by this id, so all of it is random.
        let mut random = [0u8; 16];
        fill_random(&mut random);
        Stage {
            id: uuid::Builder::from_random_bytes(random).into_uuid(),
            kind,
            votes: Vec::new(),
            expires_at: None,
        }
    }

    pub(crate) async fn ask_for_approval(
        &self,
        tx: &mut Tx,
        request: &Request,
        stages: Vec<Stage>,
    ) -> Result<()> {
        let approval = tx.save(Approval::ask(self.new_id(), request.id, stages, tx.now())).await?;
        self.ask_stage(tx, &approval, request).await
    }

    /// Tells those who have to decide next.
    async fn ask_stage(&self, tx: &Tx, approval: &Approval, request: &Request) -> Result<()> {
        let Some(stage) = approval.stage() else { return Ok(()) };
        if let StageKind::External { .. } = stage.kind {
            return self.ask_outside(tx, approval, stage, request).await;
        }
        let electorate = self.electorate(approval).await?;
        for to in self.addresses(&electorate).await? {
            let text = format!(
                "{}\n\na request waits for you to approve or reject it.\n\nApproval: {}\nRequest: {}\nApplication: {}\n\nDecide: {}/approvals/pending\n",
                greeting_line(),
                approval.id,
                request.id,
                request.application_id,
                self.settings.public_url,
            );
            self.post(tx, &to, "A request waits for your approval", text).await?;
        }
        Ok(())
    }

    /// Asks an outside system. It is told by webhook, and answers by the link in it.
    async fn ask_outside(
        &self,
        tx: &Tx,
        approval: &Approval,
        stage: &Stage,
        request: &Request,
    ) -> Result<()> {
        let data = serde_json::json!({
            "approval_id": approval.id,
            "link_id": stage.id,
            "expires_at": stage.expires_at,
            "request_id": request.id,
            "requester": request.requester,
            "application_id": request.application_id,
        });
        self.queue_approval_event(tx, request, data).await
    }

    /// The last word, or the next step's turn.
    async fn after_decision(&self, tx: &mut Tx, approval: &Approval) -> Result<()> {
        let request: Request =
            tx.read().find(approval.request_id).await?.ok_or(Error::NotFound(RequestId::KIND))?;
        match approval.state {
            ApprovalState::Pending => {
                let is_new_step = approval.stage().is_some_and(|stage| stage.votes.is_empty());
                if is_new_step {
                    self.ask_stage(tx, approval, &request).await?;
                }
            }
            ApprovalState::Approved => drop(self.approve_request(tx, request).await?),
            ApprovalState::Rejected => {
                let reason = approval.comment.as_str().to_owned();
                self.reject_request(tx, request, approval, reason).await?;
            }
        }
        Ok(())
    }

    async fn reject_request(
        &self,
        tx: &mut Tx,
        request: Request,
        approval: &Approval,
        reason: String,
    ) -> Result<()> {
        let command = RequestCommand::Reject { reason };
        let request = tx.save(request.apply_to_all(&command, || self.new_id(), tx.now())?).await?;
        // The other approvers are told, so that they need not look.
        if let Some(Stage { kind: StageKind::People { step, .. }, votes, .. }) =
            approval.stages.get(approval.at)
        {
            let voted: Vec<Person> = votes.iter().filter(|vote| !vote.yes).map(|vote| vote.person).collect();
            let mut others = self.people(step).await?;
            others.retain(|person| !voted.contains(person));
            for to in self.addresses(&others).await? {
                let text = format!(
                    "{}\n\na request that waited for you was rejected by somebody else.\n\nRequest: {}\n",
                    greeting_line(),
                    request.id
                );
                self.post(tx, &to, "A request was rejected", text).await?;
            }
        }
        self.refused(tx, &request).await
    }

    /// Rejects what nobody has decided in time.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn expire_approvals(&self) -> Result<()> {
        let slice = Slice { page: 0, limit: 1_000 };
        for approval in self.store.read().approvals(Some(ApprovalState::Pending), slice).await?.items {
            let mut tx = self.begin(&Caller::system()).await?;
            let Ok(change) = approval.expire(tx.now()) else { continue };
            let approval = tx.save(change).await?;
            let request: Option<Request> = tx.read().find(approval.request_id).await?;
            if let Some(request) = request {
                let reason = "nobody has decided in time".to_owned();
                self.reject_request(&mut tx, request, &approval, reason).await?;
            }
            self.commit(tx).await?;
        }
        Ok(())
    }

    /// All who may decide the present stage, now.
    async fn electorate(&self, approval: &Approval) -> Result<Vec<Person>> {
        match approval.stage() {
            Some(Stage { kind: StageKind::People { step, .. }, .. }) => self.people(step).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn people(&self, step: &FlowStep) -> Result<Vec<Person>> {
        let mut people = Vec::new();
        for approver in &step.approvers {
            match approver {
                Approver::Person(person) => people.push(*person),
                Approver::Group(id) => {
                    let group: Option<Group> = self.store.read().find(*id).await?;
                    people.extend(group.map(|group| group.members).into_iter().flatten());
                }
            }
        }
        people.sort();
        people.dedup();
        Ok(people)
    }
}
