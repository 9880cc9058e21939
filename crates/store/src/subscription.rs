//! Subscriptions.

use domain::{
    ApiVersionId, Application, ApplicationId, DeveloperId, PlanId, Subscription, SubscriptionId,
    SubscriptionStatus, Text,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, Condition, QueryOrder, QuerySelect, QueryTrait};

use crate::record::{Place, meta, word};
use crate::{Owned, Page, PageRequest, Read, Record, Result, application};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "subscriptions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub application_id: Uuid,
    pub api_version_id: Uuid,
    pub plan_id: Uuid,
    pub requested_plan_id: Option<Uuid>,
    pub status: String,
    pub request_comment: String,
    pub response_comment: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Subscription {
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
            application_id: Set(self.application_id.0),
            api_version_id: Set(self.api_version_id.0),
            plan_id: Set(self.plan_id.0),
            requested_plan_id: Set(self.requested_plan_id.map(|id| id.0)),
            status: Set(word(self.status)),
            request_comment: Set(self.request_comment.as_str().to_owned()),
            response_comment: Set(self.response_comment.as_str().to_owned()),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "subscriptions", id: row.id };
        Ok(Self {
            id: SubscriptionId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            application_id: ApplicationId(row.application_id),
            api_version_id: ApiVersionId(row.api_version_id),
            plan_id: PlanId(row.plan_id),
            requested_plan_id: row.requested_plan_id.map(PlanId),
            status: at.word("status", row.status)?,
            request_comment: at.text("request_comment", Text::parse(&row.request_comment))?,
            response_comment: at.text("response_comment", Text::parse(&row.response_comment))?,
        })
    }
}

impl Owned for Subscription {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::all().add(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)))
    }
}

/// Which subscriptions are wanted.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionFilter {
    /// Of this application.
    pub application_id: Option<ApplicationId>,
    /// To this API version.
    pub api_version_id: Option<ApiVersionId>,
    /// Under this plan.
    pub plan_id: Option<PlanId>,
    /// In this status.
    pub status: Option<SubscriptionStatus>,
    /// That wait for a decision: on themselves or on another plan.
    pub undecided: bool,
    /// Of applications that this developer may see.
    pub visible_to: Option<DeveloperId>,
}

#[macros::boxed]
impl Read<'_> {
    /// Subscriptions, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn subscriptions(
        &self,
        filter: &SubscriptionFilter,
        page: PageRequest,
    ) -> Result<Page<Subscription>> {
        let mut select = Entity::find();
        if let Some(id) = filter.application_id {
            select = select.filter(Column::ApplicationId.eq(id.0));
        }
        if let Some(id) = filter.api_version_id {
            select = select.filter(Column::ApiVersionId.eq(id.0));
        }
        if let Some(id) = filter.plan_id {
            select = select.filter(Column::PlanId.eq(id.0));
        }
        if let Some(status) = filter.status {
            select = select.filter(Column::Status.eq(word(status)));
        }
        if filter.undecided {
            let pending = Column::Status.eq(word(SubscriptionStatus::Pending));
            select = select.filter(Condition::any().add(pending).add(Column::RequestedPlanId.is_not_null()));
        }
        if let Some(developer) = filter.visible_to {
            select = select.filter(Subscription::visible_to(developer));
        }
        self.page(select, page).await
    }

    /// All subscriptions of an application, from the newest to the oldest: at most one for each version.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn subscriptions_of(&self, application: ApplicationId) -> Result<Vec<Subscription>> {
        let select = Entity::find().filter(Column::ApplicationId.eq(application.0));
        self.many(select.order_by_desc(Column::Id)).await
    }

    /// The subscriptions of these applications to a version.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn subscriptions_to(
        &self,
        version: ApiVersionId,
        applications: &[ApplicationId],
    ) -> Result<Vec<Subscription>> {
        let ids = applications.iter().map(|id| id.0);
        let select = Entity::find()
            .filter(Column::ApiVersionId.eq(version.0))
            .filter(Column::ApplicationId.is_in(ids));
        self.many(select).await
    }

    /// The versions that applications of a developer are subscribed to.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn versions_subscribed_by(&self, developer: DeveloperId) -> Result<Vec<ApiVersionId>> {
        let theirs = Column::ApplicationId.in_subquery(application_ids_visible_to(developer));
        let ids: Vec<uuid::Uuid> = Entity::find()
            .select_only()
            .column(Column::ApiVersionId)
            .distinct()
            .filter(theirs)
            .into_tuple()
            .all(&self.0)
            .await?;
        Ok(ids.into_iter().map(ApiVersionId).collect())
    }

    /// Whether an application that a developer may see is subscribed to a version.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn is_subscribed(&self, developer: DeveloperId, version: ApiVersionId) -> Result<bool> {
        let theirs = Column::ApplicationId.in_subquery(application_ids_visible_to(developer));
        let found =
            Entity::find().filter(Column::ApiVersionId.eq(version.0)).filter(theirs).count(&self.0).await?;
        Ok(found > 0)
    }

    /// How many subscriptions name a plan, now or as the one they want.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_subscriptions_under(&self, plan: PlanId) -> Result<u64> {
        let either = Column::PlanId.eq(plan.0).or(Column::RequestedPlanId.eq(plan.0));
        Ok(Entity::find().filter(either).count(&self.0).await?)
    }
}

/// The ids of the applications that are subscribed to a version, in a status or in any.
pub(crate) fn applications_at(
    version: ApiVersionId,
    status: Option<SubscriptionStatus>,
) -> sea_orm::sea_query::SelectStatement {
    let mut select =
        Entity::find().select_only().column(Column::ApplicationId).filter(Column::ApiVersionId.eq(version.0));
    if let Some(status) = status {
        select = select.filter(Column::Status.eq(word(status)));
    }
    select.into_query()
}

/// The ids of the applications that a developer may see.
pub(crate) fn application_ids_visible_to(developer: DeveloperId) -> sea_orm::sea_query::SelectStatement {
    application::Entity::find()
        .select_only()
        .column(application::Column::Id)
        .filter(Application::visible_to(developer))
        .into_query()
}

/// The ids of the API versions that applications a developer may see are subscribed to.
pub(crate) fn versions_of(developer: DeveloperId) -> sea_orm::sea_query::SelectStatement {
    Entity::find()
        .select_only()
        .column(Column::ApiVersionId)
        .filter(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)))
        .into_query()
}
