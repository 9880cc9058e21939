//! Partners and their members.

use std::collections::{BTreeMap, HashMap};

use domain::{DeveloperId, Email, Name, Noun, Partner, PartnerId, PartnerRole, Text};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Condition, QuerySelect, QueryTrait};

use crate::connection::Connection;
use crate::read::contains;
use crate::record::{Place, json, meta, word};
use crate::{Owned, Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partners")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub search_key: String,
    pub description: String,
    pub contact_email: Option<String>,
    pub roles: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who acts for a partner.
pub(crate) mod member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "partner_members")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub partner_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub developer_id: Uuid,
        pub role: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for Partner {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            name: Set(self.name.to_string()),
            name_key: Set(self.name.unique_key()),
            search_key: Set(self.name.search_key()),
            description: Set(self.description.as_str().to_owned()),
            contact_email: Set(self.contact_email.as_ref().map(Email::to_string)),
            roles: Set(json(&self.roles)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "partners", id: row.id };
        Ok(Self {
            id: PartnerId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            description: at.text("description", Text::parse(&row.description))?,
            contact_email: at
                .text("contact_email", row.contact_email.as_deref().map(Email::parse).transpose())?,
            roles: at.json("roles", row.roles)?,
            members: BTreeMap::new(),
        })
    }

    async fn save_parts(&self, connection: &Connection<'_>) -> Result<()> {
        member::Entity::delete_many()
            .filter(member::Column::PartnerId.eq(self.id.0))
            .exec(connection)
            .await?;
        let rows = self.members.iter().map(|(developer, role)| member::ActiveModel {
            partner_id: Set(self.id.0),
            developer_id: Set(developer.0),
            role: Set(word(role)),
        });
        if !self.members.is_empty() {
            member::Entity::insert_many(rows).exec_without_returning(connection).await?;
        }
        Ok(())
    }

    async fn load_parts(nouns: &mut [Self], connection: &Connection<'_>) -> Result<()> {
        let ids = nouns.iter().map(|partner| partner.id.0);
        let rows =
            member::Entity::find().filter(member::Column::PartnerId.is_in(ids)).all(connection).await?;
        let mut members: HashMap<Uuid, BTreeMap<DeveloperId, PartnerRole>> = HashMap::new();
        for row in rows {
            let role = Place { table: "partner_members", id: row.partner_id }.word("role", row.role)?;
            members.entry(row.partner_id).or_default().insert(DeveloperId(row.developer_id), role);
        }
        for partner in nouns {
            partner.members = members.remove(&partner.id()).unwrap_or_default();
        }
        Ok(())
    }
}

impl Owned for Partner {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::all().add(Column::Id.in_subquery(partners_of(developer)))
    }
}

/// Which partners are wanted.
#[derive(Clone, Debug, Default)]
pub struct PartnerFilter {
    /// The name holds this.
    pub name_contains: Option<String>,
    /// This developer is a member.
    pub member: Option<DeveloperId>,
}

#[macros::boxed]
impl Read<'_> {
    /// The partner that has a name, or one that looks like it.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn partner_named(&self, name: &Name) -> Result<Option<Partner>> {
        self.one(Entity::find().filter(Column::NameKey.eq(name.unique_key()))).await
    }

    /// Partners, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn partners(&self, filter: &PartnerFilter, page: PageRequest) -> Result<Page<Partner>> {
        let mut select = Entity::find();
        if let Some(text) = &filter.name_contains {
            select = select.filter(contains(Column::SearchKey, text));
        }
        if let Some(developer) = filter.member {
            select = select.filter(Partner::visible_to(developer));
        }
        self.page(select, page).await
    }
}

/// The ids of the partners that a developer is a member of.
pub(crate) fn partners_of(developer: DeveloperId) -> sea_orm::sea_query::SelectStatement {
    member::Entity::find()
        .select_only()
        .column(member::Column::PartnerId)
        .filter(member::Column::DeveloperId.eq(developer.0))
        .into_query()
}
