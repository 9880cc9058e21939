//! Deliveries: one event on its way to one endpoint.

use std::collections::BTreeSet;

use domain::{
    ApplicationId, DeliveryState, GatewayId, Instant, WebhookDelivery, WebhookDeliveryId, WebhookEndpointId,
    WebhookEvent, WebhookEventId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::read::is_word;
use crate::record::{Place, word};
use crate::webhook_endpoint::endpoint_ids_of;
use crate::{Page, PageRequest, Read, Result, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub endpoint_id: Uuid,
    pub event_id: Uuid,
    pub event_type: String,
    pub application_id: Option<Uuid>,
    /// Of the event, in the order of commits.
    pub position: i64,
    /// Deliveries of an endpoint that share it come one after the other.
    pub order_key: Option<Uuid>,
    pub state: String,
    /// How often it was tried in all.
    pub attempts: i32,
    /// How often it was tried since it became pending: a replay begins anew.
    pub tries: i32,
    /// When it is due; while somebody has claimed it, when that claim ends.
    pub next_attempt_at: i64,
    /// Who is sending it, so that one who was away for too long cannot report on another's attempt.
    pub claim: Option<Uuid>,
    pub last_code: Option<i32>,
    pub last_error: Option<String>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A new delivery, due at once.
pub(crate) fn new_row(
    id: Uuid,
    event: &WebhookEvent,
    endpoint: Uuid,
    ordered: bool,
    position: i64,
) -> ActiveModel {
    let application = event.application_id.map(|id| id.0);
    ActiveModel {
        id: Set(id),
        endpoint_id: Set(endpoint),
        event_id: Set(event.id.0),
        event_type: Set(event.kind.clone()),
        application_id: Set(application),
        position: Set(position),
        order_key: Set(application.filter(|_| ordered)),
        state: Set(word(DeliveryState::Pending)),
        attempts: Set(0),
        tries: Set(0),
        next_attempt_at: Set(event.occurred_at.micros()),
        claim: Set(None),
        last_code: Set(None),
        last_error: Set(None),
        created_at: Set(event.occurred_at.micros()),
        finished_at: Set(None),
    }
}

pub(crate) fn delivery(row: Model) -> Result<WebhookDelivery> {
    let at = Place { table: "webhook_deliveries", id: row.id };
    let state: DeliveryState = at.word("state", row.state)?;
    Ok(WebhookDelivery {
        id: WebhookDeliveryId(row.id),
        endpoint_id: WebhookEndpointId(row.endpoint_id),
        event_id: WebhookEventId(row.event_id),
        event_type: row.event_type,
        application_id: row.application_id.map(ApplicationId),
        state,
        attempts: u32::try_from(row.attempts).map_err(|_| at.corrupt("attempts"))?,
        next_attempt_at: (state == DeliveryState::Pending).then(|| Instant::from_micros(row.next_attempt_at)),
        last_code: row.last_code.and_then(|code| u16::try_from(code).ok()),
        last_error: row.last_error,
        created_at: Instant::from_micros(row.created_at),
        finished_at: row.finished_at.map(Instant::from_micros),
    })
}

/// A condition: no earlier delivery of the same order is pending. What shares a place in the order of commits goes by the
/// ids of the events, which are given in the order in which they are told. The ids of deliveries say nothing: within one
/// moment they are random.
pub(crate) fn is_its_turn() -> Expr {
    const EARLIER: &str = "earlier";
    let earlier = |column: Column| Expr::col((EARLIER, column));
    let this = |column: Column| Expr::col((Entity, column));
    let same_position = earlier(Column::Position)
        .eq(this(Column::Position))
        .and(earlier(Column::EventId).lt(this(Column::EventId)));
    let before = earlier(Column::Position).lt(this(Column::Position)).or(same_position);
    let found = Query::select()
        .expr(Expr::value(1))
        .from_as(Entity, EARLIER)
        .and_where(earlier(Column::OrderKey).eq(this(Column::OrderKey)))
        .and_where(earlier(Column::EndpointId).eq(this(Column::EndpointId)))
        .and_where(earlier(Column::State).eq(word(DeliveryState::Pending)))
        .and_where(before)
        .to_owned();
    this(Column::OrderKey).is_null().or(Expr::exists(found).not())
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default)]
pub struct WebhookDeliveryFilter {
    /// To this endpoint.
    pub endpoint_id: Option<WebhookEndpointId>,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Of events of this type.
    pub event_type: Option<String>,
    /// Of this event.
    pub event_id: Option<WebhookEventId>,
    /// Of events about this application.
    pub application_id: Option<ApplicationId>,
    /// To endpoints of this gateway.
    pub gateway_id: Option<GatewayId>,
}

impl WebhookDeliveryFilter {
    fn condition(&self) -> Condition {
        let mut condition = Condition::all();
        let ids = [
            (Column::EndpointId, self.endpoint_id.map(|id| id.0)),
            (Column::EventId, self.event_id.map(|id| id.0)),
            (Column::ApplicationId, self.application_id.map(|id| id.0)),
        ];
        for (column, id) in ids {
            condition = condition.add_option(id.map(|id| column.eq(id)));
        }
        let theirs = self.gateway_id.map(|id| Column::EndpointId.in_subquery(endpoint_ids_of(id)));
        condition = condition.add_option(theirs);
        let kind = self.event_type.as_ref().map(|kind| is_word(Column::EventType, kind));
        condition.add_option(kind).add_option(self.state.map(|state| Column::State.eq(word(state))))
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Deliveries, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn webhook_deliveries(
        &self,
        filter: &WebhookDeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<WebhookDelivery>> {
        let mut select = Entity::find()
            .filter(filter.condition())
            .order_by_desc(Column::Id)
            .limit(page.limit.saturating_add(1));
        if let Some(after) = page.after {
            select = select.filter(Column::Id.lt(after));
        }
        let mut rows = select.all(&self.0).await?;
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(|row| row.id) } else { None };
        Ok(Page { items: rows.into_iter().map(delivery).collect::<Result<_>>()?, next })
    }

    /// One delivery.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn webhook_delivery(&self, id: WebhookDeliveryId) -> Result<Option<WebhookDelivery>> {
        Entity::find_by_id(id.0).one(&self.0).await?.map(delivery).transpose()
    }
}

#[macros::boxed]
impl Tx {
    /// Sends deliveries again that are not pending, whatever came of them: their schedule begins anew. Says how many
    /// there were; pending ones are tried now instead of later, unless somebody is trying them.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn requeue_deliveries(&mut self, filter: &WebhookDeliveryFilter) -> Result<u64> {
        self.requeue(filter.condition()).await
    }

    /// As [`Tx::requeue_deliveries`], for one.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn requeue_delivery(&mut self, id: WebhookDeliveryId) -> Result<u64> {
        self.requeue(Condition::all().add(Column::Id.eq(id.0))).await
    }

    /// As [`Tx::requeue_deliveries`], for all of an endpoint that were written since a moment and not delivered.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn requeue_since(
        &mut self,
        endpoint: WebhookEndpointId,
        since: Instant,
        delivered_too: bool,
    ) -> Result<u64> {
        let mut condition = Condition::all()
            .add(Column::EndpointId.eq(endpoint.0))
            .add(Column::CreatedAt.gte(since.micros()));
        if !delivered_too {
            condition = condition.add(Column::State.ne(word(DeliveryState::Delivered)));
        }
        self.requeue(condition).await
    }

    async fn requeue(&mut self, which: Condition) -> Result<u64> {
        let pending = word(DeliveryState::Pending);
        let touched = self.endpoints_of(&which).await?;
        // What somebody is sending right now is left to them.
        let idle = Condition::any().add(Column::Claim.is_null()).add(Column::State.ne(pending.clone()));
        let update = Entity::update_many()
            .col_expr(Column::State, Expr::value(pending))
            .col_expr(Column::Tries, Expr::value(0))
            .col_expr(Column::NextAttemptAt, Expr::value(self.now().micros()))
            .col_expr(Column::Claim, Expr::value(None::<Uuid>))
            .col_expr(Column::FinishedAt, Expr::value(None::<i64>))
            .filter(which)
            .filter(idle)
            .exec(&self.inner)
            .await?;
        self.touched.extend(touched);
        Ok(update.rows_affected)
    }

    /// Gives up deliveries that are pending. Says how many there were. Whoever is sending one may still have sent it.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn cancel_deliveries(&mut self, filter: &WebhookDeliveryFilter) -> Result<u64> {
        self.cancel(filter.condition()).await
    }

    /// As [`Tx::cancel_deliveries`], for one.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn cancel_delivery(&mut self, id: WebhookDeliveryId) -> Result<u64> {
        self.cancel(Condition::all().add(Column::Id.eq(id.0))).await
    }

    async fn cancel(&mut self, which: Condition) -> Result<u64> {
        let which = which.add(Column::State.eq(word(DeliveryState::Pending)));
        let touched = self.endpoints_of(&which).await?;
        let update = Entity::update_many()
            .col_expr(Column::State, Expr::value(word(DeliveryState::Canceled)))
            .col_expr(Column::Claim, Expr::value(None::<Uuid>))
            .col_expr(Column::FinishedAt, Expr::value(Some(self.now().micros())))
            .filter(which)
            .exec(&self.inner)
            .await?;
        self.touched.extend(touched);
        Ok(update.rows_affected)
    }

    async fn endpoints_of(&self, which: &Condition) -> Result<BTreeSet<Uuid>> {
        let endpoints = Entity::find()
            .select_only()
            .column(Column::EndpointId)
            .distinct()
            .filter(which.clone())
            .into_tuple::<Uuid>()
            .all(&self.inner)
            .await?;
        Ok(endpoints.into_iter().collect())
    }
}
