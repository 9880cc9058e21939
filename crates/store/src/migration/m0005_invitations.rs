//! Invitations to partners and applications.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, string, string_null, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "invitations";
        let invitations = noun_table(table)
            .col(string("recipient"))
            .col(uuid_null("partner_id"))
            .col(uuid_null("application_id"))
            .col(string("role"))
            .col(binary("secret_hash"))
            .col(string_null("open_key"))
            .col(string("invited_by_kind"))
            .col(uuid_null("invited_by_id"))
            .col(string("state"))
            .col(big_integer("expires_at"))
            .col(uuid_null("accepted_by"))
            .foreign_key(&mut reference(table, "partner_id", "partners", ForeignKeyAction::Cascade))
            .foreign_key(&mut reference(table, "application_id", "applications", ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(invitations).await?;
        manager.create_index(index(table, &["secret_hash"], true)).await?;
        manager.create_index(index(table, &["open_key"], true)).await?;
        manager.create_index(index(table, &["partner_id"], false)).await?;
        manager.create_index(index(table, &["application_id"], false)).await?;
        manager.create_index(index(table, &["expires_at"], false)).await
    }
}
