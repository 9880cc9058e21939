//! What webhook endpoints can be told of. A stable list: programs compare these words.

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType {
    /// `noun.verb` in the past tense.
    pub name: &'static str,
    /// What happened, in a sentence.
    pub description: &'static str,
}

impl EventType {
    /// The type with this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        EVENT_TYPES.iter().find(|it| it.name == name)
    }
}

const fn event(name: &'static str, description: &'static str) -> EventType {
    EventType { name, description }
}

/// Sent by the test call only, whatever an endpoint has chosen.
pub const TEST_EVENT: &str = "webhook.test";

/// Every type, noun by noun. All but [`TEST_EVENT`] are the actions of audit lines, or are emitted by name.
pub const EVENT_TYPES: &[EventType] = &[
    event("api.created", "An API was made."),
    event("api.updated", "An API's name, description or tags were changed."),
    event("api.deleted", "An API was removed."),
    event("api_version.created", "A version of an API was made."),
    event("api_version.updated", "A version was changed: its place, what opens it, whether it is published."),
    event("api_version.specification_changed", "A version got another specification."),
    event("api_version.deleted", "A version was removed."),
    event("application.created", "An application was made."),
    event("application.updated", "An application's name or description was changed."),
    event("application.suspended", "An application was stopped: none of its calls pass."),
    event("application.resumed", "A suspended application may call again."),
    event("application.transferred", "An application went to another owner."),
    event("application.member_added", "Somebody became a member of an application."),
    event("application.member_changed", "A member of an application got another role."),
    event("application.member_removed", "Somebody is no member of an application any more."),
    event("application.deleted", "An application was removed, with its credentials and subscriptions."),
    event("approval.external_requested", "Somebody outside is asked to approve a request."),
    event("client.created", "An application got an OAuth client."),
    event("client.renamed", "An OAuth client got another name."),
    event("client.updated", "An OAuth client's settings were changed."),
    event("client.revoked", "An OAuth client was ended for good."),
    event("credential.issued", "An application got a credential."),
    event("credential.updated", "A credential's name or end was changed."),
    event("credential.rotated", "A credential has a successor and ends after an overlap."),
    event("credential.disabled", "A credential was switched off."),
    event("credential.enabled", "A credential was switched on again."),
    event("credential.revoked", "A credential was ended for good."),
    event("developer.registered", "Somebody registered."),
    event("developer.verified", "Somebody proved their mail address."),
    event("developer.approved", "Somebody may sign in."),
    event("developer.rejected", "Somebody who registered was turned away."),
    event("developer.revoked", "Somebody may not sign in any more."),
    event("developer.updated", "Somebody's profile was changed."),
    event("developer.deleted", "Somebody was removed."),
    event("gateway.application_requested", "A gateway is asked to make credentials for an application."),
    event("gateway.scope_increase_requested", "A gateway is asked to open another API to an application."),
    event("gateway.scope_decrease_requested", "A gateway is asked to close an API to an application."),
    event("gateway.update_requested", "A gateway is asked to change an application."),
    event("invitation.sent", "Somebody was invited."),
    event("invitation.accepted", "Somebody accepted an invitation."),
    event("invitation.withdrawn", "An invitation was taken back."),
    event("partner.created", "A partner was made."),
    event("partner.updated", "A partner's name, contact or roles were changed."),
    event("partner.member_added", "Somebody became a member of a partner."),
    event("partner.member_changed", "A member of a partner got another role."),
    event("partner.member_removed", "Somebody is no member of a partner any more."),
    event("partner.deleted", "A partner was removed."),
    event("plan.created", "A plan was made."),
    event("plan.updated", "A plan was changed."),
    event("plan.deleted", "A plan was removed."),
    event("provision.granted", "A gateway has given an API to an application, which can call there."),
    event("provision.withdrawn", "A gateway has taken an API from an application."),
    event("request.retried", "Somebody had a gateway told again of what is asked of it."),
    event(
        "subscription.requested",
        "An application asked for an API version; an administrator has to decide.",
    ),
    event("subscription.created", "An application got access to an API version without anybody's approval."),
    event("subscription.approved", "An administrator let an application call an API version."),
    event("subscription.rejected", "An administrator said no to a subscription."),
    event("subscription.revoked", "An application may not call an API version any more."),
    event("subscription.plan_change_requested", "An application asked for another plan."),
    event("subscription.plan_change_approved", "An application got the plan that it asked for."),
    event("subscription.plan_change_rejected", "An application keeps its plan."),
    event("subscription.plan_changed", "An application took another plan that needs no approval."),
    event("subscription.deleted", "A subscription was removed."),
    event(
        TEST_EVENT,
        "Somebody tries an endpoint out. Sent by the test call only, whatever an endpoint has chosen.",
    ),
];
