//! What people have allowed clients: grants, their codes and refresh tokens, and consents that are remembered.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, binary_null, json_binary, string, string_null, uuid, uuid_null,
};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cascade = ForeignKeyAction::Cascade;
        let grants = noun_table("oauth_grants")
            .col(uuid("client_id"))
            .col(uuid("application_id"))
            .col(uuid("developer_id"))
            // No reference: sessions are removed when they are over, grants outlive them.
            .col(uuid_null("session_id"))
            .col(json_binary("scopes"))
            .col(json_binary("resources"))
            .col(json_binary("claims"))
            .col(big_integer("auth_time"))
            .col(string_null("end_reason"))
            .foreign_key(&mut reference("oauth_grants", "client_id", "clients", cascade))
            .foreign_key(&mut reference("oauth_grants", "developer_id", "developers", cascade))
            .to_owned();
        manager.create_table(grants).await?;
        manager.create_index(index("oauth_grants", &["client_id"], false)).await?;
        manager.create_index(index("oauth_grants", &["developer_id"], false)).await?;
        manager.create_index(index("oauth_grants", &["session_id"], false)).await?;
        manager.create_index(index("oauth_grants", &["created_at"], false)).await?;

        let codes = Table::create()
            .table("oauth_codes")
            .col(binary("hash").primary_key())
            .col(uuid("grant_id"))
            .col(string("redirect_uri"))
            .col(string_null("challenge"))
            .col(string_null("nonce"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .foreign_key(&mut reference("oauth_codes", "grant_id", "oauth_grants", cascade))
            .to_owned();
        manager.create_table(codes).await?;
        manager.create_index(index("oauth_codes", &["grant_id"], false)).await?;
        manager.create_index(index("oauth_codes", &["expires_at"], false)).await?;

        let refresh_tokens = Table::create()
            .table("oauth_refresh_tokens")
            .col(binary("hash").primary_key())
            .col(uuid("grant_id"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .col(binary_null("successor_hash"))
            .col(binary_null("sealed_successor"))
            .foreign_key(&mut reference("oauth_refresh_tokens", "grant_id", "oauth_grants", cascade))
            .to_owned();
        manager.create_table(refresh_tokens).await?;
        manager.create_index(index("oauth_refresh_tokens", &["grant_id"], false)).await?;
        manager.create_index(index("oauth_refresh_tokens", &["expires_at"], false)).await?;

        let consents = noun_table("oauth_consents")
            .col(uuid("client_id"))
            .col(uuid("application_id"))
            .col(uuid("developer_id"))
            .col(json_binary("scopes"))
            .foreign_key(&mut reference("oauth_consents", "client_id", "clients", cascade))
            .foreign_key(&mut reference("oauth_consents", "developer_id", "developers", cascade))
            .to_owned();
        manager.create_table(consents).await?;
        manager.create_index(index("oauth_consents", &["developer_id", "client_id"], true)).await?;
        manager.create_index(index("oauth_consents", &["client_id"], false)).await
    }
}
