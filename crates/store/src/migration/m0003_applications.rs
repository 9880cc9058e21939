//! Who calls: applications, their members, subscriptions and credentials.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, binary_null, integer_null, json_binary, string, uuid, uuid_null,
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
        let restrict = ForeignKeyAction::Restrict;
        let applications = noun_table("applications")
            .col(string("name"))
            .col(string("name_key"))
            .col(string("search_key"))
            .col(string("description"))
            .col(uuid("owner_id"))
            .col(uuid_null("partner_id"))
            .col(uuid_null("developer_id"))
            .col(uuid("auth_strategy_id"))
            .col(string("state"))
            .foreign_key(&mut reference("applications", "partner_id", "partners", restrict))
            .foreign_key(&mut reference("applications", "developer_id", "developers", restrict))
            .foreign_key(&mut reference("applications", "auth_strategy_id", "auth_strategies", restrict))
            .to_owned();
        manager.create_table(applications).await?;
        manager.create_index(index("applications", &["owner_id", "name_key"], true)).await?;
        manager.create_index(index("applications", &["partner_id"], false)).await?;
        manager.create_index(index("applications", &["developer_id"], false)).await?;
        manager.create_index(index("applications", &["auth_strategy_id"], false)).await?;

        let application_members = Table::create()
            .table("application_members")
            .col(uuid("application_id"))
            .col(uuid("developer_id"))
            .col(string("role"))
            .primary_key(Index::create().col("application_id").col("developer_id"))
            .foreign_key(&mut reference("application_members", "application_id", "applications", cascade))
            .foreign_key(&mut reference("application_members", "developer_id", "developers", restrict))
            .to_owned();
        manager.create_table(application_members).await?;
        manager.create_index(index("application_members", &["developer_id"], false)).await?;

        let subscriptions = noun_table("subscriptions")
            .col(uuid("application_id"))
            .col(uuid("api_version_id"))
            .col(uuid("plan_id"))
            .col(uuid_null("requested_plan_id"))
            .col(string("status"))
            .col(string("request_comment"))
            .col(string("response_comment"))
            .foreign_key(&mut reference("subscriptions", "application_id", "applications", cascade))
            .foreign_key(&mut reference("subscriptions", "api_version_id", "api_versions", restrict))
            .foreign_key(&mut reference("subscriptions", "plan_id", "plans", restrict))
            .foreign_key(&mut reference("subscriptions", "requested_plan_id", "plans", restrict))
            .to_owned();
        manager.create_table(subscriptions).await?;
        manager.create_index(index("subscriptions", &["application_id", "api_version_id"], true)).await?;
        manager.create_index(index("subscriptions", &["api_version_id"], false)).await?;
        manager.create_index(index("subscriptions", &["plan_id"], false)).await?;
        manager.create_index(index("subscriptions", &["status"], false)).await?;

        let credentials = noun_table("credentials")
            .col(uuid("application_id"))
            .col(string("name"))
            .col(string("kind"))
            .col(binary_null("secret_hash"))
            .col(integer_null("pepper"))
            .col(json_binary("details"))
            .col(string("state"))
            .col(big_integer_null("expires_at"))
            .col(uuid_null("replaced_by"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(&mut reference("credentials", "application_id", "applications", cascade))
            .to_owned();
        manager.create_table(credentials).await?;
        manager.create_index(index("credentials", &["secret_hash"], true)).await?;
        manager.create_index(index("credentials", &["application_id"], false)).await?;
        manager.create_index(index("credentials", &["expires_at"], false)).await
    }
}
