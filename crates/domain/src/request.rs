//! Requests: somebody asked for something that must be approved or provisioned elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::transition::noun;
use crate::{
    ApiId, ApplicationId, Checks, Error, GatewayId, Instant, Invalid, Meta, Person, PlanId, RequestId,
    Transition,
};

/// Somebody asked for something. It has a state for each API that is asked for, and goes its own way with each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Its identity.
    pub id: RequestId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// What is asked for.
    pub kind: RequestKind,
    /// Who asks.
    pub requester: Person,
    /// For which application.
    pub application_id: ApplicationId,
    /// Which gateway has to do it; none: nobody in particular, an administrator answers.
    pub gateway_id: Option<GatewayId>,
    /// What was said about it.
    pub context: RequestContext,
    /// One for each API, at least one.
    pub states: Vec<RequestState>,
}

noun!(Request, RequestId, application = |r| Some(r.application_id));

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// A new application that may call some APIs.
    Create,
    /// More APIs.
    Increase,
    /// Fewer APIs.
    Decrease,
    /// Another name, description or redirect address.
    Update,
    /// The end of an application.
    Delete,
    /// A new application that may call what a package holds, under a plan.
    Subscribe,
    /// The end of a subscription.
    Unsubscribe,
}

/// What was said about a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestContext {
    /// The application's name.
    pub name: Option<String>,
    /// What the application is.
    pub description: Option<String>,
    /// Where its users come back to.
    pub redirect_uris: Option<Vec<String>>,
    /// What else was asked and answered.
    #[serde(default)]
    pub custom: BTreeMap<String, String>,
    /// The package that is subscribed to, and the plan.
    pub package: Option<(ApiId, PlanId)>,
}

impl RequestContext {
    /// Whether what was said is not too much, and the addresses are addresses.
    ///
    /// # Errors
    /// Every wrong field.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut checks = Checks::new();
        if let Some(uris) = &self.redirect_uris {
            checks.require(uris.len() <= 50, "redirect_uris", "too_many", "must have at most 50 entries");
            for (i, uri) in uris.iter().enumerate().take(50) {
                let message = "must be an absolute address of at most 2000 visible ASCII characters, without a fragment";
                checks.require(is_redirect_uri(uri), &format!("redirect_uris[{i}]"), "invalid", message);
            }
        }
        checks.require(self.custom.len() <= 50, "custom", "too_many", "must have at most 50 entries");
        let short = self.custom.iter().all(|(key, value)| {
            let whole = !key.contains('\0') && !value.contains('\0');
            (1..=100).contains(&key.len()) && value.len() <= 2_000 && whole
        });
        let message = "must have keys of 1 to 100 and values of at most 2000 bytes, without NUL";
        checks.require(short, "custom", "too_long", message);
        checks.build(|| Some(()))
    }
}

/// An absolute URI without fragment (RFC 6749 §3.1.2). Which scheme is the gateway's business.
fn is_redirect_uri(uri: &str) -> bool {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    let has_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    has_scheme && uri.len() <= 2_000 && uri.bytes().all(|b| b.is_ascii_graphic() && b != b'#')
}

/// How far a request has come with one API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestState {
    /// Its identity.
    pub id: Uuid,
    /// The identity of what the gateway is told; its answer names it. An address, never a right.
    pub event_id: Uuid,
    /// With which API; none: with the application itself.
    pub api_id: Option<ApiId>,
    /// How far.
    pub status: RequestStatus,
    /// What the gateway answered, hashed: the same answer again is no other.
    #[serde(skip)]
    pub answer: Option<Vec<u8>>,
    /// What happened, from the oldest to the newest.
    #[serde(skip)]
    pub trace: Vec<Trace>,
}

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Its identity.
    pub id: Uuid,
    /// When.
    pub at: Instant,
    /// What.
    pub kind: TraceKind,
    /// The HTTP status that the gateway answered with, if it did.
    pub code: Option<u16>,
    /// Why, or what went wrong.
    #[serde(default)]
    pub reason: String,
}

/// What can happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// Somebody asked.
    Asked,
    /// People have to decide.
    ApprovalAsked,
    /// They, or nobody because nobody has to, said yes.
    Approved,
    /// They said no.
    Rejected,
    /// The gateway took the message.
    Delivered,
    /// The gateway could not be told.
    Undelivered,
    /// Somebody had it told again.
    Retried,
    /// The gateway had not answered for a day, and was reminded.
    Reminded,
    /// The gateway has done it.
    Completed,
    /// The gateway will not do it.
    Refused,
    /// Nothing will come of it any more.
    Failed,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// The gateway has done it.
    Completed,
    /// The gateway knows, and has not answered.
    WaitingThirdParty,
    /// The gateway is being told.
    Approved,
    /// People have to decide.
    ApprovalPending,
    /// Nobody has looked at it.
    New,
    /// The gateway could not be told yet.
    DeliveryUnsuccessful,
    /// Nothing came of it.
    Failed,
    /// Somebody said no.
    Rejected,
}

