//! Applications and their members.

use std::collections::{BTreeMap, HashMap};

use domain::{
    ApiVersionId, Application, ApplicationId, ApplicationRole, AuthStrategyId, DeveloperId, Name, Noun,
    Owner, PartnerId, SubscriptionStatus, Text,
};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Condition, QuerySelect, QueryTrait};

use crate::connection::Connection;
use crate::partner::partners_of;
use crate::read::{contains, is_word};
use crate::record::{Place, meta, word};
use crate::subscription::applications_at;
use crate::{Owned, Page, PageRequest, Read, Record, Result, Slice, Sliced};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "applications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub search_key: String,
    pub shares_name: bool,
    pub description: String,
    pub reference: Option<String>,
    pub redirect_uri: Option<String>,
    /// The partner's or developer's id: names are unique within it.
    pub owner_id: Uuid,
    pub partner_id: Option<Uuid>,
    pub developer_id: Option<Uuid>,
    pub auth_strategy_id: Uuid,
    pub state: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who works on an application.
pub(crate) mod member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "application_members")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub application_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub developer_id: Uuid,
        pub role: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for Application {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let partner_id = self.owner.partner().map(|id| id.0);
        let developer_id = self.owner.developer().map(|id| id.0);
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            name: Set(self.name.to_string()),
            name_key: Set(name_key(self)),
            search_key: Set(self.name.search_key()),
            shares_name: Set(self.shares_name),
            description: Set(self.description.as_str().to_owned()),
            reference: Set(self.reference.clone()),
            redirect_uri: Set(self.redirect_uri.clone()),
            owner_id: Set(owner_id(self.owner)),
            partner_id: Set(partner_id),
            developer_id: Set(developer_id),
            auth_strategy_id: Set(self.auth_strategy_id.0),
            state: Set(word(self.state)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "applications", id: row.id };
        let owner = owner(at, row.partner_id, row.developer_id)?;
        Ok(Self {
            id: ApplicationId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            shares_name: row.shares_name,
            description: at.text("description", Text::parse(&row.description))?,
            reference: row.reference,
            redirect_uri: row.redirect_uri,
            owner,
            auth_strategy_id: AuthStrategyId(row.auth_strategy_id),
            state: at.word("state", row.state)?,
            members: BTreeMap::new(),
        })
    }

    async fn save_parts(&self, connection: &Connection<'_>) -> Result<()> {
        member::Entity::delete_many()
            .filter(member::Column::ApplicationId.eq(self.id.0))
            .exec(connection)
            .await?;
        let rows = self.members.iter().map(|(developer, role)| member::ActiveModel {
            application_id: Set(self.id.0),
            developer_id: Set(developer.0),
            role: Set(word(role)),
        });
        if !self.members.is_empty() {
            member::Entity::insert_many(rows).exec_without_returning(connection).await?;
        }
        Ok(())
    }

    async fn load_parts(nouns: &mut [Self], connection: &Connection<'_>) -> Result<()> {
        let ids = nouns.iter().map(|application| application.id.0);
        let rows =
            member::Entity::find().filter(member::Column::ApplicationId.is_in(ids)).all(connection).await?;
        let mut members: HashMap<Uuid, BTreeMap<DeveloperId, ApplicationRole>> = HashMap::new();
        for row in rows {
            let role =
                Place { table: "application_members", id: row.application_id }.word("role", row.role)?;
            members.entry(row.application_id).or_default().insert(DeveloperId(row.developer_id), role);
        }
        for application in nouns {
            application.members = members.remove(&application.id()).unwrap_or_default();
        }
        Ok(())
    }
}

/// What is unique within the owner: the name, or the application alone if it shares its name. No key of a name ends in
/// an id like that.
fn name_key(application: &Application) -> String {
    let key = application.name.unique_key();
    if application.shares_name { format!("{key}\u{1}{}", application.id) } else { key }
}

fn owner_id(owner: Owner) -> Uuid {
    match owner {
        Owner::Partner(id) => id.0,
        Owner::Developer(id) => id.0,
    }
}

