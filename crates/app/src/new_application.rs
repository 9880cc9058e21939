//! Making applications, each with the OAuth client that its strategy gives it: both are made in one breath.

use domain::{
    Application, ApplicationDraft, ApplicationId, AuthStrategy, AuthStrategyId, Client, ClientDraft,
    ClientType, DeveloperId, Invalid, Owner, Secret, SecretKind,
};
use store::Tx;
use uuid::Uuid;

use crate::application::{check_reference, strategy};
use crate::application_client::{ClientProof, Makes, about_application, check_scopes, fit, makes, rules};
use crate::developer::own_id;
use crate::{App, Caller, Created, Error, Result};

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

/// An application that somebody wants to have.
#[derive(Clone, Debug)]
pub(crate) struct WantedApplication {
    pub(crate) id: ApplicationId,
    pub(crate) draft: ApplicationDraft,
    pub(crate) owner: Option<Owner>,
    /// None: the default one.
    pub(crate) auth_strategy_id: Option<AuthStrategyId>,
    /// Those that its client shall have.
    pub(crate) scopes: Vec<String>,
}

impl WantedApplication {
    /// The developer who answers for it: who owns it, or asks for it.
    pub(crate) fn developer(&self, caller: &Caller) -> Option<DeveloperId> {
        self.owner.and_then(Owner::developer).or(caller.developer())
    }
}

#[macros::boxed]
impl App {
    /// A developer makes an application of their own. If its strategy says so, it is a client as well: its reference is
    /// the client's id then, and the answer holds the client's secret.
    ///
    /// # Errors
    /// As [`App::create_application`]; if scopes are wanted that the strategy does not offer.
    pub async fn create_own_application(
        &self,
        caller: &Caller,
        draft: ApplicationDraft,
        auth_strategy_id: Option<AuthStrategyId>,
        scopes: Vec<String>,
    ) -> Result<NewApplication> {
        let owner = Some(Owner::Developer(own_id(caller)?));
        let wish = WantedApplication { id: self.new_id(), draft, owner, auth_strategy_id, scopes };
        Ok(self.make_application(caller, wish).await?.value)
    }

    /// Makes an application with what belongs to it, in one transaction. Where another server has to make a client, it
    /// is only rehearsed in the first one: whatever would be refused is refused before anybody is asked.
    pub(crate) async fn make_application(
        &self,
        caller: &Caller,
        wish: WantedApplication,
    ) -> Result<Created<NewApplication>> {
        let (secret, _) = self.keys.mint(SecretKind::ClientSecret);
        let mut tx = self.begin(caller).await?;
        let by = strategy(&tx, wish.auth_strategy_id).await?;
        let makes = makes(&by.method);
        let shown = match makes {
            Makes::Nothing => None,
            Makes::OurClient | Makes::TheirClient => Some(&secret),
        };
        if let Some(done) = self.replay::<Application>(&tx, caller, wish.id, shown).await? {
            return self.made_before(&tx, done, by).await;
        }
        if matches!(makes, Makes::Nothing | Makes::OurClient) {
            let client_id = shown.map(|_| self.new_id::<Uuid>().to_string());
            let application = self.put_application(&mut tx, caller, &wish, &by, client_id).await?;
            let proof = match shown {
                Some(secret) => Some(self.make_client(&mut tx, &application, &wish.scopes, secret).await?),
                None => None,
            };
            self.commit(tx).await?;
            return Ok(made(application, by, proof, wish.scopes));
        }
        let rehearsed = Some(self.new_id::<Uuid>().to_string());
        self.put_application(&mut tx, caller, &wish, &by, rehearsed).await?;
        drop(tx);
        let proof = self.make_over_bridge(caller, wish.clone(), by.clone()).await?;
        let application: Option<Application> = self.store.read().find(wish.id).await?;
        let application = application.ok_or(Error::NotFound(ApplicationId::KIND))?;
        Ok(made(application, by, Some(proof), wish.scopes))
    }

    /// What an earlier request with the same idempotency key has made.
    async fn made_before(
        &self,
        tx: &Tx,
        done: Created<Application>,
        by: AuthStrategy,
    ) -> Result<Created<NewApplication>> {
        let Created { value: application, secret, replayed } = done;
        let scopes =
            tx.read().live_client(application.id).await?.map(|it| it.draft().scopes).unwrap_or_default();
        let proof = secret.clone().map(|secret| ClientProof { client_id: application.known_as(), secret });
        let value = NewApplication { application, strategy: by, proof, scopes };
        Ok(Created { value, secret, replayed })
    }

    /// Keeps an application whose client a bridge has made. An idempotency key is claimed now that there is a secret.
    pub(crate) async fn keep_bridged(
        &self,
        caller: &Caller,
        wish: &WantedApplication,
        proof: &ClientProof,
    ) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        if self.replay::<Application>(&tx, caller, wish.id, Some(&proof.secret)).await?.is_some() {
            let message =
                "another request with the same Idempotency-Key was faster; repeat it to see the answer";
            return Err(Error::conflict("in_progress", message));
        }
        let by = strategy(&tx, wish.auth_strategy_id).await?;
        let client_id = proof.client_id.clone();
        let application = self.put_application(&mut tx, caller, wish, &by, Some(client_id)).await?;
        tx.put_bridge_client(&self.bridge_client(&by, Some(application.id), &proof.client_id)).await?;
        self.commit(tx).await
    }

    /// Everything about a new application but its client.
    async fn put_application(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        wish: &WantedApplication,
        by: &AuthStrategy,
        client_id: Option<String>,
    ) -> Result<Application> {
        let owner = self.owner_for(tx, caller, wish.owner).await?;
        self.check_application_quota(tx, owner).await?;
        check_scopes(&by.method, &wish.scopes)?;
        let mut draft = wish.draft.clone();
        if client_id.is_some() {
            if draft.reference.is_some() {
                let message = "must not be given: the client that is made with the application gets an id";
                return Err(Invalid::field("reference", "conflict", message).into());
            }
            draft.reference = client_id;
        }
        let change = Application::create(wish.id, draft, owner, by.id, tx.now())?;
        check_reference(tx, change.after()).await?;
        Ok(tx.save(change).await?)
    }

    async fn make_client(
        &self,
        tx: &mut Tx,
        application: &Application,
        scopes: &[String],
        secret: &Secret,
    ) -> Result<ClientProof> {
        let all = tx.read().all_oauth_scopes().await?;
        let mut draft = ClientDraft::of(ClientType::NonInteractive);
        fit(&mut draft, application, scopes);
        let now = tx.now();
        let id = self.new_id();
        let change = Client::create(id, application.id, application.known_as(), draft, &rules(&all), now);
        let client = tx.save(change.map_err(about_application)?).await?;
        self.add_client_secret(tx, application.id, self.minted_secret(secret)).await?;
        Ok(ClientProof { client_id: client.client_id, secret: secret.clone() })
    }
}

fn made(
    application: Application,
    strategy: AuthStrategy,
    proof: Option<ClientProof>,
    scopes: Vec<String>,
) -> Created<NewApplication> {
    let secret = proof.as_ref().map(|proof| proof.secret.clone());
    Created { value: NewApplication { application, strategy, proof, scopes }, secret, replayed: false }
}
