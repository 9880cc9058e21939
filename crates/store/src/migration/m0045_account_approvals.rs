//! Accounts of those who register are approved as requests are: an approval is about the one or the other.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, json_binary, string, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: &str = "id, version, created_at, updated_at, request_id, stages, at, state, comment, link_id";

fn table(name: &'static str) -> TableCreateStatement {
    noun_table(name)
        .col(uuid_null("request_id"))
        .col(json_binary("stages"))
        .col(integer("at"))
        .col(string("state"))
        .col(string("comment"))
        .col(uuid_null("link_id"))
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite cannot let a column be null that could not: the table is made anew, by way of another.
        let sql = manager.get_connection();
        manager.create_table(table("approvals_before")).await?;
        sql.execute_unprepared(&format!(
            "INSERT INTO approvals_before ({COLUMNS}) SELECT {COLUMNS} FROM approvals"
        ))
        .await?;
        manager.drop_table(Table::drop().table("approvals").to_owned()).await?;
        let mut approvals = table("approvals");
        approvals
            .col(uuid_null("developer_id"))
            .foreign_key(&mut reference("approvals", "request_id", "requests", ForeignKeyAction::Cascade))
            .foreign_key(&mut reference(
                "approvals",
                "developer_id",
                "developers",
                ForeignKeyAction::Cascade,
            ));
        manager.create_table(approvals).await?;
        sql.execute_unprepared(&format!(
            "INSERT INTO approvals ({COLUMNS}) SELECT {COLUMNS} FROM approvals_before"
        ))
        .await?;
        manager.drop_table(Table::drop().table("approvals_before").to_owned()).await?;
        manager.create_index(index("approvals", &["request_id"], true)).await?;
        manager.create_index(index("approvals", &["developer_id"], false)).await?;
        manager.create_index(index("approvals", &["link_id"], true)).await?;
        manager.create_index(index("approvals", &["state"], false)).await
    }
}
