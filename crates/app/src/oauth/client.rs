//! Clients: the OAuth settings of applications.

use std::time::Duration;

use domain::{
    Access, Application, ApplicationAction, ApplicationId, Client, ClientDraft, ClientId, ClientRules,
    ClientSecret, ClientType, Credential, CredentialDraft, CredentialKind, GrantType, Invalid, Material,
    Name, Resource, Secret, SecretKind, TokenDefinition, TokenDefinitionId, check_chosen_secret,
};
use store::{ClientFilter, Read, Tx};

use crate::caller::application_for;
use crate::keys::fill_random;
use crate::{App, Caller, Created, Error, Page, PageRequest, Result, expect_version};

pub(super) const THIS: Resource = Resource::Clients;

/// An id and a secret that somebody chose: administrators only.
#[derive(Clone, Debug, Default)]
pub struct ChosenId {
    /// The client id.
    pub client_id: Option<String>,
    /// The client secret.
    pub client_secret: Option<Secret>,
}

impl ChosenId {
    pub(super) fn is_empty(&self) -> bool {
        self.client_id.is_none() && self.client_secret.is_none()
    }
}

/// What is asked for a new client.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// Its settings.
    pub draft: ClientDraft,
    /// The name of the definition that its tokens are made by; none: the default one.
    pub token_definition: Option<String>,
    /// Its id and secret, if they are not to be made here.
    pub chosen: ChosenId,
    /// Whether it is taken over from another system, as it was there: administrators only.
    pub imported: bool,
}

impl ClientRequest {
    /// Of a type, with what that type has until somebody says otherwise.
    pub fn of(client_type: ClientType) -> Self {
        let draft = ClientDraft::of(client_type);
        Self { draft, token_definition: None, chosen: ChosenId::default(), imported: false }
    }

    /// The same as AppDirect has them: access tokens live for 12 hours, and a refresh token is used until it ends. Those
    /// that keep no secret have to change theirs.
    pub fn of_api_client(client_type: ClientType) -> Self {
        let mut request = Self::of(client_type);
        let rotates = !request.draft.confidential;
        request.draft.access_token_lifetime_s = Some(12 * 3_600);
        request.draft.refresh_invalidate_on_use = rotates;
        request.draft.refresh_issue_new_on_use = rotates;
        request
    }
}

#[macros::boxed]
impl App {
    /// The live client of an application.
    ///
    /// # Errors
    /// If there is none, or the caller may not see the application.
    pub async fn client(&self, caller: &Caller, application: ApplicationId) -> Result<Client> {
        let read = self.store.read();
        application_for(read, caller, application, THIS, ApplicationAction::View).await?;
        live_client(read, application).await
    }

