//! The portal's settings and pictures.

use domain::{Color, Name, PictureFormat, Portal, PortalId, PortalPicture, Text};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::record::{Place, json, meta, word};
use crate::{Read, Record, Result, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "portals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub is_public: bool,
    pub approves_subscriptions: bool,
    pub headline: String,
    pub welcome: String,
    pub allowed_origins: Json,
    pub accent: Option<String>,
    pub links: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Pictures, apart from the settings: they are large and asked for by name.
pub(crate) mod picture {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "portal_pictures")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        pub format: String,
        pub bytes: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for Portal {
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
            is_public: Set(self.is_public),
            approves_subscriptions: Set(self.approves_subscriptions),
            headline: Set(self.headline.as_str().to_owned()),
            welcome: Set(self.welcome.as_str().to_owned()),
            allowed_origins: Set(json(&self.allowed_origins)),
            accent: Set(self.accent.map(|color| color.to_string())),
            links: Set(json(&self.links)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "portals", id: row.id };
        Ok(Self {
            id: PortalId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            is_public: row.is_public,
            approves_subscriptions: row.approves_subscriptions,
            headline: at.text("headline", Text::parse(&row.headline))?,
            welcome: at.text("welcome", Text::parse(&row.welcome))?,
            allowed_origins: at.json("allowed_origins", row.allowed_origins)?,
            accent: row.accent.map(|text| at.text("accent", Color::parse(&text))).transpose()?,
            links: at.json("links", row.links)?,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// A picture of the portal, if it has been given one.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn portal_picture(&self, kind: PortalPicture) -> Result<Option<(PictureFormat, Vec<u8>)>> {
        let row = picture::Entity::find_by_id(kind.as_str().to_owned()).one(&self.0).await?;
        let at = Place { table: "portal_pictures", id: Uuid::nil() };
        row.map(|row| Ok((at.word("format", row.format)?, row.bytes))).transpose()
    }

    /// Whether the portal has been given a picture.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn has_portal_picture(&self, kind: PortalPicture) -> Result<bool> {
        let found = picture::Entity::find_by_id(kind.as_str().to_owned());
        Ok(found.count(&self.0).await? > 0)
    }
}

#[macros::boxed]
impl Tx {
    /// Puts a picture in the place of the one that was there; `None` removes it.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_portal_picture(
        &self,
        kind: PortalPicture,
        new: Option<(PictureFormat, Vec<u8>)>,
    ) -> Result<bool> {
        let gone = picture::Entity::delete_by_id(kind.as_str().to_owned()).exec(&self.inner).await?;
        if let Some((format, bytes)) = new {
            let row = picture::ActiveModel {
                kind: Set(kind.as_str().to_owned()),
                format: Set(word(format)),
                bytes: Set(bytes),
            };
            picture::Entity::insert(row).exec_without_returning(&self.inner).await?;
        }
        Ok(gone.rows_affected > 0)
    }
}
