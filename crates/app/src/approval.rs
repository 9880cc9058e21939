//! Approvals: people say yes or no to requests, in the steps of the policy.

use domain::{
    Access, Approval, ApprovalFlow, ApprovalId, ApprovalState, ApprovalSubject, Approver, Developer,
    FlowStep, Group, Person, PolicyScope, PolicyStep, Request, RequestCommand, RequestId, RequestKind, Stage,
    StageKind, Text,
};
use store::Tx;
use uuid::Uuid;

use crate::keys::fill_random;
use crate::mail::greeting_line;
use crate::request::THIS;
use crate::{App, Caller, Error, Page, PageRequest, Result, Slice, Sliced, every};

/// What is decided on.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A request to a gateway.
    Request(Request),
    /// The account of somebody who registered.
    Developer(Developer),
}

#[macros::boxed]
impl App {
    /// What waits for the caller to decide; everything, decided or not, for administrators.
    ///
    /// # Errors
    /// If the caller is nobody.
    pub async fn approvals(
        &self,
        caller: &Caller,
        state: Option<ApprovalState>,
        slice: Slice,
    ) -> Result<Sliced<(Approval, Asked)>> {
        caller.must_be_known()?;
        if caller.must_administer(THIS, Access::Read).is_ok() {
            let found = self.store.read().approvals(state, slice).await?;
            return Ok(Sliced { items: self.with_subjects(found.items).await?, count: found.count });
        }
        let theirs = self.approvals_for(must_be_person(caller)?).await?;
        let count = theirs.len() as u64;
        let (skip, limit) = (slice.page.saturating_mul(slice.limit), slice.limit);
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let items = theirs.into_iter().skip(size(skip)).take(size(limit)).collect();
        Ok(Sliced { items: self.with_subjects(items).await?, count })
    }

    /// Approvals: what waits for the caller, if only `theirs` are wanted; otherwise all of them, for administrators.
    ///
    /// # Errors
    /// If the caller is nobody, or wants all and is no administrator.
    pub async fn approval_list(
        &self,
        caller: &Caller,
        state: Option<ApprovalState>,
        theirs: bool,
        page: PageRequest,
    ) -> Result<Page<(Approval, Asked)>> {
        caller.must_be_known()?;
        if !theirs {
            caller.must_administer(THIS, Access::Read)?;
            let found = self.store.read().approvals_page(state, page).await?;
            return Ok(Page { items: self.with_subjects(found.items).await?, next: found.next });
        }
        let mut items = self.approvals_for(must_be_person(caller)?).await?;
        items.retain(|it| page.after.is_none_or(|after| it.id.0 < after));
        if state.is_some_and(|state| state != ApprovalState::Pending) {
            items.clear();
        }
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(|it| it.id.0);
        Ok(Page { items: self.with_subjects(items).await?, next })
    }

    async fn with_subjects(&self, approvals: Vec<Approval>) -> Result<Vec<(Approval, Asked)>> {
        let mut items = Vec::with_capacity(approvals.len());
        for approval in approvals {
            let asked = self.subject(approval.subject).await?;
            items.extend(asked.map(|asked| (approval, asked)));
        }
        Ok(items)
    }

    async fn subject(&self, subject: ApprovalSubject) -> Result<Option<Asked>> {
        let read = self.store.read();
        Ok(match subject {
            ApprovalSubject::Request(id) => read.find(id).await?.map(Asked::Request),
            ApprovalSubject::Developer(id) => read.find(id).await?.map(Asked::Developer),
        })
    }

    /// All that wait for somebody, the newest first.
    async fn waiting_approvals(&self) -> Result<Vec<Approval>> {
        let read = self.store.read();
        Ok(every(|page| read.approvals_page(Some(ApprovalState::Pending), page)).await?)
    }

    /// What waits for a person, the newest first. Groups change, so it is looked at one by one; not many wait at once.
    async fn approvals_for(&self, person: Person) -> Result<Vec<Approval>> {
        let mut theirs = Vec::new();
        for approval in self.waiting_approvals().await? {
            let has_voted =
                approval.stage().is_some_and(|stage| stage.votes.iter().any(|it| it.person == person));
            if !has_voted && self.electorate(&approval).await?.contains(&person) {
                theirs.push(approval);
            }
        }
        Ok(theirs)
    }

