//! The outbox of mails: written with their cause, sent later by whoever claims them.

use std::time::Duration;

use domain::{Email, Instant, Mail, MailId, MailState};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{
    Condition, DatabaseTransaction, FromQueryResult, QueryOrder, QuerySelect, QueryTrait, TransactionTrait,
};

use crate::connect::immediate;
use crate::record::{Place, word};
use crate::{Page, PageRequest, Read, Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub recipient: String,
    pub recipient_key: String,
    pub subject: String,
    /// Sealed: mails hold links that open accounts.
    pub body: Vec<u8>,
    pub state: String,
    pub attempts: i32,
    pub created_at: i64,
    pub not_before: i64,
    /// Who is sending it, so that a slow sender cannot report on another's attempt.
    pub claim: Option<Uuid>,
    pub last_error: Option<String>,
    pub sent_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A mail as it stands in the outbox; its text is sealed.
#[derive(Clone, Debug)]
pub struct MailRecord {
    /// Its identity.
    pub id: MailId,
    /// To whom.
    pub to: Email,
    /// One line.
    pub subject: String,
    /// The text, sealed.
    pub sealed_text: Vec<u8>,
    /// How far it has come.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Instant,
    /// When it is tried (again) at the earliest.
    pub not_before: Instant,
    /// What the mail server said last.
    pub last_error: Option<String>,
    /// When the mail server took it.
    pub sent_at: Option<Instant>,
}

/// Which mails are wanted.
#[derive(Clone, Debug, Default)]
pub struct MailFilter {
    /// To this address.
    pub to: Option<Email>,
    /// In this state.
    pub state: Option<MailState>,
}

/// What came of an attempt to send.
#[derive(Clone, Debug)]
pub enum MailResult {
    /// The mail server took it.
    Sent,
    /// Not now; again after this time.
    Retry {
        /// When.
        not_before: Instant,
        /// What the mail server said.
        error: String,
    },
    /// Never.
    Failed {
        /// What the mail server said.
        error: String,
    },
}

fn record(row: Model) -> Result<MailRecord> {
    let at = Place { table: "mails", id: row.id };
    Ok(MailRecord {
        id: MailId(row.id),
        to: at.text("recipient", Email::parse(&row.recipient))?,
        subject: row.subject,
        sealed_text: row.body,
        state: at.word("state", row.state)?,
        attempts: u32::try_from(row.attempts).map_err(|_| at.corrupt("attempts"))?,
        created_at: Instant::from_micros(row.created_at),
        not_before: Instant::from_micros(row.not_before),
        last_error: row.last_error,
        sent_at: row.sent_at.map(Instant::from_micros),
    })
}

#[macros::boxed]
impl Tx {
    /// Puts a mail into the outbox, in the transaction of its cause.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_mail(&self, mail: &Mail, sealed_text: Vec<u8>, state: MailState) -> Result<()> {
        let row = ActiveModel {
            id: Set(mail.id.0),
            recipient: Set(mail.to.to_string()),
            recipient_key: Set(mail.to.unique_key()),
            subject: Set(mail.subject.clone()),
            body: Set(sealed_text),
            state: Set(word(state)),
            attempts: Set(0),
            created_at: Set(mail.created_at.micros()),
            not_before: Set(mail.created_at.micros()),
            claim: Set(None),
            last_error: Set(None),
            sent_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Mails, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn mails(&self, filter: &MailFilter, page: PageRequest) -> Result<Page<MailRecord>> {
        let mut select = Entity::find().order_by_desc(Column::Id).limit(page.limit.saturating_add(1));
        if let Some(to) = &filter.to {
            select = select.filter(Column::RecipientKey.eq(to.unique_key()));
        }
        if let Some(state) = filter.state {
            select = select.filter(Column::State.eq(word(state)));
        }
        if let Some(after) = page.after {
            select = select.filter(Column::Id.lt(after));
        }
        let mut rows = select.all(&self.0).await?;
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(|row| row.id) } else { None };
        Ok(Page { items: rows.into_iter().map(record).collect::<Result<_>>()?, next })
    }

    /// One mail by its id.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn mail(&self, id: MailId) -> Result<Option<MailRecord>> {
        Entity::find_by_id(id.0).one(&self.0).await?.map(record).transpose()
    }
}

