//! Rows that no rule could have written are refused, with table, column and id.

use domain::Person;
use keywright_store::{Error, Record};
use sea_orm::ConnectionTrait;

use crate::harness::Db;
use crate::sample::{self, Sample};

/// Spoils a column of a noun's only row, reads it, and puts it right again.
async fn spoil<T: Record>(db: &Db, noun: &T, table: &'static str, column: &'static str, to: &str) {
    let raw = db.raw().await;
    raw.execute_unprepared(&format!("CREATE TABLE kept AS SELECT {column} AS was FROM {table}"))
        .await
        .unwrap();
    raw.execute_unprepared(&format!("UPDATE {table} SET {column} = {to}")).await.unwrap();
    match db.store.read().find::<T>(noun.id()).await {
        Err(Error::Corrupt { table: t, column: c, id }) => assert_eq!((t, c, id), (table, column, noun.id())),
        Err(other) => panic!("{table}.{column} = {to}: {other:?}"),
        Ok(_) => panic!("{table}.{column} = {to} was believed"),
    }
    raw.execute_unprepared(&format!("UPDATE {table} SET {column} = (SELECT was FROM kept)")).await.unwrap();
    raw.execute_unprepared("DROP TABLE kept").await.unwrap();
    raw.close().await.unwrap();
    assert!(db.store.read().find::<T>(noun.id()).await.unwrap().is_some(), "{table}.{column} is right again");
}

both!(an_impossible_row_is_named);
async fn an_impossible_row_is_named(db: Db) {
    let it = Sample::save(&db).await;
    spoil(&db, &it.developer, "developers", "email", "'not an address'").await;
    spoil(&db, &it.developer, "developers", "name", "''").await;
    spoil(&db, &it.developer, "developers", "state", "'Approved'").await;
    spoil(&db, &it.partner, "partners", "name", "'a\nb'").await;
    spoil(&db, &it.partner, "partners", "contact_email", "'x'").await;
    spoil(&db, &it.partner, "partners", "roles", "'{\"gold\": true}'").await;
    spoil(&db, &it.strategy, "auth_strategies", "method", "'{\"kind\": \"magic\"}'").await;
    spoil(&db, &it.plan, "plans", "limits", "'[{\"requests\": -1, \"per\": \"day\"}]'").await;
    spoil(&db, &it.api, "apis", "tags", "'[1]'").await;
    spoil(&db, &it.version, "api_versions", "accepted_credentials", "'[\"any\"]'").await;
    spoil(&db, &it.version, "api_versions", "plan_ids", "'[\"gold\"]'").await;
    spoil(&db, &it.version, "api_versions", "path_prefixes", "'\"/\"'").await;
    spoil(&db, &it.application, "applications", "state", "''").await;
    spoil(&db, &it.subscription, "subscriptions", "status", "'approved '").await;
    spoil(&db, &it.credential, "credentials", "kind", "'password'").await;
    spoil(&db, &it.credential, "credentials", "state", "'ACTIVE'").await;
    spoil(&db, &it.credential, "credentials", "details", "'{}'").await;
    spoil(&db, &it.credential, "credentials", "secret_hash", "NULL").await;
    let token = db.save(sample::api_token("CI", 3)).await.unwrap();
    spoil(&db, &token, "api_tokens", "scopes", "'[\"everything\"]'").await;
}

both!(an_owner_is_one_and_not_two);
async fn an_owner_is_one_and_not_two(db: Db) {
    let it = Sample::save(&db).await;
    let session = db.save(sample::session(Person::Developer(it.developer.id), 4)).await.unwrap();
    db.sql("UPDATE applications SET developer_id = (SELECT id FROM developers)").await;
    db.sql("UPDATE sessions SET developer_id = NULL").await;
    let application = db.store.read().find::<domain::Application>(it.application.id).await.unwrap_err();
    assert_eq!(
        application.to_string(),
        format!("applications.owner_id of {} holds an impossible value", it.application.id)
    );
    let session = db.store.read().find::<domain::Session>(session.id).await.unwrap_err();
    assert!(matches!(session, Error::Corrupt { table: "sessions", column: "developer_id", .. }));
}

both!(the_members_of_a_partner_are_read_as_strictly);
async fn the_members_of_a_partner_are_read_as_strictly(db: Db) {
    let it = Sample::save(&db).await;
    db.sql("UPDATE partner_members SET role = 'ADMIN'").await;
    db.sql("UPDATE application_members SET role = 'Owner'").await;
    let partner = db.store.read().find::<domain::Partner>(it.partner.id).await.unwrap_err();
    assert!(
        matches!(partner, Error::Corrupt { table: "partner_members", column: "role", id } if id == it.partner.id.0)
    );
    let application = db.store.read().find::<domain::Application>(it.application.id).await.unwrap_err();
    assert!(matches!(application, Error::Corrupt { table: "application_members", column: "role", .. }));
}
