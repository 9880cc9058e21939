//! What happened to a request, told as Developer Portal tells it: by API, the newest first.

use std::collections::BTreeMap;

use app::RequestStory;
use domain::{ApprovalId, RequestKind, Trace, TraceKind};
use serde::Serialize;
use uuid::Uuid;

use super::{map, wire};

/// A request and what happened to it.
#[derive(Debug, Serialize)]
pub(super) struct Traced {
    request: wire::Request,
    trace: BTreeMap<String, Vec<Entry>>,
}

#[derive(Debug, Serialize)]
struct Entry {
    id: Uuid,
    created: String,
    modified: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(rename = "_link", skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// The name of the event by which a gateway is told of a kind of request.
pub(super) fn gateway_event(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Create | RequestKind::Subscribe => "GATEWAY_APPLICATION_CREATION_REQUEST_EVENT",
        RequestKind::Increase => "GATEWAY_APPLICATION_SCOPE_INCREASE_REQUEST_EVENT",
        RequestKind::Decrease | RequestKind::Delete | RequestKind::Unsubscribe => {
            "GATEWAY_APPLICATION_SCOPE_DECREASE_REQUEST_EVENT"
        }
        RequestKind::Update => "GATEWAY_APPLICATION_UPDATION_REQUEST_EVENT",
    }
}

fn portal_event(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Create | RequestKind::Subscribe => "PORTAL_APPLICATION_CREATION_REQUEST_EVENT",
        RequestKind::Increase => "PORTAL_APPLICATION_SCOPE_INCREASE_REQUEST_EVENT",
        RequestKind::Decrease => "PORTAL_APPLICATION_SCOPE_DECREASE_REQUEST_EVENT",
        RequestKind::Update => "PORTAL_APPLICATION_UPDATION_REQUEST_EVENT",
        RequestKind::Delete | RequestKind::Unsubscribe => "PORTAL_APPLICATION_DELETION_REQUEST_EVENT",
    }
}

fn done_event(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Create | RequestKind::Subscribe => "APPLICATION_PUBLISH_EVENT",
        RequestKind::Increase | RequestKind::Decrease => "APPLICATION_SCOPE_CHANGE_EVENT",
        RequestKind::Update => "APPLICATION_UPDATE_EVENT",
        RequestKind::Delete | RequestKind::Unsubscribe => "APPLICATION_UNPUBLISH_EVENT",
    }
}

fn entry(of: RequestKind, approval: Option<ApprovalId>, trace: &Trace) -> Entry {
    let (kind, status) = match trace.kind {
        TraceKind::Asked => (portal_event(of), None),
        TraceKind::ApprovalAsked => ("APPLICATION_REQUEST_PENDING_EVENT", None),
        TraceKind::Approved => ("APPLICATION_REQUEST_APPROVED_EVENT", Some("COMPLETED")),
        TraceKind::Rejected => ("APPLICATION_REQUEST_REJECTED_EVENT", Some("REJECTED")),
        TraceKind::Delivered => (gateway_event(of), Some("INPROGRESS")),
        TraceKind::Undelivered => (gateway_event(of), Some("FAILED")),
        TraceKind::Reminded => (gateway_event(of), Some("INPROGRESS")),
        TraceKind::Retried => ("USER_REQUEST_RETRY_EVENT", None),
        TraceKind::Completed => (done_event(of), Some("COMPLETED")),
        TraceKind::Refused => (gateway_event(of), Some("REJECTED")),
        TraceKind::Failed => (gateway_event(of), Some("EXPIRED")),
    };
    let asked = approval.filter(|_| trace.kind == TraceKind::ApprovalAsked);
    Entry {
        id: trace.id,
        created: wire::minute_utc(trace.at),
        modified: wire::minute_utc(trace.at),
        kind,
        status,
        reason: (!trace.reason.is_empty()).then(|| trace.reason.clone()),
        code: trace.code.map(|code| code.to_string()),
        link: asked.map(|id| format!("/rest/v1/approvals/instance/{id}/trace")),
    }
}

/// What happened to a request. What is not about an API stands under the application's id.
pub(super) fn of(story: RequestStory) -> Traced {
    let RequestStory { request, api_names: names, approval } = story;
    let mut trace: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for state in &request.states {
        let about = state.api_id.and_then(|api| names.get(&api).cloned().or_else(|| Some(api.to_string())));
        let about = about.unwrap_or_else(|| request.application_id.to_string());
        let entries = state.trace.iter().rev().map(|trace| entry(request.kind, approval, trace));
        trace.entry(about).or_default().extend(entries);
    }
    Traced { request: map::request_with_context(request), trace }
}