#[macros::boxed]
impl Store {
    /// Takes some mails that are due, for one sender: nobody else gets them for `lease`. One whose row cannot be
    /// understood is marked as failed, and holds up none of the others.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn claim_mails(
        &self,
        claim: Uuid,
        now: Instant,
        lease: Duration,
        limit: u64,
    ) -> Result<Vec<MailRecord>> {
        let tx = self.writer().begin_with_options(immediate()).await?;
        let due = due_mails(&tx, now, limit).await?;
        let ids: Vec<Uuid> = due.iter().map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            Entity::update_many()
                .col_expr(Column::Claim, Expr::value(claim))
                .col_expr(Column::NotBefore, Expr::value((now + lease).micros()))
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .filter(Column::Id.is_in(ids))
                .exec(&tx)
                .await?;
        }
        tx.commit().await?;
        let mut mails = Vec::with_capacity(due.len());
        for (id, row) in due {
            match row.and_then(|row| record(Model { attempts: row.attempts + 1, ..row })) {
                Ok(mail) => mails.push(mail),
                Err(error) => {
                    tracing::error!(%error, "a mail cannot be read and is given up");
                    let failed = MailResult::Failed { error: error.to_string() };
                    self.finish_mail(MailId(id), claim, &failed, now).await?;
                }
            }
        }
        Ok(mails)
    }

    /// Reports what came of an attempt. Ignored if the claim was lost in the meantime.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn finish_mail(
        &self,
        id: MailId,
        claim: Uuid,
        result: &MailResult,
        now: Instant,
    ) -> Result<()> {
        let update = Entity::update_many().col_expr(Column::Claim, Expr::value(None::<Uuid>));
        let update = match result {
            MailResult::Sent => update
                .col_expr(Column::State, Expr::value(word(MailState::Sent)))
                .col_expr(Column::SentAt, Expr::value(now.micros()))
                .col_expr(Column::LastError, Expr::value(None::<String>)),
            MailResult::Retry { not_before, error } => update
                .col_expr(Column::NotBefore, Expr::value(not_before.micros()))
                .col_expr(Column::LastError, Expr::value(error.as_str())),
            MailResult::Failed { error } => update
                .col_expr(Column::State, Expr::value(word(MailState::Failed)))
                .col_expr(Column::LastError, Expr::value(error.as_str())),
        };
        update.filter(Column::Id.eq(id.0)).filter(Column::Claim.eq(claim)).exec(self.writer()).await?;
        Ok(())
    }

    /// Removes mails written before a moment that nothing will happen to any more.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_mails(&self, before: Instant) -> Result<u64> {
        let done = Condition::all()
            .add(Column::State.ne(word(MailState::Waiting)))
            .add(Column::CreatedAt.lt(before.micros()));
        Ok(Entity::delete_many().filter(done).exec(self.writer()).await?.rows_affected)
    }
}

/// The mails that are due, locked against other senders (PostgreSQL; SQLite has one writer anyway); each read by
/// itself.
async fn due_mails(tx: &DatabaseTransaction, now: Instant, limit: u64) -> Result<Vec<(Uuid, Result<Model>)>> {
    let select = Entity::find()
        .filter(Column::State.eq(word(MailState::Waiting)))
        .filter(Column::NotBefore.lte(now.micros()))
        .order_by_asc(Column::NotBefore)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let rows = tx.query_all_raw(select.build(tx.get_database_backend())).await?;
    let mut mails = Vec::with_capacity(rows.len());
    for row in rows {
        let id: Uuid = row.try_get("", "id")?;
        let at = Place { table: "mails", id };
        mails.push((id, Model::from_query_result(&row, "").map_err(|_| at.corrupt("(type of a column)"))));
    }
    Ok(mails)
}
