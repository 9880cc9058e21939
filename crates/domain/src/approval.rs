//! Approvals: something waits for people to decide, and what they said. Who they are is in the flows and policies.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::transition::noun;
use crate::{
    ApprovalFlowId, ApprovalId, DeveloperId, Error, FlowStep, Instant, Meta, Person, RequestId, Text,
    Transition,
};

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
