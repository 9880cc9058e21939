//! Approvals: which requests people have to look at, who, in which order, and what they said.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::transition::noun;
use crate::{
    ApprovalFlowId, ApprovalId, ApprovalPolicyId, Checks, DeveloperId, Error, GroupId, Instant, Invalid,
    Meta, Name, Person, RequestId, RequestKind, Text, Transition,
};

/// Somebody who may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approver {
    /// One person.
    Person(Person),
    /// Whoever is in a group when it is decided.
    Group(GroupId),
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStep {
    /// Who may decide.
    pub approvers: Vec<Approver>,
    /// Whether all of them must say yes; otherwise the first one decides.
    pub everyone: bool,
}

/// People who approve, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApprovalFlow {
    /// Its identity.
    pub id: ApprovalFlowId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique over all flows.
    pub name: Name,
    /// What it is for.
    pub description: Text,
    /// In their order, at least one.
    pub steps: Vec<FlowStep>,
}

noun!(ApprovalFlow, ApprovalFlowId);

/// What somebody typed about a flow.
#[derive(Clone, Debug, Default)]
pub struct ApprovalFlowDraft {
    /// See [`ApprovalFlow::name`].
    pub name: String,
    /// See [`ApprovalFlow::description`].
    pub description: String,
    /// See [`ApprovalFlow::steps`].
    pub steps: Vec<FlowStep>,
}

impl ApprovalFlow {
    /// How many steps a flow may have, and how many approvers a step.
    pub const MAX: usize = 20;

    /// A new flow.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: ApprovalFlowId,
        draft: ApprovalFlowDraft,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now))?, "approval_flow.created"))
    }

    /// What can be edited.
    pub fn draft(&self) -> ApprovalFlowDraft {
        ApprovalFlowDraft {
            name: self.name.to_string(),
            description: self.description.as_str().to_owned(),
            steps: self.steps.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: ApprovalFlowDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::update(self, draft.check(self.id, self.meta)?, "approval_flow.updated", now))
    }
}

impl ApprovalFlowDraft {
    fn check(self, id: ApprovalFlowId, meta: Meta) -> Result<ApprovalFlow, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        let fits = |count: usize| (1..=ApprovalFlow::MAX).contains(&count);
        let message = format!("must have 1 to {} entries", ApprovalFlow::MAX);
        checks.require(fits(self.steps.len()), "steps", "out_of_range", &message);
        for (i, step) in self.steps.iter().enumerate().take(ApprovalFlow::MAX) {
            let field = format!("steps[{i}].approvers");
            checks.require(fits(step.approvers.len()), &field, "out_of_range", &message);
        }
        let steps = self.steps;
        checks.build(|| Some(ApprovalFlow { id, meta, name: name?, description: description?, steps }))
    }
}

/// What a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyScope {
    /// New applications at third parties' gateways, and perhaps more APIs for them.
    Applications,
    /// Accounts of those who register.
    Accounts,
}

impl PolicyScope {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Applications, Self::Accounts];
}

/// Which approval something needs. There is at most one policy for each scope; none: no approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApprovalPolicy {
    /// Its identity.
    pub id: ApprovalPolicyId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// What it is about.
    pub scope: PolicyScope,
    /// Whether it holds for more APIs of an existing application, too.
    pub for_increase: bool,
    /// In their order, all of them.
    pub steps: Vec<PolicyStep>,
}

noun!(ApprovalPolicy, ApprovalPolicyId);

/// A step of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PolicyStep {
    /// People decide.
    Flow {
        /// In this flow.
        flow_id: ApprovalFlowId,
    },
    /// An outside system decides.
    External {
        /// Within so many seconds; nothing in time is no.
        expires_s: u64,
    },
    /// Whoever registers proves to read mail at the address. Only for accounts, where it comes first in any case.
    Email {
        /// Within so many seconds.
        expires_s: u64,
    },
}

impl ApprovalPolicy {
    /// The longest that somebody may take to decide, in seconds: a year.
    pub const LONGEST: u64 = 365 * 24 * 3_600;

    /// A policy that wants nothing yet.
    pub fn create(id: ApprovalPolicyId, scope: PolicyScope, now: Instant) -> Transition<Self> {
        let policy = Self { id, meta: Meta::new(now), scope, for_increase: false, steps: Vec::new() };
        Transition::create(policy, "approval_policy.created")
    }

