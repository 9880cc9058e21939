//! Writing down what came of attempts: many at once, each believed only from the one who holds the claim.

use std::collections::{HashMap, HashSet};

use domain::{DeliveryAttempt, DeliveryResult, DeliveryState, WebhookDeliveryId, WebhookEndpointId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};

use crate::record::word;
use crate::webhook_delivery::{Column, Entity};
use crate::{Result, Tx, webhook_attempt};

/// So many are written by one statement.
const AT_ONCE: usize = 1_000;
/// So many of those of which each has a time of its own: the database looks through these times for each row.
const TIMES_AT_ONCE: usize = 100;

/// What came of a claimed delivery.
#[derive(Clone, Debug)]
pub struct AttemptReport {
    /// Which.
    pub delivery_id: WebhookDeliveryId,
    /// To whom.
    pub endpoint_id: WebhookEndpointId,
    /// The attempt; nothing if there was none.
    pub attempt: Option<DeliveryAttempt>,
    /// What comes next.
    pub result: DeliveryResult,
}

impl Tx {
    /// Writes down attempts that were made under one claim. Answers the deliveries for which that claim still counted:
    /// of the others only the attempt is kept.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn report_attempts(
        &mut self,
        claim: Uuid,
        reports: &[AttemptReport],
    ) -> Result<HashSet<WebhookDeliveryId>> {
        let mut believed = HashSet::new();
        // Many were delivered, or hang: what came of them alike is one statement.
        let mut alike: HashMap<Outcome, Vec<(Uuid, i64)>> = HashMap::new();
        for report in reports {
            let (outcome, next) = outcome(report);
            alike.entry(outcome).or_default().push((report.delivery_id.0, next));
        }
        for (outcome, deliveries) in alike {
            let at_once = if outcome.state == DeliveryState::Pending { TIMES_AT_ONCE } else { AT_ONCE };
            for some in deliveries.chunks(at_once) {
                believed.extend(self.write_outcome(claim, &outcome, some).await?);
            }
        }
        let made = reports.iter().filter_map(|report| Some((report.delivery_id, report.attempt.clone()?)));
        // An endpoint may have been removed in the meantime, and its deliveries with it.
        let made: Vec<_> = made.collect();
        let there = self.existing(&made).await?;
        let kept = made.into_iter().filter(|(delivery, _)| there.contains(&delivery.0));
        webhook_attempt::write(&self.inner, kept).await?;
        self.touched.extend(reports.iter().map(|report| report.endpoint_id.0));
        Ok(believed)
    }

    async fn existing(&self, made: &[(WebhookDeliveryId, DeliveryAttempt)]) -> Result<HashSet<Uuid>> {
        use sea_orm::QuerySelect;
        let found = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(made.iter().map(|(delivery, _)| delivery.0)))
            .into_tuple::<Uuid>()
            .all(&self.inner)
            .await?;
        Ok(found.into_iter().collect())
    }

    /// Writes what came of deliveries alike, each with the time of its next attempt. Answers those for which the claim
    /// counted.
    async fn write_outcome(
        &self,
        claim: Uuid,
        outcome: &Outcome,
        deliveries: &[(Uuid, i64)],
    ) -> Result<Vec<WebhookDeliveryId>> {
        let mut update = Entity::update_many()
            .col_expr(Column::State, Expr::value(word(outcome.state)))
            .col_expr(Column::Claim, Expr::value(None::<Uuid>))
            .filter(Column::Id.is_in(deliveries.iter().map(|(id, _)| *id)))
            .filter(Column::Claim.eq(claim))
            .filter(Column::State.eq(word(DeliveryState::Pending)));
        if outcome.state == DeliveryState::Pending {
            let mut next = CaseStatement::new();
            for (id, at) in deliveries {
                next = next.case(Column::Id.eq(*id), *at);
            }
            update =
                update.col_expr(Column::NextAttemptAt, next.finally(Expr::col(Column::NextAttemptAt)).into());
        } else {
            update = update.col_expr(Column::FinishedAt, Expr::value(Some(self.now().micros())));
        }
        if let Some((code, error)) = &outcome.attempt {
            update = update
                .col_expr(Column::LastCode, Expr::value(code.map(i32::from)))
                .col_expr(Column::LastError, Expr::value(error.clone()))
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .col_expr(Column::Tries, Expr::col(Column::Tries).add(1));
        }
        let rows = update.exec_with_returning(&self.inner).await?;
        Ok(rows.into_iter().map(|row| WebhookDeliveryId(row.id)).collect())
    }
}

/// What is written of a delivery, whichever it is.
#[derive(PartialEq, Eq, Hash)]
struct Outcome {
    state: DeliveryState,
    /// What the attempt was answered, and why it failed; nothing if there was none.
    attempt: Option<(Option<u16>, Option<String>)>,
}

/// What is written, and when it is tried next.
fn outcome(report: &AttemptReport) -> (Outcome, i64) {
    let (state, next) = match report.result {
        DeliveryResult::Delivered => (DeliveryState::Delivered, 0),
        DeliveryResult::Retry(at) => (DeliveryState::Pending, at.micros()),
        DeliveryResult::Exhausted => (DeliveryState::Exhausted, 0),
        DeliveryResult::Canceled => (DeliveryState::Canceled, 0),
    };
    let attempt = report.attempt.as_ref().map(|attempt| (attempt.code, attempt.error.clone()));
    (Outcome { state, attempt }, next)
}
