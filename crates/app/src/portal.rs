//! The portal: everybody may see how it shows itself, administrators change it.

use domain::{Access, Event, PictureFormat, Portal, PortalPicture, Resource};
use serde_json::json;
use uuid::Uuid;

use crate::{App, Caller, Error, Result, expect_version};

const THIS: Resource = Resource::Portal;

#[macros::boxed]
impl App {
    /// The portal's settings.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn portal(&self) -> Result<Portal> {
        let id = self.portal_id();
        match self.store.read().find(id).await? {
            Some(portal) => Ok(portal),
            None => Ok(Portal::installed(id.into())?),
        }
    }

    /// The portal's settings, for those who look after them: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn portal_settings(&self, caller: &Caller) -> Result<Portal> {
        caller.must_administer(THIS, Access::Read)?;
        self.portal().await
    }

    /// An id that this installation has and no other: it is made of the master key.
    pub(crate) fn portal_id(&self) -> Uuid {
        let bytes = self.keys.authenticate("portal", &[]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// An id for what this installation is a part of, made like the portal's.
    pub fn organisation_id(&self) -> Uuid {
        uuid::Builder::from_custom_bytes(self.keys.authenticate("organisation", &[])).into_uuid()
    }

    /// Changes the settings: administrators only.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or they are not at the expected version.
    pub async fn update_portal(
        &self,
        caller: &Caller,
        expected: Option<i64>,
        edit: impl FnOnce(&mut domain::PortalDraft) + Send,
    ) -> Result<Portal> {
        caller.must_administer(THIS, Access::Write)?;
        let portal = self.portal().await?;
        expect_version(&portal, expected)?;
        let mut draft = portal.draft();
        edit(&mut draft);
        let mut tx = self.begin(caller).await?;
        let change = portal.update(draft, tx.now())?;
        let portal = match tx.save(change).await {
            // Somebody else was the first to save it.
            Err(store::Error::Unique { .. }) => return Err(Error::Stale),
            other => other?,
        };
        self.commit(tx).await?;
        self.brand.forget();
        Ok(portal)
    }

    /// A picture of the portal.
    ///
    /// # Errors
    /// If it has not been given one.
    pub async fn portal_picture(&self, kind: PortalPicture) -> Result<(PictureFormat, Vec<u8>)> {
        self.store.read().portal_picture(kind).await?.ok_or(Error::NotFound("picture"))
    }

    /// Gives the portal a picture, or takes it away: administrators only.
    ///
    /// # Errors
    /// If the caller may not, it is no picture, or there is none to be taken away.
    pub async fn set_portal_picture(
        &self,
        caller: &Caller,
        kind: PortalPicture,
        bytes: Option<Vec<u8>>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let new = match bytes {
            Some(bytes) => Some((PictureFormat::of(&bytes)?, bytes)),
            None => None,
        };
        let size = new.as_ref().map(|(_, bytes)| bytes.len());
        let portal = self.portal().await?;
        let mut tx = self.begin(caller).await?;
        let was_there = tx.put_portal_picture(kind, new).await?;
        if size.is_none() && !was_there {
            return Err(Error::NotFound("picture"));
        }
        let details = json!({ "picture": kind, "bytes": size });
        tx.note(Event { action: "portal.picture_changed", details }, &portal);
        self.commit(tx).await?;
        self.brand.forget();
        Ok(())
    }
}
