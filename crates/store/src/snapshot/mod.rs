//! What the gateway check keeps in memory: all of it at the start, then what changed.
//!
//! A row that cannot be understood does not stop the rest: it is told as unreadable, and counts for nothing.

mod catalogue;
mod facts;

use std::collections::BTreeSet;

use domain::{
    Api, ApiVersion, Application, AuthStrategy, Client, Credential, CredentialId, Developer, KeyGenerationId,
    Noun, OAuthGrant, OAuthScope, Partner, Plan, RevokedToken, SigningKey, Subscription, TokenDefinition,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait,
    Select,
};
use uuid::Uuid;
use verify::{
    ApplicationFacts, Change, CredentialFacts, DeveloperFacts, GrantFacts, PartnerFacts, SubscriptionFacts,
};

use crate::{Error, Read, Result, Store};
use facts::{Facts, Row};

/// How many lines of the feed are read at once.
const LINES: u64 = 5_000;
/// How many rows are read at once. Few: what a batch takes of the memory stays taken.
const ROWS: u64 = 500;

/// What was found: changes, in an order that can be applied; and why some of them say that a row is unreadable.
#[derive(Debug, Default)]
pub struct Found {
    /// What changed.
    pub changes: Vec<Change>,
    /// Rows that could not be understood.
    pub unreadable: Vec<Error>,
}

/// Changes, and how far into the feed they lead.
#[derive(Debug)]
pub struct Changes {
    /// What was found.
    pub found: Found,
    /// Whether something changed that tokens are made by: scopes, definitions, keys.
    pub issuance: bool,
    /// Whether a master key came, went, or was put to use.
    pub master_keys: bool,
    /// The number of the last change that is in them.
    pub seq: i64,
    /// Whether there may be more.
    pub more: bool,
}

#[macros::boxed]
impl Store {
    /// Everything, batch by batch, and the number of the change it is at least as new as.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn load_all(&self, mut apply: impl FnMut(Found) + Send) -> Result<i64> {
        let read = self.read();
        // Taken first: what changes while we read is read again.
        let seq = read.last_change().await?;
        let mut found = Found::default();
        read.catalogue(&mut found).await?;
        apply(found);
        read.each::<PartnerFacts>(&mut apply).await?;
        read.each::<DeveloperFacts>(&mut apply).await?;
        read.each::<ApplicationFacts>(&mut apply).await?;
        read.each::<SubscriptionFacts>(&mut apply).await?;
        read.each::<Client>(&mut apply).await?;
        read.each::<GrantFacts>(&mut apply).await?;
        read.each::<RevokedToken>(&mut apply).await?;
        read.each::<CredentialFacts>(&mut apply).await?;
        Ok(seq)
    }

    /// What changed after a number.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn load_changes(&self, since: i64) -> Result<Changes> {
        let read = self.read();
        let changed = read.changed_since(since, LINES).await?;
        let seq = changed.last().map_or(since, |(seq, ..)| *seq);
        let ids = |kind: &str| -> BTreeSet<Uuid> {
            changed.iter().filter(|(_, k, _)| k == kind).map(|(.., id)| *id).collect()
        };
        let mut found = Found::default();
        let catalogue = [Api::KIND, ApiVersion::KIND, AuthStrategy::KIND, Plan::KIND];
        if changed.iter().any(|(_, kind, _)| catalogue.contains(&kind.as_str())) {
            read.catalogue(&mut found).await?;
        }
        read.again::<PartnerFacts>(&mut found, ids(Partner::KIND)).await?;
        read.again::<DeveloperFacts>(&mut found, ids(Developer::KIND)).await?;
        read.again::<ApplicationFacts>(&mut found, ids(Application::KIND)).await?;
        read.again::<SubscriptionFacts>(&mut found, ids(Subscription::KIND)).await?;
        read.again::<Client>(&mut found, ids(Client::KIND)).await?;
        read.again::<GrantFacts>(&mut found, ids(OAuthGrant::KIND)).await?;
        read.again::<RevokedToken>(&mut found, ids(RevokedToken::KIND)).await?;
        read.again::<CredentialFacts>(&mut found, ids(Credential::KIND)).await?;
        let issuance = [OAuthScope::KIND, TokenDefinition::KIND, SigningKey::KIND];
        let issuance = changed.iter().any(|(_, kind, _)| issuance.contains(&kind.as_str()));
        let master_keys = changed.iter().any(|(_, kind, _)| kind == KeyGenerationId::KIND);
        let more = changed.len() as u64 == LINES;
        Ok(Changes { found, issuance, master_keys, seq, more })
    }

    /// Credentials as they are now.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn load_credentials(&self, ids: &[CredentialId]) -> Result<Found> {
        let mut found = Found::default();
        self.read().again::<CredentialFacts>(&mut found, ids.iter().map(|id| id.0).collect()).await?;
        Ok(found)
    }
}

#[macros::boxed]
impl Read<'_> {
    /// All rows of a table, in batches.
    async fn each<T: Facts>(&self, apply: &mut (impl FnMut(Found) + Send)) -> Result<()> {
        let mut after: Option<Uuid> = None;
        loop {
            let mut select = narrow::<T>().order_by_asc(T::ID).limit(ROWS);
            if let Some(after) = after {
                select = select.filter(T::ID.gt(after));
            }
            let rows = self.rows(select).await?;
            let mut found = Found::default();
            let last = rows.iter().filter_map(|row| found.take::<T>(row)).last();
            apply(found);
            // A row without a readable identity cannot be passed by; should a whole batch consist of such, what comes
            // after it stays unknown, and is refused.
            if last.is_none() || (rows.len() as u64) < ROWS {
                return Ok(());
            }
            after = last;
        }
    }

    /// Reads things again that changed; those that are gone become `None`.
    async fn again<T: Facts>(&self, found: &mut Found, mut ids: BTreeSet<Uuid>) -> Result<()> {
        let all: Vec<Uuid> = ids.iter().copied().collect();
        for some in all.chunks(ROWS as usize) {
            for row in self.rows(narrow::<T>().filter(T::ID.is_in(some.iter().copied()))).await? {
                if let Some(id) = found.take::<T>(&row) {
                    ids.remove(&id);
                }
            }
        }
        found.changes.extend(ids.into_iter().map(|id| T::change(id, None)));
        Ok(())
    }

    /// Rows as they are, so that one that cannot be read spoils none of the others.
    async fn rows<E: EntityTrait>(&self, select: Select<E>) -> Result<Vec<QueryResult>> {
        Ok(self.0.query_all_raw(select.build(self.0.get_database_backend())).await?)
    }
}

/// Only the columns that the check needs.
fn narrow<T: Facts>() -> Select<T::Entity> {
    if T::COLUMNS.is_empty() {
        return T::Entity::find();
    }
    T::Entity::find().select_only().columns(T::COLUMNS.iter().copied())
}

impl Found {
    /// Takes a row over, and tells its identity if it has one that can be read.
    fn take<T: Facts>(&mut self, row: &QueryResult) -> Option<Uuid> {
        let id: Uuid = match row.try_get("", "id") {
            Ok(id) => id,
            Err(_) => {
                self.unreadable.push(Error::Corrupt { table: T::TABLE, column: "id", id: Uuid::nil() });
                return None;
            }
        };
        match T::read(&Row::new(row, T::TABLE, id)) {
            Ok(it) => self.changes.push(T::change(id, Some(it))),
            Err(error) => {
                self.changes.push(Change::Unreadable(T::thing(id)));
                self.unreadable.push(error);
            }
        }
        Some(id)
    }
}
