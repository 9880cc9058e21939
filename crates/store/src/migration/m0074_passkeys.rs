//! Passkeys, and with what people have signed in. A second factor without an app has an empty secret: until they are
//! updated, nodes of the version before ask its owner for a code and take none.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, binary, boolean, integer, string, string_null, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (table, gone) = ("passkeys", ForeignKeyAction::Cascade);
        let passkeys = noun_table(table)
            .col(uuid_null("developer_id"))
            .col(uuid_null("administrator_id"))
            .col(string("name"))
            .col(binary("credential_id"))
            .col(binary("public_key"))
            .col(binary("state"))
            .col(integer("transports"))
            .col(boolean("synced"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(&mut reference(table, "developer_id", "developers", gone))
            .foreign_key(&mut reference(table, "administrator_id", "administrators", gone))
            .to_owned();
        manager.create_table(passkeys).await?;
        manager.create_index(index(table, &["credential_id"], true)).await?;
        manager.create_index(index(table, &["developer_id"], false)).await?;
        manager.create_index(index(table, &["administrator_id"], false)).await?;
        for table in ["sessions", "oauth_grants"] {
            let column = string_null("proof");
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
