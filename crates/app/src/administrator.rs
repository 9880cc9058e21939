//! The people who run this installation: who they are, what each may do, and that one always remains who may do
//! everything.

use domain::{
    Access, Administrator, AdministratorId, AdministratorRole, Gateway, Invalid, Person, Resource, Scope,
    Secret, SecretKind, check_password,
};
use std::time::Duration;
use store::{OneTimeToken, Tx};

use crate::{App, Caller, Created, Error, Identity, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::Administrators;
/// How long the link for the first administrator works.
const SETUP_LIFETIME: Duration = Duration::from_secs(24 * 3600);

#[macros::boxed]
impl App {
    /// Everybody who runs this installation, technical users of gateways included.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn administrators(&self, caller: &Caller, page: PageRequest) -> Result<Page<Administrator>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().administrators(page).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// If the caller may not, or there is none.
    pub async fn administrator(&self, caller: &Caller, id: AdministratorId) -> Result<Administrator> {
        caller.must_administer(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(AdministratorId::KIND))
    }

    /// Makes somebody who may do everything.
    ///
    /// # Errors
    /// As [`App::create_administrator_as`].
    pub async fn create_administrator(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
    ) -> Result<Administrator> {
        let role = AdministratorRole::Administrator;
        Ok(self.create_administrator_as(caller, email, password, Ok(role)).await?.value)
    }

    /// Makes somebody in a role, with a first password.
    ///
    /// # Errors
    /// If the caller may not, the role or the address is wrong, the address is taken, the password is too weak, or there
    /// is no such gateway. A token needs every scope and must not end: who is made may do everything, and would outlive
    /// it.
    pub async fn create_administrator_as(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        role: Result<AdministratorRole, Invalid>,
    ) -> Result<Created<Administrator>> {
        self.must_make_administrators(caller).await?;
        let role = role?;
        check_password(password, &[email, "keywright", "administrator"])?;
        let id = self.new_id();
        let hash = self.passwords.hash(password).await?;
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        must_have_a_gateway(&tx, role).await?;
        let change = Administrator::create(id, email, hash, role, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Gives somebody another role. It counts from the next request on.
    ///
    /// # Errors
    /// If the caller may not, it is the caller, nobody would remain who may do everything, there is no such gateway, or
    /// it is not at the expected version.
    pub async fn change_administrator_role(
        &self,
        caller: &Caller,
        id: AdministratorId,
        expected: Option<i64>,
        role: Result<AdministratorRole, Invalid>,
    ) -> Result<Administrator> {
        self.must_make_administrators(caller).await?;
        let role = role?;
        let (mut tx, administrator) = self.somebody_else(caller, id, expected).await?;
        must_have_a_gateway(&tx, role).await?;
        let before = administrator.clone();
        let administrator = tx.save(administrator.change_role(role, tx.now())).await?;
        must_remain(&tx, &before).await?;
        // Programs have no second factor, and are let in by no passkey.
        if role.gateway().is_some() {
            self.take_factor(&mut tx, Person::Administrator(id)).await?;
        }
        self.commit(tx).await?;
        Ok(administrator)
    }

    /// Shuts somebody out, who is signed out at once; or lets them in again.
    ///
    /// # Errors
    /// As [`App::change_administrator_role`]; if they are out, or in, already.
    pub async fn set_administrator_enabled(
        &self,
        caller: &Caller,
        id: AdministratorId,
        expected: Option<i64>,
        enabled: bool,
    ) -> Result<Administrator> {
        self.must_make_administrators(caller).await?;
        let (mut tx, administrator) = self.somebody_else(caller, id, expected).await?;
        let now = tx.now();
        let before = administrator.clone();
        let change = if enabled { administrator.enable(now)? } else { administrator.disable(now)? };
        let administrator = tx.save(change).await?;
        if !enabled {
            self.end_sessions(&mut tx, Person::Administrator(id)).await?;
        }
        must_remain(&tx, &before).await?;
        self.commit(tx).await?;
        Ok(administrator)
    }

    /// The secret with which somebody becomes the first administrator; `None` if there is one already. Older ones are
    /// worth nothing from now on.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn setup_token(&self) -> Result<Option<Secret>> {
        if self.store.read().count_administrators().await? > 0 {
            return Ok(None);
        }
        let (secret, hash) = self.keys.mint(SecretKind::Setup);
        let tx = self.begin(&Caller::system()).await?;
        let expires_at = tx.now() + SETUP_LIFETIME;
        let token =
            OneTimeToken { hash, kind: SecretKind::Setup, developer_id: None, expires_at, used_at: None };
        tx.put_one_time_token(&token).await?;
        self.commit(tx).await?;
        Ok(Some(secret))
    }

    /// Somebody becomes the first administrator.
    ///
    /// # Errors
    /// If the secret is unknown, used or too old, there is an administrator already, or a field is wrong; the secret
    /// can be used again then.
    pub async fn set_up(
        &self,
        caller: &Caller,
        token: &str,
        email: &str,
        password: &str,
    ) -> Result<Administrator> {
        const GONE: Error =
            Error::Gone("this link was used before or is too old; restart Keywright for a new one");
        let hashes = self.keys.hashes(SecretKind::Setup, token);
        let found = self
            .store
            .read()
            .one_time_token(SecretKind::Setup, &hashes)
            .await?
            .ok_or(Error::NotFound("token"))?;
        if !found.is_usable(self.clock.now()) || self.store.read().count_administrators().await? > 0 {
            return Err(GONE);
        }
        domain::check_password(password, &[email, "keywright", "administrator"])?;
        let password_hash = self.passwords.hash(password).await?;
        let tx = self.begin(caller).await?;
        if !tx.use_one_time_token(&found.hash).await? {
            return Err(GONE);
        }
        let role = AdministratorRole::Administrator;
        let id = self.new_id::<AdministratorId>();
        let change = Administrator::create(id, email, password_hash, role, tx.now())?;
        self.save(tx, change).await
    }

    /// A transaction in which administrators stay as they are, and one of them who is not the caller.
    async fn somebody_else(
        &self,
        caller: &Caller,
        id: AdministratorId,
        expected: Option<i64>,
    ) -> Result<(Tx, Administrator)> {
        let tx = self.begin(caller).await?;
        tx.lock_administrators().await?;
        let administrator: Administrator =
            tx.read().find(id).await?.ok_or(Error::NotFound(AdministratorId::KIND))?;
        if caller.person() == Some(Person::Administrator(id)) {
            let message = "this is your own account; another administrator has to do it";
            return Err(Error::conflict("own_account", message));
        }
        expect_version(&administrator, expected)?;
        // Of two who shut each other out at once the second one is out by now.
        if let Identity::Administrator { id, .. } = caller.identity {
            let own: Option<Administrator> = tx.read().find(id).await?;
            if !own.is_some_and(|own| own.runs_it_all()) {
                return Err(Error::Forbidden("you are no administrator any more".to_owned()));
            }
        }
        Ok((tx, administrator))
    }

    /// Whoever makes administrators can do everything by way of them: only those who have signed in lately.
    pub(crate) async fn must_make_administrators(&self, caller: &Caller) -> Result<()> {
        may_make_administrators(caller)?;
        self.must_be_fresh(caller).await?;
        crate::token::must_not_be_outlived(self.store.read(), caller, None, self.clock.now()).await
    }
}

/// Whether this is somebody who makes administrators, as far as that does not depend on when they signed in.
pub(crate) fn may_make_administrators(caller: &Caller) -> Result<()> {
    caller.must_administer(THIS, Access::Write)?;
    match &caller.identity {
        Identity::Token { scopes, .. } if !scopes.contains(&Scope::ALL) => {
            Err(Error::Forbidden(format!("this token lacks the scope {}", Scope::ALL)))
        }
        _ => Ok(()),
    }
}

pub(crate) async fn must_have_a_gateway(tx: &Tx, role: AdministratorRole) -> Result<()> {
    let Some(id) = role.gateway() else { return Ok(()) };
    match tx.read().find::<Gateway>(id).await? {
        Some(_) => Ok(()),
        None => Err(Invalid::field("gateway_id", "unknown", "must be an existing gateway").into()),
    }
}

/// Asked after the change and before it is kept, with the others held off.
async fn must_remain(tx: &Tx, before: &Administrator) -> Result<()> {
    if !before.runs_it_all() || tx.read().count_administrators().await? > 0 {
        return Ok(());
    }
    let message = "nobody would be left who may do everything; make another administrator first";
    Err(Error::conflict("last_administrator", message))
}
