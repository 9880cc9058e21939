//! Both schemas, migrated from empty, agree with each other and with the entities.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseConnection, DbBackend, Iterable, QueryResult, Statement};

use crate::Store;

/// Table and column, with a word for the type and whether it may be empty.
type Columns = BTreeMap<(String, String), (&'static str, bool)>;

/// The columns that the entities think there are.
fn of_entities() -> Columns {
    let mut columns = Columns::new();
    macro_rules! add {
        ($($entity:path),* $(,)?) => {{
            $({
                type Columns = <$entity as EntityTrait>::Column;
                for column in Columns::iter() {
                    let definition = column.def();
                    let place = (<$entity>::default().table_name().to_owned(), column.as_str().to_owned());
                    columns.insert(place, (entity_type(definition.get_column_type()), definition.is_null()));
                }
            })*
        }};
    }
    add!(
        crate::access_token::Entity,
        crate::access_token::assertion::Entity,
        crate::access_token::by_uuid::Entity,
        crate::access_token::revoked::Entity,
        crate::account::Entity,
        crate::api::Entity,
        crate::api::specification::Entity,
        crate::api::version::Entity,
        crate::application::Entity,
        crate::application::member::Entity,
        crate::approval::Entity,
        crate::approval::flow::Entity,
        crate::approval::policy::Entity,
        crate::audit::Entity,
        crate::audit::head::Entity,
        crate::auth_strategy::Entity,
        crate::bridge_client::Entity,
        crate::bridge_notice::Entity,
        crate::client::Entity,
        crate::credential::Entity,
        crate::developer::Entity,
        crate::document::Entity,
        crate::external_token::Entity,
        crate::external_token::form::Entity,
        crate::external_token::request::Entity,
        crate::gateway::Entity,
        crate::gateway::api::Entity,
        crate::group::Entity,
        crate::idempotency::Entity,
        crate::identity_provider::Entity,
        crate::invitation::Entity,
        crate::linked_identity::Entity,
        crate::lock::Entity,
        crate::mail::Entity,
        crate::master_key::Entity,
        crate::master_key::kept::Entity,
        crate::node::Entity,
        crate::oauth_grant::Entity,
        crate::oauth_grant::consent::Entity,
        crate::oauth_scope::Entity,
        crate::oauth_token::Entity,
        crate::oauth_token::refresh::Entity,
        crate::partner::Entity,
        crate::partner::member::Entity,
        crate::passkey::Entity,
        crate::plan::Entity,
        crate::portal::Entity,
        crate::portal::picture::Entity,
        crate::provision::Entity,
        crate::refused_call::Entity,
        crate::request::Entity,
        crate::request::state::Entity,
        crate::session::Entity,
        crate::factor::Entity,
        crate::administrator::Entity,
        crate::administrator_invitation::Entity,
        crate::webhook_interest::Entity,
        crate::sign_in_attempt::Entity,
        crate::signing_key::Entity,
        crate::subscription::Entity,
        crate::throttle::Entity,
        crate::token::Entity,
        crate::token_definition::Entity,
        crate::usage::Entity,
        crate::usage_report::Entity,
        crate::webhook_attempt::Entity,
        crate::webhook_delivery::Entity,
        crate::webhook_endpoint::Entity,
        crate::webhook_event::Entity,
        crate::webhook_event::cursor::Entity,
        crate::webhook_queue::Entity,
    );
    columns
}

fn entity_type(column: &ColumnType) -> &'static str {
    match column {
        ColumnType::Uuid => "uuid",
        ColumnType::BigInteger => "bigint",
        ColumnType::Integer => "integer",
        ColumnType::Boolean => "boolean",
        ColumnType::String(_) | ColumnType::Text => "text",
        ColumnType::Json | ColumnType::JsonBinary => "json",
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => "bytes",
        other => panic!("no word for {other:?}"),
    }
}

/// The same words for what the databases call the types.
fn database_type(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "uuid" | "uuid_text" => "uuid",
        "bigint" => "bigint",
        "integer" => "integer",
        "boolean" => "boolean",
        "varchar" | "character varying" | "text" => "text",
        "jsonb" | "jsonb_text" => "json",
        "bytea" | "blob" | "blob(1)" => "bytes",
        other => panic!("no word for {other}"),
    }
}

