//! Identity providers: administrators set them up, and try them out.

use domain::{
    Access, Audience, IdentityProvider, IdentityProviderDraft, IdentityProviderId, Invalid, Resource, Scope,
    Sealed, Secret, TokenAuth, Transition,
};
use oauth::relying_party::metadata::discovery_url;
use store::Tx;

use crate::oauth::end_grants_of_session;
use crate::{App, Caller, Created, Error, Identity, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::IdentityProviders;
/// So many sessions are ended at once.
const BATCH: u64 = 500;

/// What the secret of a provider is bound to.
pub(crate) fn place(id: IdentityProviderId) -> String {
    format!("identity_providers.client_secret.{id}")
}

/// What came of trying a provider out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderReport {
    /// Where it was asked first.
    pub discovery_url: String,
    /// What is wrong: a stable code, and a text for people.
    pub problem: Option<(&'static str, String)>,
    /// Where people are sent.
    pub authorization_endpoint: Option<String>,
    /// Where codes are redeemed.
    pub token_endpoint: Option<String>,
    /// Where it tells more.
    pub userinfo_endpoint: Option<String>,
    /// Whether its answers say whose they are (RFC 9207).
    pub names_issuer: bool,
    /// How many of its keys can be used.
    pub keys: usize,
}

#[macros::boxed]
impl App {
    /// All providers: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn identity_providers(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<IdentityProvider>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().identity_providers(page).await?)
    }

    /// One provider: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn identity_provider(
        &self,
        caller: &Caller,
        id: IdentityProviderId,
    ) -> Result<IdentityProvider> {
        caller.must_administer(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(IdentityProviderId::KIND))
    }

    /// Sets a provider up. The secret is never shown again.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or name or slug is taken.
    pub async fn create_identity_provider(
        &self,
        caller: &Caller,
        mut draft: IdentityProviderDraft,
        secret: Option<&str>,
    ) -> Result<Created<IdentityProvider>> {
        self.must_be_trusted(caller).await?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        draft.client_secret = self.sealed_secret(id, secret)?;
        let change = IdentityProvider::create(id, draft, &self.settings.outbound, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a provider. The secret stays, unless another is given. Sessions end of whom it is not for any more.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_identity_provider(
        &self,
        caller: &Caller,
        id: IdentityProviderId,
        expected: Option<i64>,
        secret: Option<&str>,
        edit: impl FnOnce(&mut IdentityProviderDraft) + Send,
    ) -> Result<IdentityProvider> {
        self.must_be_trusted(caller).await?;
        let mut tx = self.begin(caller).await?;
        let before = self.locked_provider(&tx, id, expected).await?;
        let mut draft = before.draft();
        edit(&mut draft);
        draft.client_secret = self.sealed_secret(id, secret)?.or(draft.client_secret);
        let change = before.update(draft, &self.settings.outbound, tx.now())?;
        let after = tx.save(change).await?;
        for audience in after.shuts_out(&before) {
            end_sessions_through(&mut tx, id, audience).await?;
        }
        self.commit(tx).await?;
        Ok(after)
    }

    /// Removes a provider. Nobody is linked with anybody there any more, and whoever signed in there is signed out.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or it is not at the expected version.
    pub async fn delete_identity_provider(
        &self,
        caller: &Caller,
        id: IdentityProviderId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let provider = self.locked_provider(&tx, id, expected).await?;
        for audience in [Audience::Developer, Audience::Administrator] {
            end_sessions_through(&mut tx, id, audience).await?;
        }
        tx.save(Transition::delete(provider, "identity_provider.deleted")).await?;
        self.commit(tx).await?;
        self.elsewhere.forget(id);
        Ok(())
    }

    /// Tries a provider out, as far as that goes without a person: what it says of itself, and its keys.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist. What is wrong with the provider is no error but the answer.
    pub async fn check_identity_provider(
        &self,
        caller: &Caller,
        id: IdentityProviderId,
    ) -> Result<ProviderReport> {
        caller.must_administer(THIS, Access::Write)?;
        let provider = self.identity_provider(caller, id).await?;
        let mut report = ProviderReport {
            discovery_url: discovery_url(&provider.issuer),
            problem: None,
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            names_issuer: false,
            keys: 0,
        };
        match self.ask_about(&provider).await {
            Ok(known) => {
                let metadata = known.metadata();
                report.authorization_endpoint = Some(metadata.authorization_endpoint.clone());
                report.token_endpoint = Some(metadata.token_endpoint.clone());
                report.userinfo_endpoint = metadata.userinfo_endpoint.clone();
                report.names_issuer = metadata.names_issuer;
                report.keys = known.keys.count();
            }
            Err(trouble) => report.problem = Some((trouble.code(), trouble.to_string())),
        }
        Ok(report)
    }

    /// Whoever says who signs in as whom can become everybody: a token needs every scope for that, and must not end.
    async fn must_be_trusted(&self, caller: &Caller) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        if let Identity::Token { scopes, .. } = &caller.identity
            && !scopes.contains(&Scope::ALL)
        {
            return Err(Error::Forbidden(format!("this token lacks the scope {}", Scope::ALL)));
        }
        crate::token::must_not_be_outlived(self.store.read(), caller, None, self.clock.now()).await
    }

    /// A provider into which nobody comes until this transaction ends.
    async fn locked_provider(
        &self,
        tx: &Tx,
        id: IdentityProviderId,
        expected: Option<i64>,
    ) -> Result<IdentityProvider> {
        tx.lock_identity_provider(id).await?;
        let provider: Option<IdentityProvider> = tx.read().find(id).await?;
        let provider = provider.ok_or(Error::NotFound(IdentityProviderId::KIND))?;
        expect_version(&provider, expected)?;
        Ok(provider)
    }

    /// Secrets of clients are visible characters (RFC 6749 appendix A.2).
    fn sealed_secret(&self, id: IdentityProviderId, secret: Option<&str>) -> Result<Option<Sealed>> {
        let Some(secret) = secret else { return Ok(None) };
        if !(1..=512).contains(&secret.len()) || !secret.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            let message = "must have 1 to 512 visible ASCII characters";
            return Err(Invalid::field("client_secret", "invalid", message).into());
        }
        Ok(Some(Sealed(self.keys.seal(&place(id), secret.as_bytes()))))
    }

    /// What we prove ourselves by to a provider.
    pub(crate) fn client_secret_of(&self, provider: &IdentityProvider) -> Result<Option<Secret>> {
        let sealed = match (provider.token_auth, &provider.client_secret) {
            (TokenAuth::None, _) | (_, None) => return Ok(None),
            (TokenAuth::ClientSecretBasic | TokenAuth::ClientSecretPost, Some(sealed)) => sealed,
        };
        let opened = self.keys.open(&place(provider.id), &sealed.0);
        let secret = opened.and_then(|bytes| String::from_utf8(bytes).ok());
        let secret =
            secret.ok_or_else(|| Error::Internal("the secret of a provider does not open".to_owned()))?;
        Ok(Some(Secret::imported(secret)))
    }
}

/// Signs everybody out who came from a provider as this.
async fn end_sessions_through(tx: &mut Tx, provider: IdentityProviderId, audience: Audience) -> Result<()> {
    loop {
        let sessions = tx.read().sessions_through(provider, audience, BATCH).await?;
        if sessions.is_empty() {
            return Ok(());
        }
        for session in sessions {
            end_grants_of_session(tx, session.id).await?;
            tx.save(session.end()).await?;
        }
    }
}