    /// Clients with their applications: all of them for administrators; for developers those of applications that they
    /// may see.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn clients(
        &self,
        caller: &Caller,
        mut filter: ClientFilter,
        page: PageRequest,
    ) -> Result<Page<Client>> {
        filter.visible_to = caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().clients(&filter, page).await?)
    }

    /// Gives an application OAuth settings. The answer holds the secret, if the client keeps one; it is never shown
    /// again.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the id is taken, or the application has settings already.
    pub async fn create_client(
        &self,
        caller: &Caller,
        application: ApplicationId,
        request: ClientRequest,
    ) -> Result<Created<Client>> {
        let id = self.new_id();
        let secret = self.secret_for(&request);
        let mut tx = self.begin(caller).await?;
        application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageClient).await?;
        must_be_allowed_to_choose(caller, &request)?;
        if let Some(done) = self.replay(&tx, caller, id, secret.as_ref()).await? {
            return Ok(done);
        }
        let client = self.add_client(&mut tx, caller, id, application, request, secret.as_ref()).await?;
        self.commit(tx).await?;
        Ok(Created { value: client, secret, replayed: false })
    }

    /// The secret that a new client will have: the chosen one, or a new one if it keeps one and proves itself by it.
    pub(crate) fn secret_for(&self, request: &ClientRequest) -> Option<Secret> {
        use domain::ClientAuthMethod::{
            ClientSecretBasic, ClientSecretPost, None as NoMethod, PrivateKeyJwt,
        };
        match (&request.chosen.client_secret, request.draft.token_endpoint_auth_method) {
            (Some(chosen), _) => Some(chosen.clone()),
            (None, ClientSecretBasic | ClientSecretPost) => Some(self.keys.mint(SecretKind::ClientSecret).0),
            (None, NoMethod | PrivateKeyJwt) => None,
        }
    }

    /// Makes a client and its secret in a transaction that does more.
    pub(crate) async fn add_client(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: ClientId,
        application: ApplicationId,
        request: ClientRequest,
        secret: Option<&Secret>,
    ) -> Result<Client> {
        tx.lock_application(application).await?;
        let mut draft = request.draft;
        if let Some(name) = request.token_definition {
            draft.token_definition = Some(definition_named(tx.read(), &name).await?);
        }
        let scopes = tx.read().all_oauth_scopes().await?;
        let rules = self.client_rules(caller, &scopes, request.imported);
        let is_chosen = request.chosen.client_id.is_some();
        let client_id = request.chosen.client_id.unwrap_or_else(new_client_id);
        let change = Client::create(id, application, client_id, draft, &rules, tx.now())?;
        if let Some(chosen) = &request.chosen.client_secret {
            check_chosen_secret(chosen.expose())?;
        }
        if tx.read().live_client(application).await?.is_some() {
            return Err(Error::conflict(
                "client_exists",
                "this application has a client; change it, or revoke it",
            ));
        }
        let client = tx.save(change).await.map_err(|error| taken(error, is_chosen))?;
        if let Some(secret) = secret {
            let material = self.secret_material(secret, request.chosen.client_secret.is_some()).await?;
            self.add_client_secret(tx, application, material).await?;
        }
        Ok(client)
    }

    /// What is kept of a client secret that somebody chose, or that was made here.
    pub(super) async fn secret_material(&self, secret: &Secret, is_chosen: bool) -> Result<Material> {
        if !is_chosen {
            return Ok(self.minted_secret(secret));
        }
        check_chosen_secret(secret.expose())?;
        let phc = self.passwords.hash(secret.expose()).await?;
        Ok(Material::ClientSecret(ClientSecret::chosen(secret, phc)))
    }

    /// What is kept of a client secret that was made here.
    pub(crate) fn minted_secret(&self, secret: &Secret) -> Material {
        Material::ClientSecret(ClientSecret::minted(secret, self.keys.peppers().present()))
    }

    /// Gives the client of an application another secret, if it may have one more.
    pub(crate) async fn add_client_secret(
        &self,
        tx: &mut Tx,
        application: ApplicationId,
        material: Material,
    ) -> Result<Credential> {
        self.check_credential_quota(tx, application, CredentialKind::ClientSecret).await?;
        let draft = CredentialDraft { name: "Client secret".to_owned(), ..CredentialDraft::default() };
        let change = Credential::issue(self.new_id(), application, draft, material, tx.now())?;
        Ok(tx.save(change).await?)
    }

    /// Changes a client. `definition` names the one that its tokens are made by: `Some(None)` is the default one.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, it was revoked, or it is not at the expected version.
    pub async fn update_client(
        &self,
        caller: &Caller,
        application: ApplicationId,
        expected: Option<i64>,
        definition: Option<Option<String>>,
        edit: impl FnOnce(&mut ClientDraft) + Send,
    ) -> Result<Client> {
        let tx = self.begin(caller).await?;
        application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageClient).await?;
        let client = live_client(tx.read(), application).await?;
        expect_version(&client, expected)?;
        let mut draft = client.draft();
        edit(&mut draft);
        match definition {
            Some(Some(name)) => draft.token_definition = Some(definition_named(tx.read(), &name).await?),
            Some(None) => draft.token_definition = None,
            None => {}
        }
        let scopes = tx.read().all_oauth_scopes().await?;
        let change = client.update(draft, &self.client_rules(caller, &scopes, false), tx.now())?;
        self.save(tx, change).await
    }

    /// Gives a client another id: administrators only may choose it; none: a new one is made. Its tokens end.
    ///
    /// # Errors
    /// If the caller may not, the id is wrong or taken, or the client was revoked.
    pub async fn rename_client(
        &self,
        caller: &Caller,
        application: ApplicationId,
        client_id: Option<String>,
    ) -> Result<Client> {
        let mut tx = self.begin(caller).await?;
        application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageClient).await?;
        if client_id.is_some() {
            must_be_administrator(caller)?;
        }
        let client = live_client(tx.read(), application).await?;
        let is_chosen = client_id.is_some();
        let change = client.rename(client_id.unwrap_or_else(new_client_id), tx.now())?;
        let client = tx.save(change).await.map_err(|error| taken(error, is_chosen))?;
        self.commit(tx).await?;
        Ok(client)
    }

    /// Ends a client for good, with its secrets and tokens. The application may get another one.
    ///
    /// # Errors
    /// If the caller may not, or there is none.
    pub async fn revoke_client(&self, caller: &Caller, application: ApplicationId) -> Result<Client> {
        let mut tx = self.begin(caller).await?;
        application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageClient).await?;
        let client = live_client(tx.read(), application).await?;
        self.end_secrets(&mut tx, application, Duration::ZERO).await?;
        let change = client.revoke(tx.now())?;
        self.save(tx, change).await
    }

    /// Ends all tokens that a client got until now. It may ask for new ones.
    ///
    /// # Errors
    /// If the caller may not, or there is no client.
    pub async fn end_client_tokens(&self, caller: &Caller, application: ApplicationId) -> Result<Client> {
        let tx = self.begin(caller).await?;
        application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageClient).await?;
        let client = live_client(tx.read(), application).await?;
        let change = client.end_tokens(tx.now())?;
        self.save(tx, change).await
    }

    pub(super) fn client_rules<'a>(
        &'a self,
        caller: &Caller,
        scopes: &'a [domain::OAuthScope],
        imported: bool,
    ) -> ClientRules<'a> {
        let by_administrator = caller.must_administer(THIS, Access::Write).is_ok();
        ClientRules { legacy_grants: &self.settings.oauth.legacy_grants, scopes, by_administrator, imported }
    }

    /// Whether the server has a grant on at all.
    pub fn has_grant(&self, grant: GrantType) -> bool {
        !grant.is_legacy() || self.settings.oauth.legacy_grants.contains(&grant)
    }

    /// The name of the definition that a client's tokens are made by, if it is not the default one.
    pub fn token_definition_name(&self, client: &Client) -> Option<String> {
        let issuance = self.issuance();
        client.token_definition.and_then(|id| issuance.definition(Some(id)).map(|it| it.name.to_string()))
    }
}