/// Which applications are wanted.
#[derive(Clone, Debug, Default)]
pub struct ApplicationFilter {
    /// The name holds this.
    pub name_contains: Option<String>,
    /// They belong to this owner.
    pub owner: Option<Owner>,
    /// This developer may see them: as owner, as member, or as member of the partner that owns them.
    pub visible_to: Option<DeveloperId>,
    /// This developer is a member of them.
    pub member: Option<DeveloperId>,
    /// The name is exactly this.
    pub name_is: Option<String>,
    /// They authenticate by this strategy.
    pub auth_strategy_id: Option<AuthStrategyId>,
    /// They are subscribed to a version, or are not.
    pub subscribed: Option<SubscribedTo>,
}

/// Whether applications are subscribed to a version.
#[derive(Clone, Copy, Debug)]
pub enum SubscribedTo {
    /// They are, in this status or in any.
    Yes(ApiVersionId, Option<SubscriptionStatus>),
    /// They are not, in any status.
    No(ApiVersionId),
}

#[macros::boxed]
impl Read<'_> {
    /// The application of an owner that has a name, or one that looks like it; not one that shares its name.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn application_named(&self, owner: Owner, name: &Name) -> Result<Option<Application>> {
        let its = Entity::find()
            .filter(Column::OwnerId.eq(owner_id(owner)))
            .filter(Column::NameKey.eq(name.unique_key()));
        self.one(its).await
    }

    /// Applications, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn applications(
        &self,
        filter: &ApplicationFilter,
        page: PageRequest,
    ) -> Result<Page<Application>> {
        self.page(select(filter), page).await
    }

    /// Applications by number of page, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn applications_slice(
        &self,
        filter: &ApplicationFilter,
        slice: Slice,
    ) -> Result<Sliced<Application>> {
        self.slice(select(filter), slice).await
    }

    /// Whether an application is known elsewhere as this.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn application_by_reference(&self, reference: &str) -> Result<Option<Application>> {
        self.one(Entity::find().filter(is_word(Column::Reference, reference))).await
    }

    /// How many applications there are.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_applications(&self, filter: &ApplicationFilter) -> Result<u64> {
        Ok(select(filter).count(&self.0).await?)
    }
}

fn select(filter: &ApplicationFilter) -> Select<Entity> {
    let mut select = Entity::find();
    if let Some(text) = &filter.name_contains {
        select = select.filter(contains(Column::SearchKey, text));
    }
    if let Some(owner) = filter.owner {
        select = select.filter(Column::OwnerId.eq(owner_id(owner)));
    }
    if let Some(developer) = filter.member {
        select = select.filter(Column::Id.in_subquery(applications_of(developer)));
    }
    if let Some(developer) = filter.visible_to {
        select = select.filter(Application::visible_to(developer));
    }
    if let Some(name) = &filter.name_is {
        select = select.filter(is_word(Column::Name, name));
    }
    if let Some(id) = filter.auth_strategy_id {
        select = select.filter(Column::AuthStrategyId.eq(id.0));
    }
    match filter.subscribed {
        Some(SubscribedTo::Yes(version, status)) => {
            select.filter(Column::Id.in_subquery(applications_at(version, status)))
        }
        Some(SubscribedTo::No(version)) => {
            select.filter(Column::Id.not_in_subquery(applications_at(version, None)))
        }
        None => select,
    }
}

/// Who owns it: one, and not two.
pub(crate) fn owner(at: Place, partner: Option<Uuid>, developer: Option<Uuid>) -> Result<Owner> {
    match (partner, developer) {
        (Some(partner), None) => Ok(Owner::Partner(PartnerId(partner))),
        (None, Some(developer)) => Ok(Owner::Developer(DeveloperId(developer))),
        _ => Err(at.corrupt("owner_id")),
    }
}

impl Owned for Application {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::any()
            .add(Column::DeveloperId.eq(developer.0))
            .add(Column::PartnerId.in_subquery(partners_of(developer)))
            .add(Column::Id.in_subquery(applications_of(developer)))
    }
}

/// The ids of the applications of a developer's own.
pub(crate) fn applications_owned_by(developer: DeveloperId) -> sea_orm::sea_query::SelectStatement {
    Entity::find().select_only().column(Column::Id).filter(Column::DeveloperId.eq(developer.0)).into_query()
}

fn applications_of(developer: DeveloperId) -> sea_orm::sea_query::SelectStatement {
    member::Entity::find()
        .select_only()
        .column(member::Column::ApplicationId)
        .filter(member::Column::DeveloperId.eq(developer.0))
        .into_query()
}
