//! Which endpoint chose which type of event: a copy of what the endpoint says, by type. Whoever is found here is asked
//! itself before it is told.

use std::collections::BTreeSet;

use domain::WebhookEndpoint;
use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use crate::Result;
use crate::connection::Connection;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_interests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_type: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// In place of a type: all of them.
pub(crate) const ANY: &str = "*";

/// Writes what an endpoint chose.
pub(crate) async fn write(connection: &Connection<'_>, endpoint: &WebhookEndpoint) -> Result<()> {
    Entity::delete_many().filter(Column::EndpointId.eq(endpoint.id.0)).exec(connection).await?;
    let chosen: BTreeSet<String> = match &endpoint.event_types {
        None => BTreeSet::from([ANY.to_owned()]),
        Some(types) => types.iter().cloned().collect(),
    };
    if chosen.is_empty() {
        return Ok(());
    }
    let rows = chosen
        .into_iter()
        .map(|event_type| ActiveModel { endpoint_id: Set(endpoint.id.0), event_type: Set(event_type) });
    Entity::insert_many(rows).exec_without_returning(connection).await?;
    Ok(())
}

/// The ids of the endpoints that chose one of these types, or all.
pub(crate) async fn interested_in(
    connection: &Connection<'_>,
    types: &BTreeSet<&str>,
) -> Result<BTreeSet<Uuid>> {
    let types = types.iter().copied().chain([ANY]);
    let ids = Entity::find()
        .select_only()
        .column(Column::EndpointId)
        .filter(Column::EventType.is_in(types))
        .into_tuple::<Uuid>()
        .all(connection)
        .await?;
    Ok(ids.into_iter().collect())
}
