//! How a noun becomes a row and back.

use std::future::Future;

use domain::{DeveloperId, Instant, Meta, Noun, Person, Proof};
use sea_orm::{ActiveModelTrait, Condition, EntityTrait, IntoActiveModel, ModelTrait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::connection::Connection;
use crate::{Error, Result};

/// A noun that has a table. Implemented beside each entity.
pub trait Record: Noun {
    /// Its entity.
    #[doc(hidden)]
    type Entity: EntityTrait<Model: ModelTrait + IntoActiveModel<Self::Row> + Send + Sync, ActiveModel = Self::Row>;
    /// A row to be written.
    #[doc(hidden)]
    type Row: ActiveModelTrait<Entity = Self::Entity> + sea_orm::ActiveModelBehavior + Send;
    /// The column with the identity.
    #[doc(hidden)]
    const ID: <Self::Entity as EntityTrait>::Column;
    /// The column with the version.
    #[doc(hidden)]
    const VERSION: <Self::Entity as EntityTrait>::Column;

    /// The row that holds it.
    #[doc(hidden)]
    fn to_row(&self) -> Self::Row;

    /// What a row holds.
    #[doc(hidden)]
    fn from_row(row: <Self::Entity as EntityTrait>::Model) -> Result<Self>;

    /// Writes what the noun keeps in tables of its own, such as members. Called after the row is written.
    #[doc(hidden)]
    fn save_parts(&self, _connection: &Connection<'_>) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Reads those, for all of a page at once.
    #[doc(hidden)]
    fn load_parts(
        _nouns: &mut [Self],
        _connection: &Connection<'_>,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// A noun that developers see only if it is theirs in some way.
pub trait Owned: Record {
    /// The condition under which it is.
    #[doc(hidden)]
    fn visible_to(developer: DeveloperId) -> Condition;
}

/// Version and times out of their columns.
pub(crate) fn meta(version: i64, created_at: i64, updated_at: i64) -> Meta {
    Meta {
        version,
        created_at: Instant::from_micros(created_at),
        updated_at: Instant::from_micros(updated_at),
    }
}

/// The word of an enum, as its serde name.
pub(crate) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        // Only unit variants are stored as words.
        _ => String::new(),
    }
}

/// What a secret may be kept under, as it is stored.
pub(crate) fn stored(hashes: &[domain::SecretHash]) -> Vec<Vec<u8>> {
    hashes.iter().map(domain::SecretHash::stored).collect()
}

/// A list or a small structure as JSON.
pub(crate) fn json<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// The same as the text that it is kept as.
pub(crate) fn json_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| Value::Null.to_string())
}

/// The id of a person, for the column of developers or for that of administrators.
pub(crate) fn person_ids(person: Person) -> (Option<Uuid>, Option<Uuid>) {
    match person {
        Person::Developer(id) => (Some(id.0), None),
        Person::Administrator(id) => (None, Some(id.0)),
    }
}

/// Names the place of a value while it is read, for the error if it is impossible.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) table: &'static str,
    pub(crate) id: Uuid,
}

impl Place {
    pub(crate) fn corrupt(self, column: &'static str) -> Error {
        Error::Corrupt { table: self.table, column, id: self.id }
    }

    /// The person whom one of two columns names.
    pub(crate) fn person(self, developer: Option<Uuid>, administrator: Option<Uuid>) -> Result<Person> {
        match (developer, administrator) {
            (Some(id), None) => Ok(Person::Developer(id.into())),
            (None, Some(id)) => Ok(Person::Administrator(id.into())),
            _ => Err(self.corrupt("developer_id")),
        }
    }

    /// A word of an enum.
    pub(crate) fn word<T: DeserializeOwned>(self, column: &'static str, word: String) -> Result<T> {
        self.json(column, Value::String(word))
    }

    /// With what somebody has signed in. Nodes of an earlier version say only whether it was two factors.
    pub(crate) fn proof(self, proof: Option<String>, second_factor: Option<bool>) -> Result<Proof> {
        match (proof, second_factor) {
            (Some(word), _) => self.word("proof", word),
            (None, Some(true)) => Ok(Proof::PasswordAndCode),
            (None, Some(false) | None) => Ok(Proof::Password),
        }
    }

    /// A list or a small structure.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &'static str, value: Value) -> Result<T> {
        serde_json::from_value(value).map_err(|_| self.corrupt(column))
    }

    /// Text that was checked before it was written.
    pub(crate) fn text<T, E>(self, column: &'static str, parsed: std::result::Result<T, E>) -> Result<T> {
        parsed.map_err(|_| self.corrupt(column))
    }

    /// A keyed hash.
    pub(crate) fn hash(self, column: &'static str, bytes: &[u8]) -> Result<domain::SecretHash> {
        domain::SecretHash::from_stored(bytes).ok_or_else(|| self.corrupt(column))
    }
}
