//! Every state, every command, and what comes of it. The tables that are made here are the reference page.

use std::fmt::Write;
use std::time::Duration;

use keywright_domain::{
    Application, ApplicationState, Approval, Client, ClientState, Credential, CredentialDraft,
    CredentialState, CredentialStatus, Developer, DeveloperCommand, DeveloperState, Error, Noun, Owner,
    Partner, PartnerRole, Person, PlanId, Request, RequestCommand, RequestStatus, SigningKey,
    SigningKeyState, Subscription, SubscriptionCommand, SubscriptionStatus, Text, Transition,
};

use crate::sample::{self, NOW, id, made};

const HEAD: &str = "\
# State machines

<!-- Made by `UPDATE_GOLDEN=1 cargo test -p keywright-domain --test it state_machines` from what the code does. -->

What can be done to a thing in each of its states. What is refused is answered with 409 and the code in the last column;
everything else leaves an audit line with the event in it.
";

#[test]
fn the_committed_page_is_what_the_machines_do() {
    let page = [
        HEAD,
        &subscriptions(),
        &developers(),
        &credentials(),
        &applications(),
        &owners(),
        &clients(),
        &signing_keys(),
        &requests(),
        &approvals(),
    ]
    .join("\n");
    testkit::golden::compare("docs/reference/state-machines.md", &page);
}

/// A table, one row for each state and command.
struct Table(String);

impl Table {
    fn new(title: &str, about: &str) -> Self {
        let head = "| in state | told to | becomes | event, or why not |\n|---|---|---|---|";
        Self(format!("## {title}\n\n{about}\n\n{head}\n"))
    }

    fn row<T: Noun>(
        &mut self,
        state: &str,
        command: &str,
        result: Result<Transition<T>, Error>,
        name: impl Fn(&T) -> String,
    ) {
        let (becomes, why) = match result {
            Ok(transition) => {
                let (after, _, event) = transition.into_parts();
                (name(&after), format!("`{}`", event.action))
            }
            Err(Error::Conflict { code, message }) => ("refused".to_owned(), format!("`{code}`: {message}")),
            Err(Error::Invalid(invalid)) => panic!("{state}, {command}: {invalid}"),
        };
        writeln!(self.0, "| {state} | {command} | {becomes} | {why} |").unwrap();
    }
}

fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn subscriptions() -> String {
    let about = "Only approved ones let calls through. While another plan waits for approval, the present one goes on.";
    let mut table = Table::new("Subscription", about);
    let other_plan: PlanId = id(9);
    let comment = Text::default;
    let with = |status| Subscription { status, ..sample::subscription(true) };
    let states = [
        with(SubscriptionStatus::Pending),
        with(SubscriptionStatus::Approved),
        Subscription { requested_plan_id: Some(other_plan), ..with(SubscriptionStatus::Approved) },
        with(SubscriptionStatus::Rejected),
        with(SubscriptionStatus::Revoked),
    ];
    let name = |it: &Subscription| {
        let plan = if it.plan_id == other_plan { ", on the other plan" } else { "" };
        let wants = if it.requested_plan_id.is_some() { ", wants another plan" } else { "" };
        format!("{}{plan}{wants}", word(it.status))
    };
    for state in &states {
        let change = |plan_id, needs_approval| SubscriptionCommand::ChangePlan {
            plan_id,
            needs_approval,
            comment: comment(),
        };
        for (command, told) in [
            (SubscriptionCommand::Approve { comment: comment() }, "approve"),
            (SubscriptionCommand::Reject { comment: comment() }, "reject"),
            (SubscriptionCommand::Revoke { comment: comment() }, "revoke"),
            (change(other_plan, false), "take another plan"),
            (change(other_plan, true), "take another plan that needs approval"),
            (change(state.plan_id, true), "take its own plan, which needs approval"),
        ] {
            table.row(&name(state), told, state.apply(command, NOW), name);
        }
    }
    table.0
}

