//! One row for each endpoint: when the next of its deliveries is due, and how it has been doing. What changes with every
//! attempt is kept here and not in the endpoint.
//!
//! `due_at` must never be later than it should be, or a delivery would lie forgotten. Whoever adds deliveries changes the
//! row whatever is in it, and whoever counts it anew locks the row first in a statement of its own: PostgreSQL then
//! looks at deliveries of everybody who held the row before.

use std::collections::{BTreeMap, BTreeSet};

use domain::{DeliveryState, Instant, WebhookEndpointId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, LockType, OnConflict, Query, SelectStatement};
use sea_orm::{Condition, DatabaseTransaction, QueryOrder, QuerySelect, TransactionTrait};

use crate::connect::immediate;
use crate::connection::Connection;
use crate::record::word;
use crate::{Read, Result, Store, webhook_delivery};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_queues")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint_id: Uuid,
    pub lane: i32,
    /// When its next delivery is due. May be too early, never too late.
    pub due_at: i64,
    /// When deliveries of it were claimed last: who waits longest comes first.
    pub served_at: i64,
    /// The receiver asked to be left alone until then.
    pub paused_until: i64,
    /// Since when every attempt failed.
    pub failing_since: Option<i64>,
    /// When administrators were told that it fails.
    pub noticed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Nothing is due.
pub(crate) const NEVER: i64 = i64::MAX;

/// Receivers that answer, and others, do not stand in the same queue: nobody waits for one that hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// The last attempt was answered in good time.
    Prompt,
    /// Not tried yet, or the last attempt ran into its time limit.
    Doubtful,
}

impl Lane {
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Prompt => 0,
            Self::Doubtful => 1,
        }
    }

    pub(crate) fn of(number: i32) -> Self {
        if number == 0 { Self::Prompt } else { Self::Doubtful }
    }
}

/// How an endpoint has been doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// In which queue it stands.
    pub lane: Lane,
    /// Since when every attempt failed.
    pub failing_since: Option<Instant>,
    /// When administrators were told that it fails.
    pub noticed_at: Option<Instant>,
    /// The receiver asked to be left alone until then.
    pub paused_until: Option<Instant>,
}

pub(crate) fn health(row: &Model) -> Health {
    Health {
        lane: Lane::of(row.lane),
        failing_since: row.failing_since.map(Instant::from_micros),
        noticed_at: row.noticed_at.map(Instant::from_micros),
        paused_until: (row.paused_until > 0).then(|| Instant::from_micros(row.paused_until)),
    }
}

/// The row of a new endpoint.
pub(crate) async fn ensure(connection: &Connection<'_>, endpoint: WebhookEndpointId) -> Result<()> {
    let row = ActiveModel {
        endpoint_id: Set(endpoint.0),
        lane: Set(Lane::Doubtful.number()),
        due_at: Set(NEVER),
        served_at: Set(0),
        paused_until: Set(0),
        failing_since: Set(None),
        noticed_at: Set(None),
    };
    let nothing = OnConflict::column(Column::EndpointId).do_nothing().to_owned();
    Entity::insert(row).on_conflict(nothing).exec_without_returning(connection).await?;
    Ok(())
}

/// Locks rows, always in the same order, so that nobody waits in a circle.
async fn lock(tx: &DatabaseTransaction, endpoints: &BTreeSet<Uuid>) -> Result<()> {
    Entity::find()
        .filter(Column::EndpointId.is_in(endpoints.iter().copied()))
        .order_by_asc(Column::EndpointId)
        .lock(LockType::Update)
        .all(tx)
        .await?;
    Ok(())
}

/// Something of these endpoints is due at a moment.
pub(crate) async fn wake(tx: &DatabaseTransaction, endpoints: &BTreeSet<Uuid>, at: i64) -> Result<()> {
    if endpoints.is_empty() {
        return Ok(());
    }
    lock(tx, endpoints).await?;
    let sooner = CaseStatement::new().case(Column::DueAt.gt(at), at).finally(Expr::col(Column::DueAt));
    Entity::update_many()
        .col_expr(Column::DueAt, sooner.into())
        .filter(Column::EndpointId.is_in(endpoints.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Counts anew when the next delivery of these endpoints is due. Their rows must be locked.
pub(crate) async fn recount(
    tx: &DatabaseTransaction,
    endpoints: &BTreeSet<Uuid>,
    served_at: Option<Instant>,
) -> Result<()> {
    if endpoints.is_empty() {
        return Ok(());
    }
    let next = first_pending(webhook_delivery::Column::NextAttemptAt, None);
    let next = Expr::SubQuery(None, Box::new(next.into()));
    let due_at = sea_orm::sea_query::Func::coalesce([next, Expr::value(NEVER)]);
    let mut update = Entity::update_many().col_expr(Column::DueAt, due_at.into());
    if let Some(at) = served_at {
        update = update.col_expr(Column::ServedAt, Expr::value(at.micros()));
    }
    update.filter(Column::EndpointId.is_in(endpoints.iter().copied())).exec(tx).await?;
    Ok(())
}

/// Locks and counts anew.
pub(crate) async fn settle(tx: &DatabaseTransaction, endpoints: &BTreeSet<Uuid>) -> Result<()> {
    if endpoints.is_empty() {
        return Ok(());
    }
    lock(tx, endpoints).await?;
    recount(tx, endpoints, None).await
}

/// What a column says of the first delivery of the endpoint in the statement around, of those whose turn it is and, if a
/// moment is given, that are due then.
pub(crate) fn first_pending(column: webhook_delivery::Column, due: Option<Instant>) -> SelectStatement {
    use webhook_delivery::{Column as Of, Entity as Deliveries};
    Query::select()
        .column((Deliveries, column))
        .from(Deliveries)
        .and_where(Expr::col((Deliveries, Of::EndpointId)).equals((Entity, Column::EndpointId)))
        .and_where(Expr::col((Deliveries, Of::State)).eq(word(DeliveryState::Pending)))
        .and_where(webhook_delivery::is_its_turn())
        .and_where_option(due.map(|at| Expr::col((Deliveries, Of::NextAttemptAt)).lte(at.micros())))
        .order_by((Deliveries, Of::NextAttemptAt), sea_orm::Order::Asc)
        .limit(1)
        .to_owned()
}

#[macros::boxed]
impl Read<'_> {
    /// How endpoints have been doing.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn webhook_health(&self, endpoint: WebhookEndpointId) -> Result<Option<Health>> {
        Ok(Entity::find_by_id(endpoint.0).one(&self.0).await?.as_ref().map(health))
    }
}

/// What some attempts say about an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct HealthNote {
    /// Which.
    pub endpoint: WebhookEndpointId,
    /// What.
    pub outcome: HealthOutcome,
}

