//! `/api/v1/mails`: what was written to whom, and how far it has come.

use std::sync::Arc;

use app::{App, MailFilter, ShownMail};
use axum::Json as Reply;
use axum::extract::State as Shared;
use domain::{Email, MailId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

words! {
    /// How far a mail has come: `waiting` for its turn, `kept` because no mail server is configured, `sent`, or
    /// `failed` for good.
    MailState = domain::MailState {
        "waiting" = Waiting,
        "kept" = Kept,
        "sent" = Sent,
        "failed" = Failed,
    }
}

/// A message to one person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Mail {
    /// Also its `Message-ID`.
    id: Uuid,
    #[schema(format = Email)]
    to: String,
    subject: String,
    /// Plain text, links included: an administrator may have to pass one on.
    text: String,
    state: MailState,
    /// How often it was tried.
    attempts: u32,
    /// What the mail server said last, if it did not take the mail.
    last_error: Option<String>,
    created_at: Time,
    /// When the mail server took it.
    sent_at: Option<Time>,
}

impl From<ShownMail> for Mail {
    fn from(ShownMail { record, text }: ShownMail) -> Self {
        Self {
            id: record.id.0,
            to: record.to.to_string(),
            subject: record.subject,
            text,
            state: record.state.into(),
            attempts: record.attempts,
            last_error: record.last_error,
            created_at: record.created_at.into(),
            sent_at: record.sent_at.map(Time),
        }
    }
}

/// Which mails.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailList {
    /// To this address.
    #[param(format = Email)]
    to: Option<String>,
    /// In this state.
    #[param(inline)]
    state: Option<MailState>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// List mails
///
/// From the newest to the oldest. Administrators only. A token needs `mails:write` to see the secrets in links: whoever
/// reads one can use it.
#[utoipa::path(get, path = "/api/v1/mails", tag = "Mails", params(MailList),
    responses((status = 200, description = "A page of mails", body = List<Mail>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<MailList>,
) -> Result<Reply<List<Mail>>, Problem> {
    let paging = Paging::read(app.keys(), "mails", &query, query.cursor.as_deref(), query.limit)?;
    let to = query.to.as_deref().map(Email::parse).transpose().map_err(|wrong| wrong.within("to"))?;
    let filter = MailFilter { to, state: query.state.map(Into::into) };
    Ok(paging.reply(app.mails(&caller, &filter, paging.request()).await?))
}

/// Get a mail
#[utoipa::path(get, path = "/api/v1/mails/{id}", tag = "Mails", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The mail", body = Mail), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<MailId>,
) -> Result<Reply<Mail>, Problem> {
    Ok(Reply(app.mail(&caller, id).await?.into()))
}
