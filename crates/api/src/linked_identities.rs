//! `/api/v1/account/identities` and `/api/v1/identity-providers/{id}/identities`: who the people of providers are here.

use std::sync::Arc;

use app::{App, OwnIdentity};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{IdentityProviderId, LinkedIdentityId, Person};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::routes::routes;
use super::wire::Time;
use edge::extract::{Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(identities))
        .routes(routes!(unlink_identity))
        .routes(routes!(people))
        .routes(routes!(unlink))
}

/// Somebody whom a provider knows is you.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnLinkedIdentity {
    id: Uuid,
    /// What the provider is called.
    provider: String,
    /// The address that it said when you were linked.
    email: String,
    created_at: Time,
}

impl From<OwnIdentity> for OwnLinkedIdentity {
    fn from(own: OwnIdentity) -> Self {
        Self {
            id: own.identity.id.0,
            provider: own.provider_name,
            email: own.identity.email,
            created_at: own.identity.meta.created_at.into(),
        }
    }
}

/// Somebody whom a provider knows is somebody here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkedIdentity {
    id: Uuid,
    /// What the provider knows them as.
    subject: String,
    /// The address that it said when they were linked.
    email: String,
    /// Which developer they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    developer_id: Option<Uuid>,
    /// Which administrator they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    administrator_id: Option<Uuid>,
    created_at: Time,
}

impl From<domain::LinkedIdentity> for LinkedIdentity {
    fn from(identity: domain::LinkedIdentity) -> Self {
        let (developer_id, administrator_id) = match identity.person {
            Person::Developer(id) => (Some(id.0), None),
            Person::Administrator(id) => (None, Some(id.0)),
        };
        Self {
            id: identity.id.0,
            subject: identity.subject,
            email: identity.email,
            developer_id,
            administrator_id,
            created_at: identity.meta.created_at.into(),
        }
    }
}

/// List with whom you are linked
///
/// At identity providers: with these you can sign in there to be signed in here.
#[utoipa::path(get, path = "/api/v1/account/identities", tag = "Account",
    responses((status = 200, description = "All of them", body = List<OwnLinkedIdentity>), Problems))]
async fn identities(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
) -> Result<Reply<List<OwnLinkedIdentity>>, Problem> {
    let own = app.own_identities(&caller).await?;
    let items = own.into_iter().map(OwnLinkedIdentity::from).collect();
    Ok(Reply(List { items, next_cursor: None }))
}

/// Take one of your links away
///
/// Your other sessions that came that way end. The last way in stays: choose a password first.
#[utoipa::path(delete, path = "/api/v1/account/identities/{id}", tag = "Account", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone"), Problems))]
async fn unlink_identity(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<LinkedIdentityId>,
) -> Result<StatusCode, Problem> {
    app.unlink_own_identity(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List a provider's people
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/identity-providers/{id}/identities", tag = "Identity providers",
    params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, description = "A page of them", body = List<LinkedIdentity>), Problems))]
async fn people(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<IdentityProviderId>,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<LinkedIdentity>>, Problem> {
    let filter = (id.0, &query);
    let paging = Paging::read(app.keys(), "identities", &filter, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.identities_at(&caller, id, paging.request()).await?))
}

/// Take somebody's link away
///
/// Administrators only. Their sessions that came that way end. If the address is still proven there, signing in there
/// links them again.
#[utoipa::path(delete, path = "/api/v1/identity-providers/{id}/identities/{identity_id}",
    tag = "Identity providers", params(("id" = Uuid, Path), ("identity_id" = Uuid, Path)),
    responses((status = 204, description = "It is gone"), Problems))]
async fn unlink(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path((id, identity_id)): Path<(IdentityProviderId, LinkedIdentityId)>,
) -> Result<StatusCode, Problem> {
    app.unlink_identity(&caller, id, identity_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
