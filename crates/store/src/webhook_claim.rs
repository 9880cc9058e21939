//! Claiming deliveries: each goes to one sender at a time, and endpoints take turns.

use std::collections::{BTreeSet, HashMap};

use domain::{DeliveryState, Instant, WebhookDeliveryId, WebhookEndpointId, WebhookEvent};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Query};
use sea_orm::{Condition, DatabaseTransaction, QueryOrder, QuerySelect, TransactionTrait};

use crate::connect::immediate;
use crate::record::word;
use crate::webhook_queue::{self, Health, Lane};
use crate::{Engine, Result, Store, webhook_delivery, webhook_event};

/// How much of which queue a sender can take.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which queue.
    pub lane: Lane,
    /// Of at most so many endpoints.
    pub endpoints: u64,
    /// At most so many of each.
    pub each: u64,
    /// None of these: the sender has enough of them.
    pub except: Vec<WebhookEndpointId>,
}

/// A delivery that is to be tried now, by the one who claimed it.
#[derive(Clone, Debug)]
pub struct ClaimedDelivery {
    /// Its identity.
    pub id: WebhookDeliveryId,
    /// To whom.
    pub endpoint_id: WebhookEndpointId,
    /// What.
    pub event: WebhookEvent,
    /// Which attempt this is in all, from 1.
    pub attempt: u32,
    /// Which attempt this is since it became pending, from 1: the schedule goes by it.
    pub attempt_of_round: u32,
    /// How the endpoint has been doing.
    pub health: Health,
}

#[macros::boxed]
impl Store {
    /// The endpoints of which something is due, for whoever has room for so many: who waits longest comes first. Read
    /// without holding anybody up: of ten thousand that hang most are always due.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn due_endpoints(&self, now: Instant, wanted: &Wanted) -> Result<Vec<WebhookEndpointId>> {
        use webhook_queue::{Column, Entity};
        if wanted.endpoints == 0 || wanted.each == 0 {
            return Ok(Vec::new());
        }
        let mut select = Entity::find()
            .select_only()
            .column(Column::EndpointId)
            .filter(Column::Lane.eq(wanted.lane.number()))
            .filter(is_due(now));
        if !wanted.except.is_empty() {
            select = select.filter(Column::EndpointId.is_not_in(wanted.except.iter().map(|id| id.0)));
        }
        let ids = select
            .order_by_asc(Column::ServedAt)
            // Another node may be taking some of these.
            .limit(wanted.endpoints.saturating_mul(2))
            .into_tuple::<Uuid>()
            .all(&self.read().0)
            .await?;
        Ok(ids.into_iter().map(WebhookEndpointId).collect())
    }

    /// Takes deliveries of these endpoints that are due, at most `each` of one, for one sender: nobody else gets them
    /// before `until`. What another node is taking right now is left to it.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn claim_deliveries(
        &self,
        claim: Uuid,
        now: Instant,
        until: Instant,
        endpoints: &[WebhookEndpointId],
        each: u64,
    ) -> Result<Vec<ClaimedDelivery>> {
        let tx = self.writer().begin_with_options(immediate()).await?;
        let (mut rows, mut served, mut healths) = (Vec::new(), BTreeSet::new(), HashMap::new());
        for queue in lock_due(&tx, now, endpoints).await? {
            if each > 1 {
                rows.extend(due_deliveries(&tx, queue.endpoint_id, now, each).await?);
            }
            served.insert(queue.endpoint_id);
            healths.insert(queue.endpoint_id, webhook_queue::health(&queue));
        }
        if each == 1 {
            rows = first_deliveries(&tx, &served, now).await?;
        }
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        for some in ids.chunks(10_000) {
            use webhook_delivery::{Column, Entity};
            Entity::update_many()
                .col_expr(Column::Claim, Expr::value(Some(claim)))
                .col_expr(Column::NextAttemptAt, Expr::value(until.micros()))
                .filter(Column::Id.is_in(some.iter().copied()))
                .exec(&tx)
                .await?;
        }
        webhook_queue::recount(&tx, &served, Some(now)).await?;
        let events = events_of(&tx, &rows).await?;
        tx.commit().await?;
        let claimed = rows.into_iter().filter_map(|row| {
            Some(ClaimedDelivery {
                id: WebhookDeliveryId(row.id),
                endpoint_id: WebhookEndpointId(row.endpoint_id),
                event: events.get(&row.event_id)?.clone(),
                attempt: u32::try_from(row.attempts).unwrap_or_default() + 1,
                attempt_of_round: u32::try_from(row.tries).unwrap_or_default() + 1,
                health: *healths.get(&row.endpoint_id)?,
            })
        });
        Ok(claimed.collect())
    }

    /// Gives back everything that is claimed, where nobody else can be at work: an embedded database has one server, and
    /// that has only just started. On PostgreSQL the leases of a dead node end by themselves.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn recover_deliveries(&self, now: Instant) -> Result<u64> {
        use webhook_delivery::{Column, Entity};
        if self.engine() == Engine::Postgres {
            return Ok(0);
        }
        let tx = self.writer().begin_with_options(immediate()).await?;
        let recovered = Entity::update_many()
            .col_expr(Column::Claim, Expr::value(None::<Uuid>))
            .col_expr(Column::NextAttemptAt, Expr::value(now.micros()))
            .filter(Column::Claim.is_not_null())
            .exec_with_returning(&tx)
            .await?;
        let count = recovered.len() as u64;
        let endpoints = recovered.into_iter().map(|row| row.endpoint_id).collect();
        webhook_queue::settle(&tx, &endpoints).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Gives back deliveries that were claimed and not tried.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn release_deliveries(
        &self,
        claim: Uuid,
        ids: &[WebhookDeliveryId],
        now: Instant,
    ) -> Result<()> {
        use webhook_delivery::{Column, Entity};
        let tx = self.writer().begin_with_options(immediate()).await?;
        let released = Entity::update_many()
            .col_expr(Column::Claim, Expr::value(None::<Uuid>))
            .col_expr(Column::NextAttemptAt, Expr::value(now.micros()))
            .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
            .filter(Column::Claim.eq(claim))
            .filter(Column::State.eq(word(DeliveryState::Pending)))
            .exec_with_returning(&tx)
            .await?;
        let endpoints = released.into_iter().map(|row| row.endpoint_id).collect();
        webhook_queue::settle(&tx, &endpoints).await?;
        Ok(tx.commit().await?)
    }
}

