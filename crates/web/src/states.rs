//! States in words, and how good or bad they are. One word for one state, wherever it is shown.

use domain::{
    Accepted, AdministratorRole, ApplicationRole, ApplicationState, ApprovalState, CredentialKind,
    CredentialStatus, DeveloperState, Limit, MailState, PartnerRole, Period, RequestKind, RequestStatus,
    Subscription, SubscriptionStatus, TokenState, TraceKind,
};

use super::cell::Tone;
use edge::plural;
use edge::words;
use edge::words::Words;

/// Of an application.
pub(crate) fn application(state: ApplicationState) -> (Tone, &'static str) {
    match state {
        ApplicationState::Active => (Tone::Good, "Active"),
        ApplicationState::Suspended => (Tone::Bad, "Suspended"),
    }
}

/// Of a subscription, and of the other plan that it may wait for.
pub(crate) fn subscription(subscription: &Subscription) -> (Tone, &'static str) {
    match subscription.status {
        SubscriptionStatus::Pending => (Tone::Waits, "Waits for approval"),
        SubscriptionStatus::Approved if subscription.requested_plan_id.is_some() => {
            (Tone::Waits, "Active, other plan asked for")
        }
        SubscriptionStatus::Approved => (Tone::Good, "Active"),
        SubscriptionStatus::Rejected => (Tone::Bad, "Rejected"),
        SubscriptionStatus::Revoked => (Tone::Bad, "Revoked"),
    }
}

/// Of a credential.
pub(crate) fn credential(status: CredentialStatus) -> (Tone, &'static str) {
    match status {
        CredentialStatus::Active => (Tone::Good, "Active"),
        CredentialStatus::Rotating => (Tone::Waits, "Being replaced"),
        CredentialStatus::Disabled => (Tone::Waits, "Switched off"),
        CredentialStatus::Expired => (Tone::Bad, "Expired"),
        CredentialStatus::Revoked => (Tone::Bad, "Revoked"),
    }
}

/// Of a developer's account.
pub(crate) fn developer(state: DeveloperState) -> (Tone, &'static str) {
    match state {
        DeveloperState::Unverified => (Tone::Plain, "Address not confirmed"),
        DeveloperState::Pending => (Tone::Waits, "Waits for approval"),
        DeveloperState::Approved => (Tone::Good, "Active"),
        DeveloperState::Rejected => (Tone::Bad, "Rejected"),
        DeveloperState::Revoked => (Tone::Bad, "Shut out"),
    }
}

/// Of a request to a gateway.
pub(crate) fn request(status: RequestStatus) -> (Tone, &'static str) {
    match status {
        RequestStatus::New => (Tone::Plain, "New"),
        RequestStatus::ApprovalPending => (Tone::Waits, "Waits for approval"),
        RequestStatus::Approved => (Tone::Waits, "The gateway is being told"),
        RequestStatus::DeliveryUnsuccessful => (Tone::Bad, "The gateway could not be told"),
        RequestStatus::WaitingThirdParty => (Tone::Waits, "Waits for the gateway"),
        RequestStatus::Completed => (Tone::Good, "Done"),
        RequestStatus::Failed => (Tone::Bad, "Given up"),
        RequestStatus::Rejected => (Tone::Bad, "Rejected"),
    }
}

/// Every status of a request.
pub(crate) const REQUEST_STATUSES: [RequestStatus; 8] = [
    RequestStatus::New,
    RequestStatus::ApprovalPending,
    RequestStatus::Approved,
    RequestStatus::DeliveryUnsuccessful,
    RequestStatus::WaitingThirdParty,
    RequestStatus::Completed,
    RequestStatus::Failed,
    RequestStatus::Rejected,
];

/// What is asked of a gateway.
pub(crate) fn request_kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Create => "New application",
        RequestKind::Increase => "More APIs",
        RequestKind::Decrease => "Fewer APIs",
        RequestKind::Update => "Other name or addresses",
        RequestKind::Delete => "End of the application",
        RequestKind::Subscribe => "Package",
        RequestKind::Unsubscribe => "End of a package",
    }
}

