//! Client secrets: made anew, chosen by administrators, ended.

use std::time::Duration;

use domain::{ApplicationAction, ApplicationId, Client, CredentialKind, MAX_OVERLAP, Secret, SecretKind};
use store::Tx;

use super::client::{THIS, live_client, must_be_administrator};
use crate::caller::application_for;
use crate::{App, Caller, Created, Error, Result};

#[macros::boxed]
impl App {
    /// Makes a new secret for a client. The old ones end at once, or live on for `overlap`; tokens live on. With
    /// `chosen`, that is the secret: administrators only.
    ///
    /// # Errors
    /// If the caller may not, there is no client, the overlap is too long, or the chosen secret is too weak.
    pub async fn regenerate_client_secret(
        &self,
        caller: &Caller,
        application: ApplicationId,
        overlap: Duration,
        chosen: Option<Secret>,
    ) -> Result<Created<Client>> {
        let is_chosen = chosen.is_some();
        let secret = chosen.unwrap_or_else(|| self.keys.mint(SecretKind::ClientSecret).0);
        let mut tx = self.begin(caller).await?;
        application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageClient).await?;
        if is_chosen {
            must_be_administrator(caller)?;
        }
        let client = live_client(tx.read(), application).await?;
        if overlap > MAX_OVERLAP {
            let message = "must be at most 90 days";
            return Err(domain::Invalid::field("overlap_seconds", "out_of_range", message).into());
        }
        if client.token_endpoint_auth_method == domain::ClientAuthMethod::PrivateKeyJwt {
            let message = "this client proves itself by its keys; it has no secret";
            return Err(Error::conflict("no_secret", message));
        }
        if let Some(done) = self.replay(&tx, caller, client.id, Some(&secret)).await? {
            return Ok(done);
        }
        let material = self.secret_material(&secret, is_chosen).await?;
        tx.lock_application(application).await?;
        self.end_secrets(&mut tx, application, overlap).await?;
        self.add_client_secret(&mut tx, application, material).await?;
        self.commit(tx).await?;
        let secret = (!is_chosen).then_some(secret);
        Ok(Created { value: client, secret, replayed: false })
    }

    /// Ends all secrets of an application: at once, or after a while.
    pub(super) async fn end_secrets(
        &self,
        tx: &mut Tx,
        application: ApplicationId,
        overlap: Duration,
    ) -> Result<()> {
        let now = tx.now();
        for secret in tx.read().credentials_of(application, CredentialKind::ClientSecret).await? {
            if !secret.status(now).is_usable() && !overlap.is_zero() {
                continue;
            }
            let end = now + overlap;
            let change = if overlap.is_zero() {
                secret.revoke(now)
            } else if secret.replaced_by.is_some() {
                continue;
            } else {
                let mut draft = secret.draft();
                draft.expires_at = Some(draft.expires_at.map_or(end, |at| at.min(end)));
                secret.update(draft, now)
            };
            // One that has been revoked before needs nothing.
            if let Ok(change) = change {
                tx.save(change).await?;
            }
        }
        Ok(())
    }
}
