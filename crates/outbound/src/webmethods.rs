//! The bodies of webMethods Developer Portal's webhooks, and its words for what happens.
//!
//! There are two shapes: third parties' gateways are told what API-Portal told them (`provider`), everybody else what is
//! in the audit log (`system`). See `docs/dialects/webmethods-developer-portal.md`.

use domain::{EVENT_TYPES, Instant};
use serde_json::{Value, json};
use uuid::Uuid;

/// Where theirs is not ours in capitals: their word, ours.
const WORDS: [(&str, &str); 12] = [
    ("GATEWAY_APPLICATION_CREATION_REQUEST_EVENT", "gateway.application_requested"),
    ("GATEWAY_APPLICATION_SCOPE_INCREASE_REQUEST_EVENT", "gateway.scope_increase_requested"),
    ("GATEWAY_APPLICATION_SCOPE_DECREASE_REQUEST_EVENT", "gateway.scope_decrease_requested"),
    ("GATEWAY_APPLICATION_UPDATION_REQUEST_EVENT", "gateway.update_requested"),
    ("EXTERNAL_VERIFICATION_EVENT", "approval.external_requested"),
    ("SIGN_UP_EVENT", "developer.registered"),
    ("APPLICATION_PUBLISH_EVENT", "provision.granted"),
    ("APPLICATION_SCOPE_CHANGE_EVENT", "provision.withdrawn"),
    ("APPLICATION_UNPUBLISH_EVENT", "application.deleted"),
    ("APPLICATION_GRANTED_EVENT", "application.member_added"),
    ("APPLICATION_REVOKED_EVENT", "application.member_removed"),
    ("USER_REQUEST_RETRY_EVENT", "request.retried"),
];

/// Their word for a type of event.
pub fn event_id(kind: &str) -> String {
    let known = WORDS.iter().find(|(_, ours)| *ours == kind);
    known.map_or_else(
        || format!("{}_EVENT", kind.replace('.', "_").to_uppercase()),
        |(theirs, _)| (*theirs).to_owned(),
    )
}

/// Our type of event for their word.
pub fn event_type(id: &str) -> Option<&'static str> {
    // One page of the vendor leaves the end off.
    let id = if id == "EXTERNAL_VERIFICATION" { "EXTERNAL_VERIFICATION_EVENT" } else { id };
    EVENT_TYPES.iter().map(|it| it.name).find(|name| event_id(name) == id)
}

/// Whether a gateway is told of this type of event.
fn is_for_gateways(kind: &str) -> bool {
    kind.starts_with("gateway.") && EVENT_TYPES.iter().any(|it| it.name == kind)
}

/// What a gateway is told: the event of API-Portal, which Developer Portal kept.
pub fn provider_body(id: Uuid, kind: &str, at: Instant, data: &Value) -> Value {
    json!({
        "executor": executor(&data["requester"]),
        "source": source(kind, data),
        "contextdata": context(kind, data),
        "type": legacy_type(kind, data),
        "creationdate": second(at),
        "eventid": id,
        "status": "NEW",
    })
}

/// As [`provider_body`]; `None` for what gateways are not told.
pub(crate) fn provider(id: Uuid, kind: &str, at: Instant, data: &Value) -> Option<Value> {
    is_for_gateways(kind).then(|| provider_body(id, kind, at, data))
}

/// What everybody else is told: the event of the audit log.
pub(crate) fn system(kind: &str, at: Instant, data: &Value) -> Value {
    let parameters = if kind == "approval.external_requested" {
        let details = if data["request_id"].is_null() {
            json!({"email": data["email"], "name": data["name"], "user": data["developer_id"]})
        } else {
            json!({
                "user_request_id": data["request_id"],
                "user": person(&data["requester"]),
                "application_id": data["application_id"],
            })
        };
        json!({"details": details, "source": "ExternalVerificationExecutor", "link_id": data["link_id"]})
    } else {
        let mut parameters = data.clone();
        match parameters.as_object_mut() {
            Some(members) => drop(members.insert("source".to_owned(), json!("Keywright"))),
            None => parameters = json!({"data": data, "source": "Keywright"}),
        }
        parameters
    };
    json!({"created": minute(at), "documentType": "EVENTS", "parameters": parameters, "type": event_id(kind)})
}

/// The id of `{"developer": id}`.
fn person(value: &Value) -> Value {
    value.as_object().and_then(|members| members.values().next()).cloned().unwrap_or_default()
}

