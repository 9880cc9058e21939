//! What is written beside: audit lines, mails, idempotency keys; and what is locked.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, binary_null, integer, json_binary, string, string_null, uuid,
    uuid_null,
};

use super::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let audit_head = Table::create()
            .table("audit_head")
            .col(integer("id").primary_key())
            .col(big_integer("seq"))
            .to_owned();
        manager.create_table(audit_head).await?;
        let first = Query::insert()
            .into_table("audit_head")
            .columns(["id", "seq"])
            .values_panic([1.into(), 0_i64.into()])
            .to_owned();
        manager.execute(first).await?;

        let locks = Table::create().table("locks").col(string("name").primary_key()).to_owned();
        manager.create_table(locks).await?;
        let catalogue = Query::insert()
            .into_table("locks")
            .columns(["name"])
            .values_panic(["catalogue".into()])
            .to_owned();
        manager.execute(catalogue).await?;

        let master_key = Table::create()
            .table("master_key")
            .col(integer("id").primary_key())
            .col(binary("check_value"))
            .to_owned();
        manager.create_table(master_key).await?;

        let audit_lines = Table::create()
            .table("audit_lines")
            .col(big_integer("seq").primary_key())
            .col(big_integer("at"))
            .col(string("actor_kind"))
            .col(uuid_null("actor_id"))
            .col(string_null("address"))
            .col(uuid("request_id"))
            .col(string("action"))
            .col(string("target_kind"))
            .col(uuid("target_id"))
            .col(uuid_null("application_id"))
            .col(uuid_null("partner_id"))
            .col(json_binary("details"))
            .to_owned();
        manager.create_table(audit_lines).await?;
        for column in ["actor_id", "target_id", "application_id", "partner_id", "request_id", "at", "action"]
        {
            manager.create_index(index("audit_lines", &[column], false)).await?;
        }

        let mails = Table::create()
            .table("mails")
            .col(uuid("id").primary_key())
            .col(string("recipient"))
            .col(string("recipient_key"))
            .col(string("subject"))
            .col(binary("body"))
            .col(string("state"))
            .col(integer("attempts"))
            .col(big_integer("created_at"))
            .col(big_integer("not_before"))
            .col(uuid_null("claim"))
            .col(string_null("last_error"))
            .col(big_integer_null("sent_at"))
            .to_owned();
        manager.create_table(mails).await?;
        manager.create_index(index("mails", &["recipient_key"], false)).await?;
        manager.create_index(index("mails", &["state", "not_before"], false)).await?;
        manager.create_index(index("mails", &["created_at"], false)).await?;

        let idempotency_keys = Table::create()
            .table("idempotency_keys")
            .col(binary("key").primary_key())
            .col(binary("fingerprint"))
            .col(uuid("result_id"))
            .col(binary_null("sealed_secret"))
            .col(big_integer("created_at"))
            .to_owned();
        manager.create_table(idempotency_keys).await?;
        manager.create_index(index("idempotency_keys", &["created_at"], false)).await
    }
}
