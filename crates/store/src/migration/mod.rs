//! The tables, as a list of steps forward. A step that was released is never edited: add another.

use sea_orm_migration::prelude::*;

#[cfg(test)]
mod agreement;
mod m0001_people;
mod m0002_catalogue;
mod m0003_applications;
mod m0004_records;
mod m0005_invitations;
mod m0006_usage;
mod m0010_oauth_desk;
mod m0011_access_tokens;
mod m0020_webhooks;
mod m0025_gateways;
mod m0026_requests;
mod m0027_approvals;
mod m0028_external_tokens;
mod m0029_usage_reports;
mod m0030_oauth_grants;
mod m0040_portal;
mod m0041_asking_for_apis;
mod m0042_bridges;
mod m0045_account_approvals;
mod m0050_audiences;
mod m0051_nodes;
mod m0052_kept_sessions;
mod m0053_identity_providers;
mod m0054_sign_in_attempts;
mod m0055_grants_from_elsewhere;
mod m0056_roles;
mod m0057_factors;
mod m0059_master_keys;
mod m0060_operation_scopes;
mod m0066_refused_calls;
mod m0067_portal_brand;
mod m0068_webhook_interests;
mod m0070_administrator_invitations;
mod m0074_passkeys;

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_catalogue::Migration),
            Box::new(m0003_applications::Migration),
            Box::new(m0004_records::Migration),
            Box::new(m0005_invitations::Migration),
            Box::new(m0006_usage::Migration),
            Box::new(m0020_webhooks::Migration),
            Box::new(m0010_oauth_desk::Migration),
            Box::new(m0011_access_tokens::Migration),
            Box::new(m0025_gateways::Migration),
            Box::new(m0026_requests::Migration),
            Box::new(m0027_approvals::Migration),
            Box::new(m0028_external_tokens::Migration),
            Box::new(m0029_usage_reports::Migration),
            Box::new(m0040_portal::Migration),
            Box::new(m0041_asking_for_apis::Migration),
            Box::new(m0030_oauth_grants::Migration),
            Box::new(m0042_bridges::Migration),
            Box::new(m0045_account_approvals::Migration),
            Box::new(m0050_audiences::Migration),
            Box::new(m0051_nodes::Migration),
            Box::new(m0052_kept_sessions::Migration),
            Box::new(m0053_identity_providers::Migration),
            Box::new(m0054_sign_in_attempts::Migration),
            Box::new(m0055_grants_from_elsewhere::Migration),
            Box::new(m0056_roles::Migration),
            Box::new(m0057_factors::Migration),
            Box::new(m0059_master_keys::Migration),
            Box::new(m0060_operation_scopes::Migration),
            Box::new(m0066_refused_calls::Migration),
            Box::new(m0067_portal_brand::Migration),
            Box::new(m0068_webhook_interests::Migration),
            Box::new(m0070_administrator_invitations::Migration),
            Box::new(m0074_passkeys::Migration),
        ]
    }
}

/// A table of nouns: identity, version and times.
fn noun_table(name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table(name)
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("version").big_integer().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null());
    table
}

/// An index named after its table and columns: [`crate::Error::Unique`] reads the column out of that name.
fn index(table: &'static str, columns: &[&'static str], unique: bool) -> IndexCreateStatement {
    let prefix = if unique { "uq" } else { "ix" };
    let mut index = Index::create();
    index.name(format!("{prefix}_{table}_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    if unique {
        index.unique();
    }
    index
}

/// A column that holds the id of a row in another table, and what happens when that row goes.
fn reference(
    table: &'static str,
    column: &'static str,
    to: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(format!("fk_{table}_{column}")).from(table, column).to(to, "id").on_delete(on_delete);
    key
}
