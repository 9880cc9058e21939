//! Applications that are OAuth clients, since their strategy makes them some: the client has one secret, which is
//! replaced, and follows what is said of the application. It is ours, or another authorization server's by way of a
//! bridge.

use domain::{
    Application, ApplicationDraft, ApplicationId, AuthMethod, AuthStrategy, ClientDraft, ClientRules,
    ClientType, CredentialKind, CredentialState, Event, GrantType, Invalid, OAuthScope, Secret, SecretKind,
};
use serde_json::json;
use store::Tx;

use crate::application::check_reference;
use crate::bridge_work::BridgeEvent;
use crate::{App, Caller, Error, Result};

/// What a client proves itself by. It is shown once.
#[derive(Clone, Debug)]
pub struct ClientProof {
    /// What it calls itself.
    pub client_id: String,
    /// Its secret.
    pub secret: Secret,
}

/// Whose clients a strategy makes.
pub(crate) enum Makes {
    Nothing,
    OurClient,
    TheirClient,
}

/// Where redirects are used, people are told who they are (OpenID Connect Core §3.1.2.1).
const OPENID: &str = "openid";

#[macros::boxed]
impl App {
    /// Gives the client of one of the developer's own applications a new secret. Those that it had are worth nothing
    /// from now on.
    ///
    /// # Errors
    /// If the application is not theirs, or is no client; if the client is at a bridge, which does not do its part.
    pub async fn replace_client_secret(&self, caller: &Caller, id: ApplicationId) -> Result<ClientProof> {
        let (application, strategy) = self.own_application(caller, id).await?;
        match makes(&strategy.method) {
            Makes::Nothing => Err(no_client()),
            Makes::OurClient => self.replace_our_secret(caller, &application).await,
            Makes::TheirClient => self.replace_their_secret(caller, &application, &strategy).await,
        }
    }

    async fn replace_our_secret(&self, caller: &Caller, application: &Application) -> Result<ClientProof> {
        let mut tx = self.begin(caller).await?;
        tx.lock_application(application.id).await?;
        let client = tx.read().live_client(application.id).await?.ok_or_else(no_client)?;
        for old in tx.read().credentials_of(application.id, CredentialKind::ClientSecret).await? {
            if old.state != CredentialState::Revoked {
                tx.save(old.revoke(tx.now())?).await?;
            }
        }
        let (secret, _) = self.keys.mint(SecretKind::ClientSecret);
        self.add_client_secret(&mut tx, application.id, self.minted_secret(&secret)).await?;
        self.commit(tx).await?;
        Ok(ClientProof { client_id: client.client_id, secret })
    }

    async fn replace_their_secret(
        &self,
        caller: &Caller,
        application: &Application,
        strategy: &AuthStrategy,
    ) -> Result<ClientProof> {
        let client = self.store.read().bridge_client_of(application.id).await?.ok_or_else(no_client)?;
        let proof = self.replace_secret_at_bridge(strategy, &client.client_id).await?;
        let mut tx = self.begin(caller).await?;
        let event = Event { action: "application.client_secret_replaced", details: json!({}) };
        tx.note(event, application);
        self.commit(tx).await?;
        Ok(proof)
    }

