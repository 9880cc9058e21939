//! Who may ask for an API version, who decides; what other systems know an application by; sessions that are renewed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, binary_null, boolean, string, string_null};

use super::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        let added = [
            ("api_versions", boolean("open_for_subscriptions").default(true).take()),
            ("api_versions", string("approval").default("by_plan").take()),
            ("applications", boolean("shares_name").default(false).take()),
            ("applications", string_null("reference")),
            ("applications", string_null("redirect_uri")),
            ("sessions", binary_null("renewal_hash")),
            ("sessions", big_integer_null("renewable_until")),
        ];
        for (table, column) in added {
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        manager.create_index(index("applications", &["reference"], true)).await?;
        manager.create_index(index("sessions", &["renewal_hash"], true)).await
    }
}
