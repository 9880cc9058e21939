//! Sign-ins that are under way elsewhere, and which sessions came from there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, uuid, uuid_null};

use super::{index, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "sign_in_attempts";
        let gone = ForeignKeyAction::Cascade;
        let attempts = Table::create()
            .table(table)
            .col(ColumnDef::new("state_hash").binary().not_null().primary_key())
            .col(binary("browser_hash"))
            .col(uuid("identity_provider_id"))
            .col(binary("content"))
            .col(big_integer("expires_at"))
            .foreign_key(&mut reference(table, "identity_provider_id", "identity_providers", gone))
            .to_owned();
        manager.create_table(attempts).await?;
        manager.create_index(index(table, &["expires_at"], false)).await?;

        let column = uuid_null("identity_provider_id");
        manager.alter_table(Table::alter().table("sessions").add_column(column).to_owned()).await?;
        manager.create_index(index("sessions", &["identity_provider_id"], false)).await
    }
}