    /// Sets it anew.
    ///
    /// # Errors
    /// If there are too many steps, one leaves too much time or none, or the proof of an address is asked where it has
    /// no place.
    pub fn set(
        &self,
        steps: Vec<PolicyStep>,
        for_increase: bool,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        let message = format!("must have at most {} entries", ApprovalFlow::MAX);
        checks.require(steps.len() <= ApprovalFlow::MAX, "steps", "too_many", &message);
        for (i, step) in steps.iter().enumerate().take(ApprovalFlow::MAX) {
            let field = format!("steps[{i}]");
            match step {
                PolicyStep::Flow { .. } => {}
                PolicyStep::External { expires_s } => {
                    let fits = (1..=Self::LONGEST).contains(expires_s);
                    let message = "must leave between a second and 365 days";
                    checks.require(fits, &field, "out_of_range", message);
                }
                PolicyStep::Email { expires_s } => {
                    let has_place = self.scope == PolicyScope::Accounts && i == 0;
                    let message = "proves an address: it is for accounts only, and comes first there";
                    checks.require(has_place, &field, "invalid", message);
                    let fits = (60..=30 * 24 * 3_600).contains(expires_s);
                    let message = "must leave between a minute and 30 days";
                    checks.require(fits, &field, "out_of_range", message);
                }
            }
        }
        checks.build(|| Some(()))?;
        let after = Self { steps, for_increase, ..self.clone() };
        Ok(Transition::update(self, after, "approval_policy.updated", now))
    }

    /// For how many seconds the link works by which whoever registers proves the address, if that is said.
    pub fn email_expires_s(&self) -> Option<u64> {
        self.steps.iter().find_map(|step| match step {
            PolicyStep::Email { expires_s } => Some(*expires_s),
            PolicyStep::Flow { .. } | PolicyStep::External { .. } => None,
        })
    }

    /// Whether anybody has to decide on an account whose address is proven.
    pub fn covers_accounts(&self) -> bool {
        let decides = |step: &PolicyStep| !matches!(step, PolicyStep::Email { .. });
        self.scope == PolicyScope::Accounts && self.steps.iter().any(decides)
    }

    /// Whether it has a say in this kind of request. What makes an application smaller needs nobody's approval.
    pub fn covers(&self, kind: RequestKind) -> bool {
        if self.scope != PolicyScope::Applications {
            return false;
        }
        match kind {
            RequestKind::Create | RequestKind::Subscribe => !self.steps.is_empty(),
            RequestKind::Increase => self.for_increase && !self.steps.is_empty(),
            RequestKind::Decrease | RequestKind::Update | RequestKind::Delete | RequestKind::Unsubscribe => {
                false
            }
        }
    }
}

/// What has to be decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalSubject {
    /// A request to a gateway.
    Request(RequestId),
    /// The account of somebody who registered.
    Developer(DeveloperId),
}

/// Something that waits for people to decide. The steps are those of the policy when it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Its identity.
    pub id: ApprovalId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// On what.
    pub subject: ApprovalSubject,
    /// What has to be decided, in order.
    pub stages: Vec<Stage>,
    /// Which of them is being decided.
    pub at: usize,
    /// What came of it.
    pub state: ApprovalState,
    /// What the last one said.
    pub comment: Text,
}

noun!(Approval, ApprovalId);

/// One thing that has to be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its identity; for an outside system this is the link with which it answers.
    pub id: Uuid,
    /// By whom.
    pub kind: StageKind,
    /// What was said so far.
    pub votes: Vec<Vote>,
    /// From when on nothing is no.
    pub expires_at: Option<Instant>,
}

/// By whom a stage is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum StageKind {
    /// By people.
    People {
        /// Out of this flow.
        flow_id: ApprovalFlowId,
        /// Who, and whether all of them.
        step: FlowStep,
    },
    /// By an outside system.
    External {
        /// In how many seconds after it was asked.
        expires_s: u64,
    },
}

/// What somebody said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who.
    pub person: Person,
    /// Whether yes.
    pub yes: bool,
    /// When.
    pub at: Instant,
}

/// What came of an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// It is not decided.
    Pending,
    /// All said yes.
    Approved,
    /// Somebody said no.
    Rejected,
}

impl Approval {
    /// People have to decide.
    pub fn ask(
        id: ApprovalId,
        subject: ApprovalSubject,
        stages: Vec<Stage>,
        now: Instant,
    ) -> Transition<Self> {
        let (at, comment) = (0, Text::default());
        let mut approval =
            Self { id, meta: Meta::new(now), subject, stages, at, state: ApprovalState::Pending, comment };
        approval.start(now);
        Transition::create(approval, "approval.asked")
    }

