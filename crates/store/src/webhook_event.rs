//! Events, and what is written of them in the transaction of their cause.

use std::collections::BTreeSet;

use domain::{
    ApplicationId, DeliveryState, GatewayId, Instant, WebhookEndpoint, WebhookEndpointId, WebhookEvent,
    WebhookEventId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect};

use crate::read::is_word;
use crate::record::word;
use crate::{Page, PageRequest, Read, Result, Store, Tx, webhook_delivery, webhook_queue};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub occurred_at: i64,
    pub application_id: Option<Uuid>,
    pub gateway_id: Option<Uuid>,
    /// The number of the audit line that it came with: the order of commits, on all nodes.
    pub position: i64,
    pub data: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One row: how far the feed of changes was turned into events.
pub(crate) mod cursor {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_cursor")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub seq: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How many rows are written by one statement: SQLite takes at most 32,766 parameters.
const ROWS: usize = 1_000;

/// An event that is written at the commit.
#[derive(Debug)]
pub(crate) struct Emitted {
    event: WebhookEvent,
    /// Whether it is to be written itself: it may be there already.
    is_new: bool,
    /// The endpoints that are told, and whether each of them wants an application's events in order.
    endpoints: Vec<(Uuid, bool)>,
    /// Its place in the order of commits, if it is not the one of this transaction.
    position: Option<i64>,
}

pub(crate) fn event(row: Model) -> WebhookEvent {
    WebhookEvent {
        id: WebhookEventId(row.id),
        kind: row.kind,
        occurred_at: Instant::from_micros(row.occurred_at),
        application_id: row.application_id.map(ApplicationId),
        gateway_id: row.gateway_id.map(GatewayId),
        data: row.data,
    }
}

/// An id (UUID version 7) of a moment, of which there may be any number: an event can have ten thousand deliveries.
pub(crate) fn id_of(at: Instant) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(millis(at), &random()).into_uuid()
}

fn millis(at: Instant) -> u64 {
    u64::try_from(at.micros() / 1_000).unwrap_or(0)
}

fn random() -> [u8; 10] {
    let random = Uuid::now_v7().into_bytes();
    std::array::from_fn(|i| random[6 + i])
}

/// An id (UUID version 7) of a moment and a number, which nothing else has: those of one moment sort by number.
pub(crate) fn id_at(at: Instant, number: i64) -> Uuid {
    let mut rest = random();
    // The upper half of the first byte is the version, the upper quarter of the third the variant.
    let number = number.to_be_bytes();
    (rest[0], rest[1], rest[2]) = (0, number[3], 0);
    rest[3..7].copy_from_slice(&number[4..]);
    uuid::Builder::from_unix_timestamp_millis(millis(at), &rest).into_uuid()
}

impl Tx {
    /// Tells of an event: it and its deliveries are written with this transaction, or not at all. One that is there
    /// already, because nobody listened to it then, stays as it is. Says how many endpoints are told.
    ///
    /// # Errors
    /// If the database is not available or an endpoint's row is corrupt.
    pub async fn emit(&mut self, event: WebhookEvent) -> Result<usize> {
        let types = BTreeSet::from([event.kind.as_str()]);
        let endpoints = self.read().webhook_endpoints_for(&types).await?;
        let is_new = self.read().webhook_event(event.id).await?.is_none();
        Ok(self.push(event, is_new, &endpoints, None))
    }

    /// As [`Tx::emit`], to those of these endpoints that want it; `position` is its place in the order of commits, if it
    /// is not the one of this transaction.
    pub fn emit_to<'a>(
        &mut self,
        event: WebhookEvent,
        endpoints: impl IntoIterator<Item = &'a WebhookEndpoint>,
        position: Option<i64>,
    ) -> usize {
        self.push(event, true, endpoints, position)
    }

    fn push<'a>(
        &mut self,
        event: WebhookEvent,
        is_new: bool,
        endpoints: impl IntoIterator<Item = &'a WebhookEndpoint>,
        position: Option<i64>,
    ) -> usize {
        let told = endpoints.into_iter().filter(|endpoint| endpoint.wants(&event));
        let endpoints: Vec<_> = told.map(|endpoint| (endpoint.id.0, endpoint.ordered)).collect();
        let count = endpoints.len();
        self.emitted.push(Emitted { event, is_new, endpoints, position });
        count
    }

    /// Tells an endpoint of an event that is written already.
    pub fn emit_again(&mut self, event: WebhookEvent, endpoint: &WebhookEndpoint, position: i64) {
        let endpoints = vec![(endpoint.id.0, endpoint.ordered)];
        self.emitted.push(Emitted { event, is_new: false, endpoints, position: Some(position) });
    }

    /// Locks the cursor and says where it stands; nothing if another node holds it: that one does the work.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_webhook_cursor(&self) -> Result<Option<i64>> {
        let row = cursor::Entity::find_by_id(1)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(&self.inner)
            .await?;
        Ok(row.map(|row| row.seq))
    }

    /// Moves the cursor.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn move_webhook_cursor(&self, seq: i64) -> Result<()> {
        cursor::Entity::update_many()
            .col_expr(cursor::Column::Seq, Expr::value(seq))
            .filter(cursor::Column::Id.eq(1))
            .exec(&self.inner)
            .await?;
        Ok(())
    }
}

