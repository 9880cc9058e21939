//! Webhooks: endpoints, events, deliveries and their attempts.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, integer_null, json_binary, json_binary_null, string,
    string_null, uuid, uuid_null,
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
        endpoints(manager).await?;
        events(manager).await?;
        deliveries(manager).await?;
        cursor(manager).await
    }
}

async fn endpoints(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let endpoints = noun_table("webhook_endpoints")
        .col(string("url"))
        .col(string("description"))
        .col(json_binary_null("event_types"))
        .col(uuid_null("gateway_id"))
        .col(string("shape"))
        .col(json_binary("auth"))
        .col(json_binary("secrets"))
        .col(boolean("ordered"))
        .col(string_null("disabled"))
        .to_owned();
    manager.create_table(endpoints).await?;
    manager.create_index(index("webhook_endpoints", &["gateway_id"], false)).await?;

    // What changes with each attempt is kept apart: it is no change of the endpoint.
    let queues = Table::create()
        .table("webhook_queues")
        .col(uuid("endpoint_id").primary_key())
        .col(integer("lane"))
        .col(big_integer("due_at"))
        .col(big_integer("served_at"))
        .col(big_integer("paused_until"))
        .col(big_integer_null("failing_since"))
        .col(big_integer_null("noticed_at"))
        .foreign_key(&mut reference(
            "webhook_queues",
            "endpoint_id",
            "webhook_endpoints",
            ForeignKeyAction::Cascade,
        ))
        .to_owned();
    manager.create_table(queues).await?;
    manager.create_index(index("webhook_queues", &["lane", "due_at"], false)).await
}

async fn events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let events = Table::create()
        .table("webhook_events")
        .col(uuid("id").primary_key())
        .col(string("kind"))
        .col(big_integer("occurred_at"))
        .col(uuid_null("application_id"))
        .col(uuid_null("gateway_id"))
        .col(big_integer("position"))
        .col(json_binary("data"))
        .to_owned();
    manager.create_table(events).await?;
    manager.create_index(index("webhook_events", &["occurred_at"], false)).await?;
    manager.create_index(index("webhook_events", &["application_id"], false)).await
}

async fn deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cascade = ForeignKeyAction::Cascade;
    let deliveries = Table::create()
        .table("webhook_deliveries")
        .col(uuid("id").primary_key())
        .col(uuid("endpoint_id"))
        .col(uuid("event_id"))
        .col(string("event_type"))
        .col(uuid_null("application_id"))
        .col(big_integer("position"))
        .col(uuid_null("order_key"))
        .col(string("state"))
        .col(integer("attempts"))
        .col(integer("tries"))
        .col(big_integer("next_attempt_at"))
        .col(uuid_null("claim"))
        .col(integer_null("last_code"))
        .col(string_null("last_error"))
        .col(big_integer("created_at"))
        .col(big_integer_null("finished_at"))
        .foreign_key(&mut reference("webhook_deliveries", "endpoint_id", "webhook_endpoints", cascade))
        .foreign_key(&mut reference("webhook_deliveries", "event_id", "webhook_events", cascade))
        .to_owned();
    manager.create_table(deliveries).await?;
    let table = "webhook_deliveries";
    manager.create_index(index(table, &["endpoint_id", "state", "next_attempt_at"], false)).await?;
    manager.create_index(index(table, &["order_key", "state"], false)).await?;
    manager.create_index(index(table, &["event_id"], false)).await?;
    manager.create_index(index(table, &["application_id"], false)).await?;

    let attempts = Table::create()
        .table("webhook_attempts")
        .col(uuid("id").primary_key())
        .col(uuid("delivery_id"))
        .col(integer("number"))
        .col(big_integer("at"))
        .col(big_integer("took_us"))
        .col(integer_null("code"))
        .col(string_null("error"))
        .col(string("body"))
        .foreign_key(&mut reference("webhook_attempts", "delivery_id", "webhook_deliveries", cascade))
        .to_owned();
    manager.create_table(attempts).await?;
    manager.create_index(index("webhook_attempts", &["delivery_id"], false)).await
}

/// How far the feed of changes was turned into events: what was before is not told.
async fn cursor(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cursor = Table::create()
        .table("webhook_cursor")
        .col(integer("id").primary_key())
        .col(big_integer("seq"))
        .to_owned();
    manager.create_table(cursor).await?;
    let now = Query::select().columns(["id", "seq"]).from("audit_head").to_owned();
    let first = Query::insert()
        .into_table("webhook_cursor")
        .columns(["id", "seq"])
        .select_from(now)
        .map_err(|error| DbErr::Custom(error.to_string()))?
        .to_owned();
    manager.execute(first).await
}
