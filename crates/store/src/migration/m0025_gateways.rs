//! Third parties that provision, the people who answer for them, and groups of people.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{json_binary, string, string_null, uuid, uuid_null};

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
        let gateways = noun_table("gateways")
            .col(string("name"))
            .col(string("name_key"))
            .col(string("summary"))
            .col(string("description"))
            .col(string("stage"))
            .col(string("external_ref"))
            .col(string_null("mail_to"))
            .to_owned();
        manager.create_table(gateways).await?;
        manager.create_index(index("gateways", &["name_key"], true)).await?;

        let mut to_api = reference("gateway_apis", "api_id", "apis", cascade);
        let gateway_apis = Table::create()
            .table("gateway_apis")
            .col(uuid("api_id").primary_key())
            .col(uuid("gateway_id"))
            .col(string_null("external_ref"))
            .foreign_key(&mut to_api)
            .foreign_key(&mut reference("gateway_apis", "gateway_id", "gateways", cascade))
            .to_owned();
        manager.create_table(gateway_apis).await?;
        manager.create_index(index("gateway_apis", &["gateway_id"], false)).await?;

        let groups = noun_table("groups")
            .col(string("name"))
            .col(string("name_key"))
            .col(string("description"))
            .col(json_binary("members"))
            .to_owned();
        manager.create_table(groups).await?;
        manager.create_index(index("groups", &["name_key"], true)).await?;

        let mut administrators = Table::alter();
        administrators.table("administrators").add_column(uuid_null("gateway_id"));
        manager.alter_table(administrators).await?;
        manager.create_index(index("administrators", &["gateway_id"], false)).await
    }
}