fn developers() -> String {
    let mut table = Table::new("Developer", "Only approved ones may sign in.");
    let name = |it: &Developer| word(it.state);
    for state in [
        DeveloperState::Unverified,
        DeveloperState::Pending,
        DeveloperState::Approved,
        DeveloperState::Rejected,
        DeveloperState::Revoked,
    ] {
        let developer = Developer { state, ..sample::developer() };
        for (command, told) in [
            (DeveloperCommand::Verify { approve: true }, "verify, where accounts need no approval"),
            (DeveloperCommand::Verify { approve: false }, "verify, where accounts need approval"),
            (DeveloperCommand::Approve, "approve"),
            (DeveloperCommand::Reject, "reject"),
            (DeveloperCommand::Revoke, "revoke"),
        ] {
            table.row(&word(state), told, developer.apply(command, NOW), name);
        }
    }
    table.0
}

/// One credential in each status.
fn credentials_by_status() -> [Credential; 5] {
    let active = sample::credential();
    let later = NOW + Duration::from_secs(60);
    let rotating = Credential { replaced_by: Some(id(10)), expires_at: Some(later), ..active.clone() };
    let disabled = Credential { state: CredentialState::Disabled, ..active.clone() };
    let expired = Credential { expires_at: Some(NOW), ..active.clone() };
    let revoked = Credential { state: CredentialState::Revoked, ..active.clone() };
    [active, rotating, disabled, expired, revoked]
}

fn credentials() -> String {
    let about = "Active and rotating ones let calls through. A credential expires, and ceases to rotate, by time alone.";
    let mut table = Table::new("Credential", about);
    let name = |it: &Credential| it.status(NOW).as_str().to_owned();
    for it in &credentials_by_status() {
        let state = name(it);
        let renamed = CredentialDraft { name: "Renamed".to_owned(), ..it.draft() };
        let later = CredentialDraft { expires_at: Some(NOW + Duration::from_secs(3_600)), ..it.draft() };
        let rotate = |overlap| {
            let overlap = Duration::from_secs(overlap);
            it.rotate(id(11), sample::api_key(2), overlap, NOW).map(|(old, _)| old)
        };
        table.row(&state, "change its name", it.update(renamed, NOW), name);
        table.row(&state, "end at another time", it.update(later, NOW), name);
        table.row(&state, "disable", it.set_enabled(false, NOW), name);
        table.row(&state, "enable", it.set_enabled(true, NOW), name);
        table.row(&state, "rotate with an overlap", rotate(60), name);
        table.row(&state, "rotate at once", rotate(0), name);
        table.row(&state, "revoke", it.revoke(NOW), name);
    }
    table.0
}

fn applications() -> String {
    let about = "A suspended application keeps everything, but none of its calls pass.";
    let mut table = Table::new("Application", about);
    let here = Owner::Developer(id(1));
    let name = |it: &Application| {
        let moved = if it.owner == here { "" } else { ", at the other owner" };
        format!("{}{moved}", word(it.state))
    };
    for state in [ApplicationState::Active, ApplicationState::Suspended] {
        let application = Application { state, ..sample::application(here) };
        let to = |owner| application.transfer(owner, NOW);
        table.row(&word(state), "suspend", application.set_state(ApplicationState::Suspended, NOW), name);
        table.row(&word(state), "resume", application.set_state(ApplicationState::Active, NOW), name);
        table.row(&word(state), "go to another owner", to(Owner::Partner(id(2))), name);
        table.row(&word(state), "go to its own owner", to(here), name);
    }
    table.0
}

/// A partner that has owners keeps at least one.
fn owners() -> String {
    let about = "Ada's role at a partner, and what can be done about it. A partner that has owners keeps at least one.";
    let mut table = Table::new("Members of a partner", about);
    let (ada, ben) = (id(20), id(21));
    let with = |members: &[_]| Partner { members: members.iter().copied().collect(), ..sample::partner() };
    let name = |it: &Partner| {
        let role = it.members.get(&ada).map_or_else(|| "no member".to_owned(), word);
        let besides = it.members.get(&ben).map_or("", |_| " beside an OWNER");
        format!("{role}{besides}")
    };
    for partner in [
        with(&[]),
        with(&[(ada, PartnerRole::ReadOnly)]),
        with(&[(ada, PartnerRole::Owner)]),
        with(&[(ada, PartnerRole::Owner), (ben, PartnerRole::Owner)]),
    ] {
        let state = name(&partner);
        table.row(&state, "become OWNER", partner.set_member(ada, PartnerRole::Owner, NOW), name);
        table.row(&state, "become READ_ONLY", partner.set_member(ada, PartnerRole::ReadOnly, NOW), name);
        table.row(&state, "leave", partner.remove_member(ada, NOW), name);
    }
    table.0
}

