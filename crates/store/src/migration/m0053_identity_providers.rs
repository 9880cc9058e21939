//! Identity providers, and who their people are here.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary_null, boolean, json_binary, string, uuid, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "identity_providers";
        let providers = noun_table(table)
            .col(string("name"))
            .col(string("name_key"))
            .col(string("slug"))
            .col(string("issuer"))
            .col(string("client_id"))
            .col(string("token_auth"))
            .col(binary_null("client_secret"))
            .col(json_binary("scopes"))
            .col(boolean("developers"))
            .col(boolean("administrators"))
            .col(boolean("makes_developers"))
            .col(json_binary("claims"))
            .col(boolean("enabled"))
            .to_owned();
        manager.create_table(providers).await?;
        manager.create_index(index(table, &["name_key"], true)).await?;
        manager.create_index(index(table, &["slug"], true)).await?;

        let table = "linked_identities";
        let gone = ForeignKeyAction::Cascade;
        let identities = noun_table(table)
            .col(uuid("identity_provider_id"))
            .col(string("subject"))
            .col(string("kind"))
            .col(uuid_null("developer_id"))
            .col(uuid_null("administrator_id"))
            .col(string("email"))
            .foreign_key(&mut reference(table, "identity_provider_id", "identity_providers", gone))
            .foreign_key(&mut reference(table, "developer_id", "developers", gone))
            .foreign_key(&mut reference(table, "administrator_id", "administrators", gone))
            .to_owned();
        manager.create_table(identities).await?;
        // Somebody may be a developer and an administrator here; of each they are one.
        manager.create_index(index(table, &["identity_provider_id", "subject", "kind"], true)).await?;
        // And nobody is two of a provider's people: an address that it gives to another is not another's account.
        manager.create_index(index(table, &["developer_id", "identity_provider_id"], true)).await?;
        manager.create_index(index(table, &["administrator_id", "identity_provider_id"], true)).await
    }
}
