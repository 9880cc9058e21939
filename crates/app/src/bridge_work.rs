//! What is done at bridges when nobody waits for it: clients whose applications are gone are removed, and bridges that
//! want to know are told what becomes of the others. Both are tried again until they succeed, or for too long.

use std::sync::Arc;
use std::time::Duration;

use domain::{Application, ApplicationId, AuthMethod, AuthStrategy, AuthStrategyId, Owner};
use serde_json::{Value, json};
use store::{BridgeClient, BridgeNotice, Tx};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{App, Error, Result};

/// How often is looked for what is due, or was left by another process.
const LOOK: Duration = Duration::from_secs(1);
/// So much is done at once: a bridge that hangs does not hold up the others.
const AT_ONCE: u64 = 20;
/// How long the first pause is; each is twice as long as the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// After so many attempts, which is a week, a client is left where it is.
const REMOVALS: u32 = 175;
/// After so many attempts, which is a day, a bridge is not told any more.
const TELLINGS: u32 = 32;

/// What a bridge is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BridgeEvent {
    /// The application says something else of itself.
    Updated,
    /// It may call a version from now on.
    MayCall(Uuid),
    /// It may not any more.
    MayNotCall(Uuid),
}

#[macros::boxed]
impl App {
    /// Notes, in the transaction that did it, what a bridge is to be told, if the application's client is at one that
    /// wants to know.
    pub(crate) async fn note_for_bridge(
        &self,
        tx: &Tx,
        application: ApplicationId,
        event: BridgeEvent,
    ) -> Result<()> {
        let Some(client) = tx.read().bridge_client_of(application).await? else { return Ok(()) };
        let strategy: Option<AuthStrategy> = tx.read().find(client.auth_strategy_id).await?;
        let application: Option<Application> = tx.read().find(application).await?;
        let (Some(strategy), Some(application)) = (strategy, application) else { return Ok(()) };
        let AuthMethod::BridgedClientCredentials { event_hooks: true, .. } = strategy.method else {
            return Ok(());
        };
        let body = self.event_hook(&application, &client, event);
        Ok(tx.put_bridge_notice(self.new_id(), &client, body).await?)
    }

    /// The body of an event hook, in the words of Konnect's contract.
    fn event_hook(&self, application: &Application, client: &BridgeClient, event: BridgeEvent) -> Value {
        let owner: Uuid = match application.owner {
            Owner::Developer(id) => id.into(),
            Owner::Partner(id) => id.into(),
        };
        let mut body = json!({
            "client_id": client.client_id,
            "application_id": application.id,
            "application_name": application.name,
            "application_description": application.description,
            "portal_id": self.portal_id(),
            "organization_id": self.organisation_id(),
            "developer_id": owner,
            "auth_strategy_id": client.auth_strategy_id,
            "dcr_provider_id": client.auth_strategy_id,
        });
        match event {
            BridgeEvent::Updated => {
                body["event_type"] = "update_application".into();
                body["redirect_uris"] = application.redirect_uri.iter().cloned().collect::<Vec<_>>().into();
            }
            BridgeEvent::MayCall(version) => {
                body["event_type"] = "add_registration".into();
                body["api_product_version_id"] = json!(version);
            }
            BridgeEvent::MayNotCall(version) => {
                body["event_type"] = "remove_registration".into();
                body["api_product_version_id"] = json!(version);
            }
        }
        body
    }

    /// Does what is due at bridges, once. Says whether there was anything.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn tend_bridges(&self) -> Result<bool> {
        let (app, now) = (self.arc()?, self.clock.now());
        let left = self.store.read().left_bridge_clients(now, AT_ONCE).await?;
        let notices = self.store.read().due_bridge_notices(now, AT_ONCE).await?;
        let any = !left.is_empty() || !notices.is_empty();
        let mut tasks = JoinSet::new();
        for client in left {
            let app = Arc::clone(&app);
            tasks.spawn(async move { app.remove_left(client).await });
        }
        for notice in notices {
            let app = Arc::clone(&app);
            tasks.spawn(async move { app.tell_notice(notice).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|error| Error::Internal(format!("at a bridge: {error}")))??;
        }
        Ok(any)
    }

    /// Does it for ever.
    pub async fn keep_bridges(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.bridges_wait.notified() => {}
            }
            if let Err(error) = self.tend_bridges().await {
                let error = error.internal_detail().unwrap_or_default();
                tracing::debug!(error, "what is to be done at bridges is put off");
            }
        }
    }

    async fn remove_left(&self, client: BridgeClient) -> Result<()> {
        let until = self.clock.now() + pause(client.attempts);
        if !self.store.claim_bridge_client(&client, until).await? {
            return Ok(());
        }
        let strategy = self.bridge_of(client.auth_strategy_id).await?;
        let removed = match &strategy {
            Some(strategy) => self.remove_at_bridge(strategy, &client.client_id).await,
            // It has no bridge any more: nobody can be asked.
            None => Ok(()),
        };
        match removed {
            Ok(()) => Ok(self.store.forget_bridge_client(client.id).await?),
            Err(_) if client.attempts + 1 >= REMOVALS => {
                let (strategy, client_id) = (client.auth_strategy_id, &client.client_id);
                tracing::error!(%strategy, client_id, "a client is left at a bridge; remove it there");
                Ok(self.store.forget_bridge_client(client.id).await?)
            }
            Err(_) => Ok(()),
        }
    }

    async fn tell_notice(&self, notice: BridgeNotice) -> Result<()> {
        let until = self.clock.now() + pause(notice.attempts);
        if !self.store.claim_bridge_notice(&notice, until).await? {
            return Ok(());
        }
        let told = match self.bridge_of(notice.client.auth_strategy_id).await? {
            Some(strategy) => self.tell_bridge(&strategy, &notice.client.client_id, notice.body).await,
            None => Ok(()),
        };
        match told {
            Ok(()) => Ok(self.store.forget_bridge_notice(notice.id).await?),
            Err(_) if notice.attempts + 1 >= TELLINGS => {
                let (strategy, client_id) = (notice.client.auth_strategy_id, &notice.client.client_id);
                tracing::error!(%strategy, client_id, "a bridge could not be told what became of a client");
                Ok(self.store.forget_bridge_notice(notice.id).await?)
            }
            Err(_) => Ok(()),
        }
    }

    /// A strategy, if it has a bridge.
    async fn bridge_of(&self, id: AuthStrategyId) -> Result<Option<AuthStrategy>> {
        let strategy: Option<AuthStrategy> = self.store.read().find(id).await?;
        Ok(strategy.filter(|strategy| strategy.method.bridge_url().is_some()))
    }
}

/// How long the next attempt waits, after so many.
fn pause(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2u32.saturating_pow(attempts.min(16))).min(LONGEST_PAUSE)
}