/// Only administrators choose ids and secrets, or take over what was elsewhere.
pub(super) fn must_be_allowed_to_choose(caller: &Caller, request: &ClientRequest) -> Result<()> {
    if request.chosen.is_empty() && !request.imported { Ok(()) } else { must_be_administrator(caller) }
}

pub(super) fn must_be_administrator(caller: &Caller) -> Result<()> {
    match caller.must_administer(THIS, Access::Write) {
        Err(Error::Forbidden(_)) if caller.developer().is_some() => {
            Err(Error::Forbidden("only administrators may choose client ids and secrets".to_owned()))
        }
        other => other,
    }
}

pub(super) async fn live_client(read: Read<'_>, application: ApplicationId) -> Result<Client> {
    read.live_client(application).await?.ok_or(Error::NotFound(ClientId::KIND))
}

async fn definition_named(read: Read<'_>, name: &str) -> Result<TokenDefinitionId> {
    let unknown = || {
        Invalid::field("token_definition", "unknown", "must be the name of a token definition that exists")
    };
    let name = Name::parse(name).map_err(|_| unknown())?;
    let found: Option<TokenDefinition> = read.token_definition_by_name(&name).await?;
    // Look-alikes share a key; what is meant must be said.
    Ok(found.filter(|it| it.name == name).map(|it| it.id).ok_or_else(unknown)?)
}

fn taken(error: store::Error, is_chosen: bool) -> Error {
    match error {
        store::Error::Unique { .. } if is_chosen => {
            Error::conflict_in("client_id", "taken", "client_id is taken; choose another")
        }
        other => other.into(),
    }
}

/// A random UUID, as both systems have them.
fn new_client_id() -> String {
    let mut random = [0u8; 16];
    fill_random(&mut random);
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}

/// Loads a client by its identity for somebody who wants to do something with it: the right comes from the application.
pub(super) async fn client_for(
    read: Read<'_>,
    caller: &Caller,
    id: ClientId,
    action: ApplicationAction,
) -> Result<(Client, Application)> {
    let developer = caller.developer_or_administrator(THIS, Access::Read)?;
    let client: Client = read.find_visible(id, developer).await?.ok_or(Error::NotFound(ClientId::KIND))?;
    match application_for(read, caller, client.application_id, THIS, action).await {
        Ok(application) => Ok((client, application)),
        // What belongs to a foreign application is as unknown as the application.
        Err(Error::NotFound(_)) => Err(Error::NotFound(ClientId::KIND)),
        Err(error) => Err(error),
    }
}
