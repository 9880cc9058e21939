//! Credentials of applications.

use std::time::Duration;

use domain::{
    Access, ApiKey, Application, ApplicationAction, ApplicationId, Certificate, Credential, CredentialDraft,
    CredentialId, CredentialKind, Event, ForeignKey, Invalid, Material, Resource, SecretKind,
};
use serde_json::json;
use store::{Read, Tx};

use crate::caller::application_for;
use crate::{
    App, Caller, Created, CredentialFilter, Error, Page, PageRequest, Result, Slice, Sliced, expect_version,
};

const THIS: Resource = Resource::Credentials;

#[macros::boxed]
impl App {
    /// Credentials: all of them for administrators; for developers those of applications that they may see.
    ///
    /// # Errors
    /// If the caller is nobody, lacks the scope, or may not see the application in the filter.
    pub async fn credentials(
        &self,
        caller: &Caller,
        mut filter: CredentialFilter,
        page: PageRequest,
    ) -> Result<Page<Credential>> {
        filter.visible_to = caller.developer_or_administrator(THIS, Access::Read)?;
        if let Some(application) = filter.application_id {
            application_for(self.store.read(), caller, application, THIS, ApplicationAction::View).await?;
        }
        Ok(self.store.read().credentials(&filter, page).await?)
    }

    /// The credentials of a kind that one of the developer's own applications holds, by numbered pages; ended ones are
    /// left out.
    ///
    /// # Errors
    /// If the caller is no developer, or the application is not theirs.
    pub async fn own_credentials(
        &self,
        caller: &Caller,
        application: ApplicationId,
        kind: CredentialKind,
        slice: Slice,
    ) -> Result<Sliced<Credential>> {
        self.own_application(caller, application).await?;
        Ok(self.store.read().credentials_slice(application, kind, slice).await?)
    }

