//! Writing down what came of attempts: many at once, each believed only from the one who holds the claim.

use std::collections::{BTreeMap, HashSet};

use domain::{DeliveryAttempt, DeliveryResult, DeliveryState, WebhookDeliveryId, WebhookEndpointId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};

use crate::record::word;
use crate::webhook_delivery::{Column, Entity};
use crate::{Result, Tx, webhook_attempt};

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

#[macros::boxed]
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
        // Nearly all were delivered: they are one statement for each status that was answered.
        let mut delivered: BTreeMap<Option<u16>, Vec<Uuid>> = BTreeMap::new();
        for report in reports {
            if report.result == DeliveryResult::Delivered {
                let code = report.attempt.as_ref().and_then(|attempt| attempt.code);
                delivered.entry(code).or_default().push(report.delivery_id.0);
            } else if self.report_failure(claim, report).await? {
                believed.insert(report.delivery_id);
            }
        }
        for (code, ids) in delivered {
            let rows = self
                .finish(claim, DeliveryState::Delivered)
                .col_expr(Column::LastCode, Expr::value(code.map(i32::from)))
                .col_expr(Column::LastError, Expr::value(None::<String>))
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
                .filter(Column::Id.is_in(ids))
                .exec_with_returning(&self.inner)
                .await?;
            believed.extend(rows.into_iter().map(|row| WebhookDeliveryId(row.id)));
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

    /// One that was not delivered. Says whether the claim counted.
    async fn report_failure(&self, claim: Uuid, report: &AttemptReport) -> Result<bool> {
        let mut update = match report.result {
            DeliveryResult::Retry(at) => Entity::update_many()
                .col_expr(Column::Claim, Expr::value(None::<Uuid>))
                .col_expr(Column::NextAttemptAt, Expr::value(at.micros()))
                .filter(Column::Claim.eq(claim))
                .filter(Column::State.eq(word(DeliveryState::Pending))),
            DeliveryResult::Delivered => self.finish(claim, DeliveryState::Delivered),
            DeliveryResult::Exhausted => self.finish(claim, DeliveryState::Exhausted),
            DeliveryResult::Canceled => self.finish(claim, DeliveryState::Canceled),
        };
        if let Some(attempt) = &report.attempt {
            update = update
                .col_expr(Column::LastCode, Expr::value(attempt.code.map(i32::from)))
                .col_expr(Column::LastError, Expr::value(attempt.error.clone()))
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .col_expr(Column::Tries, Expr::col(Column::Tries).add(1));
        }
        let done = update.filter(Column::Id.eq(report.delivery_id.0)).exec(&self.inner).await?;
        Ok(done.rows_affected == 1)
    }

    fn finish(&self, claim: Uuid, state: DeliveryState) -> sea_orm::UpdateMany<Entity> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(word(state)))
            .col_expr(Column::Claim, Expr::value(None::<Uuid>))
            .col_expr(Column::FinishedAt, Expr::value(Some(self.now().micros())))
            .filter(Column::Claim.eq(claim))
            .filter(Column::State.eq(word(DeliveryState::Pending)))
    }
}
