//! Requests, with a state for each API.

use std::collections::HashMap;

use domain::{
    ApiId, ApplicationId, GatewayId, Instant, Noun, Person, Request, RequestId, RequestKind, RequestState,
    RequestStatus,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::connection::Connection;
use crate::provision::{person, person_parts};
use crate::read::{Slice, Sliced};
use crate::record::{Place, json, meta, word};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub kind: String,
    pub requester_kind: String,
    pub requester_id: Uuid,
    pub application_id: Uuid,
    pub gateway_id: Option<Uuid>,
    pub context: Json,
    /// Of all states together, to be found by.
    pub status: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How far requests have come with each API.
pub(crate) mod state {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "request_states")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub request_id: Uuid,
        pub position: i32,
        pub event_id: Uuid,
        pub api_id: Option<Uuid>,
        pub status: String,
        pub answer: Option<Vec<u8>>,
        pub trace: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for Request {
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
            kind: Set(word(self.kind)),
            requester_kind: Set(requester_kind),
            requester_id: Set(requester_id),
            application_id: Set(self.application_id.0),
            gateway_id: Set(self.gateway_id.map(|id| id.0)),
            context: Set(json(&self.context)),
            status: Set(word(self.status())),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "requests", id: row.id };
        Ok(Self {
            id: RequestId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            kind: at.word("kind", row.kind)?,
            requester: person(at, "requester_kind", &row.requester_kind, row.requester_id)?,
            application_id: ApplicationId(row.application_id),
            gateway_id: row.gateway_id.map(GatewayId),
            context: at.json("context", row.context)?,
            states: Vec::new(),
        })
    }

    async fn save_parts(&self, connection: &Connection<'_>) -> Result<()> {
        state::Entity::delete_many().filter(state::Column::RequestId.eq(self.id.0)).exec(connection).await?;
        let rows = self.states.iter().zip(0..).map(|(state, position)| state::ActiveModel {
            id: Set(state.id),
            request_id: Set(self.id.0),
            position: Set(position),
            event_id: Set(state.event_id),
            api_id: Set(state.api_id.map(|id| id.0)),
            status: Set(word(state.status)),
            answer: Set(state.answer.clone()),
            trace: Set(json(&state.trace)),
        });
        if !self.states.is_empty() {
            state::Entity::insert_many(rows).exec_without_returning(connection).await?;
        }
        Ok(())
    }

    async fn load_parts(nouns: &mut [Self], connection: &Connection<'_>) -> Result<()> {
        let ids = nouns.iter().map(|request| request.id.0);
        let rows = state::Entity::find()
            .filter(state::Column::RequestId.is_in(ids))
            .order_by_asc(state::Column::Position)
            .all(connection)
            .await?;
        let mut states: HashMap<Uuid, Vec<RequestState>> = HashMap::new();
        for row in rows {
            let at = Place { table: "request_states", id: row.id };
            let state = RequestState {
                id: row.id,
                event_id: row.event_id,
                api_id: row.api_id.map(ApiId),
                status: at.word("status", row.status)?,
                answer: row.answer,
                trace: at.json("trace", row.trace)?,
            };
            states.entry(row.request_id).or_default().push(state);
        }
        for request in nouns {
            request.states = states.remove(&request.id()).unwrap_or_default();
        }
        Ok(())
    }
}

/// Which requests are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestFilter {
    /// Of this kind.
    pub kind: Option<RequestKind>,
    /// Made by this person.
    pub requester: Option<Person>,
    /// For this application.
    pub application_id: Option<ApplicationId>,
    /// That this gateway has to do.
    pub gateway_id: Option<GatewayId>,
    /// That one of these statuses sums up.
    pub statuses: Option<&'static [RequestStatus]>,
    /// That this status sums up.
    pub status: Option<RequestStatus>,
}

impl RequestFilter {
    fn select(&self) -> Select<Entity> {
        let mut select = Entity::find();
        if let Some(kind) = self.kind {
            select = select.filter(Column::Kind.eq(word(kind)));
        }
        if let Some(requester) = self.requester {
            let (kind, id) = person_parts(requester);
            select = select.filter(Column::RequesterKind.eq(kind)).filter(Column::RequesterId.eq(id));
        }
        if let Some(application) = self.application_id {
            select = select.filter(Column::ApplicationId.eq(application.0));
        }
        if let Some(gateway) = self.gateway_id {
            select = select.filter(Column::GatewayId.eq(gateway.0));
        }
        if let Some(statuses) = self.statuses {
            select = select.filter(Column::Status.is_in(statuses.iter().map(word)));
        }
        if let Some(status) = self.status {
            select = select.filter(Column::Status.eq(word(status)));
        }
        select
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Requests by number of page.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn requests(&self, filter: &RequestFilter, slice: Slice) -> Result<Sliced<Request>> {
        self.slice(filter.select(), slice).await
    }

    /// Requests.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn requests_page(&self, filter: &RequestFilter, page: PageRequest) -> Result<Page<Request>> {
        self.page(filter.select(), page).await
    }

    /// The request with a state whose message to the gateway has this id.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn request_of_event(&self, event: Uuid) -> Result<Option<Request>> {
        let row = state::Entity::find().filter(state::Column::EventId.eq(event)).one(&self.0).await?;
        match row {
            Some(row) => self.find(row.request_id).await,
            None => Ok(None),
        }
    }

    /// Some requests in one of these statuses that were written last between two moments, the oldest first.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn requests_untouched(
        &self,
        statuses: &[RequestStatus],
        (from, until): (Instant, Instant),
        limit: u64,
    ) -> Result<Vec<Request>> {
        let select = Entity::find()
            .filter(Column::Status.is_in(statuses.iter().map(word)))
            .filter(Column::UpdatedAt.gte(from.micros()))
            .filter(Column::UpdatedAt.lte(until.micros()))
            .order_by_asc(Column::UpdatedAt)
            .limit(limit);
        self.many(select).await
    }
}
