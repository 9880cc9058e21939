//! Applications whose strategy makes them OAuth clients: both are made in one breath, and the client has one secret,
//! which is replaced.

use domain::{
    Application, ApplicationDraft, ApplicationId, AuthMethod, AuthStrategy, AuthStrategyId, Client,
    ClientDraft, ClientId, ClientRules, ClientSecret, ClientType, Credential, CredentialDraft,
    CredentialKind, CredentialState, Invalid, Material, OAuthScope, Owner, Secret, SecretKind,
};
use store::Tx;
use uuid::Uuid;

use crate::application::{check_reference, strategy};
use crate::developer::own_id;
use crate::keys::PEPPER;
use crate::{App, Caller, Error, Result};

/// What a client proves itself by. It is shown once.
#[derive(Clone, Debug)]
pub struct ClientProof {
    /// What it calls itself.
    pub client_id: String,
    /// Its secret.
    pub secret: Secret,
}

/// An application that was just made.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// The application.
    pub application: Application,
    /// How it authenticates.
    pub strategy: AuthStrategy,
    /// Its client's, if its strategy makes it one.
    pub proof: Option<ClientProof>,
    /// The scopes that its client may ask for.
    pub scopes: Vec<String>,
}

/// What people call the secret that comes with a client.
const SECRET: &str = "Client secret";

impl App {
    /// A developer makes an application of their own. If its strategy says so, it is a client as well: its reference is
    /// the client's id then, and the answer holds the client's secret. All of it is one transaction.
    ///
    /// # Errors
    /// As [`App::create_application`]; if scopes are wanted that the strategy does not offer, or a reference is given
    /// for a client that gets an id here.
    pub async fn create_own_application(
        &self,
        caller: &Caller,
        draft: ApplicationDraft,
        auth_strategy_id: Option<AuthStrategyId>,
        scopes: Vec<String>,
    ) -> Result<NewApplication> {
        let owner = Owner::Developer(own_id(caller)?);
        let mut tx = self.begin(caller).await?;
        let owner = self.owner_for(&tx, caller, Some(owner)).await?;
        self.check_application_quota(&tx, owner).await?;
        let strategy = strategy(&tx, auth_strategy_id).await?;
        check_scopes(&strategy.method, &scopes)?;
        let id: ApplicationId = self.new_id();
        let makes_client = makes_client(&strategy.method);
        let mut draft = draft;
        if makes_client {
            if draft.reference.is_some() {
                let message = "must not be given: the client that is made with the application gets an id";
                return Err(Invalid::field("reference", "conflict", message).into());
            }
            draft.reference = Some(self.new_id::<Uuid>().to_string());
        }
        let change = Application::create(id, draft, owner, strategy.id, tx.now())?;
        check_reference(&tx, change.after()).await?;
        let application = tx.save(change).await?;
        let proof =
            if makes_client { Some(self.make_client(&mut tx, &application, &scopes).await?) } else { None };
        self.commit(tx).await?;
        Ok(NewApplication { application, strategy, proof, scopes })
    }

    async fn make_client(
        &self,
        tx: &mut Tx,
        application: &Application,
        scopes: &[String],
    ) -> Result<ClientProof> {
        let all = tx.read().all_oauth_scopes().await?;
        let rules = rules(&all);
        // It acts for itself: where people would be sent back to is kept with the application only.
        let draft = ClientDraft { scopes: scopes.to_vec(), ..ClientDraft::of(ClientType::NonInteractive) };
        let id: ClientId = self.new_id();
        let change = Client::create(id, application.id, application.known_as(), draft, &rules, tx.now())?;
        let client = tx.save(change).await?;
        let secret = self.issue_client_secret(tx, application.id).await?;
        Ok(ClientProof { client_id: client.client_id, secret })
    }

    async fn issue_client_secret(&self, tx: &mut Tx, application: ApplicationId) -> Result<Secret> {
        let (secret, _) = self.keys.mint(SecretKind::ClientSecret);
        let material = Material::ClientSecret(ClientSecret::minted(&secret, self.keys.pepper(), PEPPER));
        let draft = CredentialDraft { name: SECRET.to_owned(), expires_at: None };
        let change = Credential::issue(self.new_id(), application, draft, material, tx.now())?;
        tx.save(change).await?;
        Ok(secret)
    }

    /// Gives the client of one of the developer's own applications a new secret. Those that it had are worth nothing
    /// from now on.
    ///
    /// # Errors
    /// If the application is not theirs, or is no client.
    pub async fn replace_client_secret(&self, caller: &Caller, id: ApplicationId) -> Result<ClientProof> {
        let (application, strategy) = self.own_application(caller, id).await?;
        if !makes_client(&strategy.method) {
            return Err(no_client());
        }
        let mut tx = self.begin(caller).await?;
        tx.lock_application(application.id).await?;
        let client = tx.read().live_client(application.id).await?.ok_or_else(no_client)?;
        for old in tx.read().credentials_of(application.id, CredentialKind::ClientSecret).await? {
            if old.state != CredentialState::Revoked {
                tx.save(old.revoke(tx.now())?).await?;
            }
        }
        let secret = self.issue_client_secret(&mut tx, application.id).await?;
        self.commit(tx).await?;
        Ok(ClientProof { client_id: client.client_id, secret })
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
        if let Some(scopes) = scopes {
            check_scopes(&strategy.method, scopes)?;
            let all = tx.read().all_oauth_scopes().await?;
            let client = tx.read().live_client(application.id).await?.ok_or_else(no_client)?;
            let rules = rules(&all);
            let draft = ClientDraft { scopes: scopes.to_vec(), ..client.draft() };
            tx.save(client.update(draft, &rules, tx.now())?).await?;
        }
        let mut draft = application.draft();
        edit(&mut draft);
        if makes_client(&strategy.method) && draft.reference != application.reference {
            let message = "cannot be changed: it is the id of the client";
            return Err(Invalid::field("reference", "conflict", message).into());
        }
        let change = application.update(draft, tx.now())?;
        check_reference(&tx, change.after()).await?;
        let application = tx.save(change).await?;
        self.commit(tx).await?;
        Ok((application, strategy))
    }

    /// The scopes that the client of an application may ask for; `None` if it is no client.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn scopes_of_client(&self, application: &Application) -> Result<Option<Vec<String>>> {
        let client = self.store.read().live_client(application.id).await?;
        Ok(client.map(|client| client.scopes))
    }
}

/// What a client of a developer is held against.
fn rules(scopes: &[OAuthScope]) -> ClientRules<'_> {
    ClientRules { legacy_grants: &[], scopes, by_administrator: false, imported: false }
}

fn makes_client(method: &AuthMethod) -> bool {
    match method {
        AuthMethod::ClientCredentials { .. } => true,
        AuthMethod::KeyAuth { .. } | AuthMethod::SelfManagedClientCredentials { .. } => false,
    }
}

fn check_scopes(method: &AuthMethod, wanted: &[String]) -> Result<(), Invalid> {
    let offered: &[String] = match method {
        AuthMethod::ClientCredentials { scopes, .. } => scopes,
        AuthMethod::KeyAuth { .. } | AuthMethod::SelfManagedClientCredentials { .. } => &[],
    };
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
