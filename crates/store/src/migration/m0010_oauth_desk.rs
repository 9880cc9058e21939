//! The OAuth settings of applications, and what tokens are made by: scopes, definitions, keys.

use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary_null, boolean_null, json_binary, string, string_null, uuid,
    uuid_null,
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
        let definitions = noun_table("token_definitions")
            .col(string("name"))
            .col(string("name_key"))
            .col(boolean_null("is_default"))
            .col(json_binary("settings"))
            .to_owned();
        manager.create_table(definitions).await?;
        manager.create_index(index("token_definitions", &["name_key"], true)).await?;
        manager.create_index(index("token_definitions", &["is_default"], true)).await?;

        let scopes = noun_table("oauth_scopes")
            .col(string("name"))
            .col(string("kind"))
            .col(string_null("role"))
            .col(string("description"))
            .col(json_binary("claims"))
            .to_owned();
        manager.create_table(scopes).await?;
        manager.create_index(index("oauth_scopes", &["name"], true)).await?;

        let keys = noun_table("signing_keys")
            .col(string("series"))
            .col(string("algorithm"))
            .col(json_binary("public_jwk"))
            .col(binary_null("sealed_private"))
            .col(string("state"))
            .col(big_integer("since"))
            .to_owned();
        manager.create_table(keys).await?;

        let clients = noun_table("clients")
            .col(uuid("application_id"))
            .col(uuid_null("live_application_id"))
            .col(string("client_id"))
            .col(string("state"))
            .col(big_integer_null("revoked_epoch"))
            .col(uuid_null("token_definition_id"))
            .col(json_binary("settings"))
            .foreign_key(&mut reference(
                "clients",
                "application_id",
                "applications",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut reference(
                "clients",
                "token_definition_id",
                "token_definitions",
                ForeignKeyAction::Restrict,
            ))
            .to_owned();
        manager.create_table(clients).await?;
        manager.create_index(index("clients", &["client_id"], true)).await?;
        manager.create_index(index("clients", &["live_application_id"], true)).await?;
        manager.create_index(index("clients", &["application_id"], false)).await?;
        manager.create_index(index("clients", &["token_definition_id"], false)).await?;
        fill(manager).await
    }
}

/// What means something to the server itself is there from the beginning.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = <i64 as TryFrom<u128>>::try_from(since_1970.as_micros()).unwrap_or_default();
    let meta = || [uuid::Uuid::now_v7().into(), Expr::value(1_i64), Expr::value(now), Expr::value(now)];
    let head = ["id", "version", "created_at", "updated_at"];
    let claims = |names: &[&str]| {
        let claim = |name| serde_json::json!({ "claim": name, "userinfo": true });
        serde_json::Value::Array(names.iter().map(claim).collect())
    };
    let profile = ["name", "preferred_username", "updated_at"];
    let email = ["email", "email_verified"];
    for (name, description, claims) in [
        ("openid", "Know who you are", claims(&[])),
        ("profile", "Know your name", claims(&profile)),
        ("email", "Know your e-mail address", claims(&email)),
        ("offline_access", "Stay connected while you are away", claims(&[])),
    ] {
        let mut insert = Query::insert();
        let own = [name.into(), "openid".into(), description.into(), Expr::value(claims)];
        insert
            .into_table("oauth_scopes")
            .columns(head.iter().chain(&["name", "kind", "description", "claims"]).copied());
        insert.values_panic(meta().into_iter().chain(own));
        manager.execute(insert).await?;
    }
    let settings = serde_json::json!({
        "issuer": null, "audience": [], "algorithm": "ES256", "key_series": "default", "claims": {},
    });
    let mut insert = Query::insert();
    let key = domain::Name::parse("default").map(|name| name.unique_key()).unwrap_or_default();
    let own = ["default".into(), key.into(), true.into(), Expr::value(settings)];
    insert
        .into_table("token_definitions")
        .columns(head.iter().chain(&["name", "name_key", "is_default", "settings"]).copied())
        .values_panic(meta().into_iter().chain(own));
    manager.execute(insert).await
}
