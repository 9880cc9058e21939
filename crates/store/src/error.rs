//! What can go wrong with storage, in words that use cases understand.

use std::borrow::Cow;

use sea_orm::{DbErr, RuntimeErr, SqlErr};
use uuid::Uuid;

/// Why something was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another row has this value already.
    #[error("{field} is taken")]
    Unique {
        /// The field of the noun, as its users know it.
        field: &'static str,
    },
    /// Something else still points at the row, or the row it points at is gone.
    #[error("something else refers to it, or what it refers to is gone")]
    Reference,
    /// Somebody else saved it since it was read.
    #[error("it was changed by somebody else in the meantime")]
    Stale,
    /// A row that no rule could have written.
    #[error("{table}.{column} of {id} holds an impossible value")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// Which row.
        id: Uuid,
    },
    /// The database cannot be reached, is locked, or is full. Trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// `ON DELETE RESTRICT` where the engines tell it from other foreign keys: SQLite does it by a trigger, PostgreSQL 18 and
/// later by a class of its own.
const RESTRICTED: [&str; 2] = ["1811", "23001"];

/// SQLite's primary result codes that mean "not now": busy, locked, I/O error, full, cannot open.
const SQLITE_NOT_NOW: [u32; 5] = [5, 6, 10, 13, 14];

/// PostgreSQL's classes that mean "not now": connection, transaction rollback, resources, operator intervention, locks.
const POSTGRES_NOT_NOW: [&str; 5] = ["08", "40", "53", "57", "55"];

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => {
                return Self::Unique { field: taken_field(&message) };
            }
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => return Self::Reference,
            _ => {}
        }
        if database_code(&error).is_some_and(|code| RESTRICTED.contains(&&*code)) {
            Self::Reference
        } else if is_unavailable(&error) {
            Self::Unavailable(error.to_string())
        } else {
            Self::Other(error.to_string())
        }
    }
}

/// What the database itself calls the error.
fn database_code(error: &DbErr) -> Option<Cow<'_, str>> {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error
    else {
        return None;
    };
    source.as_database_error()?.code()
}

fn is_unavailable(error: &DbErr) -> bool {
    let runtime = match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return true,
        DbErr::Exec(runtime) | DbErr::Query(runtime) => runtime,
        _ => return false,
    };
    let RuntimeErr::SqlxError(source) = runtime else { return false };
    match &**source {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
            true
        }
        _ => database_code(error).is_some_and(|code| {
            // SQLite's extended codes hold the primary one in their low byte; PostgreSQL's have five characters.
            let sqlite =
                code.len() < 5 && code.parse::<u32>().is_ok_and(|n| SQLITE_NOT_NOW.contains(&(n & 0xff)));
            let postgres = code.len() == 5 && POSTGRES_NOT_NOW.iter().any(|class| code.starts_with(class));
            sqlite || postgres
        }),
    }
}

/// The unique columns, with the field that people know. SQLite names the columns in its message, PostgreSQL the index,
/// which `migration` names after table and columns: both hold the column's name.
const UNIQUE_COLUMNS: &[(&str, &str)] = &[
    ("open_key", "email"),
    ("email_key", "email"),
    ("name_key", "name"),
    ("slug", "slug"),
    ("secret_hash", "value"),
    ("live_application_id", "application"),
    ("client_id", "client_id"),
    ("credential_id", "credential_id"),
    ("api_version_id", "api_version_id"),
    ("is_default", "is_default"),
    ("hash", "value"),
    ("_pkey", "id"),
    ("id", "id"),
];

fn taken_field(message: &str) -> &'static str {
    UNIQUE_COLUMNS.iter().find(|(column, _)| message.contains(column)).map_or("value", |(_, field)| *field)
}
