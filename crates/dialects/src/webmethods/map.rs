//! Their words and ours.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::{Gateway, Person, Provision, ProvisionStatus, RequestContext, RequestKind, RequestStatus};
use serde_json::Value;
use uuid::Uuid;

use super::error::Fault;
use super::wire;

/// Their word for a kind of request.
pub(super) fn kind_word(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Create => "APPLICATION_CREATION_REQUEST",
        RequestKind::Increase => "APPLICATION_API_REGISTRATION_REQUEST",
        RequestKind::Decrease => "APPLICATION_API_DEREGISTRATION_REQUEST",
        RequestKind::Update => "APPLICATION_UPDATE_REQUEST",
        RequestKind::Delete => "APPLICATION_DELETION_REQUEST",
        RequestKind::Subscribe => "SUBSCRIPTION_CREATION_REQUEST",
        RequestKind::Unsubscribe => "SUBSCRIPTION_REVOKE_REQUEST",
    }
}

/// Our kind of request for their word.
pub(super) fn kind(word: &str) -> Result<RequestKind, Fault> {
    let all = [
        RequestKind::Create,
        RequestKind::Increase,
        RequestKind::Decrease,
        RequestKind::Update,
        RequestKind::Delete,
        RequestKind::Subscribe,
        RequestKind::Unsubscribe,
    ];
    let found = all.into_iter().find(|kind| kind_word(*kind) == word);
    found.ok_or_else(|| {
        let words: Vec<&str> = all.into_iter().map(kind_word).collect();
        Fault::wrong(format!("type must be one of {}", words.join(", ")))
    })
}

/// Their word for a status.
pub(super) fn status_word(status: RequestStatus) -> &'static str {
    match status {
        RequestStatus::New => "NEW",
        RequestStatus::ApprovalPending => "APPROVAL_PENDING",
        RequestStatus::Approved => "APPROVED",
        RequestStatus::WaitingThirdParty => "WAITING_THIRDPARTY",
        RequestStatus::DeliveryUnsuccessful => "DELIVERY_UNSUCCESSFUL",
        RequestStatus::Completed => "COMPLETED",
        RequestStatus::Failed => "FAILED",
        RequestStatus::Rejected => "REJECTED",
    }
}

/// An id in a body. What is no id is the id of nothing.
pub(super) fn id<T: FromStr>(field: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::wrong(format!("{field} must be an id")))
}

pub(super) fn person_id(person: Person) -> Uuid {
    match person {
        Person::Developer(id) => id.0,
        Person::Administrator(id) => id.0,
    }
}

/// What somebody asks for.
pub(super) fn new_request(new: wire::NewRequest) -> Result<app::NewRequest, Fault> {
    let kind = kind(&new.kind)?;
    let wire::NewContext { name, description, apis, redirect_uris, custom, application, plan, package } =
        new.context;
    let apis = apis.iter().enumerate().map(|(i, api)| id(&format!("apis[{i}]"), api));
    let package = match (package, plan) {
        (Some(package), Some(plan)) => Some((id("package", &package)?, id("plan", &plan)?)),
        _ => None,
    };
    Ok(app::NewRequest {
        kind,
        apis: apis.collect::<Result<_, Fault>>()?,
        application: application.map(|text| id("application", &text)).transpose()?,
        context: RequestContext {
            name,
            description,
            redirect_uris,
            custom: custom.into_iter().map(|(key, value)| (key, text(value))).collect(),
            package,
        },
    })
}

/// A free value as text.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A request as lists show it.
pub(super) fn request(request: domain::Request) -> wire::Request {
    let states = request.states.iter().map(|state| (state.id, status_word(state.status)));
    wire::Request {
        owner: person_id(request.requester),
        id: request.id.0,
        modified: wire::minute(request.meta.updated_at),
        created: wire::minute(request.meta.created_at),
        document_type: "USER_REQUEST",
        kind: kind_word(request.kind),
        status: status_word(request.status()),
        application: request.application_id.0,
        state: states.collect(),
        context: None,
    }
}

/// A request as it is shown by itself.
pub(super) fn request_with_context(of: domain::Request) -> wire::Request {
    let is_subscription = matches!(of.kind, RequestKind::Subscribe | RequestKind::Unsubscribe);
    let context = of.context.clone();
    let shown = wire::Context {
        apis: of.states.iter().filter_map(|state| state.api_id.map(|id| id.0)).collect(),
        custom: context.custom,
        name: context.name,
        description: context.description,
        redirect_uris: context.redirect_uris.unwrap_or_default(),
        subscription: if is_subscription { "true" } else { "false" },
        externalrefkey: None,
        user: person_id(of.requester),
        tenant: "default",
        provider_ref: of.gateway_id.map(|id| id.0),
        package: context.package.map(|(api, _)| api.0),
        plan: context.package.map(|(_, plan)| plan.0),
    };
    wire::Request { context: Some(shown), ..request(of) }
}

/// An application at a gateway.
pub(super) fn application(
    application: domain::Application,
    provision: &Provision,
    gateway: Option<&Gateway>,
    credentials: Vec<wire::Credential>,
) -> wire::Application {
    let stage = gateway.map(|gateway| match gateway.stage.as_str() {
        "" => gateway.name.to_string(),
        stage => stage.to_owned(),
    });
    let users = application.members.keys().map(ToString::to_string).collect();
    wire::Application {
        name: application.name.to_string(),
        owner: person_id(provision.requester),
        id: application.id.0,
        document_type: "APPLICATION",
        provider_ref: provision.gateway_id.map(|id| id.0),
        access: wire::Access { teams: Vec::new(), users },
        apis: provision.api_ids.iter().map(|id| id.0).collect(),
        credentials,
        status: match provision.status {
            ProvisionStatus::Inactive => "INACTIVE",
            ProvisionStatus::Live => "LIVE",
            ProvisionStatus::Rejected => "REJECTED",
        },
        slots: BTreeMap::from([("$stage", stage.unwrap_or_default())]),
        deleted: false,
        description: application.description.as_str().to_owned(),
        app_type: if provision.package.is_some() { "SUBSCRIPTION" } else { "API" },
        package_id: provision.package.map(|(api, _)| api.0),
        plan_id: provision.package.map(|(_, plan)| plan.0),
    }
}

/// A provider; its hooks are told apart from it.
pub(super) fn provider(gateway: &Gateway, webhooks: Vec<Uuid>, hooks: Option<Vec<Value>>) -> wire::Provider {
    let reference = gateway.external_ref.as_str();
    wire::Provider {
        name: gateway.name.to_string(),
        id: gateway.id.0,
        document_type: "PROVIDER",
        provider_ref: gateway.id.0,
        created: wire::minute(gateway.meta.created_at),
        modified: wire::minute(gateway.meta.updated_at),
        stage: gateway.stage.as_str().to_owned(),
        kind: "THIRD_PARTY",
        summary: gateway.summary.as_str().to_owned(),
        description: gateway.description.as_str().to_owned(),
        webhooks,
        external_ref_key: (!reference.is_empty()).then(|| reference.to_owned()),
        hooks,
    }
}
