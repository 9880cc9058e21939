//! The portal: its settings, its pictures, and the pages about APIs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, boolean, json_binary, string, text, uuid, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let portals = noun_table("portals")
            .col(string("name"))
            .col(boolean("is_public"))
            .col(boolean("approves_subscriptions"))
            .col(string("headline"))
            .col(string("welcome"))
            .col(json_binary("allowed_origins"))
            .to_owned();
        manager.create_table(portals).await?;

        let pictures = Table::create()
            .table("portal_pictures")
            .col(string("kind").primary_key())
            .col(string("format"))
            .col(binary("bytes"))
            .to_owned();
        manager.create_table(pictures).await?;

        let documents = noun_table("documents")
            .col(uuid("api_id"))
            .col(uuid_null("parent_id"))
            .col(string("slug"))
            .col(string("title"))
            .col(big_integer("position"))
            .col(text("body"))
            .foreign_key(&mut reference("documents", "api_id", "apis", ForeignKeyAction::Cascade))
            .foreign_key(&mut reference("documents", "parent_id", "documents", ForeignKeyAction::NoAction))
            .to_owned();
        manager.create_table(documents).await?;
        manager.create_index(index("documents", &["api_id", "slug"], true)).await?;
        manager.create_index(index("documents", &["parent_id"], false)).await
    }
}
