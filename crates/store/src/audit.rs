//! Audit lines: who did what to what, numbered in the order of commits without gaps. The same numbers are the feed
//! that other nodes, and the gateway check of this one, follow.

use domain::{Actor, Event, Instant};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect, TransactionTrait};

use crate::connect::immediate;
use crate::read::is_word;
use crate::tx::Author;
use crate::{Error, Page, PageRequest, Read, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: i64,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub address: Option<String>,
    pub request_id: Uuid,
    pub action: String,
    pub target_kind: String,
    pub target_id: Uuid,
    pub application_id: Option<Uuid>,
    pub partner_id: Option<Uuid>,
    pub details: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One row with the last number that was given. Locked from there to the commit.
pub(crate) mod head {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub seq: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A line that has no number yet.
#[derive(Debug)]
pub(crate) struct NewLine {
    pub(crate) event: Event,
    pub(crate) target_kind: &'static str,
    pub(crate) target_id: Uuid,
    pub(crate) application_id: Option<Uuid>,
    pub(crate) partner_id: Option<Uuid>,
}

/// An audit line.
#[derive(Clone, Debug)]
pub struct AuditLine {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// What kind of actor.
    pub actor_kind: String,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// From where.
    pub address: Option<String>,
    /// In the course of which request.
    pub request_id: Uuid,
    /// What happened: `noun.verb`.
    pub action: String,
    /// To what kind of thing.
    pub target_kind: String,
    /// To which one.
    pub target_id: Uuid,
    /// The application it belongs to.
    pub application_id: Option<Uuid>,
    /// The partner it belongs to.
    pub partner_id: Option<Uuid>,
    /// What changed, without secrets.
    pub details: serde_json::Value,
}

impl From<Model> for AuditLine {
    fn from(row: Model) -> Self {
        Self {
            seq: row.seq,
            at: Instant::from_micros(row.at),
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            target_kind: row.target_kind,
            target_id: row.target_id,
            application_id: row.application_id,
            partner_id: row.partner_id,
            details: row.details,
        }
    }
}

/// Numbers the lines and writes them. Says the number of the last one; 0 if there is none.
pub(crate) async fn append(tx: &DatabaseTransaction, author: &Author, lines: Vec<NewLine>) -> Result<i64> {
    let Ok(count) = i64::try_from(lines.len()) else {
        return Err(Error::Other("too many changes in one transaction".to_owned()));
    };
    if count == 0 {
        return Ok(0);
    }
    let heads = head::Entity::update_many()
        .col_expr(head::Column::Seq, Expr::col(head::Column::Seq).add(count))
        .filter(head::Column::Id.eq(1))
        .exec_with_returning(tx)
        .await?;
    let Some(head) = heads.first() else {
        return Err(Error::Other("the head of the audit log is missing; run keywright migrate".to_owned()));
    };
    let (actor_kind, actor_id) = author.actor.parts();
    let rows = lines.into_iter().zip(head.seq - count + 1..).map(|(line, seq)| ActiveModel {
        seq: Set(seq),
        at: Set(author.at.micros()),
        actor_kind: Set(actor_kind.to_owned()),
        actor_id: Set(actor_id),
        address: Set(author.address.map(|ip| ip.to_string())),
        request_id: Set(author.request_id),
        action: Set(line.event.action.to_owned()),
        target_kind: Set(line.target_kind.to_owned()),
        target_id: Set(line.target_id),
        application_id: Set(line.application_id),
        partner_id: Set(line.partner_id),
        details: Set(line.event.details),
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(head.seq)
}

/// Something that happened and changed no noun: it goes into the audit log all the same.
#[derive(Debug)]
pub struct Deed {
    /// Who did it, when and from where.
    pub author: Author,
    /// What.
    pub event: Event,
    /// To what kind of thing.
    pub target_kind: &'static str,
    /// To which one.
    pub target_id: Uuid,
}

#[macros::boxed]
impl Store {
    /// Writes audit lines about deeds of several authors, all or none.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn note_deeds(&self, deeds: Vec<Deed>) -> Result<()> {
        if deeds.is_empty() {
            return Ok(());
        }
        let tx = self.writer().begin_with_options(immediate()).await?;
        for Deed { author, event, target_kind, target_id } in deeds {
            let line = NewLine { event, target_kind, target_id, application_id: None, partner_id: None };
            append(&tx, &author, vec![line]).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Which audit lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// By this actor.
    pub actor_id: Option<Uuid>,
    /// With this action.
    pub action: Option<String>,
    /// About this thing.
    pub target_id: Option<Uuid>,
    /// About things of this kind.
    pub target_kind: Option<String>,
    /// About this application or what belongs to it.
    pub application_id: Option<Uuid>,
    /// About this partner or what belongs to it.
    pub partner_id: Option<Uuid>,
    /// In the course of this request.
    pub request_id: Option<Uuid>,
    /// Not before this.
    pub since: Option<Instant>,
    /// Before this.
    pub until: Option<Instant>,
}

impl AuditFilter {
    fn select(&self) -> Select<Entity> {
        let mut select = Entity::find();
        let ids = [
            (Column::ActorId, self.actor_id),
            (Column::TargetId, self.target_id),
            (Column::ApplicationId, self.application_id),
            (Column::PartnerId, self.partner_id),
            (Column::RequestId, self.request_id),
        ];
        for (column, id) in ids {
            if let Some(id) = id {
                select = select.filter(column.eq(id));
            }
        }
        if let Some(action) = &self.action {
            select = select.filter(is_word(Column::Action, action));
        }
        if let Some(kind) = &self.target_kind {
            select = select.filter(is_word(Column::TargetKind, kind));
        }
        if let Some(since) = self.since {
            select = select.filter(Column::At.gte(since.micros()));
        }
        if let Some(until) = self.until {
            select = select.filter(Column::At.lt(until.micros()));
        }
        select
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Audit lines, from the newest to the oldest. `after` of the page holds a line's number in its last 8 bytes.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn audit_lines(&self, filter: &AuditFilter, page: PageRequest) -> Result<Page<AuditLine>> {
        let mut select = filter.select().order_by_desc(Column::Seq).limit(page.limit.saturating_add(1));
        if let Some(after) = page.after {
            select = select.filter(Column::Seq.lt(i64::try_from(after.as_u128()).unwrap_or(i64::MAX)));
        }
        let mut rows = select.all(&self.0).await?;
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let number = |row: &Model| Uuid::from_u128(u128::try_from(row.seq).unwrap_or_default());
        let next = if more { rows.last().map(number) } else { None };
        Ok(Page { items: rows.into_iter().map(AuditLine::from).collect(), next })
    }

    /// Who last did one of several things to something; `None` if nobody did.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn last_actor(&self, target: Uuid, actions: &[&str]) -> Result<Option<Actor>> {
        let line = Entity::find()
            .filter(Column::TargetId.eq(target))
            .filter(Column::Action.is_in(actions.iter().copied()))
            .order_by_desc(Column::Seq)
            .one(&self.0)
            .await?;
        Ok(line.and_then(|line| Actor::of_parts(&line.actor_kind, line.actor_id)))
    }

    /// The number of the last audit line: how far the feed of changes has come.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn last_change(&self) -> Result<i64> {
        Ok(head::Entity::find_by_id(1).one(&self.0).await?.map_or(0, |row| row.seq))
    }

    /// The lines after a number, in order.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn audit_lines_after(&self, seq: i64, limit: u64) -> Result<Vec<AuditLine>> {
        let select = Entity::find().filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(limit);
        Ok(select.all(&self.0).await?.into_iter().map(AuditLine::from).collect())
    }

    /// What changed after a number: kind and id of the things, in order.
    pub(crate) async fn changed_since(&self, seq: i64, limit: u64) -> Result<Vec<(i64, String, Uuid)>> {
        let rows = Entity::find()
            .select_only()
            .columns([Column::Seq, Column::TargetKind, Column::TargetId])
            .filter(Column::Seq.gt(seq))
            .order_by_asc(Column::Seq)
            .limit(limit)
            .into_tuple::<(i64, String, Uuid)>()
            .all(&self.0)
            .await?;
        Ok(rows)
    }
}
