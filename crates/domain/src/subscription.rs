//! Subscriptions: application × API version × plan.

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{ApiVersionId, ApplicationId, Error, Instant, Meta, PlanId, SubscriptionId, Text, Transition};

/// The right of an application to call an API version, under a plan. An application has at most one for a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Its identity.
    pub id: SubscriptionId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Who calls.
    pub application_id: ApplicationId,
    /// What is called.
    pub api_version_id: ApiVersionId,
    /// Under which limits.
    pub plan_id: PlanId,
    /// A plan that the application wants instead and that an administrator has to approve. Until then the present
    /// plan goes on.
    pub requested_plan_id: Option<PlanId>,
    /// Whether calls are let through.
    pub status: SubscriptionStatus,
    /// What the one who asked wrote.
    pub request_comment: Text,
    /// What the one who decided wrote.
    pub response_comment: Text,
}

noun!(Subscription, SubscriptionId, application = |s| Some(s.application_id));

/// Whether calls are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// An administrator has to decide.
    Pending,
    /// Calls are let through.
    Approved,
    /// An administrator said no.
    Rejected,
    /// Was approved once, is not any more.
    Revoked,
}

/// What can be done to a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionCommand {
    /// An administrator says yes: to the subscription, or to the plan that was asked for.
    Approve {
        /// For the one who asked.
        comment: Text,
    },
    /// An administrator says no.
    Reject {
        /// For the one who asked.
        comment: Text,
    },
    /// An administrator stops it.
    Revoke {
        /// For the one who asked.
        comment: Text,
    },
    /// The application wants another plan.
    ChangePlan {
        /// Which.
        plan_id: PlanId,
        /// Whether somebody has to approve the change.
        needs_approval: bool,
        /// For the one who decides.
        comment: Text,
    },
}

impl Subscription {
    /// An application asks for an API version under a plan.
    pub fn request(
        id: SubscriptionId,
        application_id: ApplicationId,
        api_version_id: ApiVersionId,
        plan_id: PlanId,
        needs_approval: bool,
        comment: Text,
        now: Instant,
    ) -> Transition<Self> {
        let (status, action) = if needs_approval {
            (SubscriptionStatus::Pending, "subscription.requested")
        } else {
            (SubscriptionStatus::Approved, "subscription.created")
        };
        let subscription = Self {
            id,
            meta: Meta::new(now),
            application_id,
            api_version_id,
            plan_id,
            requested_plan_id: None,
            status,
            request_comment: comment,
            response_comment: Text::default(),
        };
        Transition::create(subscription, action)
    }

    /// Carries out a command. The whole state machine is this `match`.
    ///
    /// # Errors
    /// If the status does not allow it.
    pub fn apply(&self, command: SubscriptionCommand, now: Instant) -> Result<Transition<Self>, Error> {
        use SubscriptionCommand as Do;
        use SubscriptionStatus as Is;
        let mut after = self.clone();
        let action = match (self.status, command) {
            (Is::Pending | Is::Rejected | Is::Revoked, Do::Approve { comment }) => {
                after.status = Is::Approved;
                after.plan_id = after.requested_plan_id.take().unwrap_or(after.plan_id);
                after.response_comment = comment;
                "subscription.approved"
            }
            (Is::Approved, Do::Approve { comment }) if self.requested_plan_id.is_some() => {
                after.plan_id = after.requested_plan_id.take().unwrap_or(after.plan_id);
                after.response_comment = comment;
                "subscription.plan_change_approved"
            }
            (Is::Pending, Do::Reject { comment }) => {
                after.status = Is::Rejected;
                after.requested_plan_id = None;
                after.response_comment = comment;
                "subscription.rejected"
            }
            (Is::Approved, Do::Reject { comment }) if self.requested_plan_id.is_some() => {
                after.requested_plan_id = None;
                after.response_comment = comment;
                "subscription.plan_change_rejected"
            }
            (Is::Pending | Is::Approved, Do::Revoke { comment }) => {
                after.status = Is::Revoked;
                after.requested_plan_id = None;
                after.response_comment = comment;
                "subscription.revoked"
            }
            (Is::Approved, Do::ChangePlan { plan_id, needs_approval: true, comment })
                if plan_id != self.plan_id =>
            {
                after.requested_plan_id = Some(plan_id);
                after.request_comment = comment;
                "subscription.plan_change_requested"
            }
            (Is::Approved, Do::ChangePlan { plan_id, comment, .. }) => {
                after.plan_id = plan_id;
                after.requested_plan_id = None;
                after.request_comment = comment;
                "subscription.plan_changed"
            }
            (Is::Pending, Do::ChangePlan { plan_id, needs_approval, comment }) => {
                after.plan_id = plan_id;
                after.status = if needs_approval { Is::Pending } else { Is::Approved };
                after.request_comment = comment;
                "subscription.plan_changed"
            }
            (status, command) => return Err(refusal(status, &command)),
        };
        Ok(Transition::update(self, after, action, now))
    }
}

fn refusal(status: SubscriptionStatus, command: &SubscriptionCommand) -> Error {
    let verb = match command {
        SubscriptionCommand::Approve { .. } => "be approved",
        SubscriptionCommand::Reject { .. } => "be rejected",
        SubscriptionCommand::Revoke { .. } => "be revoked",
        SubscriptionCommand::ChangePlan { .. } => "change its plan",
    };
    let state = match status {
        SubscriptionStatus::Pending => "it waits for a decision",
        SubscriptionStatus::Approved => "it is approved, and no other plan was asked for",
        SubscriptionStatus::Rejected => "it was rejected",
        SubscriptionStatus::Revoked => "it was revoked",
    };
    Error::conflict("state", format!("the subscription cannot {verb}: {state}"))
}