/// Who asks, flat.
fn executor(requester: &Value) -> Value {
    if requester["kind"] != "developer" {
        // As the vendor's own administrator is told: an administrator's name and address are nobody's business.
        return json!({
            "id": requester["id"],
            "email": null,
            "lastname": "System",
            "firstname": "Administrator",
            "name": "administrator",
        });
    }
    let name = requester["name"].as_str().unwrap_or_default();
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    json!({
        "id": requester["id"],
        "email": requester["email"],
        "lastname": last,
        "firstname": first,
        "name": requester["email"],
    })
}

fn is_about_an_end(kind: &str) -> bool {
    kind == "gateway.scope_decrease_requested"
}

/// What is granted is an API; what is taken, or changed, is an application's.
fn source(kind: &str, data: &Value) -> Value {
    if is_about_an_end(kind) || kind == "gateway.update_requested" {
        return json!({"id": data["application"]["id"], "externalref": null});
    }
    json!({"id": data["api"]["id"], "externalref": data["api"]["external_ref"]})
}

fn context(kind: &str, data: &Value) -> Value {
    let application = &data["application"];
    if is_about_an_end(kind) {
        let api = &data["api"];
        let api = if api.is_null() {
            Value::Null
        } else {
            json!({"id": api["id"], "externalRef": api["external_ref"]})
        };
        return json!({"api": api, "application_id": application["id"]});
    }
    let own = format!("{}/portal/rest/v1/oauth/callback", data["portal_url"].as_str().unwrap_or_default());
    let mut redirect_uris = vec![json!(own)];
    redirect_uris.extend(application["redirect_uris"].as_array().into_iter().flatten().cloned());
    let mut context = json!({
        "consumer_appName": application["name"],
        "consumer_appDesc": application["description"],
        "tenant": "default",
        "redirect_uris": redirect_uris,
        "provider_id": data["gateway_id"],
        "application_id": application["id"],
    });
    if kind != "gateway.update_requested" {
        context["api_id"] = data["api"]["id"].clone();
    }
    let package = &data["package"];
    if !package.is_null() {
        context["package_id"] = package["api_id"].clone();
        context["plan_id"] = package["plan_id"].clone();
    }
    for (key, value) in data["custom"].as_object().into_iter().flatten() {
        // What was asked besides never takes the place of what is ours to say.
        if context.get(key).is_none() {
            context[key.as_str()] = value.clone();
        }
    }
    context
}

fn legacy_type(kind: &str, data: &Value) -> &'static str {
    let is_subscription = !data["package"].is_null() || data["request"]["kind"] == "unsubscribe";
    match kind {
        "gateway.update_requested" => "APPLICATION_UPDATE",
        "gateway.scope_decrease_requested" if is_subscription => "REVOKE_SUBSCRIPTION",
        "gateway.scope_decrease_requested" => "REVOKE_ACCESS_TOKEN",
        "gateway.application_requested" if is_subscription => "REQUEST_SUBSCRIPTION",
        _ => "REQUEST_ACCESS_TOKEN",
    }
}

/// `2022-01-10 14:36:14`, without a zone.
fn second(at: Instant) -> String {
    let text = at.to_string();
    format!("{} {}", text.get(..10).unwrap_or_default(), text.get(11..19).unwrap_or_default())
}

/// `2022-02-10T06:15+0000`.
fn minute(at: Instant) -> String {
    format!("{}+0000", at.to_string().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_word_and_back() {
        for kind in EVENT_TYPES {
            assert_eq!(event_type(&event_id(kind.name)), Some(kind.name));
        }
        assert_eq!(event_type("EXTERNAL_VERIFICATION"), Some("approval.external_requested"));
        assert_eq!(event_type("NOTHING_OF_THE_KIND_EVENT"), None);
    }

    #[test]
    fn a_developer_s_name_is_split_and_an_administrator_s_kept() {
        let ada =
            json!({"kind": "developer", "id": "1", "name": "Ada King Lovelace", "email": "ada@example.com"});
        let shown = executor(&ada);
        assert_eq!((&shown["firstname"], &shown["lastname"]), (&json!("Ada King"), &json!("Lovelace")));
        assert_eq!(executor(&json!({"kind": "administrator", "id": "2"}))["email"], Value::Null);
    }
}
