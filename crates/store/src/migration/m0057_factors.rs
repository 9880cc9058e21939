//! Second factors, and which sign-ins they were part of.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, boolean_null, uuid_null};

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
        let factors = noun_table("factors")
            .col(uuid_null("developer_id"))
            .col(uuid_null("administrator_id"))
            .col(binary("secret"))
            .col(big_integer("last_step"))
            .col(binary("recovery"))
            .foreign_key(&mut reference("factors", "developer_id", "developers", cascade))
            .foreign_key(&mut reference("factors", "administrator_id", "administrators", cascade))
            .to_owned();
        manager.create_table(factors).await?;
        manager.create_index(index("factors", &["developer_id"], true)).await?;
        manager.create_index(index("factors", &["administrator_id"], true)).await?;
        for table in ["sessions", "oauth_grants"] {
            let column = boolean_null("second_factor");
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
