//! Clients: the OAuth settings of applications.

use domain::{
    ApplicationId, Client, ClientDraft, ClientId, ClientState, DeveloperId, Instant, TokenDefinitionId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::read::is_word;
use crate::record::{Place, json, meta, word};
use crate::subscription::application_ids_visible_to;
use crate::{Owned, Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub application_id: Uuid,
    /// The application again while the client lives, so that a unique index allows one live client.
    pub live_application_id: Option<Uuid>,
    pub client_id: String,
    pub state: String,
    pub revoked_epoch: Option<i64>,
    /// A column of its own, so that a definition in use cannot be removed.
    pub token_definition_id: Option<Uuid>,
    /// All the other settings.
    pub settings: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Client {
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
            live_application_id: Set(self.is_live().then_some(self.application_id.0)),
            client_id: Set(self.client_id.clone()),
            state: Set(word(self.state)),
            revoked_epoch: Set(self.revoked_epoch.map(Instant::micros)),
            token_definition_id: Set(self.token_definition.map(|id| id.0)),
            settings: Set(json(ClientDraft { token_definition: None, ..self.draft() })),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "clients", id: row.id };
        let mut draft: ClientDraft = at.json("settings", row.settings)?;
        draft.token_definition = row.token_definition_id.map(TokenDefinitionId);
        let state = at.word("state", row.state)?;
        Client::restore(
            (ClientId(row.id), meta(row.version, row.created_at, row.updated_at)),
            ApplicationId(row.application_id),
            row.client_id,
            draft,
            (state, row.revoked_epoch.map(Instant::from_micros)),
        )
        .ok_or_else(|| at.corrupt("settings"))
    }
}

impl Owned for Client {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::all().add(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)))
    }
}

/// Which clients are wanted.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// In this state.
    pub state: Option<ClientState>,
    /// With this client id.
    pub client_id: Option<String>,
    /// Of this application.
    pub application_id: Option<ApplicationId>,
    /// Of applications that this developer may see.
    pub visible_to: Option<DeveloperId>,
}

#[macros::boxed]
impl Read<'_> {
    /// Clients, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn clients(&self, filter: &ClientFilter, page: PageRequest) -> Result<Page<Client>> {
        let mut select = Entity::find();
        if let Some(state) = filter.state {
            select = select.filter(Column::State.eq(word(state)));
        }
        if let Some(id) = &filter.client_id {
            select = select.filter(is_word(Column::ClientId, id));
        }
        if let Some(application) = filter.application_id {
            select = select.filter(Column::ApplicationId.eq(application.0));
        }
        if let Some(developer) = filter.visible_to {
            select = select.filter(Client::visible_to(developer));
        }
        self.page(select, page).await
    }

    /// The live client of an application.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn live_client(&self, application: ApplicationId) -> Result<Option<Client>> {
        self.one(Entity::find().filter(Column::LiveApplicationId.eq(application.0))).await
    }
}