    /// The stage that is being decided.
    pub fn stage(&self) -> Option<&Stage> {
        self.stages.get(self.at).filter(|_| self.state == ApprovalState::Pending)
    }

    fn start(&mut self, now: Instant) {
        if let Some(stage) = self.stages.get_mut(self.at) {
            stage.expires_at = match stage.kind {
                StageKind::External { expires_s } => Some(now + Duration::from_secs(expires_s)),
                StageKind::People { .. } => None,
            };
        }
    }

    /// Somebody says yes or no. `electorate` are all who may decide this stage, at this moment.
    ///
    /// # Errors
    /// If it is decided already, is not theirs to decide, or they have said it before.
    pub fn vote(
        &self,
        person: Person,
        electorate: &[Person],
        yes: bool,
        comment: Text,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        let stage = self.stage().ok_or_else(decided)?;
        let StageKind::People { step, .. } = &stage.kind else { return Err(not_yours()) };
        if !electorate.contains(&person) {
            return Err(not_yours());
        }
        if stage.votes.iter().any(|vote| vote.person == person) {
            return Err(Error::conflict("voted", "you have decided this already"));
        }
        let mut votes = stage.votes.clone();
        votes.push(Vote { person, yes, at: now });
        let said_yes = |person: &Person| votes.iter().any(|vote| vote.yes && vote.person == *person);
        // All of nobody is nobody: an empty group approves nothing.
        let all = !electorate.is_empty() && electorate.iter().all(said_yes);
        let decision = match (yes, step.everyone) {
            (false, _) => Some(false),
            (true, false) => Some(true),
            (true, true) => all.then_some(true),
        };
        Ok(self.decide(votes, decision, comment, now))
    }

    /// An outside system says yes or no, by the link that it was given.
    ///
    /// # Errors
    /// If it is decided already, or the link is of another stage, or too old.
    pub fn answer(
        &self,
        link: Uuid,
        yes: bool,
        comment: Text,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        let stage = self.stage().ok_or_else(decided)?;
        let is_external = matches!(stage.kind, StageKind::External { .. });
        if !is_external || stage.id != link {
            return Err(decided());
        }
        if stage.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::conflict("expired", "the time to decide is over"));
        }
        Ok(self.decide(Vec::new(), Some(yes), comment, now))
    }

    /// An administrator has decided about what it is about, whoever was asked.
    ///
    /// # Errors
    /// If it is decided already.
    pub fn overrule(&self, yes: bool, now: Instant) -> Result<Transition<Self>, Error> {
        self.stage().ok_or_else(decided)?;
        let state = if yes { ApprovalState::Approved } else { ApprovalState::Rejected };
        Ok(Transition::update(self, Self { state, ..self.clone() }, "approval.overruled", now))
    }

    /// Nobody has decided in time.
    ///
    /// # Errors
    /// If there is time yet, or it is decided.
    pub fn expire(&self, now: Instant) -> Result<Transition<Self>, Error> {
        let stage = self.stage().ok_or_else(decided)?;
        match stage.expires_at {
            Some(at) if at <= now => {
                let after = Self { state: ApprovalState::Rejected, ..self.clone() };
                Ok(Transition::update(self, after, "approval.expired", now))
            }
            _ => Err(Error::conflict("state", "there is time to decide yet")),
        }
    }

    fn decide(
        &self,
        votes: Vec<Vote>,
        decision: Option<bool>,
        comment: Text,
        now: Instant,
    ) -> Transition<Self> {
        let mut after = Self { comment, ..self.clone() };
        if let Some(stage) = after.stages.get_mut(self.at) {
            stage.votes = votes;
        }
        let action = match decision {
            None => "approval.voted",
            Some(false) => {
                after.state = ApprovalState::Rejected;
                "approval.rejected"
            }
            Some(true) if self.at + 1 < self.stages.len() => {
                after.at += 1;
                after.start(now);
                "approval.step_approved"
            }
            Some(true) => {
                after.state = ApprovalState::Approved;
                "approval.approved"
            }
        };
        Transition::update(self, after, action, now)
    }
}

fn decided() -> Error {
    Error::conflict("decided", "this is decided already")
}

fn not_yours() -> Error {
    Error::conflict("not_yours", "this is not yours to decide")
}