/// One request in each status, with the commands that there are.
fn requests() -> String {
    let about = "A request has a state for each API and goes its own way with each; this is one of them. As a whole it is \
                 completed if it is with every API, otherwise what is worst: rejected, failed, delivery_unsuccessful, new, \
                 approval_pending, approved, waiting_third_party.";
    let mut table = Table::new("Request", about);
    let name = |it: &Request| word(it.status());
    let reason = || "because".to_owned();
    for status in REQUEST_STATUSES {
        let request = sample::request(&[status]);
        let state = request.states[0].id;
        for (command, told) in [
            (RequestCommand::AskForApproval, "ask people to approve"),
            (RequestCommand::Approve, "approve"),
            (RequestCommand::Reject { reason: reason() }, "reject"),
            (RequestCommand::Delivered { code: Some(200) }, "note that the gateway was told"),
            (
                RequestCommand::Undelivered { code: Some(500), reason: reason() },
                "note that it could not be told",
            ),
            (RequestCommand::Retry, "tell the gateway again"),
            (RequestCommand::Remind, "remind the gateway"),
            (RequestCommand::Complete { answer: vec![1] }, "note that the gateway has done it"),
            (RequestCommand::Refuse { reason: reason() }, "note that the gateway will not do it"),
            (RequestCommand::Fail { reason: reason() }, "give up"),
        ] {
            table.row(&word(status), told, request.apply(state, command, id::<uuid::Uuid>(99), NOW), name);
        }
    }
    table.0
}

const REQUEST_STATUSES: [RequestStatus; 8] = [
    RequestStatus::New,
    RequestStatus::ApprovalPending,
    RequestStatus::Approved,
    RequestStatus::WaitingThirdParty,
    RequestStatus::DeliveryUnsuccessful,
    RequestStatus::Completed,
    RequestStatus::Failed,
    RequestStatus::Rejected,
];

/// What one of two approvers says, in a step for anyone and in one for everyone.
fn approvals() -> String {
    let about = "A step for anyone is decided by the first word; one for everyone by the first no, or when all of those who \
                 are asked now have said yes. Nobody at all approves nothing.";
    let mut table = Table::new("Approval", about);
    let (ada, ben) = (Person::Developer(id(20)), Person::Developer(id(21)));
    let name = |it: &Approval| {
        let votes = it.stages[0].votes.len();
        format!("{}{}", word(it.state), if votes == 0 { String::new() } else { format!(", {votes} spoke") })
    };
    for (everyone, kind) in [(false, "anyone"), (true, "everyone")] {
        let fresh = sample::approval(everyone);
        let after = made(fresh.vote(ada, &[ada, ben], true, Text::default(), NOW).unwrap());
        for (approval, who, all) in [
            (&fresh, ada, &[ada, ben][..]),
            (&after, ada, &[ada, ben][..]),
            (&after, ben, &[ada, ben][..]),
            (&fresh, ada, &[ada][..]),
            (&fresh, ada, &[][..]),
        ] {
            for yes in [true, false] {
                let speaker = if who == ada { "Ada" } else { "Ben" };
                let told =
                    format!("{speaker} says {}, {} may speak", if yes { "yes" } else { "no" }, all.len());
                let state = format!("for {kind}: {}", name(approval));
                table.row(&state, &told, approval.vote(who, all, yes, Text::default(), NOW), name);
            }
        }
    }
    table.0
}

#[test]
fn a_request_is_as_far_as_its_worst_state() {
    for worse in REQUEST_STATUSES {
        let request = sample::request(&[RequestStatus::Completed, worse]);
        assert_eq!(request.status(), worse);
    }
    assert_eq!(
        sample::request(&[RequestStatus::Rejected, RequestStatus::DeliveryUnsuccessful]).status(),
        RequestStatus::Rejected
    );
}

#[test]
fn a_change_counts_the_version_up_and_keeps_the_identity() {
    let before = sample::subscription(true);
    let (after, step, event) = before
        .apply(SubscriptionCommand::Approve { comment: Text::parse("fine").unwrap() }, NOW)
        .unwrap()
        .into_parts();
    assert_eq!((after.id, after.meta.version), (before.id, before.meta.version + 1));
    assert_eq!(step, keywright_domain::Step::Update { from: before.meta.version });
    let told = serde_json::json!({
        "status": {"from": "pending", "to": "approved"},
        "response_comment": {"from": "", "to": "fine"},
    });
    assert_eq!(event.details, told);
}

