//! API clients, as AppDirect has them: an application and its client, made, shown and ended as one.

use domain::{
    Access, Application, ApplicationAction, ApplicationDraft, Client, ClientDraft, ClientId, Name, Owner,
};
use store::{ClientFilter, Tx};

use super::client::{ClientRequest, THIS, client_for, must_be_allowed_to_choose};
use crate::{App, Caller, Created, Error, Page, PageRequest, Result, every, expect_version};

/// An application and its client.
#[derive(Clone, Debug)]
pub struct ApiClient {
    /// The settings.
    pub client: Client,
    /// Whose they are.
    pub application: Application,
}

#[macros::boxed]
impl App {
    /// API clients: all of them for administrators; for developers those that they may see.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn api_clients(
        &self,
        caller: &Caller,
        mut filter: ClientFilter,
        page: PageRequest,
    ) -> Result<Page<ApiClient>> {
        filter.visible_to = caller.developer_or_administrator(THIS, Access::Read)?;
        let read = self.store.read();
        let page = read.clients(&filter, page).await?;
        let ids = page.items.iter().map(|client| client.application_id.0);
        let applications: Vec<Application> = read.find_all(ids.collect::<Vec<_>>()).await?;
        let whole = |client: Client| {
            let application = applications.iter().find(|it| it.id == client.application_id)?.clone();
            Some(ApiClient { client, application })
        };
        Ok(Page { items: page.items.into_iter().filter_map(whole).collect(), next: page.next })
    }

    /// One API client, revoked or not.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn api_client(&self, caller: &Caller, id: ClientId) -> Result<ApiClient> {
        let (client, application) =
            client_for(self.store.read(), caller, id, ApplicationAction::View).await?;
        Ok(ApiClient { client, application })
    }

    /// Makes an application and its client. A name may be used again once the client that had it was revoked.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or a live client of the owner has this name.
    pub async fn create_api_client(
        &self,
        caller: &Caller,
        draft: ApplicationDraft,
        owner: Option<Owner>,
        request: ClientRequest,
    ) -> Result<Created<ApiClient>> {
        let developer = caller.developer_or_administrator(THIS, Access::Write)?;
        let id = self.new_id();
        let secret = self.secret_for(&request);
        let mut tx = self.begin(caller).await?;
        must_be_allowed_to_choose(caller, &request)?;
        if let Some(done) = self.replay::<Client>(&tx, caller, id, secret.as_ref()).await? {
            let application = tx.read().find(done.value.application_id).await?;
            let application = application.ok_or(Error::NotFound(ClientId::KIND))?;
            let value = ApiClient { client: done.value, application };
            return Ok(Created { value, secret: done.secret, replayed: done.replayed });
        }
        let owner = self.owner_for(&tx, caller, owner.or(developer.map(Owner::Developer))).await?;
        self.make_room_for(&mut tx, owner, &draft.name).await?;
        let application = self.add_application(&mut tx, self.new_id(), draft, owner, None).await?;
        let client = self.add_client(&mut tx, caller, id, application.id, request, secret.as_ref()).await?;
        self.commit(tx).await?;
        Ok(Created { value: ApiClient { client, application }, secret, replayed: false })
    }

    /// An application whose client was revoked gives its name away: it is called after the day from then on.
    async fn make_room_for(&self, tx: &mut Tx, owner: Owner, name: &str) -> Result<()> {
        let Ok(name) = Name::parse(name) else { return Ok(()) };
        let Some(old) = tx.read().application_named(owner, &name).await? else { return Ok(()) };
        let of_it = ClientFilter { application_id: Some(old.id), ..ClientFilter::default() };
        let read = tx.read();
        let clients = every(|page| read.clients(&of_it, page)).await?;
        if clients.is_empty() || clients.iter().any(Client::is_live) {
            return Ok(());
        }
        let now = tx.now();
        let mut draft = old.draft();
        let kept: String = draft.name.chars().take(Name::MAX - 40).collect();
        draft.name = format!("{kept} (revoked {now})");
        let change = old.update(draft, now)?;
        tx.save(change).await?;
        Ok(())
    }

    /// Changes an API client: its name and its settings.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, it was revoked, or it is not at the expected version.
    pub async fn update_api_client(
        &self,
        caller: &Caller,
        id: ClientId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut ApplicationDraft, &mut ClientDraft) + Send,
    ) -> Result<ApiClient> {
        let mut tx = self.begin(caller).await?;
        let (client, application) =
            client_for(tx.read(), caller, id, ApplicationAction::ManageClient).await?;
        expect_version(&client, expected)?;
        let (mut named, mut draft) = (application.draft(), client.draft());
        let before = named.name.clone();
        edit(&mut named, &mut draft);
        let scopes = tx.read().all_oauth_scopes().await?;
        let change = client.update(draft, &self.client_rules(caller, &scopes, false), tx.now())?;
        let client = tx.save(change).await?;
        let application = if named.name == before {
            application
        } else {
            let change = application.update(named, tx.now())?;
            tx.save(change).await?
        };
        self.commit(tx).await?;
        Ok(ApiClient { client, application })
    }

    /// Ends an API client for good, with its secrets and tokens.
    ///
    /// # Errors
    /// If the caller may not, or it was revoked before.
    pub async fn revoke_api_client(&self, caller: &Caller, id: ClientId) -> Result<ApiClient> {
        let mut tx = self.begin(caller).await?;
        let (client, application) =
            client_for(tx.read(), caller, id, ApplicationAction::ManageClient).await?;
        let change = client.revoke(tx.now())?;
        self.end_secrets(&mut tx, application.id, std::time::Duration::ZERO).await?;
        let client = self.save(tx, change).await?;
        Ok(ApiClient { client, application })
    }

    /// Makes a new secret for an API client. The key stays, the old secret ends at once, tokens live on.
    ///
    /// # Errors
    /// If the caller may not, it was revoked, or it keeps no secret.
    pub async fn regenerate_api_client_secret(
        &self,
        caller: &Caller,
        id: ClientId,
    ) -> Result<Created<ApiClient>> {
        let read = self.store.read();
        let (client, application) = client_for(read, caller, id, ApplicationAction::ManageClient).await?;
        // The application may have a newer client: its secret is not meant.
        if !client.is_live() {
            return Err(Error::conflict("revoked", "the client was revoked for good; make a new one"));
        }
        if !client.confidential {
            return Err(Error::conflict("no_secret", "this client keeps no secret"));
        }
        let overlap = std::time::Duration::ZERO;
        let made = self.regenerate_client_secret(caller, application.id, overlap, None).await?;
        let Created { value: client, secret, replayed } = made;
        Ok(Created { value: ApiClient { client, application }, secret, replayed })
    }
}