/// What can happen to a request's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestCommand {
    /// A policy wants people to decide.
    AskForApproval,
    /// They, or nobody because nobody has to, say yes.
    Approve,
    /// They say no.
    Reject {
        /// Why.
        reason: String,
    },
    /// The gateway was told, and took it.
    Delivered {
        /// With which HTTP status.
        code: Option<u16>,
    },
    /// The gateway could not be told this time.
    Undelivered {
        /// With which HTTP status it refused, if it did.
        code: Option<u16>,
        /// What went wrong.
        reason: String,
    },
    /// Somebody has it told again.
    Retry,
    /// The gateway knows for a day, and has not answered.
    Remind,
    /// The gateway has done it.
    Complete {
        /// A hash of what it answered.
        answer: Vec<u8>,
    },
    /// The gateway will not do it.
    Refuse {
        /// Why.
        reason: String,
    },
    /// Nothing will come of it any more.
    Fail {
        /// Why.
        reason: String,
    },
}

impl RequestState {
    /// When something happened to it last; that the gateway was reminded is nothing that happened.
    pub fn touched_at(&self) -> Option<Instant> {
        self.trace.iter().rev().find(|trace| trace.kind != TraceKind::Reminded).map(|trace| trace.at)
    }

    /// Whether the gateway was reminded since something happened.
    pub fn is_reminded(&self) -> bool {
        self.trace.last().is_some_and(|trace| trace.kind == TraceKind::Reminded)
    }

    /// How many entries of what happened are kept: the first ones and the last.
    const MAX_TRACE: usize = 60;

    /// Carries out a command. The whole state machine is this `match`.
    fn apply(&self, command: RequestCommand, trace_id: Uuid, now: Instant) -> Result<Self, Error> {
        use RequestCommand as Do;
        use RequestStatus as Is;
        use TraceKind as Did;
        let mut after = self.clone();
        let (status, kind, code, reason) = match (self.status, command) {
            (Is::New, Do::AskForApproval) => (Is::ApprovalPending, Did::ApprovalAsked, None, String::new()),
            (Is::New | Is::ApprovalPending, Do::Approve) => {
                (Is::Approved, Did::Approved, None, String::new())
            }
            (Is::ApprovalPending, Do::Reject { reason }) => (Is::Rejected, Did::Rejected, None, reason),
            (Is::Approved | Is::DeliveryUnsuccessful | Is::WaitingThirdParty, Do::Delivered { code }) => {
                (Is::WaitingThirdParty, Did::Delivered, code, "Delivered to gateway".to_owned())
            }
            (Is::Approved | Is::DeliveryUnsuccessful, Do::Undelivered { code, reason }) => {
                (Is::DeliveryUnsuccessful, Did::Undelivered, code, reason)
            }
            // It was told once; that it could not be told again takes nothing back.
            (Is::WaitingThirdParty, Do::Undelivered { code, reason }) => {
                (Is::WaitingThirdParty, Did::Undelivered, code, reason)
            }
            (Is::Approved | Is::Failed, Do::Retry) => (Is::Approved, Did::Retried, None, String::new()),
            (Is::WaitingThirdParty | Is::DeliveryUnsuccessful, Do::Retry) => {
                (self.status, Did::Retried, None, String::new())
            }
            (Is::WaitingThirdParty, Do::Remind) => (self.status, Did::Reminded, None, String::new()),
            // The answer may be here before it is noted that the question was taken.
            (Is::Approved | Is::WaitingThirdParty | Is::DeliveryUnsuccessful, Do::Complete { answer }) => {
                after.answer = Some(answer);
                (Is::Completed, Did::Completed, None, String::new())
            }
            (Is::Approved | Is::WaitingThirdParty | Is::DeliveryUnsuccessful, Do::Refuse { reason }) => {
                (Is::Rejected, Did::Refused, None, reason)
            }
            (
                Is::New
                | Is::ApprovalPending
                | Is::Approved
                | Is::WaitingThirdParty
                | Is::DeliveryUnsuccessful,
                Do::Fail { reason },
            ) => (Is::Failed, Did::Failed, None, reason),
            (status, command) => return Err(refusal(status, &command)),
        };
        after.status = status;
        after.trace.push(Trace { id: trace_id, at: now, kind, code, reason: short(&reason) });
        if after.trace.len() > Self::MAX_TRACE {
            after.trace.remove(Self::MAX_TRACE / 2);
        }
        Ok(after)
    }
}

