//! `/api/v1/partners`: organisations that consume APIs, and their members.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{App, PartnerFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{DeveloperId, PartnerDraft, PartnerId, PartnerRole};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, nullable, present, set_if_given, words};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(set_member, remove_member))
}

words! {
    /// What a member may do with a partner.
    PartnerMemberRole = PartnerRole {
        "OWNER" = Owner,
        "READ_ONLY" = ReadOnly,
    }
}

/// An organisation that consumes APIs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Partner {
    id: Uuid,
    name: String,
    description: String,
    /// Whom to write to about it.
    contact_email: Option<String>,
    /// Authorization roles: API versions may demand some. Only administrators assign them.
    roles: Vec<String>,
    /// The developers who act for it, by id.
    members: BTreeMap<Uuid, PartnerMemberRole>,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Partner> for Partner {
    fn from(partner: domain::Partner) -> Self {
        Self {
            id: partner.id.0,
            name: partner.name.to_string(),
            description: partner.description.as_str().to_owned(),
            contact_email: partner.contact_email.map(|email| email.to_string()),
            roles: partner.roles,
            members: partner.members.into_iter().map(|(id, role)| (id.0, role.into())).collect(),
            created_at: partner.meta.created_at.into(),
            updated_at: partner.meta.updated_at.into(),
        }
    }
}

/// Which partners.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerList {
    /// The name holds this, whatever its case.
    name_contains: Option<String>,
    /// This developer is a member.
    #[param(value_type = Option<Uuid>)]
    member: Option<DeveloperId>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// A partner to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartner {
    /// Unique over all partners, look-alikes included.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// Whom to write to about it.
    #[serde(default)]
    contact_email: Option<String>,
    /// Authorization roles.
    #[serde(default)]
    #[schema(max_items = 50)]
    roles: Vec<String>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    description: Option<String>,
    /// Null clears it.
    #[serde(default, deserialize_with = "nullable")]
    contact_email: Option<Option<String>>,
    /// All roles that it is to have. Administrators only.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    roles: Option<Vec<String>>,
}

impl PartnerChange {
    fn apply(self, draft: &mut PartnerDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.description, self.description);
        set_if_given(&mut draft.contact_email, self.contact_email);
        set_if_given(&mut draft.roles, self.roles);
    }
}

/// A member's role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerMembership {
    role: PartnerMemberRole,
}

/// List partners
///
/// All of them for administrators, their own for developers.
#[utoipa::path(get, path = "/api/v1/partners", tag = "Partners", params(PartnerList),
    responses((status = 200, description = "A page of partners", body = List<Partner>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PartnerList>,
) -> Result<Reply<List<Partner>>, Problem> {
    let paging = Paging::read(app.keys(), "partners", &query, query.cursor.as_deref(), query.limit)?;
    let filter = PartnerFilter { name_contains: query.name_contains, member: query.member };
    Ok(paging.reply(app.partners(&caller, filter, paging.request()).await?))
}

/// Create a partner
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/partners", tag = "Partners", request_body = NewPartner,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new partner", body = Partner), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewPartner>,
) -> Result<Response, Problem> {
    let NewPartner { name, description, contact_email, roles } = body;
    let draft = PartnerDraft { name, description, contact_email, roles };
    let created = app.create_partner(&caller, draft).await?;
    Ok(reply::created("/api/v1/partners", created, |created| Partner::from(created.value)))
}

/// Get a partner
#[utoipa::path(get, path = "/api/v1/partners/{id}", tag = "Partners", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The partner", body = Partner), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<PartnerId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Partner>(app.partner(&caller, id).await?))
}

/// Change a partner
///
/// Its owners may change everything but the roles.
#[utoipa::path(patch, path = "/api/v1/partners/{id}", tag = "Partners", request_body = PartnerChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The partner as it is now", body = Partner), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<PartnerId>,
    IfMatch(version): IfMatch,
    Json(change): Json<PartnerChange>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Partner>(app.update_partner(&caller, id, version, |draft| change.apply(draft)).await?))
}

/// Delete a partner
///
/// Administrators only. Its applications must be deleted or transferred first.
#[utoipa::path(delete, path = "/api/v1/partners/{id}", tag = "Partners",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<PartnerId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_partner(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add a member, or change the role
///
/// The developer must have registered and proven the address.
#[utoipa::path(put, path = "/api/v1/partners/{id}/members/{developer_id}", tag = "Partners",
    request_body = PartnerMembership, params(("id" = Uuid, Path), ("developer_id" = Uuid, Path)),
    responses((status = 200, description = "The partner as it is now", body = Partner), Problems))]
async fn set_member(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path((id, developer)): Path<(PartnerId, DeveloperId)>,
    Json(membership): Json<PartnerMembership>,
) -> Result<Response, Problem> {
    let partner = app.set_partner_member(&caller, id, developer, membership.role.into()).await?;
    Ok(reply::one::<_, Partner>(partner))
}

/// Remove a member
///
/// A partner that has owners keeps at least one.
#[utoipa::path(delete, path = "/api/v1/partners/{id}/members/{developer_id}", tag = "Partners",
    params(("id" = Uuid, Path), ("developer_id" = Uuid, Path)),
    responses((status = 200, description = "The partner as it is now", body = Partner), Problems))]
async fn remove_member(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path((id, developer)): Path<(PartnerId, DeveloperId)>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Partner>(app.remove_partner_member(&caller, id, developer).await?))
}
