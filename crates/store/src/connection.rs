//! What statements are run on: one type for the pool and for a transaction, so that whatever reads is compiled once and
//! not for each of them.

use std::pin::Pin;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

/// A pool, or a transaction.
#[derive(Clone, Copy, Debug)]
pub enum Connection<'a> {
    /// Whichever connection is free.
    Pool(&'a DatabaseConnection),
    /// One that is open.
    Transaction(&'a DatabaseTransaction),
}

/// What the trait answers, as it is written by `async_trait`.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'a>>;

impl ConnectionTrait for Connection<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(it) => it.get_database_backend(),
            Self::Transaction(it) => it.get_database_backend(),
        }
    }

    fn execute_raw<'a, 'b>(&'a self, statement: Statement) -> Answer<'b, ExecResult>
    where
        'a: 'b,
        Self: 'b,
    {
        match self {
            Self::Pool(it) => it.execute_raw(statement),
            Self::Transaction(it) => it.execute_raw(statement),
        }
    }

    fn execute_unprepared<'a, 'b, 'c>(&'a self, sql: &'b str) -> Answer<'c, ExecResult>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        match self {
            Self::Pool(it) => it.execute_unprepared(sql),
            Self::Transaction(it) => it.execute_unprepared(sql),
        }
    }

    fn query_one_raw<'a, 'b>(&'a self, statement: Statement) -> Answer<'b, Option<QueryResult>>
    where
        'a: 'b,
        Self: 'b,
    {
        match self {
            Self::Pool(it) => it.query_one_raw(statement),
            Self::Transaction(it) => it.query_one_raw(statement),
        }
    }

    fn query_all_raw<'a, 'b>(&'a self, statement: Statement) -> Answer<'b, Vec<QueryResult>>
    where
        'a: 'b,
        Self: 'b,
    {
        match self {
            Self::Pool(it) => it.query_all_raw(statement),
            Self::Transaction(it) => it.query_all_raw(statement),
        }
    }
}