impl Request {
    /// Somebody asks. `apis` are what is asked for, each with the ids of its state, its event and its first trace.
    pub fn ask(
        (id, kind): (RequestId, RequestKind),
        requester: Person,
        application_id: ApplicationId,
        gateway_id: Option<GatewayId>,
        context: RequestContext,
        apis: Vec<(Uuid, Uuid, Option<ApiId>)>,
        now: Instant,
    ) -> Transition<Self> {
        let states = apis.into_iter().map(|(state_id, event_id, api_id)| RequestState {
            id: state_id,
            event_id,
            api_id,
            status: RequestStatus::New,
            answer: None,
            // The first entry bears the state's own id: so can who sees the one find the other.
            trace: vec![Trace {
                id: state_id,
                at: now,
                kind: TraceKind::Asked,
                code: None,
                reason: String::new(),
            }],
        });
        let states = states.collect();
        let meta = Meta::new(now);
        let request = Self { id, meta, kind, requester, application_id, gateway_id, context, states };
        Transition::create(request, "request.made")
    }

    /// How far it has come as a whole: completed if it is with every API, otherwise what is worst.
    pub fn status(&self) -> RequestStatus {
        self.states.iter().map(|state| state.status).max().unwrap_or(RequestStatus::Failed)
    }

    /// The state with this id.
    pub fn state(&self, id: Uuid) -> Option<&RequestState> {
        self.states.iter().find(|state| state.id == id)
    }

    /// The state whose message to the gateway has this id.
    pub fn state_of_event(&self, event_id: Uuid) -> Option<&RequestState> {
        self.states.iter().find(|state| state.event_id == event_id)
    }

    /// Whether nobody outside knows of it yet: until then it can be taken back.
    pub fn is_pending(&self) -> bool {
        matches!(self.status(), RequestStatus::New | RequestStatus::ApprovalPending)
    }

    /// Carries out a command on one state.
    ///
    /// # Errors
    /// If there is no such state, or its status does not allow it.
    pub fn apply(
        &self,
        state: Uuid,
        command: RequestCommand,
        trace_id: Uuid,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        let action = match command {
            RequestCommand::AskForApproval => "request.approval_asked",
            RequestCommand::Approve => "request.approved",
            RequestCommand::Reject { .. } => "request.rejected",
            RequestCommand::Delivered { .. } => "request.delivered",
            RequestCommand::Undelivered { .. } => "request.undelivered",
            RequestCommand::Retry => "request.retried",
            RequestCommand::Remind => "request.reminded",
            RequestCommand::Complete { .. } => "request.completed",
            RequestCommand::Refuse { .. } => "request.refused",
            RequestCommand::Fail { .. } => "request.failed",
        };
        let mut after = self.clone();
        let found = after.states.iter_mut().find(|it| it.id == state);
        let found = found.ok_or_else(|| Error::conflict("unknown_state", "the request has no such state"))?;
        *found = found.apply(command, trace_id, now)?;
        Ok(Transition::update(self, after, action, now).with_detail("state", state.to_string()))
    }

    /// Carries out a command on every state at once.
    ///
    /// # Errors
    /// If the status of one does not allow it.
    pub fn apply_to_all(
        &self,
        command: &RequestCommand,
        mut new_id: impl FnMut() -> Uuid,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        let mut after = self.clone();
        for state in &mut after.states {
            *state = state.apply(command.clone(), new_id(), now)?;
        }
        let action = match command {
            RequestCommand::AskForApproval => "request.approval_asked",
            RequestCommand::Approve => "request.approved",
            RequestCommand::Reject { .. } => "request.rejected",
            RequestCommand::Fail { .. } => "request.failed",
            RequestCommand::Delivered { .. }
            | RequestCommand::Undelivered { .. }
            | RequestCommand::Retry
            | RequestCommand::Remind
            | RequestCommand::Complete { .. }
            | RequestCommand::Refuse { .. } => "request.updated",
        };
        Ok(Transition::update(self, after, action, now))
    }
}

/// What went wrong, in a line that can be shown.
fn short(reason: &str) -> String {
    reason.chars().filter(|c| !c.is_control()).take(500).collect()
}

fn refusal(status: RequestStatus, command: &RequestCommand) -> Error {
    let verb = match command {
        RequestCommand::AskForApproval => "be given to people to decide",
        RequestCommand::Approve => "be approved",
        RequestCommand::Reject { .. } => "be rejected",
        RequestCommand::Delivered { .. } | RequestCommand::Undelivered { .. } => "be delivered",
        RequestCommand::Retry => "be tried again",
        RequestCommand::Remind => "be asked for again",
        RequestCommand::Complete { .. } => "be completed",
        RequestCommand::Refuse { .. } => "be refused by the gateway",
        RequestCommand::Fail { .. } => "fail",
    };
    let (code, state) = match status {
        RequestStatus::New => ("state", "it is new"),
        RequestStatus::ApprovalPending => ("state", "it waits for approval"),
        RequestStatus::Approved => ("state", "the gateway is being told"),
        RequestStatus::WaitingThirdParty => ("state", "it waits for the gateway"),
        RequestStatus::DeliveryUnsuccessful => ("state", "the gateway could not be told yet"),
        RequestStatus::Completed => ("completed", "it is completed"),
        RequestStatus::Failed => ("over", "its time is over"),
        RequestStatus::Rejected => ("rejected", "it was rejected"),
    };
    Error::conflict(code, format!("the request cannot {verb}: {state}"))
}
