//! Reading: the same queries on the pool and inside a transaction.

use domain::DeveloperId;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use crate::connection::Connection;
use crate::{Owned, Record, Result};

/// Reads from a connection or inside a transaction.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a>(pub(crate) Connection<'a>);

/// Which part of a list is wanted. Lists run from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    /// Only what is older than the thing with this id.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: u64,
}

impl PageRequest {
    /// The first so many.
    pub fn first(limit: u64) -> Self {
        Self { after: None, limit }
    }
}

/// Which part of a list is wanted, by number of page: for those whose clients count pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Which page, from 0.
    pub page: u64,
    /// How many on each.
    pub limit: u64,
}

/// A part of a list by number of page, and how long the list is.
#[derive(Clone, Debug)]
pub struct Sliced<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub count: u64,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins, if there is more.
    pub next: Option<Uuid>,
}

#[macros::boxed]
impl Read<'_> {
    /// One thing by its id.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn find<T: Record>(&self, id: impl Into<Uuid>) -> Result<Option<T>> {
        let select = T::Entity::find().filter(T::ID.eq(id.into()));
        self.one(select).await
    }

    /// One thing by its id, as a developer sees it; as anybody else does, if none is given. What is not theirs is not
    /// read either: it takes as long to be told that it is not there as for what does not exist.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn find_visible<T: Owned>(
        &self,
        id: impl Into<Uuid>,
        developer: Option<DeveloperId>,
    ) -> Result<Option<T>> {
        let mut select = T::Entity::find().filter(T::ID.eq(id.into()));
        if let Some(developer) = developer {
            select = select.filter(T::visible_to(developer));
        }
        self.one(select).await
    }

    /// Several things by their ids, in no order. Unknown ids are left out.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn find_all<T: Record>(&self, ids: impl IntoIterator<Item = Uuid>) -> Result<Vec<T>> {
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let mut found = Vec::with_capacity(ids.len());
        // SQLite takes at most 32,766 parameters in a statement.
        for some in ids.chunks(10_000) {
            found.extend(self.many(T::Entity::find().filter(T::ID.is_in(some.iter().copied()))).await?);
        }
        Ok(found)
    }

    /// How many things of a kind there are.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count<T: Record>(&self) -> Result<u64> {
        let select = T::Entity::find().select_only().column_as(T::ID.count(), "count");
        let count: Option<i64> = select.into_tuple().one(&self.0).await?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// The only row that a query finds.
    pub(crate) async fn one<T: Record>(&self, select: Select<T::Entity>) -> Result<Option<T>> {
        Ok(self.many(select.limit(1)).await?.pop())
    }

    /// All rows that a query finds.
    pub(crate) async fn many<T: Record>(&self, select: Select<T::Entity>) -> Result<Vec<T>> {
        let rows = self.0.query_all(select.as_query()).await?;
        let row =
            |row: &QueryResult| T::from_row(<T::Entity as EntityTrait>::Model::from_query_result(row, "")?);
        let mut nouns = rows.iter().map(row).collect::<Result<Vec<T>>>()?;
        if !nouns.is_empty() {
            T::load_parts(&mut nouns, &self.0).await?;
        }
        Ok(nouns)
    }

    /// A part of what a query finds by number of page, from the newest to the oldest.
    pub(crate) async fn slice<T: Record>(&self, select: Select<T::Entity>, slice: Slice) -> Result<Sliced<T>>
    where
        T::Entity: EntityTrait<Model: Sync>,
    {
        let count = select.clone().count(&self.0).await?;
        let offset = slice.page.saturating_mul(slice.limit);
        // Beyond the end there is nothing; databases do not take any number.
        if offset >= count {
            return Ok(Sliced { items: Vec::new(), count });
        }
        let select = select.order_by_desc(T::ID).offset(offset).limit(slice.limit);
        Ok(Sliced { items: self.many(select).await?, count })
    }

    /// A part of what a query finds, from the newest to the oldest: ids sort by age.
    pub(crate) async fn page<T: Record>(
        &self,
        select: Select<T::Entity>,
        page: PageRequest,
    ) -> Result<Page<T>> {
        let mut select = select.order_by_desc(T::ID).limit(page.limit.saturating_add(1));
        if let Some(after) = page.after {
            select = select.filter(T::ID.lt(after));
        }
        let mut items: Vec<T> = self.many(select).await?;
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let next = if items.len() > wanted {
            items.truncate(wanted);
            items.last().map(domain::Noun::id)
        } else {
            None
        };
        Ok(Page { items, next })
    }
}

/// The longest text that is looked for. SQLite gives up at patterns above 50,000 bytes, and nothing is as long as this.
const MAX_TEXT: usize = 5_000;

/// A condition: the column holds the text, taken literally. Both are in the form of [`domain::search_key`].
pub(crate) fn contains(column: impl ColumnTrait, text: &str) -> sea_orm::sea_query::SimpleExpr {
    let text = domain::search_key(text);
    if text.len() > MAX_TEXT || !is_storable(&text) {
        return Expr::value(false);
    }
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Expr::col(column.as_column_ref()).like(LikeExpr::new(pattern).escape('\\'))
}

/// A condition: the column is this word, as somebody typed it.
pub(crate) fn is_word(column: impl ColumnTrait, word: &str) -> sea_orm::sea_query::SimpleExpr {
    if is_storable(word) { column.eq(word) } else { Expr::value(false) }
}

/// Whether a text can be in a column at all. PostgreSQL refuses a NUL even in a question, and SQLite ends the text there.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}
