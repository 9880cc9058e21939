//! `/rest/v1/approval/policy`: which approval new applications need. Some pages of the vendor write `approvals`.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::{Query, State as Shared};
use axum::routing;
use domain::PolicyStep;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::{Doors, map};

pub(super) fn routes(doors: Doors) -> Doors {
    let methods = [("GET", "Get the approval policy"), ("PUT", "Set the approval policy")];
    doors.portal("/rest/v1/approval/policy", &methods, &routing::get(get).put(put)).portal(
        "/rest/v1/approvals/policy",
        &methods,
        &routing::get(get).put(put),
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

/// Whose policy is meant.
enum Of {
    /// Of people who register: how that is approved is the installation's configuration.
    Users,
    /// Of new applications, and of more APIs for them.
    Applications,
}

fn of(query: &PolicyQuery) -> Result<Of, Fault> {
    match query.kind.as_deref() {
        Some("USER_CREATION") => Ok(Of::Users),
        Some("APPLICATION_CREATION" | "APPLICATION_API_REGISTRATION") => Ok(Of::Applications),
        _ => Err(Fault::wrong(
            "type must be USER_CREATION, APPLICATION_CREATION or APPLICATION_API_REGISTRATION",
        )),
    }
}

fn shown(step: PolicyStep) -> Policy {
    let (kind, parameters) = match step {
        PolicyStep::Flow { flow_id } => ("INTERNAL_APPROVAL", json!({"flow_id": flow_id})),
        PolicyStep::External { expires_s } => ("EXTERNAL_APPROVAL", json!({"expiry": span(expires_s)})),
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
            let expiry = text("expiry").unwrap_or("10d");
            let expires_s = seconds(expiry);
            let expires_s =
                expires_s.ok_or_else(|| Fault::wrong("expiry must be like 10d, 12h or 30m, at most 365d"))?;
            Ok(PolicyStep::External { expires_s })
        }
        "EMAIL_VERIFICATION" => {
            Err(Fault::wrong("EMAIL_VERIFICATION is for users: every address is verified at sign-up"))
        }
        _ => Err(Fault::wrong("policies must be of type INTERNAL_APPROVAL or EXTERNAL_APPROVAL")),
    }
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
    let policy = app.approval_policy(&caller).await?;
    let policies = match of(&query)? {
        // An address is always proven; who looks at the account afterwards is configured.
        Of::Users => {
            vec![Policy { kind: "EMAIL_VERIFICATION".to_owned(), parameters: json!({"expiry": "1d"}) }]
        }
        Of::Applications => policy.map(|policy| policy.steps).into_iter().flatten().map(shown).collect(),
    };
    Ok(Json(Policies { policies }))
}

async fn put(
    Shared(app): Shared<Arc<App>>,
    Query(query): Query<PolicyQuery>,
    sent: Sent<Policies>,
) -> Result<Json<Policies>, Fault> {
    let kind = of(&query);
    // Who may not is told that first.
    app.approval_policy(&sent.caller).await?;
    if let Of::Users = kind? {
        let message = "how users are approved is configured by sign_up.approve_automatically";
        return Err(Fault::wrong(message));
    }
    let steps = sent.body.policies.iter().map(step).collect::<Result<Vec<_>, Fault>>()?;
    let for_increase = query.for_registration.as_deref() == Some("true");
    let policy = app.set_approval_policy(&sent.caller, steps, for_increase).await?;
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
