//! The OpenAPI document: what the handlers say of themselves, completed with what follows from it and what is the same
//! everywhere, so that no handler has to repeat it.

use serde_json::json;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};
use utoipa::{Modify, OpenApi, openapi};

use edge::problem::{InvalidParameter, Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keywright management API",
        description = "Partners, developers, applications, APIs, plans, subscriptions and credentials.\n\nSend an administrators' API token or a developer's session as `Authorization: Bearer …`. Lists come in pages: follow `next_cursor`. Updates need `If-Match` with the `ETag` that you read. Creates take an `Idempotency-Key`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem, InvalidParameter)),
    tags(
        (name = "Partners", description = "Organisations that consume APIs, and the developers who act for them."),
        (name = "Applications", description = "What calls APIs: a partner's or one developer's, with the developers who work on it."),
        (name = "Invitations", description = "Mail addresses that are asked to join a partner or an application."),
        (name = "Clients", description = "The OAuth settings of applications: under which id they ask for tokens, how, and for what."),
        (name = "API clients", description = "Applications and their clients as one thing, in the words of AppDirect."),
        (name = "OAuth scopes", description = "What tokens can open, and which claims they bring."),
        (name = "Token definitions", description = "How tokens are made: issuer, audience, algorithm, claims."),
        (name = "Signing keys", description = "The keys that tokens are signed with. Administrators only."),
        (name = "Credentials", description = "How applications prove who they are. A secret is shown once, when it is issued."),
        (name = "Subscriptions", description = "Which application may call which API version, under which plan."),
        (name = "APIs", description = "What is on offer, under a name."),
        (name = "API versions", description = "What is called: where it is found at the gateway, and what opens it."),
        (name = "Specifications", description = "What the operations of an API version are, as OpenAPI says it."),
        (name = "Documents", description = "What is written about an API beside its specification, in Markdown."),
        (name = "Plans", description = "Limits that come with a subscription."),
        (name = "Gateways", description = "Third parties that provision: what is asked for their APIs is told to them, and they answer."),
        (name = "Groups", description = "People who decide or are told together."),
        (name = "Requests", description = "What people ask of third parties' gateways, and what happened to it."),
        (name = "Approvals", description = "What waits for people to decide, who they are, and what needs them."),
        (name = "External tokens", description = "Tokens that a third party makes for developers, who ask for them by mail."),
        (name = "Auth strategies", description = "Named ways for applications to authenticate."),
        (name = "Account", description = "How developers register, sign in, and look after their account."),
        (name = "Developers", description = "People with a login, as administrators see them."),
        (name = "Administrators", description = "The people who run this installation, and what each may do."),
        (name = "Tokens", description = "With which administrators' tools call this API."),
        (name = "Portal", description = "How this installation shows itself to those who use its APIs."),
        (name = "Identity providers", description = "Where people sign in elsewhere to be signed in here, and whom that links."),
        (name = "Usage", description = "How often what was called, by whom, and how it was answered."),
        (name = "Refused calls", description = "Single calls that gateways were told to refuse, and why."),
        (name = "Audit", description = "Who did what to what, when, from where."),
        (name = "Mails", description = "What was written to whom, and how far it has come."),
        (name = "Webhook endpoints", description = "Other programs that are told what happens."),
        (name = "Webhook deliveries", description = "What was sent to whom: signed, tried again until it is taken, replayed."),
        (name = "Events", description = "What happened, as webhook endpoints are told."),
        (name = "Event types", description = "What webhook endpoints can be told of."),
        (name = "Documentation", description = "This description."),
    ),
    modifiers(&Bearer),
    security(("bearer" = [])),
)]
pub(super) struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description =
            Some("An API token (`kw_pat_…`) or the secret of a session (`kw_ses_…`).".to_owned());
        openapi.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(http));
    }
}

/// Adds what follows from the rest: unique operation ids, the rules of headers, and each status that a path may answer.
pub(super) fn complete(mut document: openapi::OpenApi) -> openapi::OpenApi {
    for item in document.paths.paths.values_mut() {
        if let Some(get) = &mut item.get {
            // Nothing stands against reading.
            get.responses.responses.remove("409");
        }
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            name(operation);
            describe_headers(operation);
            describe_refusals(operation);
        }
    }
    document
}

/// The name of a handler is unique in its file only: `list` becomes `partners_list`.
fn name(operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next().map(String::as_str).unwrap_or_default();
    let tag = tag.to_lowercase().replace([' ', '-'], "_");
    operation.operation_id = operation.operation_id.take().map(|handler| format!("{tag}_{handler}"));
}

/// How a header must look, by its name.
fn describe_headers(operation: &mut Operation) {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    for parameter in parameters(operation) {
        let schema = match parameter.name.as_str() {
            "If-Match" => text().pattern(Some("^(\\*|\"v[0-9]{1,18}\")$")).examples([json!("\"v1\"")]),
            "Idempotency-Key" => {
                text().pattern(Some("^[!-~]{1,255}$")).examples([json!("0198c5e2-7d1a-7bcd")])
            }
            _ => continue,
        };
        parameter.schema = Some(RefOr::T(Schema::from(schema)));
    }
}

/// Which refusals are possible follows from what is sent.
fn describe_refusals(operation: &mut Operation) {
    let header = |operation: &mut Operation, name| {
        parameters(operation)
            .find(|parameter| parameter.name == name)
            .map(|parameter| parameter.required.clone())
    };
    let (if_match, key) = (header(operation, "If-Match"), header(operation, "Idempotency-Key"));
    let has_body = operation.request_body.is_some();
    let refuses = operation.responses.responses.contains_key("400");
    let refusals = [
        (if_match.is_some(), "412", "Somebody else changed it since you read it."),
        (has_body, "413", "The body is larger than this path takes."),
        (has_body, "415", "The body is not of the content type that this path takes."),
        (key.is_some(), "422", "The `Idempotency-Key` was used before, with another body."),
        (if_match == Some(Required::True), "428", "`If-Match` is missing."),
        (refuses, "429", "Too many requests: wait for `Retry-After` seconds."),
        (refuses, "503", "The database cannot be reached, or is busy: wait for `Retry-After` seconds."),
    ];
    for (possible, status, description) in refusals {
        if possible {
            let responses = &mut operation.responses.responses;
            responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
        }
    }
}

fn parameters(operation: &mut Operation) -> impl Iterator<Item = &mut Parameter> {
    operation.parameters.iter_mut().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}