    /// One approval: for who may decide it now, and for administrators.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn approval(&self, caller: &Caller, id: ApprovalId) -> Result<(Approval, Asked)> {
        caller.must_be_known()?;
        if caller.provider().is_some() {
            must_be_person(caller)?;
        }
        let unknown = || Error::NotFound(ApprovalId::KIND);
        let approval: Approval = self.store.read().find(id).await?.ok_or_else(unknown)?;
        if caller.must_administer(THIS, Access::Read).is_err() {
            let person = caller.person().ok_or_else(unknown)?;
            if !self.electorate(&approval).await?.contains(&person) {
                return Err(unknown());
            }
        }
        let asked = self.subject(approval.subject).await?.ok_or_else(unknown)?;
        Ok((approval, asked))
    }

    /// Whether an approval waits for the caller to decide now.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn may_vote(&self, caller: &Caller, approval: &Approval) -> Result<bool> {
        let (Some(person), Some(stage)) = (caller.person(), approval.stage()) else { return Ok(false) };
        let has_voted = stage.votes.iter().any(|vote| vote.person == person);
        Ok(!has_voted && self.electorate(approval).await?.contains(&person))
    }

    /// Somebody says yes or no.
    ///
    /// # Errors
    /// If it does not exist, is not the caller's to decide, or is decided.
    pub async fn vote(&self, caller: &Caller, id: ApprovalId, yes: bool, comment: &str) -> Result<Approval> {
        let (approval, _) = self.approval(caller, id).await?;
        let comment = Text::parse(comment).map_err(|e| e.within("comment"))?;
        let person = must_be_person(caller)?;
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
        let comment = Text::parse(comment).map_err(|e| e.within("comment"))?;
        let mut tx = self.begin(caller).await?;
        let approval = tx.read().approval_by_link(link).await?.ok_or(Error::NotFound(ApprovalId::KIND))?;
        let approval = tx.save(approval.answer(link, yes, comment, tx.now())?).await?;
        self.after_decision(&mut tx, &approval).await?;
        self.commit(tx).await?;
        Ok(approval)
    }

    /// What a policy wants to be decided about a kind of request; `None`: nothing.
    pub(crate) async fn stages_for(&self, tx: &Tx, kind: RequestKind) -> Result<Option<Vec<Stage>>> {
        let policy = tx.read().approval_policy(PolicyScope::Applications).await?;
        match policy.filter(|policy| policy.covers(kind)) {
            Some(policy) => Ok(Some(self.stages(tx, policy.steps).await?)),
            None => Ok(None),
        }
    }

    /// What the steps of a policy want to be decided.
    pub(crate) async fn stages(&self, tx: &Tx, steps: Vec<PolicyStep>) -> Result<Vec<Stage>> {
        let mut stages = Vec::new();
        for step in steps {
            match step {
                // An address is proven before anybody is asked.
                PolicyStep::Email { .. } => {}
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
        Ok(stages)
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
        asked: &Asked,
        stages: Vec<Stage>,
    ) -> Result<()> {
        let subject = match asked {
            Asked::Request(request) => ApprovalSubject::Request(request.id),
            Asked::Developer(developer) => ApprovalSubject::Developer(developer.id),
        };
        let approval = tx.save(Approval::ask(self.new_id(), subject, stages, tx.now())).await?;
        self.ask_stage(tx, &approval, asked).await
    }

    /// Tells those who have to decide next.
    async fn ask_stage(&self, tx: &mut Tx, approval: &Approval, asked: &Asked) -> Result<()> {
        let Some(stage) = approval.stage() else { return Ok(()) };
        if let StageKind::External { .. } = stage.kind {
            return self.ask_outside(tx, approval, stage, asked).await;
        }
        let (what, about) = match asked {
            Asked::Request(request) => (
                "a request waits for you to approve or reject it",
                format!("Request: {}\nApplication: {}", request.id, request.application_id),
            ),
            Asked::Developer(developer) => (
                "an account waits for you to approve or reject it",
                format!("Name: {}\nE-mail: {}", developer.name, developer.email),
            ),
        };
        let electorate = self.electorate(approval).await?;
        for to in self.addresses(&electorate).await? {
            let text = format!(
                "{}\n\n{what}.\n\nApproval: {id}\n{about}\n\nDecide: {}/approvals/{id}\n",
                greeting_line(),
                self.settings.public_url,
                id = approval.id,
            );
            self.post(tx, &to, "A request waits for your approval", text).await?;
        }
        Ok(())
    }

    /// Asks an outside system. It is told by webhook, and answers by the link in it.
    async fn ask_outside(
        &self,
        tx: &mut Tx,
        approval: &Approval,
        stage: &Stage,
        asked: &Asked,
    ) -> Result<()> {
        let mut data = serde_json::json!({
            "approval_id": approval.id,
            "link_id": stage.id,
            "expires_at": stage.expires_at,
        });
        let application = match asked {
            Asked::Request(request) => {
                data["request_id"] = serde_json::json!(request.id);
                data["requester"] = serde_json::json!(request.requester);
                data["application_id"] = serde_json::json!(request.application_id);
                Some(request.application_id)
            }
            Asked::Developer(developer) => {
                data["developer_id"] = serde_json::json!(developer.id);
                data["email"] = serde_json::json!(developer.email);
                data["name"] = serde_json::json!(developer.name);
                None
            }
        };
        self.queue_approval_event(tx, application, data).await
    }

    /// The last word, or the next step's turn.
    async fn after_decision(&self, tx: &mut Tx, approval: &Approval) -> Result<()> {
        if approval.state == ApprovalState::Pending {
            let is_new_step = approval.stage().is_some_and(|stage| stage.votes.is_empty());
            if is_new_step && let Some(asked) = self.subject(approval.subject).await? {
                self.ask_stage(tx, approval, &asked).await?;
            }
            return Ok(());
        }
        let yes = approval.state == ApprovalState::Approved;
        match approval.subject {
            ApprovalSubject::Developer(id) => self.decide_account(tx, id, yes).await,
            ApprovalSubject::Request(id) => {
                let request: Request = tx.read().find(id).await?.ok_or(Error::NotFound(RequestId::KIND))?;
                if yes {
                    return self.approve_request(tx, request).await.map(drop);
                }
                let reason = approval.comment.as_str().to_owned();
                self.reject_request(tx, request, approval, reason).await
            }
        }
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
        for approval in self.waiting_approvals().await? {
            let mut tx = self.begin(&Caller::system()).await?;
            let Ok(change) = approval.expire(tx.now()) else { continue };
            let approval = tx.save(change).await?;
            match approval.subject {
                ApprovalSubject::Developer(id) => self.decide_account(&mut tx, id, false).await?,
                ApprovalSubject::Request(id) => {
                    if let Some(request) = tx.read().find::<Request>(id).await? {
                        let reason = "nobody has decided in time".to_owned();
                        self.reject_request(&mut tx, request, &approval, reason).await?;
                    }
                }
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

fn must_be_person(caller: &Caller) -> Result<Person> {
    caller.person().ok_or_else(|| Error::Forbidden("only people approve; sign in as one".to_owned()))
}
