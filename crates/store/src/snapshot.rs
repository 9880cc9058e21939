//! What the gateway check keeps in memory: all of it at the start, then what changed.

use std::collections::BTreeSet;

use domain::{
    Api, ApiVersion, Application, AuthStrategy, Client, Credential, Noun, OAuthScope, Partner, Plan,
    RevokedToken, SigningKey, Subscription, TokenDefinition,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use sea_orm::{ConnectionTrait, EntityTrait};
use uuid::Uuid;
use verify::Change;

use crate::{Read, Record, Result, Store};

/// How many rows are read at once.
const BATCH: u64 = 5_000;

/// Changes, and how far into the feed they lead.
#[derive(Debug)]
pub struct Changes {
    /// What changed, in an order that can be applied.
    pub changes: Vec<Change>,
    /// Whether something changed that tokens are made by: scopes, definitions, keys.
    pub issuance: bool,
    /// The number of the last change that is in them.
    pub seq: i64,
    /// Whether there may be more.
    pub more: bool,
}

impl Store {
    /// Everything, batch by batch, and the number of the change it is at least as new as.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn load_all(&self, mut apply: impl FnMut(Vec<Change>)) -> Result<i64> {
        let read = self.read();
        // Taken first: what changes while we read is read again.
        let seq = read.last_change().await?;
        apply(vec![read.catalogue().await?]);
        read.each(&mut apply, |partner: Partner| Change::Partner(partner.id, Some(partner))).await?;
        read.each(&mut apply, |application: Application| {
            Change::Application(application.id, Some(application))
        })
        .await?;
        read.each(&mut apply, |subscription: Subscription| {
            Change::Subscription(subscription.id, Some(subscription))
        })
        .await?;
        read.each(&mut apply, |client: Client| Change::Client(client.id, Some(client))).await?;
        read.each(&mut apply, |revoked: RevokedToken| Change::RevokedToken(revoked.id, Some(revoked)))
            .await?;
        read.each(&mut apply, |credential: Credential| Change::Credential(credential.id, Some(credential)))
            .await?;
        Ok(seq)
    }

    /// What changed after a number.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn load_changes(&self, since: i64) -> Result<Changes> {
        let read = self.read();
        let changed = read.changed_since(since, BATCH).await?;
        let seq = changed.last().map_or(since, |(seq, ..)| *seq);
        let ids = |kind: &str| -> BTreeSet<Uuid> {
            changed.iter().filter(|(_, k, _)| k == kind).map(|(.., id)| *id).collect()
        };
        let mut changes = Vec::new();
        let catalogue = [Api::KIND, ApiVersion::KIND, AuthStrategy::KIND, Plan::KIND];
        if changed.iter().any(|(_, kind, _)| catalogue.contains(&kind.as_str())) {
            changes.push(read.catalogue().await?);
        }
        read.again(&mut changes, ids(Partner::KIND), |id, partner| Change::Partner(id.into(), partner))
            .await?;
        read.again(&mut changes, ids(Application::KIND), |id, it| Change::Application(id.into(), it)).await?;
        read.again(&mut changes, ids(Subscription::KIND), |id, it| Change::Subscription(id.into(), it))
            .await?;
        read.again(&mut changes, ids(Client::KIND), |id, it| Change::Client(id.into(), it)).await?;
        read.again(&mut changes, ids(RevokedToken::KIND), |id, it| Change::RevokedToken(id.into(), it))
            .await?;
        read.again(&mut changes, ids(Credential::KIND), |id, it| Change::Credential(id.into(), it)).await?;
        let more = changed.len() as u64 == BATCH;
        let issuance = [OAuthScope::KIND, TokenDefinition::KIND, SigningKey::KIND];
        let issuance = changed.iter().any(|(_, kind, _)| issuance.contains(&kind.as_str()));
        Ok(Changes { changes, issuance, seq, more })
    }
}

impl<C: ConnectionTrait> Read<'_, C> {
    /// All versions, strategies and plans: few, and matched as a whole.
    async fn catalogue(&self) -> Result<Change> {
        Ok(Change::Catalogue {
            versions: self.all_api_versions().await?,
            strategies: self.all_auth_strategies().await?,
            plans: self.all_plans().await?,
        })
    }

    /// All rows of a table, in batches.
    async fn each<T: Record>(
        &self,
        apply: &mut impl FnMut(Vec<Change>),
        change: fn(T) -> Change,
    ) -> Result<()> {
        let mut after: Option<Uuid> = None;
        loop {
            let mut select = T::Entity::find().order_by_asc(T::ID).limit(BATCH);
            if let Some(after) = after {
                select = select.filter(T::ID.gt(after));
            }
            let nouns: Vec<T> = self.many(select).await?;
            after = nouns.last().map(Noun::id);
            if after.is_none() {
                return Ok(());
            }
            apply(nouns.into_iter().map(change).collect());
        }
    }

    /// Reads things again that changed; those that are gone become `None`.
    async fn again<T: Record>(
        &self,
        changes: &mut Vec<Change>,
        mut ids: BTreeSet<Uuid>,
        change: fn(Uuid, Option<T>) -> Change,
    ) -> Result<()> {
        for noun in self.find_all::<T>(ids.iter().copied().collect::<Vec<_>>()).await? {
            let id = noun.id();
            ids.remove(&id);
            changes.push(change(id, Some(noun)));
        }
        changes.extend(ids.into_iter().map(|id| change(id, None)));
        Ok(())
    }
}
