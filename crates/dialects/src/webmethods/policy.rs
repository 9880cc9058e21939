//! `/rest/v1/approval/policy`: which approval new applications and new users need. Some pages of the vendor write
//! `approvals`.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::{Query, State as Shared};
use axum::routing;
use domain::{PolicyScope, PolicyStep};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use edge::handler::boxed;

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::{Doors, map};

pub(super) fn routes(doors: Doors) -> Doors {
    let methods = [("GET", "Get the approval policy"), ("PUT", "Set the approval policy")];
    doors.portal("/rest/v1/approval/policy", &methods, &routing::get(boxed(get)).put(boxed(put))).portal(
        "/rest/v1/approvals/policy",
        &methods,
        &routing::get(boxed(get)).put(boxed(put)),
    )
}

#[derive(Debug, Deserialize)]
struct PolicyQuery {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "enableForRegistration")]
    for_registration: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Policies {
    policies: Vec<Policy>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Policy {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Value,
}

/// What is meant.
fn scope(query: &PolicyQuery) -> Result<PolicyScope, Fault> {
    match query.kind.as_deref() {
        Some("USER_CREATION") => Ok(PolicyScope::Accounts),
        Some("APPLICATION_CREATION" | "APPLICATION_API_REGISTRATION") => Ok(PolicyScope::Applications),
        _ => Err(Fault::wrong(
            "type must be USER_CREATION, APPLICATION_CREATION or APPLICATION_API_REGISTRATION",
        )),
    }
}

fn shown(step: PolicyStep) -> Policy {
    let (kind, parameters) = match step {
        PolicyStep::Flow { flow_id } => ("INTERNAL_APPROVAL", json!({"flow_id": flow_id})),
        PolicyStep::External { expires_s } => ("EXTERNAL_APPROVAL", json!({"expiry": span(expires_s)})),
        PolicyStep::Email { expires_s } => ("EMAIL_VERIFICATION", json!({"expiry": span(expires_s)})),
    };
    Policy { kind: kind.to_owned(), parameters }
}

fn step(policy: &Policy) -> Result<PolicyStep, Fault> {
    let text = |name: &str| policy.parameters.get(name).and_then(Value::as_str);
    match policy.kind.as_str() {
        "INTERNAL_APPROVAL" => {
            let flow = text("flow_id").ok_or_else(|| Fault::wrong("flow_id must be given"))?;
            Ok(PolicyStep::Flow { flow_id: map::id("flow_id", flow)? })
        }
        "EXTERNAL_APPROVAL" => {
            Ok(PolicyStep::External { expires_s: within(text("expiry").unwrap_or("10d"))? })
        }
        "EMAIL_VERIFICATION" => Ok(PolicyStep::Email { expires_s: within(text("expiry").unwrap_or("2d"))? }),
        _ => Err(Fault::wrong(
            "policies must be of type INTERNAL_APPROVAL, EXTERNAL_APPROVAL or EMAIL_VERIFICATION",
        )),
    }
}

fn within(expiry: &str) -> Result<u64, Fault> {
    seconds(expiry).ok_or_else(|| Fault::wrong("expiry must be like 10d, 12h or 30m, at most 365d"))
}

/// `10d`, `12h`, `30m`.
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=365 * 86_400).contains(&seconds).then_some(seconds)
}

fn span(seconds: u64) -> String {
    match (seconds % 86_400, seconds % 3_600) {
        (0, _) => format!("{}d", seconds / 86_400),
        (_, 0) => format!("{}h", seconds / 3_600),
        _ => format!("{}m", seconds / 60),
    }
}

async fn get(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(query): Query<PolicyQuery>,
) -> Result<Json<Policies>, Fault> {
    let scope = scope(&query);
    // Who may not is told that first.
    app.may_see_approvals(&caller)?;
    let policy = app.approval_policy(&caller, scope?).await?;
    let policies = policy.map(|policy| policy.steps).into_iter().flatten().map(shown).collect();
    Ok(Json(Policies { policies }))
}

async fn put(
    Shared(app): Shared<Arc<App>>,
    Query(query): Query<PolicyQuery>,
    sent: Sent<Policies>,
) -> Result<Json<Policies>, Fault> {
    let scope = scope(&query);
    app.may_manage_approvals(&sent.caller)?;
    let steps = sent.body.policies.iter().map(step).collect::<Result<Vec<_>, Fault>>()?;
    let for_increase = query.for_registration.as_deref() == Some("true");
    let policy = app.set_approval_policy(&sent.caller, scope?, None, steps, for_increase).await?;
    Ok(Json(Policies { policies: policy.steps.into_iter().map(shown).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for text in ["10d", "12h", "30m"] {
            assert_eq!(span(seconds(text).unwrap()), text);
        }
        for wrong in ["", "d", "-1d", "0d", "10", "366d", "99999999999999999999d", "1é"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
