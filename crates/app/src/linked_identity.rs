//! Linked identities: people see and take away their own, administrators those of all.

use domain::{
    Access, Administrator, Audience, Developer, IdentityProvider, IdentityProviderId, LinkedIdentity,
    LinkedIdentityId, Person, Resource,
};
use store::{Read, Tx};

use crate::oauth::end_grants_of_session;
use crate::sign_in::person;
use crate::{App, Caller, Error, Page, PageRequest, Result};

const THIS: Resource = Resource::IdentityProviders;
const NONE: Error = Error::NotFound(LinkedIdentityId::KIND);

/// One of somebody's own links.
#[derive(Clone, Debug)]
pub struct OwnIdentity {
    /// The link.
    pub identity: LinkedIdentity,
    /// What the provider is called.
    pub provider_name: String,
}

#[macros::boxed]
impl App {
    /// With whom the one who calls is linked.
    ///
    /// # Errors
    /// If nobody is signed in.
    pub async fn own_identities(&self, caller: &Caller) -> Result<Vec<OwnIdentity>> {
        let read = self.store.read();
        let identities = read.identities_of(person(caller)?).await?;
        let ids = identities.iter().map(|it| it.identity_provider_id.0);
        let providers: Vec<IdentityProvider> = read.find_all(ids).await?;
        let name = |id: IdentityProviderId| {
            let provider = providers.iter().find(|it| it.id == id);
            provider.map(|it| it.name.to_string()).unwrap_or_default()
        };
        let own = |identity: LinkedIdentity| {
            let provider_name = name(identity.identity_provider_id);
            OwnIdentity { identity, provider_name }
        };
        Ok(identities.into_iter().map(own).collect())
    }

    /// Takes away one of the caller's own links, unless it is the last way in. Their other sessions that came that way
    /// end.
    ///
    /// # Errors
    /// If nobody is signed in, it is not theirs, or nothing else is left to sign in with.
    pub async fn unlink_own_identity(&self, caller: &Caller, id: LinkedIdentityId) -> Result<()> {
        let person = person(caller)?;
        let mut tx = self.begin(caller).await?;
        // Two links that are taken away at once come one after the other.
        lock_person(&tx, person).await?;
        let identity: Option<LinkedIdentity> = tx.read().find(id).await?;
        let identity = identity.filter(|it| it.person == person).ok_or(NONE)?;
        if !has_another_way_in(tx.read(), person, id).await? {
            let message = "this is the only way in that you have; choose a password first";
            return Err(Error::conflict("last_way_in", message));
        }
        unlink(&mut tx, caller, identity).await?;
        self.commit(tx).await
    }

    /// A provider's people: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or there is no such provider.
    pub async fn identities_at(
        &self,
        caller: &Caller,
        provider: IdentityProviderId,
        page: PageRequest,
    ) -> Result<Page<LinkedIdentity>> {
        caller.must_administer(THIS, Access::Read)?;
        let _: IdentityProvider = self.identity_provider(caller, provider).await?;
        Ok(self.store.read().identities_at(provider, page).await?)
    }

    /// Takes away somebody's link, whatever is left to them, and ends their sessions that came that way: administrators
    /// only.
    ///
    /// # Errors
    /// If the caller may not, or there is no such link.
    pub async fn unlink_identity(
        &self,
        caller: &Caller,
        provider: IdentityProviderId,
        id: LinkedIdentityId,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        tx.lock_identity_provider(provider).await?;
        let identity: Option<LinkedIdentity> = tx.read().find(id).await?;
        let identity = identity.filter(|it| it.identity_provider_id == provider).ok_or(NONE)?;
        unlink(&mut tx, caller, identity).await?;
        self.commit(tx).await
    }
}

async fn lock_person(tx: &Tx, person: Person) -> Result<()> {
    match person {
        Person::Developer(id) => Ok(tx.lock_developer(id).await?),
        Person::Administrator(id) => Ok(tx.lock_administrator(id).await?),
    }
}

/// Whether somebody has a password, or another link with a provider that they may use.
async fn has_another_way_in(read: Read<'_>, person: Person, but: LinkedIdentityId) -> Result<bool> {
    let (password, audience) = match person {
        Person::Developer(id) => {
            let developer: Option<Developer> = read.find(id).await?;
            (developer.is_some_and(|it| it.password_hash.is_some()), Audience::Developer)
        }
        Person::Administrator(id) => {
            let administrator: Option<Administrator> = read.find(id).await?;
            (administrator.is_some_and(|it| it.has_password()), Audience::Administrator)
        }
    };
    if password {
        return Ok(true);
    }
    let others = read.identities_of(person).await?;
    let others = others.iter().filter(|it| it.id != but).map(|it| it.identity_provider_id.0);
    let providers: Vec<IdentityProvider> = read.find_all(others).await?;
    Ok(providers.iter().any(|it| it.is_open_to(audience)))
}

async fn unlink(tx: &mut Tx, caller: &Caller, identity: LinkedIdentity) -> Result<()> {
    for session in tx.read().sessions_of(identity.person).await? {
        let is_meant = session.identity_provider_id == Some(identity.identity_provider_id);
        if is_meant && caller.session() != Some(session.id) {
            end_grants_of_session(tx, session.id).await?;
            tx.save(session.end()).await?;
        }
    }
    tx.save(identity.unlink()).await?;
    Ok(())
}