/// Something is due in it, and the receiver may be asked.
fn is_due(now: Instant) -> Condition {
    use webhook_queue::Column;
    Condition::all().add(Column::DueAt.lte(now.micros())).add(Column::PausedUntil.lte(now.micros()))
}

/// Those of some queues in which something is due, locked against other senders (PostgreSQL; SQLite has one writer
/// anyway).
async fn lock_due(
    tx: &DatabaseTransaction,
    now: Instant,
    endpoints: &[WebhookEndpointId],
) -> Result<Vec<webhook_queue::Model>> {
    use webhook_queue::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::EndpointId.is_in(endpoints.iter().map(|id| id.0)))
        .filter(is_due(now))
        .order_by_asc(Column::ServedAt)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    Ok(rows)
}

async fn due_deliveries(
    tx: &DatabaseTransaction,
    endpoint: Uuid,
    now: Instant,
    limit: u64,
) -> Result<Vec<webhook_delivery::Model>> {
    use webhook_delivery::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::EndpointId.eq(endpoint))
        .filter(Column::State.eq(word(DeliveryState::Pending)))
        .filter(Column::NextAttemptAt.lte(now.micros()))
        .filter(webhook_delivery::is_its_turn())
        .order_by_asc(Column::NextAttemptAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    Ok(rows)
}

/// The first delivery of each that is due, all of them by one statement: whoever else has something to write waits for
/// that one only.
async fn first_deliveries(
    tx: &DatabaseTransaction,
    endpoints: &BTreeSet<Uuid>,
    now: Instant,
) -> Result<Vec<webhook_delivery::Model>> {
    use webhook_delivery::{Column, Entity};
    let first = webhook_queue::first_pending(Column::Id, Some(now));
    let ids = Query::select()
        .expr(Expr::SubQuery(None, Box::new(first.into())))
        .from(webhook_queue::Entity)
        .and_where(webhook_queue::Column::EndpointId.is_in(endpoints.iter().copied()))
        .to_owned();
    let rows = Entity::find()
        .filter(Column::Id.in_subquery(ids))
        // Once more: PostgreSQL looks at these again if somebody has just changed the row, and not at what found it.
        .filter(Column::State.eq(word(DeliveryState::Pending)))
        .filter(Column::NextAttemptAt.lte(now.micros()))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    Ok(rows)
}

async fn events_of(
    tx: &DatabaseTransaction,
    rows: &[webhook_delivery::Model],
) -> Result<HashMap<Uuid, WebhookEvent>> {
    let ids: BTreeSet<Uuid> = rows.iter().map(|row| row.event_id).collect();
    let mut events = HashMap::new();
    for some in ids.into_iter().collect::<Vec<_>>().chunks(10_000) {
        let select =
            webhook_event::Entity::find().filter(webhook_event::Column::Id.is_in(some.iter().copied()));
        events.extend(select.all(tx).await?.into_iter().map(|row| (row.id, webhook_event::event(row))));
    }
    Ok(events)
}
