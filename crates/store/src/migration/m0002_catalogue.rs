//! What is offered: strategies, plans, APIs, versions and their specifications.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, boolean_null, json_binary, json_binary_null, string, text, uuid};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let auth_strategies = noun_table("auth_strategies")
            .col(string("name"))
            .col(string("name_key"))
            .col(json_binary("method"))
            .col(boolean_null("is_default"))
            .to_owned();
        manager.create_table(auth_strategies).await?;
        manager.create_index(index("auth_strategies", &["name_key"], true)).await?;
        manager.create_index(index("auth_strategies", &["is_default"], true)).await?;

        let plans = noun_table("plans")
            .col(string("name"))
            .col(string("name_key"))
            .col(string("description"))
            .col(json_binary("limits"))
            .col(boolean("needs_approval"))
            .col(boolean("offered_by_default"))
            .to_owned();
        manager.create_table(plans).await?;
        manager.create_index(index("plans", &["name_key"], true)).await?;

        let apis = noun_table("apis")
            .col(string("name"))
            .col(string("name_key"))
            .col(string("search_key"))
            .col(string("description"))
            .col(json_binary("tags"))
            .to_owned();
        manager.create_table(apis).await?;
        manager.create_index(index("apis", &["name_key"], true)).await?;

        let restrict = ForeignKeyAction::Restrict;
        let api_versions = noun_table("api_versions")
            .col(uuid("api_id"))
            .col(string("name"))
            .col(string("name_key"))
            .col(string("description"))
            .col(json_binary("tags"))
            .col(boolean("deprecated"))
            .col(boolean("private"))
            .col(boolean("cors"))
            .col(uuid("auth_strategy_id"))
            .col(json_binary("accepted_credentials"))
            .col(json_binary("required_roles"))
            .col(json_binary("required_scopes"))
            .col(boolean("subscription_required"))
            .col(json_binary("plan_ids"))
            .col(json_binary("hosts"))
            .col(json_binary("path_prefixes"))
            .col(json_binary("methods"))
            .col(json_binary_null("specification"))
            .foreign_key(&mut reference("api_versions", "api_id", "apis", restrict))
            .foreign_key(&mut reference("api_versions", "auth_strategy_id", "auth_strategies", restrict))
            .to_owned();
        manager.create_table(api_versions).await?;
        manager.create_index(index("api_versions", &["api_id", "name_key"], true)).await?;

        let mut to_version = ForeignKey::create();
        to_version
            .name("fk_specifications_api_version_id")
            .from("specifications", "api_version_id")
            .to("api_versions", "id")
            .on_delete(ForeignKeyAction::Cascade);
        let specifications = Table::create()
            .table("specifications")
            .col(uuid("api_version_id").primary_key())
            .col(text("text"))
            .col(json_binary("operations"))
            .foreign_key(&mut to_version)
            .to_owned();
        manager.create_table(specifications).await
    }
}
