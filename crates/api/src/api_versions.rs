//! `/api/v1/api-versions` and `/api/v1/apis/{id}/versions`: what is called, and what opens it.

use std::sync::Arc;

use app::{ApiVersionFilter, App};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApiId, ApiVersionDraft, ApiVersionId, AuthStrategyId, PlanId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::operation_scopes::OperationScopes;
use super::reply;
use super::routes::routes;
use super::specifications::Specification;
use super::wire::{Time, present, set_if_given, words};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list_of_api, create))
        .routes(routes!(list))
        .routes(routes!(get, update, delete))
}

words! {
    /// Who decides about subscriptions that developers ask for.
    SubscriptionApproval = domain::SubscriptionApproval {
        "by_plan" = ByPlan,
        "automatic" = Automatic,
        "manual" = Manual,
    }
}

words! {
    /// What a caller may present: an API key, a client certificate that the gateway hands on, a client's id and secret
    /// as HTTP Basic, or an access token as `Authorization: Bearer`.
    Accepted = domain::Accepted {
        "api_key" = ApiKey,
        "certificate" = Certificate,
        "basic" = Basic,
        "bearer" = Bearer,
    }
}

/// One callable version of an API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiVersion {
    id: Uuid,
    api_id: Uuid,
    name: String,
    description: String,
    /// Words to find it by.
    tags: Vec<String>,
    /// Still works, but nobody should start with it.
    deprecated: bool,
    /// Only those see it who are subscribed to it, and administrators.
    private: bool,
    /// Whether browsers' preflight requests pass without a credential.
    cors: bool,
    /// How its callers authenticate.
    auth_strategy_id: Uuid,
    /// What may be presented to open it; empty: it is open to callers without any.
    accepted_credentials: Vec<Accepted>,
    /// Roles that the calling application's partner must hold, all of them.
    required_roles: Vec<String>,
    /// Scopes that a token must carry, all of them; `a|b` stands for one of the two. Credentials without scopes, such as
    /// API keys, are not asked.
    required_scopes: Vec<String>,
    /// What a token must carry for single operations. A call that is none of them is held against `required_scopes`.
    operation_scopes: Vec<OperationScopes>,
    /// Whom a token must be for, one of them; empty: nobody in particular, or this server.
    audiences: Vec<String>,
    /// Whether the application must hold an approved subscription.
    subscription_required: bool,
    /// The plans that a subscription may choose from.
    plan_ids: Vec<Uuid>,
    /// Whether developers may ask for a subscription.
    open_for_subscriptions: bool,
    /// Who decides about subscriptions that developers ask for.
    approval: SubscriptionApproval,
    /// Host names in lower case; empty: any host.
    hosts: Vec<String>,
    /// Matched on whole segments; the longest one wins.
    path_prefixes: Vec<String>,
    /// In capitals; empty: any that is known.
    methods: Vec<String>,
    /// What is known of its specification, if it has one.
    specification: Option<Specification>,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::ApiVersion> for ApiVersion {
    fn from(version: domain::ApiVersion) -> Self {
        Self {
            id: version.id.0,
            api_id: version.api_id.0,
            name: version.name.to_string(),
            description: version.description.as_str().to_owned(),
            tags: version.tags,
            deprecated: version.deprecated,
            private: version.private,
            cors: version.cors,
            auth_strategy_id: version.auth_strategy_id.0,
            accepted_credentials: version.accepted_credentials.into_iter().map(Into::into).collect(),
            required_roles: version.required_roles,
            required_scopes: version.required_scopes,
            operation_scopes: version.operation_scopes.into_iter().map(Into::into).collect(),
            audiences: version.audiences,
            subscription_required: version.subscription_required,
            plan_ids: version.plan_ids.into_iter().map(Into::into).collect(),
            open_for_subscriptions: version.open_for_subscriptions,
            approval: version.approval.into(),
            hosts: version.route.hosts,
            path_prefixes: version.route.path_prefixes,
            methods: version.route.methods,
            specification: version.specification.map(Specification::from),
            created_at: version.meta.created_at.into(),
            updated_at: version.meta.updated_at.into(),
        }
    }
}