#[test]
fn time_alone_ends_a_credential() {
    let [active, rotating, ..] = credentials_by_status();
    let until = Credential { expires_at: Some(NOW + Duration::from_secs(1)), ..active };
    let a_little_before = NOW + Duration::from_micros(999_999);
    assert_eq!(until.status(a_little_before), CredentialStatus::Active);
    assert_eq!(until.status(NOW + Duration::from_secs(1)), CredentialStatus::Expired);
    assert_eq!(rotating.status(NOW), CredentialStatus::Rotating);
    assert_eq!(rotating.status(NOW + Duration::from_secs(60)), CredentialStatus::Expired);
}

#[test]
fn a_rotated_credential_ends_no_later_than_it_would_have() {
    let soon = NOW + Duration::from_secs(10);
    let it = Credential { expires_at: Some(soon), ..sample::credential() };
    let (old, new) = it.rotate(id(11), sample::api_key(2), Duration::from_secs(3_600), NOW).unwrap();
    let (old, new) = (made(old), made(new));
    assert_eq!((old.expires_at, old.replaced_by), (Some(soon), Some(new.id)));
    assert_eq!((new.application_id, new.name, new.meta.version), (it.application_id, it.name.clone(), 1));
    let too_long = keywright_domain::MAX_OVERLAP + Duration::from_secs(1);
    let refused = it.rotate(id(11), sample::api_key(2), too_long, NOW).unwrap_err();
    let Error::Invalid(invalid) = refused else { panic!("{refused}") };
    assert_eq!(invalid.fields()[0].field, "overlap_seconds");
}

#[test]
fn what_an_audit_line_tells_of_a_credential_holds_no_hash() {
    let draft = CredentialDraft { name: "Main key".to_owned(), expires_at: None };
    let issued = Credential::issue(id(5), id(3), draft, sample::api_key(1), NOW).unwrap();
    let (_, _, event) = issued.into_parts();
    let mut fields: Vec<_> = event.details["material"].as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["imported", "kind", "last4", "prefix"]);
}

fn clients() -> String {
    let about = "A revoked client gets no tokens, and those that it has are worth nothing. Its application may get another one.";
    let mut table = Table::new("Client", about);
    let name = |it: &Client| word(it.state);
    for state in [ClientState::Live, ClientState::Revoked] {
        let live = sample::client();
        let place = (live.id, live.meta);
        let draft = live.draft();
        let client =
            Client::restore(place, live.application_id, live.client_id, draft, (state, None)).unwrap();
        let scopes = sample::scopes();
        let rules = sample::rules(&scopes);
        table.row(&word(state), "change its settings", client.update(client.draft(), &rules, NOW), name);
        table.row(&word(state), "get another id", client.rename("other".to_owned(), NOW), name);
        table.row(&word(state), "end its tokens", client.end_tokens(NOW), name);
        table.row(&word(state), "revoke", client.revoke(NOW), name);
    }
    table.0
}

fn signing_keys() -> String {
    let about = "Pending, active and retiring ones are published. A key signs once it has been published for 20 minutes, and \
                 is published for 30 days after it has signed.";
    let mut table = Table::new("Signing key", about);
    let name = |it: &SigningKey| word(it.state);
    for state in [
        SigningKeyState::Pending,
        SigningKeyState::Active,
        SigningKeyState::Retiring,
        SigningKeyState::Retired,
        SigningKeyState::Revoked,
    ] {
        let key = SigningKey { state, ..sample::signing_key() };
        let (ripe, old) = (NOW + SigningKey::PUBLISHED_BEFORE, NOW + SigningKey::PUBLISHED_AFTER);
        table.row(&word(state), "sign at once", key.activate(false, NOW), name);
        table.row(&word(state), "sign after 20 minutes", key.activate(false, ripe), name);
        table.row(&word(state), "retire", key.retire(NOW), name);
        table.row(&word(state), "withdraw at once", key.withdraw(NOW), name);
        table.row(&word(state), "withdraw after 30 days", key.withdraw(old), name);
        table.row(&word(state), "revoke", key.revoke(NOW), name);
    }
    table.0
}