    /// A developer changes an application of their own, and the scopes of its client if some are given: both or neither.
    ///
    /// # Errors
    /// As [`App::update_application`]; if the application is not theirs, is no client, or scopes are wanted that its
    /// strategy does not offer.
    pub async fn update_own_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        scopes: Option<&[String]>,
        edit: impl FnOnce(&mut ApplicationDraft) + Send,
    ) -> Result<(Application, AuthStrategy)> {
        let (application, strategy) = self.own_application(caller, id).await?;
        let mut tx = self.begin(caller).await?;
        let mut draft = application.draft();
        edit(&mut draft);
        let application = self.change_with_client(&mut tx, &application, &strategy, draft, scopes).await?;
        self.commit(tx).await?;
        Ok((application, strategy))
    }

    /// Changes an application and what its client has of it.
    pub(crate) async fn change_with_client(
        &self,
        tx: &mut Tx,
        application: &Application,
        strategy: &AuthStrategy,
        draft: ApplicationDraft,
        scopes: Option<&[String]>,
    ) -> Result<Application> {
        if let Some(scopes) = scopes {
            check_scopes(&strategy.method, scopes)?;
        }
        let (ours, theirs) = match makes(&strategy.method) {
            Makes::Nothing => (None, None),
            Makes::OurClient => (tx.read().live_client(application.id).await?, None),
            Makes::TheirClient => (None, tx.read().bridge_client_of(application.id).await?),
        };
        if (ours.is_some() || theirs.is_some()) && draft.reference != application.reference {
            let message = "cannot be changed: it is the id of the client";
            return Err(Invalid::field("reference", "conflict", message).into());
        }
        let change = application.update(draft, tx.now())?;
        check_reference(tx, change.after()).await?;
        let after = tx.save(change).await?;
        if let Some(client) = ours
            && (scopes.is_some() || after.redirect_uri != application.redirect_uri)
        {
            let all = tx.read().all_oauth_scopes().await?;
            let mut draft = client.draft();
            let kept = draft.scopes.clone();
            fit(&mut draft, &after, scopes.unwrap_or(&kept));
            let change = client.update(draft, &rules(&all), tx.now()).map_err(about_application)?;
            tx.save(change).await?;
        } else if scopes.is_some_and(|scopes| !scopes.is_empty()) {
            return Err(no_client());
        }
        if theirs.is_some() {
            self.note_for_bridge(tx, after.id, BridgeEvent::Updated).await?;
        }
        Ok(after)
    }

    /// The scopes that the client of an application may ask for, of those that its strategy offers; `None` if it is no
    /// client of ours.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn scopes_of_client(
        &self,
        application: &Application,
        strategy: &AuthStrategy,
    ) -> Result<Option<Vec<String>>> {
        let client = self.store.read().live_client(application.id).await?;
        let is_offered = |scope: &String| offered(&strategy.method).contains(scope);
        Ok(client.map(|client| client.draft().scopes.into_iter().filter(is_offered).collect()))
    }
}

/// Gives a client what its application says. It acts for itself; with an address to send people back to, it signs people
/// in as well.
pub(crate) fn fit(draft: &mut ClientDraft, application: &Application, scopes: &[String]) {
    use GrantType::{AuthorizationCode, ClientCredentials, RefreshToken};
    draft.scopes = scopes.to_vec();
    draft.redirect_uris = application.redirect_uri.iter().cloned().collect();
    if application.redirect_uri.is_some() {
        draft.client_type = ClientType::Custom;
        draft.grant_types = vec![AuthorizationCode, ClientCredentials, RefreshToken];
    } else if draft.client_type == ClientType::Custom {
        draft.grant_types = vec![ClientCredentials];
    }
    // Without any scope such a client would be open to all of them.
    if draft.client_type == ClientType::Custom && !draft.scopes.iter().any(|scope| scope == OPENID) {
        draft.scopes.push(OPENID.to_owned());
    }
}

/// What is wrong with the client, under the name of what the application says.
pub(crate) fn about_application(error: impl Into<Error>) -> Error {
    let Error::Invalid(invalid) = error.into() else { return no_client() };
    match invalid.fields().iter().find(|it| it.field.starts_with("redirect_uris")) {
        Some(wrong) => Invalid::field("redirect_uri", wrong.code, wrong.message.clone()).into(),
        None => invalid.into(),
    }
}

/// What a client is held against whose strategy an administrator has made.
pub(crate) fn rules(scopes: &[OAuthScope]) -> ClientRules<'_> {
    ClientRules { legacy_grants: &[], scopes, by_administrator: true, imported: false }
}

pub(crate) fn makes(method: &AuthMethod) -> Makes {
    match method {
        AuthMethod::ClientCredentials { .. } => Makes::OurClient,
        AuthMethod::BridgedClientCredentials { .. } => Makes::TheirClient,
        AuthMethod::KeyAuth { .. } | AuthMethod::SelfManagedClientCredentials { .. } => Makes::Nothing,
    }
}

/// The scopes that applications may choose from.
fn offered(method: &AuthMethod) -> &[String] {
    match method {
        AuthMethod::ClientCredentials { scopes, .. } => scopes,
        AuthMethod::KeyAuth { .. }
        | AuthMethod::SelfManagedClientCredentials { .. }
        | AuthMethod::BridgedClientCredentials { .. } => &[],
    }
}

pub(crate) fn check_scopes(method: &AuthMethod, wanted: &[String]) -> Result<(), Invalid> {
    let offered = offered(method);
    match wanted.iter().position(|scope| !offered.contains(scope)) {
        Some(i) => {
            let message = "must be a scope that the auth strategy offers";
            Err(Invalid::field(format!("scopes[{i}]"), "unknown", message))
        }
        None => Ok(()),
    }
}

fn no_client() -> Error {
    Error::conflict("no_client", "the application is no client whose secret is kept here")
}