/// How an endpoint did.
#[derive(Clone, Copy, Debug)]
pub enum HealthOutcome {
    /// It took something: it stands in the prompt queue, and fails no more.
    Works,
    /// It failed, slowly or not, and may have asked to be left alone.
    Failed {
        /// When.
        at: Instant,
        /// Whether it ran into a time limit.
        slowly: bool,
        /// Until when it asked to be left alone.
        paused_until: Option<Instant>,
    },
}

async fn work(tx: &DatabaseTransaction, endpoints: &[Uuid]) -> Result<()> {
    if endpoints.is_empty() {
        return Ok(());
    }
    let changes =
        Condition::any().add(Column::Lane.ne(Lane::Prompt.number())).add(Column::FailingSince.is_not_null());
    Entity::update_many()
        .col_expr(Column::Lane, Expr::value(Lane::Prompt.number()))
        .col_expr(Column::FailingSince, Expr::value(None::<i64>))
        .col_expr(Column::NoticedAt, Expr::value(None::<i64>))
        .col_expr(Column::PausedUntil, Expr::value(0_i64))
        .filter(Column::EndpointId.is_in(endpoints.iter().copied()))
        .filter(changes)
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that endpoints failed in the same way, since `at` unless they failed before.
async fn fail(
    tx: &DatabaseTransaction,
    endpoints: &[Uuid],
    at: Instant,
    slowly: bool,
    paused_until: Option<Instant>,
) -> Result<Vec<(WebhookEndpointId, Health)>> {
    let since = Expr::value(Some(at.micros()));
    let since = sea_orm::sea_query::Func::coalesce([Expr::col(Column::FailingSince), since]);
    let mut update = Entity::update_many().col_expr(Column::FailingSince, since.into());
    if slowly {
        update = update.col_expr(Column::Lane, Expr::value(Lane::Doubtful.number()));
    }
    if let Some(until) = paused_until {
        update = update.col_expr(Column::PausedUntil, Expr::value(until.micros()));
    }
    let these = Column::EndpointId.is_in(endpoints.iter().copied());
    let rows = update.filter(these).exec_with_returning(tx).await?;
    Ok(rows.iter().map(|row| (WebhookEndpointId(row.endpoint_id), health(row))).collect())
}

/// What failed alike, with the first time that it did.
type Failures = BTreeMap<(bool, Option<Instant>), (Instant, Vec<Uuid>)>;

#[macros::boxed]
impl Store {
    /// An endpoint was enabled: what was before is not held against it.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn endpoint_begins_anew(&self, endpoint: WebhookEndpointId) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::FailingSince, Expr::value(None::<i64>))
            .col_expr(Column::NoticedAt, Expr::value(None::<i64>))
            .col_expr(Column::PausedUntil, Expr::value(0_i64))
            .filter(Column::EndpointId.eq(endpoint.0))
            .exec(self.writer())
            .await?;
        Ok(())
    }

    /// Notes how endpoints have been doing, all in one transaction: thousands may run into their time limit at once. Says
    /// how those have been doing that failed.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn note_health(&self, notes: &[HealthNote]) -> Result<Vec<(WebhookEndpointId, Health)>> {
        let (mut working, mut failing) = (Vec::new(), Failures::new());
        for note in notes {
            match note.outcome {
                HealthOutcome::Works => working.push(note.endpoint.0),
                HealthOutcome::Failed { at, slowly, paused_until } => {
                    let alike = failing.entry((slowly, paused_until)).or_insert((at, Vec::new()));
                    alike.0 = alike.0.min(at);
                    alike.1.push(note.endpoint.0);
                }
            }
        }
        let mut failed = Vec::new();
        if notes.is_empty() {
            return Ok(failed);
        }
        let tx = self.writer().begin_with_options(immediate()).await?;
        work(&tx, &working).await?;
        for ((slowly, paused_until), (at, endpoints)) in failing {
            failed.extend(fail(&tx, &endpoints, at, slowly, paused_until).await?);
        }
        tx.commit().await?;
        Ok(failed)
    }

    /// Administrators were told that an endpoint fails: only one node is answered `true`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn endpoint_noticed(&self, endpoint: WebhookEndpointId, at: Instant) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::NoticedAt, Expr::value(at.micros()))
            .filter(Column::EndpointId.eq(endpoint.0))
            .filter(Column::NoticedAt.is_null())
            .exec(self.writer())
            .await?;
        Ok(update.rows_affected == 1)
    }
}