/// Writes what was emitted, at `position` in the order of commits.
pub(crate) async fn write(tx: &DatabaseTransaction, position: i64, emitted: Vec<Emitted>) -> Result<()> {
    if emitted.is_empty() {
        return Ok(());
    }
    let position = if position == 0 { Read(tx).last_change().await? } else { position };
    let (mut events, mut deliveries) = (Vec::new(), Vec::new());
    let (mut queues, mut soonest) = (BTreeSet::new(), i64::MAX);
    for Emitted { event, is_new, endpoints, position: own } in emitted {
        let position = own.unwrap_or(position);
        for (endpoint, ordered) in endpoints {
            let id = id_of(event.occurred_at);
            deliveries.push(webhook_delivery::new_row(id, &event, endpoint, ordered, position));
            queues.insert(endpoint);
            soonest = Ord::min(soonest, event.occurred_at.micros());
        }
        if !is_new {
            continue;
        }
        events.push(ActiveModel {
            id: Set(event.id.0),
            kind: Set(event.kind),
            occurred_at: Set(event.occurred_at.micros()),
            application_id: Set(event.application_id.map(|id| id.0)),
            gateway_id: Set(event.gateway_id.map(|id| id.0)),
            position: Set(position),
            data: Set(event.data),
        });
    }
    for rows in events.chunks(ROWS) {
        Entity::insert_many(rows.to_vec()).exec_without_returning(tx).await?;
    }
    for rows in deliveries.chunks(ROWS) {
        webhook_delivery::Entity::insert_many(rows.to_vec()).exec_without_returning(tx).await?;
    }
    webhook_queue::wake(tx, &queues, soonest).await
}

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub struct WebhookEventFilter {
    /// Of this type.
    pub kind: Option<String>,
    /// About this application.
    pub application_id: Option<ApplicationId>,
    /// For this gateway.
    pub gateway_id: Option<GatewayId>,
    /// Not before this.
    pub since: Option<Instant>,
}

impl WebhookEventFilter {
    fn select(&self) -> Select<Entity> {
        let mut select = Entity::find();
        if let Some(kind) = &self.kind {
            select = select.filter(is_word(Column::Kind, kind));
        }
        if let Some(id) = self.application_id {
            select = select.filter(Column::ApplicationId.eq(id.0));
        }
        if let Some(id) = self.gateway_id {
            select = select.filter(Column::GatewayId.eq(id.0));
        }
        if let Some(since) = self.since {
            select = select.filter(Column::OccurredAt.gte(since.micros()));
        }
        select
    }
}

impl<C: ConnectionTrait> Read<'_, C> {
    /// Events, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn webhook_events(
        &self,
        filter: &WebhookEventFilter,
        page: PageRequest,
    ) -> Result<Page<WebhookEvent>> {
        let mut select = filter.select().order_by_desc(Column::Id).limit(page.limit.saturating_add(1));
        if let Some(after) = page.after {
            select = select.filter(Column::Id.lt(after));
        }
        let mut rows = select.all(self.0).await?;
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(|row| row.id) } else { None };
        Ok(Page { items: rows.into_iter().map(event).collect(), next })
    }

    /// One event.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn webhook_event(&self, id: WebhookEventId) -> Result<Option<WebhookEvent>> {
        Ok(Entity::find_by_id(id.0).one(self.0).await?.map(event))
    }

    /// Events since a moment that an endpoint was never told of, with their place in the order of commits, the oldest
    /// first.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn events_missed_by(
        &self,
        endpoint: WebhookEndpointId,
        since: Instant,
        limit: u64,
    ) -> Result<Vec<(WebhookEvent, i64)>> {
        let told = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::EndpointId.eq(endpoint.0))
            .filter(
                Expr::col((webhook_delivery::Entity, webhook_delivery::Column::EventId))
                    .equals((Entity, Column::Id)),
            );
        let rows = Entity::find()
            .filter(Column::OccurredAt.gte(since.micros()))
            .filter(Expr::exists(sea_orm::QueryTrait::into_query(told)).not())
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(self.0)
            .await?;
        let with_position = |row: Model| {
            let position = row.position;
            (event(row), position)
        };
        Ok(rows.into_iter().map(with_position).collect())
    }

    /// How far the feed of changes was turned into events.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn webhook_cursor(&self) -> Result<i64> {
        Ok(cursor::Entity::find_by_id(1).one(self.0).await?.map_or(0, |row| row.seq))
    }
}

impl Store {
    /// The id of the event that an audit line is: it sorts by the line's moment and number.
    pub fn webhook_event_id(at: Instant, seq: i64) -> WebhookEventId {
        WebhookEventId(id_at(at, seq))
    }

    /// Removes events of before a moment, with their deliveries; those that are still to be delivered stay. At most so
    /// many at once.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_webhook_events(&self, before: Instant, limit: u64) -> Result<u64> {
        let pending = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::State.eq(word(DeliveryState::Pending)))
            .filter(
                Expr::col((webhook_delivery::Entity, webhook_delivery::Column::EventId))
                    .equals((Entity, Column::Id)),
            );
        let old = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::OccurredAt.lt(before.micros()))
            .filter(Expr::exists(sea_orm::QueryTrait::into_query(pending)).not())
            .limit(limit)
            .into_tuple::<Uuid>()
            .all(self.writer())
            .await?;
        if old.is_empty() {
            return Ok(0);
        }
        let swept = Entity::delete_many().filter(Column::Id.is_in(old)).exec(self.writer()).await?;
        Ok(swept.rows_affected)
    }
}
