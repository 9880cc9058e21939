//! Applications at third parties' gateways.

use domain::{ApplicationId, DeveloperId, GatewayId, Person, Provision, ProvisionId};
use sea_orm::ActiveValue::Set;
use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::read::{Slice, Sliced};
use crate::record::{Place, json, meta, word};
use crate::subscription::application_ids_visible_to;
use crate::{Owned, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "provisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub application_id: Uuid,
    pub gateway_id: Option<Uuid>,
    pub requester_kind: String,
    pub requester_id: Uuid,
    pub status: String,
    pub api_ids: Json,
    pub redirect_uris: Json,
    pub custom: Json,
    pub package: Option<Json>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The word and the id of a person, for two columns.
pub(crate) fn person_parts(person: Person) -> (String, Uuid) {
    match person {
        Person::Developer(id) => ("developer".to_owned(), id.0),
        Person::Administrator(id) => ("administrator".to_owned(), id.0),
    }
}

/// The person whom two columns name.
pub(crate) fn person(at: Place, column: &'static str, kind: &str, id: Uuid) -> Result<Person> {
    match kind {
        "developer" => Ok(Person::Developer(id.into())),
        "administrator" => Ok(Person::Administrator(id.into())),
        _ => Err(at.corrupt(column)),
    }
}

impl Record for Provision {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let (requester_kind, requester_id) = person_parts(self.requester);
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            application_id: Set(self.application_id.0),
            gateway_id: Set(self.gateway_id.map(|id| id.0)),
            requester_kind: Set(requester_kind),
            requester_id: Set(requester_id),
            status: Set(word(self.status)),
            api_ids: Set(json(&self.api_ids)),
            redirect_uris: Set(json(&self.redirect_uris)),
            custom: Set(json(&self.custom)),
            package: Set(self.package.map(json)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "provisions", id: row.id };
        Ok(Self {
            id: ProvisionId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            application_id: ApplicationId(row.application_id),
            gateway_id: row.gateway_id.map(GatewayId),
            requester: person(at, "requester_kind", &row.requester_kind, row.requester_id)?,
            status: at.word("status", row.status)?,
            api_ids: at.json("api_ids", row.api_ids)?,
            redirect_uris: at.json("redirect_uris", row.redirect_uris)?,
            custom: at.json("custom", row.custom)?,
            package: row.package.map(|package| at.json("package", package)).transpose()?,
        })
    }
}

impl Owned for Provision {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::all().add(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)))
    }
}

/// Which provisions are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProvisionFilter {
    /// Of applications that this developer may see.
    pub visible_to: Option<DeveloperId>,
    /// That this person asked for.
    pub requester: Option<Person>,
    /// At this gateway.
    pub gateway_id: Option<GatewayId>,
}

#[macros::boxed]
impl Read<'_> {
    /// Provisions by number of page.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn provisions(&self, filter: &ProvisionFilter, slice: Slice) -> Result<Sliced<Provision>> {
        let mut select = Entity::find();
        if let Some(developer) = filter.visible_to {
            select = select.filter(Provision::visible_to(developer));
        }
        if let Some(person) = filter.requester {
            let (kind, id) = person_parts(person);
            select = select.filter(Column::RequesterKind.eq(kind)).filter(Column::RequesterId.eq(id));
        }
        if let Some(gateway) = filter.gateway_id {
            select = select.filter(Column::GatewayId.eq(gateway.0));
        }
        self.slice(select, slice).await
    }

    /// What an application is at a third party's gateway, if it is anything.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn provision_of(&self, application: ApplicationId) -> Result<Option<Provision>> {
        self.one(Entity::find().filter(Column::ApplicationId.eq(application.0))).await
    }
}