    /// One credential, without its secret.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn credential(&self, caller: &Caller, id: CredentialId) -> Result<Credential> {
        credential_for(self.store.read(), caller, id, ApplicationAction::View).await
    }

    /// Issues an API key. The answer holds the key; it is never shown again.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the application holds too many.
    pub async fn issue_api_key(
        &self,
        caller: &Caller,
        application: ApplicationId,
        draft: CredentialDraft,
    ) -> Result<Created<Credential>> {
        let id = self.new_id();
        let (secret, _) = self.keys.mint(SecretKind::ApiKey);
        let tx = self.begin(caller).await?;
        application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageCredentials).await?;
        if let Some(done) = self.replay(&tx, caller, id, Some(&secret)).await? {
            return Ok(done);
        }
        self.check_credential_quota(&tx, application, CredentialKind::ApiKey).await?;
        let material = Material::ApiKey(ApiKey::minted(&secret, self.keys.peppers().present()));
        let change = Credential::issue(id, application, draft, material, tx.now())?;
        Ok(Created::with_secret(self.save(tx, change).await?, secret))
    }

    /// Imports an API key that somebody else made: administrators only, since only they may choose keys. That a key is
    /// known already is not told, for that would prove that it is somebody's.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the key cannot be taken, or the application holds too many.
    pub async fn import_api_key(
        &self,
        caller: &Caller,
        application: ApplicationId,
        draft: CredentialDraft,
        key: ForeignKey,
    ) -> Result<Created<Credential>> {
        let id = self.new_id();
        let mut tx = self.begin(caller).await?;
        let owner = application_for(tx.read(), caller, application, THIS, ApplicationAction::View).await?;
        caller.must_administer(THIS, Access::Write)?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        self.check_credential_quota(&tx, application, CredentialKind::ApiKey).await?;
        let peppers = self.keys.peppers();
        let hashes = peppers.each().map(|pepper| Ok(ApiKey::import(key.clone(), pepper)?.hash));
        let hashes = hashes.collect::<Result<Vec<_>>>()?;
        if tx.read().is_hash_taken(&hashes).await? {
            drop(tx);
            return self.refuse_import(caller, &owner).await;
        }
        let material = Material::ApiKey(ApiKey::import(key, peppers.present())?);
        let change = Credential::issue(id, application, draft, material, tx.now())?;
        let credential = match tx.save(change).await {
            Err(store::Error::Unique { .. }) => {
                drop(tx);
                return self.refuse_import(caller, &owner).await;
            }
            other => other?,
        };
        self.commit(tx).await?;
        Ok(Created::new(credential))
    }

    /// Registers a client certificate: calls that a gateway hands on with it are this application's. Only administrators
    /// may take one whose time is over, or whose signer nobody trusts.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the certificate is registered already, or the application holds too many.
    pub async fn add_certificate(
        &self,
        caller: &Caller,
        application: ApplicationId,
        draft: CredentialDraft,
        certificate: Result<Certificate, Invalid>,
    ) -> Result<Created<Credential>> {
        let id = self.new_id();
        let mut tx = self.begin(caller).await?;
        let owner =
            application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageCredentials)
                .await?;
        // What is wrong with it is for those who may register one.
        let certificate = certificate?;
        if certificate.allow_expired || certificate.skip_chain {
            caller.must_administer(THIS, Access::Write)?;
        }
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        if certificate.not_after <= tx.now() && !certificate.allow_expired {
            return Err(Invalid::field("certificate", "expired", "has expired; register a new one").into());
        }
        self.check_credential_quota(&tx, application, CredentialKind::Certificate).await?;
        let change = Credential::issue(id, application, draft, Material::Certificate(certificate), tx.now())?;
        let credential = match tx.save(change).await {
            // Whose it is stays untold; to ask is on record.
            Err(store::Error::Unique { .. }) => {
                drop(tx);
                self.note_refused_import(caller, &owner).await?;
                return Err(Error::conflict_in(
                    "certificate",
                    "certificate_taken",
                    "this certificate cannot be registered; use another one",
                ));
            }
            other => other?,
        };
        self.commit(tx).await?;
        Ok(Created::new(credential))
    }

    /// Refuses a key that is somebody's, whether of this application or not.
    async fn refuse_import<T>(&self, caller: &Caller, application: &Application) -> Result<T> {
        self.note_refused_import(caller, application).await?;
        let message = "cannot be used; import another key or issue a new one";
        Err(Invalid::field("value", "unusable", message).into())
    }

    /// Whoever imports keys that are somebody's may be looking for them: the log says so, the answer does not.
    async fn note_refused_import(&self, caller: &Caller, application: &Application) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        tx.note(Event { action: "credential.import_refused", details: json!({}) }, application);
        self.commit(tx).await
    }

    /// Changes a credential's name or end.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, it has ended, or it is not at the expected version.
    pub async fn update_credential(
        &self,
        caller: &Caller,
        id: CredentialId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut CredentialDraft) + Send,
    ) -> Result<Credential> {
        let tx = self.begin(caller).await?;
        let credential = credential_for(tx.read(), caller, id, ApplicationAction::ManageCredentials).await?;
        expect_version(&credential, expected)?;
        let mut draft = credential.draft();
        edit(&mut draft);
        let change = credential.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Switches a credential off or on.
    ///
    /// # Errors
    /// If the caller may not, or it has ended.
    pub async fn set_credential_enabled(
        &self,
        caller: &Caller,
        id: CredentialId,
        enabled: bool,
    ) -> Result<Credential> {
        let tx = self.begin(caller).await?;
        let credential = credential_for(tx.read(), caller, id, ApplicationAction::ManageCredentials).await?;
        let change = credential.set_enabled(enabled, tx.now())?;
        self.save(tx, change).await
    }

    /// Ends a credential for good. Its calls are refused from now on.
    ///
    /// # Errors
    /// If the caller may not, or it was revoked before.
    pub async fn revoke_credential(&self, caller: &Caller, id: CredentialId) -> Result<Credential> {
        let tx = self.begin(caller).await?;
        let credential = credential_for(tx.read(), caller, id, ApplicationAction::ManageCredentials).await?;
        let change = credential.revoke(tx.now())?;
        self.save(tx, change).await
    }

    /// Issues a successor. The old credential lives on for `overlap`, and both count for as long.
    ///
    /// # Errors
    /// If the caller may not, the credential is not in use, or both would be too many.
    pub async fn rotate_credential(
        &self,
        caller: &Caller,
        id: CredentialId,
        overlap: Duration,
    ) -> Result<Created<Credential>> {
        let successor: CredentialId = self.new_id();
        let mut tx = self.begin(caller).await?;
        let credential = credential_for(tx.read(), caller, id, ApplicationAction::ManageCredentials).await?;
        let kind = credential.material.kind();
        let (secret, _) = self.keys.mint(match kind {
            CredentialKind::ApiKey => SecretKind::ApiKey,
            CredentialKind::ClientSecret => SecretKind::ClientSecret,
            CredentialKind::Certificate | CredentialKind::External => return Err(made_elsewhere(kind)),
        });
        if let Some(done) = self.replay(&tx, caller, successor, Some(&secret)).await? {
            return Ok(done);
        }
        let material = match &credential.material {
            Material::ApiKey(_) => Material::ApiKey(ApiKey::minted(&secret, self.keys.peppers().present())),
            Material::ClientSecret(_) => self.minted_secret(&secret),
            Material::Certificate(_) | Material::External(_) => return Err(made_elsewhere(kind)),
        };
        let (old, new) = credential.rotate(successor, material, overlap, tx.now())?;
        if !overlap.is_zero() {
            self.check_credential_quota(&tx, credential.application_id, kind).await?;
        }
        tx.save(old).await?;
        Ok(Created::with_secret(self.save(tx, new).await?, secret))
    }

    pub(crate) async fn check_credential_quota(
        &self,
        tx: &Tx,
        application: ApplicationId,
        kind: CredentialKind,
    ) -> Result<()> {
        // Bumping a row that all creates for this application share makes them come one after the other.
        tx.lock_application(application).await?;
        let max = self.settings.credentials_per_application;
        if tx.read().count_live_credentials(application, kind, tx.now()).await? >= max {
            return Err(Error::Quota(format!("Maximum number of Credentials exceeded. Max Allowed: {max}")));
        }
        Ok(())
    }
}

fn made_elsewhere(kind: CredentialKind) -> Error {
    let message = if kind == CredentialKind::External {
        "a third party's gateway made this credential; ask there for a new one"
    } else {
        "certificates are made elsewhere: register the new one beside this, and revoke this when it is in use"
    };
    Error::conflict("not_rotated_here", message)
}

/// Loads a credential for somebody who wants to do something with it: their right comes from its application.
async fn credential_for(
    read: Read<'_>,
    caller: &Caller,
    id: CredentialId,
    action: ApplicationAction,
) -> Result<Credential> {
    let developer = caller.developer_or_administrator(THIS, Access::Read)?;
    let credential: Credential =
        read.find_visible(id, developer).await?.ok_or(Error::NotFound(CredentialId::KIND))?;
    match application_for(read, caller, credential.application_id, THIS, action).await {
        Ok(_) => Ok(credential),
        // What belongs to a foreign application is as unknown as the application.
        Err(Error::NotFound(_)) => Err(Error::NotFound(CredentialId::KIND)),
        Err(error) => Err(error),
    }
}