/// What happened to a request.
pub(crate) fn trace(kind: TraceKind) -> (Tone, &'static str) {
    match kind {
        TraceKind::Asked => (Tone::Plain, "Asked"),
        TraceKind::ApprovalAsked => (Tone::Waits, "People were asked to approve"),
        TraceKind::Approved => (Tone::Good, "Approved"),
        TraceKind::Rejected => (Tone::Bad, "Rejected"),
        TraceKind::Delivered => (Tone::Good, "The gateway was told"),
        TraceKind::Undelivered => (Tone::Bad, "The gateway could not be told"),
        TraceKind::Reminded => (Tone::Waits, "The gateway was reminded"),
        TraceKind::Retried => (Tone::Plain, "Somebody had it told again"),
        TraceKind::Completed => (Tone::Good, "The gateway has done it"),
        TraceKind::Refused => (Tone::Bad, "The gateway refused"),
        TraceKind::Failed => (Tone::Bad, "Given up"),
    }
}

/// Of an approval.
pub(crate) fn approval(state: ApprovalState) -> (Tone, &'static str) {
    match state {
        ApprovalState::Pending => (Tone::Waits, "Waits for a decision"),
        ApprovalState::Approved => (Tone::Good, "Approved"),
        ApprovalState::Rejected => (Tone::Bad, "Rejected"),
    }
}

/// Of a token that a third party made.
pub(crate) fn external_token(state: TokenState) -> (Tone, &'static str) {
    match state {
        TokenState::Active => (Tone::Good, "Stored"),
        TokenState::RenewRequested => (Tone::Waits, "Renewal requested"),
        TokenState::RevokeRequested => (Tone::Waits, "End requested"),
    }
}

/// Of a mail.
pub(crate) fn mail(state: MailState) -> (Tone, &'static str) {
    match state {
        MailState::Waiting => (Tone::Waits, "Waiting"),
        MailState::Kept => (Tone::Plain, "Kept here"),
        MailState::Sent => (Tone::Good, "Sent"),
        MailState::Failed => (Tone::Bad, "Failed"),
    }
}

/// Of somebody who runs this installation, within a sentence.
pub(crate) fn administrator_role(role: AdministratorRole) -> Words {
    match role {
        AdministratorRole::Administrator => words!("administrator"),
        AdministratorRole::Approver => words!("approver"),
        AdministratorRole::Auditor => words!("auditor"),
        AdministratorRole::Provider { .. } => words!("provider"),
    }
}

/// Of a member of a partner.
pub(crate) fn partner_role(role: PartnerRole) -> &'static str {
    match role {
        PartnerRole::Owner => "Owner",
        PartnerRole::ReadOnly => "May look",
    }
}

/// Of a member of an application.
pub(crate) fn application_role(role: ApplicationRole) -> &'static str {
    match role {
        ApplicationRole::Owner => "Owner",
        ApplicationRole::Developer => "Developer",
        ApplicationRole::ReadOnly => "May look",
    }
}

/// A kind of credential.
pub(crate) fn credential_kind(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::ApiKey => "API key",
        CredentialKind::ClientSecret => "Client secret",
        CredentialKind::Certificate => "Client certificate",
        CredentialKind::External => "Of a third party’s gateway",
    }
}

/// What a version accepts.
pub(crate) fn accepted(accepted: Accepted) -> &'static str {
    match accepted {
        Accepted::ApiKey => "API key",
        Accepted::Certificate => "Client certificate",
        Accepted::Basic => "Client id and secret",
        Accepted::Bearer => "Access token",
    }
}

/// A limit.
pub(crate) fn limit(limit: &Limit) -> Words {
    let count = grouped(limit.requests);
    match limit.per {
        Period::Second => plural!(limit.requests, "{count} call a second", "{count} calls a second", count),
        Period::Minute => plural!(limit.requests, "{count} call a minute", "{count} calls a minute", count),
        Period::Hour => plural!(limit.requests, "{count} call a hour", "{count} calls a hour", count),
        Period::Day => plural!(limit.requests, "{count} call a day", "{count} calls a day", count),
        Period::Month => plural!(limit.requests, "{count} call a month", "{count} calls a month", count),
    }
}

/// `1,000,000`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_well() {
        let words = |requests| limit(&Limit { requests, per: domain::Period::Day });
        assert_eq!(words(1).as_str(), "1 call a day");
        assert_eq!(words(1_000).as_str(), "1,000 calls a day");
        assert_eq!(words(1_234_567).as_str(), "1,234,567 calls a day");
    }
}
