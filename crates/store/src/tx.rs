//! Writing: one transaction, one author, and an audit line for every change.

use std::collections::BTreeSet;
use std::net::IpAddr;

use domain::{Actor, Event, Instant, Noun, Step, Transition};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryTrait, StatementBuilder,
};
use uuid::Uuid;

use crate::audit::{self, NewLine};
use crate::connection::Connection;
use crate::webhook_event::{self, Emitted};
use crate::webhook_queue;
use crate::{Error, Read, Record, Result};

/// On whose behalf a transaction writes.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// From where, as far as it is known.
    pub address: Option<IpAddr>,
    /// In the course of which request.
    pub request_id: Uuid,
    /// When.
    pub at: Instant,
}

/// A transaction. Nothing it did is kept unless [`Tx::commit`] is called.
#[derive(Debug)]
pub struct Tx {
    pub(crate) inner: DatabaseTransaction,
    author: Author,
    lines: Vec<NewLine>,
    pub(crate) emitted: Vec<Emitted>,
    /// Webhook endpoints of which deliveries were changed.
    pub(crate) touched: BTreeSet<Uuid>,
}

#[macros::boxed]
impl Tx {
    pub(crate) fn new(inner: DatabaseTransaction, author: Author) -> Self {
        Self { inner, author, lines: Vec::new(), emitted: Vec::new(), touched: BTreeSet::new() }
    }

    /// Reading inside this transaction.
    pub fn read(&self) -> Read<'_> {
        Read(self.connection())
    }

    pub(crate) fn connection(&self) -> Connection<'_> {
        Connection::Transaction(&self.inner)
    }

    /// When this transaction happens, as all its rows say.
    pub fn now(&self) -> Instant {
        self.author.at
    }

    /// Saves a transition: the row, guarded by its version, and the audit line.
    ///
    /// # Errors
    /// [`Error::Stale`] if somebody else saved it since it was read; [`Error::Unique`] if a value is taken.
    pub async fn save<T: Record>(&mut self, transition: Transition<T>) -> Result<T> {
        let (after, step, event) = transition.into_parts();
        let this = T::ID.eq(after.id());
        match step {
            Step::Create => {
                self.execute(T::Entity::insert(after.to_row()).as_query()).await?;
                after.save_parts(&self.connection()).await?;
            }
            Step::Update { from } => {
                let mut row = after.to_row();
                row.not_set(T::ID);
                let update = T::Entity::update_many().set(row).filter(this).filter(T::VERSION.eq(from));
                if self.execute(update.as_query()).await? == 0 {
                    return Err(Error::Stale);
                }
                after.save_parts(&self.connection()).await?;
            }
            Step::Delete { from } => {
                let delete = T::Entity::delete_many().filter(this).filter(T::VERSION.eq(from));
                if self.execute(delete.as_query()).await? == 0 {
                    return Err(Error::Stale);
                }
            }
        }
        self.note(event, &after);
        Ok(after)
    }

    /// Runs a statement, and says how many rows it changed.
    async fn execute(&self, statement: &impl StatementBuilder) -> Result<u64> {
        Ok(self.inner.execute(statement).await?.rows_affected())
    }

    /// Adds an audit line about a noun that itself did not change: somebody failed to sign in, looked at a secret.
    pub fn note<T: Noun>(&mut self, event: Event, about: &T) {
        self.lines.push(NewLine {
            event,
            target_kind: T::KIND,
            target_id: about.id(),
            application_id: about.application().map(Into::into),
            partner_id: about.partner().map(Into::into),
        });
    }

    /// Keeps everything. The audit lines get their numbers only now, so that the row which counts them is locked for
    /// as short as can be; numbers are given in the order of commits, without gaps.
    ///
    /// # Errors
    /// If the database does not confirm.
    pub async fn commit(self) -> Result<()> {
        let position = audit::append(&self.inner, &self.author, self.lines).await?;
        // Queues come last in every transaction: nobody who waits for one holds another that somebody needs.
        webhook_event::write(&self.inner, position, self.emitted).await?;
        webhook_queue::settle(&self.inner, &self.touched).await?;
        self.inner.commit().await?;
        Ok(())
    }
}