/// Which versions.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiVersionList {
    /// They are versions of this API.
    #[param(value_type = Option<Uuid>)]
    api_id: Option<ApiId>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// A version to be made. With no more than a name and a path it opens to API keys of subscribed applications.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiVersion {
    /// Unique among the API's versions.
    #[schema(min_length = 1, max_length = 256, example = "v1")]
    name: String,
    /// Plain segments, without a slash at the end. No other version may be published at the same host and path.
    #[schema(min_items = 1, max_items = 50, example = json!(["/orders"]))]
    path_prefixes: Vec<String>,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// Words to find it by.
    #[serde(default)]
    #[schema(max_items = 50)]
    tags: Vec<String>,
    /// Still works, but nobody should start with it.
    #[serde(default)]
    deprecated: bool,
    /// Only those see it who are subscribed to it, and administrators.
    #[serde(default)]
    private: bool,
    /// Whether browsers' preflight requests pass without a credential.
    #[serde(default)]
    cors: bool,
    /// Left out: the default strategy.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    auth_strategy_id: Option<AuthStrategyId>,
    /// Left out: API keys. Empty: it is open to callers without any.
    #[serde(default)]
    accepted_credentials: Option<Vec<Accepted>>,
    /// Roles that the calling application's partner must hold, all of them.
    #[serde(default)]
    #[schema(max_items = 50)]
    required_roles: Vec<String>,
    /// Scopes that a token must carry, all of them; `a|b` stands for one of the two.
    #[serde(default)]
    #[schema(max_items = 50)]
    required_scopes: Vec<String>,
    /// What a token must carry for single operations. A call that is none of them is held against `required_scopes`.
    #[serde(default)]
    #[schema(max_items = 1000)]
    operation_scopes: Vec<OperationScopes>,
    /// Whom a token must be for, one of them: clients name it as `resource` when they ask for tokens.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["https://api.example.com/orders"]))]
    audiences: Vec<String>,
    /// Left out: yes, unless it accepts no credentials.
    #[serde(default)]
    subscription_required: Option<bool>,
    /// Left out: the plans that are offered by default.
    #[serde(default)]
    #[schema(max_items = 50, value_type = Option<Vec<Uuid>>)]
    plan_ids: Option<Vec<PlanId>>,
    /// Whether developers may ask for a subscription; left out: they may.
    #[serde(default)]
    open_for_subscriptions: Option<bool>,
    /// Who decides about subscriptions that developers ask for; left out: an administrator, if the plan says so.
    #[serde(default)]
    approval: Option<SubscriptionApproval>,
    /// Host names without scheme and port; empty: any host.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["api.example.com"]))]
    hosts: Vec<String>,
    /// In capitals; empty: any that is known.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["GET"]))]
    methods: Vec<String>,
}

impl NewApiVersion {
    fn fill(self, draft: &mut ApiVersionDraft) {
        draft.name = self.name;
        draft.path_prefixes = self.path_prefixes;
        draft.description = self.description;
        draft.tags = self.tags;
        draft.deprecated = self.deprecated;
        draft.private = self.private;
        draft.cors = self.cors;
        set_if_given(&mut draft.auth_strategy_id, self.auth_strategy_id);
        set_if_given(&mut draft.accepted_credentials, self.accepted_credentials.map(accepted));
        draft.required_roles = self.required_roles;
        draft.required_scopes = self.required_scopes;
        draft.operation_scopes = self.operation_scopes.into_iter().map(Into::into).collect();
        draft.audiences = self.audiences;
        draft.subscription_required =
            self.subscription_required.unwrap_or(!draft.accepted_credentials.is_empty());
        set_if_given(&mut draft.plan_ids, self.plan_ids);
        set_if_given(&mut draft.open_for_subscriptions, self.open_for_subscriptions);
        set_if_given(&mut draft.approval, self.approval.map(Into::into));
        draft.hosts = self.hosts;
        draft.methods = self.methods;
    }
}

/// What is to change; what is left out stays. A list is replaced by the one that is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiVersionChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_items = 1, max_items = 50, nullable = false)]
    path_prefixes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    deprecated: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    private: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    cors: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    auth_strategy_id: Option<AuthStrategyId>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    accepted_credentials: Option<Vec<Accepted>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    required_roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    required_scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 1000, nullable = false)]
    operation_scopes: Option<Vec<OperationScopes>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    audiences: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    subscription_required: Option<bool>,
    /// Subscriptions under a plan that is not offered any more go on.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, value_type = Option<Vec<Uuid>>, nullable = false)]
    plan_ids: Option<Vec<PlanId>>,
    /// Subscriptions that are there go on.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    open_for_subscriptions: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    approval: Option<SubscriptionApproval>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    hosts: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    methods: Option<Vec<String>>,
}

