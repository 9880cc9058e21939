//! What was asked of third parties, and what applications are there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary_null, integer, json_binary, json_binary_null, string, uuid, uuid_null,
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
        let provisions = noun_table("provisions")
            .col(uuid("application_id"))
            .col(uuid_null("gateway_id"))
            .col(string("requester_kind"))
            .col(uuid("requester_id"))
            .col(string("status"))
            .col(json_binary("api_ids"))
            .col(json_binary("redirect_uris"))
            .col(json_binary("custom"))
            .col(json_binary_null("package"))
            .foreign_key(&mut reference("provisions", "application_id", "applications", cascade))
            .foreign_key(&mut reference("provisions", "gateway_id", "gateways", restrict))
            .to_owned();
        manager.create_table(provisions).await?;
        manager.create_index(index("provisions", &["application_id"], true)).await?;
        manager.create_index(index("provisions", &["gateway_id"], false)).await?;
        manager.create_index(index("provisions", &["requester_id"], false)).await?;

        // A request outlives its application: it may be what ended it.
        let requests = noun_table("requests")
            .col(string("kind"))
            .col(string("requester_kind"))
            .col(uuid("requester_id"))
            .col(uuid("application_id"))
            .col(uuid_null("gateway_id"))
            .col(json_binary("context"))
            .col(string("status"))
            .foreign_key(&mut reference("requests", "gateway_id", "gateways", restrict))
            .to_owned();
        manager.create_table(requests).await?;
        manager.create_index(index("requests", &["requester_id"], false)).await?;
        manager.create_index(index("requests", &["application_id"], false)).await?;
        manager.create_index(index("requests", &["gateway_id"], false)).await?;
        manager.create_index(index("requests", &["status"], false)).await?;

        let request_states = Table::create()
            .table("request_states")
            .col(uuid("id").primary_key())
            .col(uuid("request_id"))
            .col(integer("position"))
            .col(uuid("event_id"))
            .col(uuid_null("api_id"))
            .col(string("status"))
            .col(binary_null("answer"))
            .col(json_binary("trace"))
            .foreign_key(&mut reference("request_states", "request_id", "requests", cascade))
            .to_owned();
        manager.create_table(request_states).await?;
        manager.create_index(index("request_states", &["event_id"], true)).await?;
        manager.create_index(index("request_states", &["request_id"], false)).await
    }
}
