//! Events: read from the feed of changes and handed to the endpoints that want them.

use std::collections::BTreeSet;

use domain::{Access, ApplicationId, EVENT_TYPES, EventType, Resource, WebhookEvent, WebhookEventId};
use serde_json::json;
use store::{AuditLine, Store};

use crate::{App, Caller, Error, Page, PageRequest, Result, WebhookEventFilter};

/// How many audit lines are turned into events at once.
const BATCH: u64 = 500;
/// How many lines the cursor may lie behind while nobody wants to be told anything.
const LAZY: i64 = 1_000;

/// How far this node has come. The truth is the cursor in the database; this saves asking it.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Nothing up to this line is left to be told. Unknown before the first look.
    seen: Option<i64>,
    /// Where the cursor stood last.
    written: i64,
}

#[macros::boxed]
impl App {
    /// Events of the last 30 days. They are kept from the moment that there is an endpoint to be told.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn webhook_events(
        &self,
        caller: &Caller,
        filter: &WebhookEventFilter,
        page: PageRequest,
    ) -> Result<Page<WebhookEvent>> {
        caller.must_administer(Resource::Webhooks, Access::Read)?;
        Ok(self.store.read().webhook_events(filter, page).await?)
    }

    /// What endpoints can be told of.
    ///
    /// # Errors
    /// If the caller may not.
    pub fn event_types(&self, caller: &Caller) -> Result<&'static [EventType]> {
        caller.must_administer(Resource::Webhooks, Access::Read)?;
        Ok(EVENT_TYPES)
    }

    /// One event.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn webhook_event(&self, caller: &Caller, id: WebhookEventId) -> Result<WebhookEvent> {
        caller.must_administer(Resource::Webhooks, Access::Read)?;
        self.store.read().webhook_event(id).await?.ok_or(Error::NotFound(WebhookEventId::KIND))
    }

    /// Turns the changes that were not told yet into events and deliveries. Cursor, events and deliveries are written in
    /// one transaction, so that nothing is lost or told twice whenever a node dies. Says whether there may be more.
    ///
    /// # Errors
    /// If the database is not available; nothing is lost then either.
    pub async fn tell_webhooks(&self) -> Result<bool> {
        let mut told = self.told.lock().await;
        let read = self.store.read();
        let seen = match told.seen {
            Some(seen) => seen,
            None => {
                told.written = read.webhook_cursor().await?;
                told.written
            }
        };
        told.seen = Some(seen);
        let lines = read.audit_lines_after(seen, BATCH).await?;
        let Some(last) = lines.last().map(|line| line.seq) else { return Ok(false) };
        let more = lines.len() as u64 == BATCH;
        // Looked up after the lines: every endpoint that was there before one of them is found.
        let is_wanted = lines.iter().any(is_event) && read.oldest_webhook_endpoint().await?.is_some();
        if is_wanted || last - told.written > LAZY {
            match self.write_events().await? {
                Some(seq) => (told.seen, told.written) = (Some(seq), seq),
                // Another node is at it.
                None => return Ok(false),
            }
        } else {
            told.seen = Some(last);
        }
        Ok(more)
    }

    /// One step of the cursor. Says where it stands now; nothing if another node holds it.
    async fn write_events(&self) -> Result<Option<i64>> {
        let mut tx = self.begin(&Caller::system()).await?;
        let Some(seq) = tx.lock_webhook_cursor().await? else { return Ok(None) };
        let lines = tx.read().audit_lines_after(seq, BATCH).await?;
        let Some(last) = lines.last().map(|line| line.seq) else { return Ok(Some(seq)) };
        // Not what was seen before: there may be lines now that were not looked at.
        let oldest = tx.read().oldest_webhook_endpoint().await?;
        // What was before anybody could be told is not kept.
        let is_wanted = |line: &AuditLine| is_event(line) && oldest.is_some_and(|oldest| oldest <= line.at);
        let lines: Vec<AuditLine> = lines.into_iter().filter(is_wanted).collect();
        let endpoints = {
            // However many there are: only those that chose one of these are looked at.
            let types: BTreeSet<&str> = lines.iter().map(|line| line.action.as_str()).collect();
            if types.is_empty() { Vec::new() } else { tx.read().webhook_endpoints_for(&types).await? }
        };
        for line in lines {
            let (seq, at) = (line.seq, line.at);
            let there = endpoints.iter().filter(|it| it.meta.created_at <= at);
            tx.emit_to(event(line), there, Some(seq));
        }
        tx.move_webhook_cursor(last).await?;
        tx.commit().await?;
        Ok(Some(last))
    }

    /// Returns when somebody committed something here.
    pub async fn webhooks_wait(&self) {
        self.webhooks_wait.notified().await;
    }
}

fn is_event(line: &AuditLine) -> bool {
    EventType::find(&line.action).is_some()
}

/// What endpoints are told of an audit line: who did what to what. Neither from where nor in which request: that is for
/// the audit log.
fn event(line: AuditLine) -> WebhookEvent {
    let data = json!({
        "id": line.target_id,
        "kind": line.target_kind,
        "application_id": line.application_id,
        "partner_id": line.partner_id,
        "actor": { "kind": line.actor_kind, "id": line.actor_id },
        "details": line.details,
    });
    WebhookEvent {
        id: Store::webhook_event_id(line.at, line.seq),
        kind: line.action,
        occurred_at: line.at,
        application_id: line.application_id.map(ApplicationId),
        gateway_id: None,
        data,
    }
}
