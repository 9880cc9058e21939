//! Who approves what: flows of people, step by step, and the policies that say what needs them.

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{
    ApprovalFlowId, ApprovalPolicyId, Checks, GroupId, Instant, Invalid, Meta, Name, Person, RequestKind,
    Text, Transition,
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