struct Schema {
    connection: DatabaseConnection,
    backend: DbBackend,
    _folder: Option<tempfile::TempDir>,
}

impl Schema {
    async fn migrate(url: &str, backend: DbBackend, folder: Option<tempfile::TempDir>) -> Self {
        let store = Store::open(url).await.unwrap();
        store.migrate().await.unwrap();
        Self { connection: store.writer().clone(), backend, _folder: folder }
    }

    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/keywright.db", folder.path().display());
        Self::migrate(&url, DbBackend::Sqlite, Some(folder)).await
    }

    async fn postgres() -> Self {
        Self::migrate(&testkit::postgres::database(), DbBackend::Postgres, None).await
    }

    async fn rows<T>(&self, sqlite: &str, postgres: &str, read: impl Fn(&QueryResult) -> T) -> Vec<T> {
        let sql = if self.backend == DbBackend::Sqlite { sqlite } else { postgres };
        let rows = self.connection.query_all_raw(Statement::from_string(self.backend, sql)).await.unwrap();
        rows.iter().map(read).collect()
    }

    /// The columns that there are.
    async fn columns(&self) -> Columns {
        let sqlite = "SELECT m.name AS a, c.name AS b, c.type AS c, CASE WHEN c.\"notnull\" THEN 'NO' ELSE 'YES' END AS d \
                      FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'";
        let postgres = "SELECT table_name::text AS a, column_name::text AS b, data_type::text AS c, is_nullable::text AS d \
                        FROM information_schema.columns WHERE table_schema = 'public'";
        let rows = self.rows(sqlite, postgres, four_texts).await;
        let ours = rows.into_iter().filter(|[table, ..]| table != "seaql_migrations");
        ours.map(|[a, b, c, d]| ((a, b), (database_type(&c), d == "YES"))).collect()
    }

    /// The names of the indexes that we made.
    async fn indexes(&self) -> BTreeSet<String> {
        let sqlite =
            "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_autoindex%'";
        let postgres = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'";
        self.rows(sqlite, postgres, |row| row.try_get_by_index(0).unwrap()).await.into_iter().collect()
    }

    /// Table, column, the table it points at, and what happens when that row goes.
    async fn references(&self) -> BTreeSet<[String; 4]> {
        let sqlite = "SELECT m.name AS a, k.\"from\" AS b, k.\"table\" AS c, k.on_delete AS d \
                      FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table'";
        let postgres = "SELECT k.table_name::text AS a, k.column_name::text AS b, u.table_name::text AS c, r.delete_rule::text AS d \
                        FROM information_schema.referential_constraints r \
                        JOIN information_schema.key_column_usage k USING (constraint_name) \
                        JOIN information_schema.table_constraints u ON u.constraint_name = r.unique_constraint_name";
        self.rows(sqlite, postgres, four_texts).await.into_iter().collect()
    }
}

fn four_texts(row: &QueryResult) -> [String; 4] {
    ["a", "b", "c", "d"].map(|name| row.try_get("", name).unwrap())
}

/// What one has and the other has not.
fn differences(one: &Columns, other: &Columns) -> Vec<String> {
    let lacking = |a: &Columns, b: &Columns| {
        a.iter()
            .filter(|(place, kind)| b.get(place) != Some(kind))
            .map(|it| format!("{it:?}"))
            .collect::<Vec<_>>()
    };
    [lacking(one, other), lacking(other, one)].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_schemas_agree_with_each_other_and_with_the_entities() {
    let (sqlite, postgres) = (Schema::sqlite().await, Schema::postgres().await);
    let expected = of_entities();
    assert_eq!(differences(&postgres.columns().await, &expected), [""; 0]);
    // SQLite has one type for whole numbers.
    let one_integer =
        |(place, (kind, null))| (place, (if kind == "bigint" { "integer" } else { kind }, null));
    assert_eq!(
        differences(&sqlite.columns().await, &expected.into_iter().map(one_integer).collect()),
        [""; 0]
    );
    assert_eq!(sqlite.indexes().await, postgres.indexes().await);
    assert_eq!(sqlite.references().await, postgres.references().await);
    assert!(!sqlite.references().await.is_empty());
}
