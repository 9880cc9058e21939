//! Approvals: flows, the policy, and what waits for people.

use domain::{
    Approval, ApprovalFlow, ApprovalFlowId, ApprovalId, ApprovalPolicy, ApprovalPolicyId, ApprovalState,
    ApprovalSubject, DeveloperId, Name, PolicyScope, RequestId, StageKind, Text,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::read::{Slice, Sliced};
use crate::record::{Place, json, meta, word};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "approvals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    /// What it is about: this, or a developer's account.
    pub request_id: Option<Uuid>,
    pub developer_id: Option<Uuid>,
    pub stages: Json,
    pub at: i32,
    pub state: String,
    pub comment: String,
    /// The link with which an outside system answers, while it is asked.
    pub link_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Steps of people who approve.
pub(crate) mod flow {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "approval_flows")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub name: String,
        pub name_key: String,
        pub description: String,
        pub steps: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The policy.
pub(crate) mod policy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "approval_policies")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub scope: String,
        pub for_increase: bool,
        pub steps: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for Approval {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let asked = self.stage().filter(|stage| matches!(stage.kind, StageKind::External { .. }));
        let (request_id, developer_id) = match self.subject {
            ApprovalSubject::Request(id) => (Some(id.0), None),
            ApprovalSubject::Developer(id) => (None, Some(id.0)),
        };
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            request_id: Set(request_id),
            developer_id: Set(developer_id),
            stages: Set(json(&self.stages)),
            at: Set(i32::try_from(self.at).unwrap_or(i32::MAX)),
            state: Set(word(self.state)),
            comment: Set(self.comment.as_str().to_owned()),
            link_id: Set(asked.map(|stage| stage.id)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "approvals", id: row.id };
        let subject = match (row.request_id, row.developer_id) {
            (Some(id), None) => ApprovalSubject::Request(RequestId(id)),
            (None, Some(id)) => ApprovalSubject::Developer(DeveloperId(id)),
            _ => return Err(at.corrupt("request_id")),
        };
        Ok(Self {
            id: ApprovalId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            subject,
            stages: at.json("stages", row.stages)?,
            at: usize::try_from(row.at).map_err(|_| at.corrupt("at"))?,
            state: at.word("state", row.state)?,
            comment: at.text("comment", Text::parse(&row.comment))?,
        })
    }
}

impl Record for ApprovalFlow {
    type Entity = flow::Entity;
    type Row = flow::ActiveModel;
    const ID: flow::Column = flow::Column::Id;
    const VERSION: flow::Column = flow::Column::Version;

    fn to_row(&self) -> Self::Row {
        flow::ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            name: Set(self.name.to_string()),
            name_key: Set(self.name.unique_key()),
            description: Set(self.description.as_str().to_owned()),
            steps: Set(json(&self.steps)),
        }
    }

    fn from_row(row: flow::Model) -> Result<Self> {
        let at = Place { table: "approval_flows", id: row.id };
        Ok(Self {
            id: ApprovalFlowId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            description: at.text("description", Text::parse(&row.description))?,
            steps: at.json("steps", row.steps)?,
        })
    }
}

impl Record for ApprovalPolicy {
    type Entity = policy::Entity;
    type Row = policy::ActiveModel;
    const ID: policy::Column = policy::Column::Id;
    const VERSION: policy::Column = policy::Column::Version;

    fn to_row(&self) -> Self::Row {
        policy::ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            scope: Set(word(self.scope)),
            for_increase: Set(self.for_increase),
            steps: Set(json(&self.steps)),
        }
    }

    fn from_row(row: policy::Model) -> Result<Self> {
        let at = Place { table: "approval_policies", id: row.id };
        Ok(Self {
            id: ApprovalPolicyId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            scope: at.word("scope", row.scope)?,
            for_increase: row.for_increase,
            steps: at.json("steps", row.steps)?,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Approvals by number of page; of one state, if one is given.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn approvals(&self, state: Option<ApprovalState>, slice: Slice) -> Result<Sliced<Approval>> {
        let mut select = Entity::find();
        if let Some(state) = state {
            select = select.filter(Column::State.eq(word(state)));
        }
        self.slice(select, slice).await
    }

    /// Approvals; of one state, if one is given.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn approvals_page(
        &self,
        state: Option<ApprovalState>,
        page: PageRequest,
    ) -> Result<Page<Approval>> {
        let mut select = Entity::find();
        if let Some(state) = state {
            select = select.filter(Column::State.eq(word(state)));
        }
        self.page(select, page).await
    }

    /// What is decided on a developer's account, if anything is.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn pending_approval_of_account(&self, developer: DeveloperId) -> Result<Option<Approval>> {
        let select = Entity::find()
            .filter(Column::DeveloperId.eq(developer.0))
            .filter(Column::State.eq(word(ApprovalState::Pending)));
        self.one(select).await
    }

    /// The approval of a request, if it needed one.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn approval_of(&self, request: RequestId) -> Result<Option<Approval>> {
        self.one(Entity::find().filter(Column::RequestId.eq(request.0))).await
    }

    /// The approval that an outside system answers by this link.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn approval_by_link(&self, link: Uuid) -> Result<Option<Approval>> {
        self.one(Entity::find().filter(Column::LinkId.eq(link))).await
    }

    /// Flows by number of page.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn approval_flows(&self, slice: Slice) -> Result<Sliced<ApprovalFlow>> {
        self.slice(flow::Entity::find(), slice).await
    }

    /// Flows.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn approval_flows_page(&self, page: PageRequest) -> Result<Page<ApprovalFlow>> {
        self.page(flow::Entity::find(), page).await
    }

    /// The policy about something, if one was set.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn approval_policy(&self, scope: PolicyScope) -> Result<Option<ApprovalPolicy>> {
        self.one(policy::Entity::find().filter(policy::Column::Scope.eq(word(scope)))).await
    }
}
