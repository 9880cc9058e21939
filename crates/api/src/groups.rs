//! `/api/v1/groups`: people who decide or are told together, such as `API Consumption Approvers`.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{AdministratorId, DeveloperId, GroupDraft, GroupId, Person};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

/// People who decide or are told together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    id: Uuid,
    name: String,
    description: String,
    members: Vec<GroupMember>,
    created_at: Time,
    updated_at: Time,
}

/// Somebody in a group.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum GroupMember {
    /// Somebody who uses APIs.
    Developer(Uuid),
    /// Somebody who runs this installation.
    Administrator(Uuid),
}

impl From<Person> for GroupMember {
    fn from(person: Person) -> Self {
        match person {
            Person::Developer(id) => Self::Developer(id.0),
            Person::Administrator(id) => Self::Administrator(id.0),
        }
    }
}

impl From<GroupMember> for Person {
    fn from(member: GroupMember) -> Self {
        match member {
            GroupMember::Developer(id) => Self::Developer(DeveloperId(id)),
            GroupMember::Administrator(id) => Self::Administrator(AdministratorId(id)),
        }
    }
}

impl From<domain::Group> for Group {
    fn from(group: domain::Group) -> Self {
        Self {
            id: group.id.0,
            name: group.name.to_string(),
            description: group.description.as_str().to_owned(),
            members: group.members.into_iter().map(GroupMember::from).collect(),
            created_at: group.meta.created_at.into(),
            updated_at: group.meta.updated_at.into(),
        }
    }
}

/// A new group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroup {
    /// Unique over all groups. `API Consumption Approvers` gets the mails that ask for external tokens, and may answer.
    #[schema(max_length = 256)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    #[serde(default)]
    #[schema(max_items = 500)]
    members: Vec<GroupMember>,
}

/// What is to be changed about a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 256)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 4000)]
    description: Option<String>,
    /// All who are in it from now on.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_items = 500)]
    members: Option<Vec<GroupMember>>,
}

/// List groups
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/groups", tag = "Groups", params(PageQuery),
    responses((status = 200, description = "A page of groups", body = List<Group>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<Group>>, Problem> {
    let paging = Paging::read(app.keys(), "groups", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.groups(&caller, paging.request()).await?))
}

/// Create a group
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/groups", tag = "Groups", request_body = NewGroup,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new group", body = Group), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewGroup>,
) -> Result<Response, Problem> {
    let NewGroup { name, description, members } = body;
    let members = members.into_iter().map(Person::from).collect();
    let created = app.create_group(&caller, GroupDraft { name, description, members }).await?;
    Ok(reply::created("/api/v1/groups", created, |created| Group::from(created.value)))
}

/// Get a group
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/groups/{id}", tag = "Groups", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The group", body = Group), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GroupId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Group>(app.group(&caller, id).await?))
}

/// Change a group
///
/// Administrators only.
#[utoipa::path(patch, path = "/api/v1/groups/{id}", tag = "Groups", request_body = GroupChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The group as it is now", body = Group), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GroupId>,
    IfMatch(version): IfMatch,
    Json(change): Json<GroupChange>,
) -> Result<Response, Problem> {
    let edit = |draft: &mut GroupDraft| {
        set_if_given(&mut draft.name, change.name);
        set_if_given(&mut draft.description, change.description);
        let members = change.members.map(|members| members.into_iter().map(Person::from).collect());
        set_if_given(&mut draft.members, members);
    };
    Ok(reply::one::<_, Group>(app.update_group(&caller, id, version, edit).await?))
}

/// Delete a group
///
/// Administrators only. What it alone may approve waits until somebody else is named.
#[utoipa::path(delete, path = "/api/v1/groups/{id}", tag = "Groups",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GroupId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_group(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
