//! Credentials that a third party's gateway made: kept sealed, and shown to their owner by an act of its own.

use domain::{
    Access, ApplicationAction, ApplicationId, Credential, CredentialDraft, CredentialId, Event, External,
    ExternalValues, GatewayId, Material, Resource, Transition,
};
use serde_json::json;
use store::Tx;

use crate::caller::application_for;
use crate::{App, Caller, CredentialFilter, Error, Result, every};

const THIS: Resource = Resource::Credentials;

/// A third party's credential, in clear.
#[derive(Clone, Debug)]
pub struct Revealed {
    /// Which.
    pub credential: Credential,
    /// What it is.
    pub values: ExternalValues,
}

pub(crate) fn place(id: CredentialId) -> String {
    format!("credentials.details.{id}")
}

#[macros::boxed]
impl App {
    /// Puts credentials of a gateway in the place of those that an application had of it.
    pub(crate) async fn replace_external(
        &self,
        tx: &mut Tx,
        application: ApplicationId,
        gateway_id: Option<GatewayId>,
        values: Vec<ExternalValues>,
    ) -> Result<()> {
        for credential in external_of(tx, application).await? {
            let Material::External(external) = &credential.material else { continue };
            if external.gateway_id == gateway_id {
                tx.save(Transition::delete(credential, "credential.replaced")).await?;
            }
        }
        for values in values {
            let id: CredentialId = self.new_id();
            let json =
                serde_json::to_vec(&values).map_err(|e| Error::Internal(format!("credential: {e}")))?;
            let sealed = self.keys.seal(&place(id), &json);
            let external = External { gateway_id, form: values.form(), sealed, hint: values.hint() };
            let draft = CredentialDraft { name: values.name().to_owned(), expires_at: None };
            let material = Material::External(external);
            tx.save(Credential::issue(id, application, draft, material, tx.now())?).await?;
        }
        Ok(())
    }

    /// Shows one credential of a third party to somebody who manages the application's credentials. It is noted.
    ///
    /// # Errors
    /// If it does not exist, the caller may not or has not signed in lately, or it is none of a third party's.
    pub async fn reveal_credential(&self, caller: &Caller, id: CredentialId) -> Result<Revealed> {
        let fresh = self.must_be_fresh(caller).await;
        let mut tx = self.begin(caller).await?;
        let unknown = || Error::NotFound(CredentialId::KIND);
        let developer = caller.developer_or_administrator(THIS, Access::Write)?;
        let credential: Credential = tx.read().find_visible(id, developer).await?.ok_or_else(unknown)?;
        let action = ApplicationAction::ManageCredentials;
        application_for(tx.read(), caller, credential.application_id, THIS, action).await?;
        fresh?;
        let Material::External(_) = &credential.material else {
            let message = "only a hash of this credential is kept; rotate it if it was lost";
            return Err(Error::conflict("not_kept", message));
        };
        let revealed = self.open_external(credential)?;
        note_revealed(&mut tx, &revealed.credential);
        self.commit(tx).await?;
        Ok(revealed)
    }

    /// Shows all credentials of third parties that an application has, the oldest first: to those who manage its
    /// credentials, and to the gateway that made them. It is noted. To others that see the application: none.
    ///
    /// # Errors
    /// If the caller may not see the application.
    pub async fn reveal_credentials(
        &self,
        caller: &Caller,
        application: ApplicationId,
    ) -> Result<Vec<Revealed>> {
        let (_, provision) = self.provision(caller, application).await?;
        let mut tx = self.begin(caller).await?;
        if caller.provider().is_none() {
            let action = ApplicationAction::ManageCredentials;
            match application_for(tx.read(), caller, application, THIS, action).await {
                Ok(_) => {}
                Err(Error::Forbidden(_)) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
        let mut revealed = Vec::new();
        for credential in external_of(&tx, application).await? {
            let Material::External(external) = &credential.material else { continue };
            if caller.provider().is_some() && external.gateway_id != provision.gateway_id {
                continue;
            }
            note_revealed(&mut tx, &credential);
            revealed.push(self.open_external(credential)?);
        }
        if !revealed.is_empty() {
            self.commit(tx).await?;
        }
        Ok(revealed)
    }

    fn open_external(&self, credential: Credential) -> Result<Revealed> {
        let Material::External(external) = &credential.material else {
            return Err(Error::NotFound(CredentialId::KIND));
        };
        let opened = self.keys.open(&place(credential.id), &external.sealed);
        let values = opened.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let values =
            values.ok_or_else(|| Error::Internal("a credential does not open with this key".to_owned()))?;
        Ok(Revealed { credential, values })
    }
}

fn note_revealed(tx: &mut Tx, credential: &Credential) {
    tx.note(Event { action: "credential.revealed", details: json!({}) }, credential);
}

/// The credentials of third parties that an application has, the oldest first.
async fn external_of(tx: &Tx, application: ApplicationId) -> Result<Vec<Credential>> {
    let filter = CredentialFilter { application_id: Some(application), ..CredentialFilter::default() };
    let read = tx.read();
    let mut all = every(|page| read.credentials(&filter, page)).await?;
    all.retain(|it| matches!(it.material, Material::External(_)));
    all.reverse();
    Ok(all)
}