impl ApiVersionChange {
    fn apply(self, draft: &mut ApiVersionDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.path_prefixes, self.path_prefixes);
        set_if_given(&mut draft.description, self.description);
        set_if_given(&mut draft.tags, self.tags);
        set_if_given(&mut draft.deprecated, self.deprecated);
        set_if_given(&mut draft.private, self.private);
        set_if_given(&mut draft.cors, self.cors);
        set_if_given(&mut draft.auth_strategy_id, self.auth_strategy_id);
        set_if_given(&mut draft.accepted_credentials, self.accepted_credentials.map(accepted));
        set_if_given(&mut draft.required_roles, self.required_roles);
        set_if_given(&mut draft.required_scopes, self.required_scopes);
        let operations = self.operation_scopes.map(|all| all.into_iter().map(Into::into).collect());
        set_if_given(&mut draft.operation_scopes, operations);
        set_if_given(&mut draft.audiences, self.audiences);
        set_if_given(&mut draft.subscription_required, self.subscription_required);
        set_if_given(&mut draft.plan_ids, self.plan_ids);
        set_if_given(&mut draft.open_for_subscriptions, self.open_for_subscriptions);
        set_if_given(&mut draft.approval, self.approval.map(Into::into));
        set_if_given(&mut draft.hosts, self.hosts);
        set_if_given(&mut draft.methods, self.methods);
    }
}

fn accepted(kinds: Vec<Accepted>) -> Vec<domain::Accepted> {
    kinds.into_iter().map(Into::into).collect()
}

/// List API versions
///
/// Private ones only for administrators and those who are subscribed to them.
#[utoipa::path(get, path = "/api/v1/api-versions", tag = "API versions", params(ApiVersionList),
    responses((status = 200, description = "A page of API versions", body = List<ApiVersion>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<ApiVersionList>,
) -> Result<Reply<List<ApiVersion>>, Problem> {
    let paging = Paging::read(app.keys(), "api-versions", &query, query.cursor.as_deref(), query.limit)?;
    let filter = ApiVersionFilter { api_id: query.api_id, visible_to: None };
    Ok(paging.reply(app.api_versions(&caller, filter, paging.request()).await?))
}

/// List the versions of an API
///
/// Private ones only for administrators and those who are subscribed to them.
#[utoipa::path(get, path = "/api/v1/apis/{id}/versions", tag = "API versions",
    params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, description = "A page of API versions", body = List<ApiVersion>), Problems))]
async fn list_of_api(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiId>,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<ApiVersion>>, Problem> {
    let paging = Paging::read(app.keys(), "versions-of-api", &id, query.cursor.as_deref(), query.limit)?;
    let api = app.api(&caller, id).await?;
    let filter = ApiVersionFilter { api_id: Some(api.id), visible_to: None };
    Ok(paging.reply(app.api_versions(&caller, filter, paging.request()).await?))
}

/// Create a version of an API
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/apis/{id}/versions", tag = "API versions", request_body = NewApiVersion,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new API version", body = ApiVersion), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    Create { caller, body }: Create<NewApiVersion>,
) -> Result<Response, Problem> {
    let offers_default_plans = body.plan_ids.is_none();
    let created = app.create_api_version(&caller, id, |draft| body.fill(draft), offers_default_plans).await?;
    Ok(reply::created("/api/v1/api-versions", created, |created| ApiVersion::from(created.value)))
}

/// Get an API version
#[utoipa::path(get, path = "/api/v1/api-versions/{id}", tag = "API versions", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The API version", body = ApiVersion), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ApiVersion>(app.api_version(&caller, id).await?))
}

/// Change an API version
///
/// Administrators only. Calls are judged by it from now on.
#[utoipa::path(patch, path = "/api/v1/api-versions/{id}", tag = "API versions", request_body = ApiVersionChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The API version as it is now", body = ApiVersion), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
    IfMatch(version): IfMatch,
    Json(change): Json<ApiVersionChange>,
) -> Result<Response, Problem> {
    let version = app.update_api_version(&caller, id, version, |draft| change.apply(draft)).await?;
    Ok(reply::one::<_, ApiVersion>(version))
}

/// Delete an API version
///
/// Administrators only. Its subscriptions must be ended first. Its calls are refused from now on.
#[utoipa::path(delete, path = "/api/v1/api-versions/{id}", tag = "API versions",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_api_version(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
