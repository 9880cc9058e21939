//! Who the people of identity providers are here.

use domain::{Audience, IdentityProviderId, LinkedIdentity, LinkedIdentityId, Person};
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::record::{Place, meta, person_ids, word};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "linked_identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub identity_provider_id: Uuid,
    pub subject: String,
    /// As what they sign in: part of what is unique.
    pub kind: String,
    pub developer_id: Option<Uuid>,
    pub administrator_id: Option<Uuid>,
    pub email: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for LinkedIdentity {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let (developer_id, administrator_id) = person_ids(self.person);
        let kind = match self.person {
            Person::Developer(_) => Audience::Developer,
            Person::Administrator(_) => Audience::Administrator,
        };
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            identity_provider_id: Set(self.identity_provider_id.0),
            subject: Set(self.subject.clone()),
            kind: Set(word(kind)),
            developer_id: Set(developer_id),
            administrator_id: Set(administrator_id),
            email: Set(self.email.clone()),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "linked_identities", id: row.id };
        let person = at.person(row.developer_id, row.administrator_id)?;
        Ok(Self {
            id: LinkedIdentityId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            identity_provider_id: IdentityProviderId(row.identity_provider_id),
            subject: row.subject,
            person,
            email: row.email,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Who somebody of a provider is here, as a developer or as an administrator.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn linked_identity(
        &self,
        provider: IdentityProviderId,
        subject: &str,
        audience: Audience,
    ) -> Result<Option<LinkedIdentity>> {
        let select = Entity::find()
            .filter(Column::IdentityProviderId.eq(provider.0))
            .filter(crate::read::is_word(Column::Subject, subject))
            .filter(Column::Kind.eq(word(audience)));
        self.one(select).await
    }

    /// Whom somebody here is at providers, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn identities_of(&self, person: Person) -> Result<Vec<LinkedIdentity>> {
        let theirs = match person {
            Person::Developer(id) => Column::DeveloperId.eq(id.0),
            Person::Administrator(id) => Column::AdministratorId.eq(id.0),
        };
        self.many(Entity::find().filter(theirs).order_by_desc(Column::Id)).await
    }

    /// A provider's people, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn identities_at(
        &self,
        provider: IdentityProviderId,
        page: PageRequest,
    ) -> Result<Page<LinkedIdentity>> {
        self.page(Entity::find().filter(Column::IdentityProviderId.eq(provider.0)), page).await
    }
}
