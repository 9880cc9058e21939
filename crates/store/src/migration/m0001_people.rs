//! People, their sessions, and what opens the management API.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, integer, json_binary, string, string_null, uuid, uuid_null,
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
        let administrators = noun_table("administrators")
            .col(string("email"))
            .col(string("email_key"))
            .col(string("password_hash"))
            .to_owned();
        manager.create_table(administrators).await?;
        manager.create_index(index("administrators", &["email_key"], true)).await?;

        let developers = noun_table("developers")
            .col(string("email"))
            .col(string("email_key"))
            .col(string("name"))
            .col(string("search_key"))
            .col(string("state"))
            .col(big_integer_null("verified_at"))
            .col(string_null("password_hash"))
            .to_owned();
        manager.create_table(developers).await?;
        manager.create_index(index("developers", &["email_key"], true)).await?;
        manager.create_index(index("developers", &["state"], false)).await?;

        let cascade = ForeignKeyAction::Cascade;
        let sessions = noun_table("sessions")
            .col(uuid_null("developer_id"))
            .col(uuid_null("administrator_id"))
            .col(binary("hash"))
            .col(string("user_agent"))
            .col(string("address"))
            .col(big_integer("last_seen_at"))
            .col(big_integer("ends_at"))
            .foreign_key(&mut reference("sessions", "developer_id", "developers", cascade))
            .foreign_key(&mut reference("sessions", "administrator_id", "administrators", cascade))
            .to_owned();
        manager.create_table(sessions).await?;
        manager.create_index(index("sessions", &["hash"], true)).await?;
        manager.create_index(index("sessions", &["developer_id"], false)).await?;
        manager.create_index(index("sessions", &["administrator_id"], false)).await?;
        manager.create_index(index("sessions", &["ends_at"], false)).await?;

        let one_time_tokens = Table::create()
            .table("one_time_tokens")
            .col(binary("hash").primary_key())
            .col(string("kind"))
            .col(uuid_null("developer_id"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .foreign_key(&mut reference("one_time_tokens", "developer_id", "developers", cascade))
            .to_owned();
        manager.create_table(one_time_tokens).await?;
        manager.create_index(index("one_time_tokens", &["developer_id", "kind"], false)).await?;
        manager.create_index(index("one_time_tokens", &["expires_at"], false)).await?;

        let attempts = Table::create()
            .table("attempts")
            .col(binary("key").primary_key())
            .col(integer("failures"))
            .col(big_integer("blocked_until"))
            .col(big_integer("updated_at"))
            .to_owned();
        manager.create_table(attempts).await?;
        manager.create_index(index("attempts", &["updated_at"], false)).await?;

        let api_tokens = noun_table("api_tokens")
            .col(string("name"))
            .col(string("prefix"))
            .col(string("last4"))
            .col(binary("hash"))
            .col(json_binary("scopes"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("revoked_at"))
            .to_owned();
        manager.create_table(api_tokens).await?;
        manager.create_index(index("api_tokens", &["hash"], true)).await?;

        let partners = noun_table("partners")
            .col(string("name"))
            .col(string("name_key"))
            .col(string("search_key"))
            .col(string("description"))
            .col(string_null("contact_email"))
            .col(json_binary("roles"))
            .to_owned();
        manager.create_table(partners).await?;
        manager.create_index(index("partners", &["name_key"], true)).await?;

        let partner_members = Table::create()
            .table("partner_members")
            .col(uuid("partner_id"))
            .col(uuid("developer_id"))
            .col(string("role"))
            .primary_key(Index::create().col("partner_id").col("developer_id"))
            .foreign_key(&mut reference("partner_members", "partner_id", "partners", cascade))
            .foreign_key(&mut reference(
                "partner_members",
                "developer_id",
                "developers",
                ForeignKeyAction::Restrict,
            ))
            .to_owned();
        manager.create_table(partner_members).await?;
        manager.create_index(index("partner_members", &["developer_id"], false)).await
    }
}
