//! Which endpoint chose which type of event, by type: whoever tells ten of ten thousand endpoints looks at ten.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, uuid};

use super::{index, reference};
use crate::webhook_interest::ANY;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cascade = ForeignKeyAction::Cascade;
        let interests = Table::create()
            .table("webhook_interests")
            .col(uuid("endpoint_id"))
            .col(string("event_type"))
            .primary_key(Index::create().col("endpoint_id").col("event_type"))
            .foreign_key(&mut reference("webhook_interests", "endpoint_id", "webhook_endpoints", cascade))
            .to_owned();
        manager.create_table(interests).await?;
        manager.create_index(index("webhook_interests", &["event_type"], false)).await?;
        // The endpoint itself has the last word: these are looked at for every event until they are saved again.
        let all = Query::select().column("id").expr(Expr::value(ANY)).from("webhook_endpoints").to_owned();
        let first = Query::insert()
            .into_table("webhook_interests")
            .columns(["endpoint_id", "event_type"])
            .select_from(all)
            .map_err(|error| DbErr::Custom(error.to_string()))?
            .to_owned();
        manager.execute(first).await?;
        // Asked for before every event.
        manager.create_index(index("webhook_endpoints", &["created_at"], false)).await
    }
}
