//! Third parties' gateways: who they are, which APIs are theirs, and who answers for them.

use domain::{
    Access, Administrator, AdministratorRole, Api, ApiId, Gateway, GatewayDraft, GatewayId, Invalid,
    Resource, Transition, check_password,
};
use store::Tx;

use crate::{App, Caller, Created, Error, Page, PageRequest, Result, Slice, Sliced, expect_version};

const THIS: Resource = Resource::Gateways;

#[macros::boxed]
impl App {
    /// All gateways: whoever is signed in may know what there is; technical users see their own.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn gateways(&self, caller: &Caller, page: PageRequest) -> Result<Page<Gateway>> {
        may_look(caller)?;
        if let Some(own) = caller.provider() {
            let own: Option<Gateway> = self.store.read().find(own).await?;
            return Ok(Page { items: own.into_iter().collect(), next: None });
        }
        let mut page = self.store.read().gateways(page).await?;
        page.items.iter_mut().for_each(|gateway| hide(caller, gateway));
        Ok(page)
    }

    /// All gateways, by number of page.
    ///
    /// # Errors
    /// As [`App::gateways`].
    pub async fn gateways_slice(&self, caller: &Caller, slice: Slice) -> Result<Sliced<Gateway>> {
        may_look(caller)?;
        if let Some(own) = caller.provider() {
            let own: Option<Gateway> = self.store.read().find(own).await?;
            let items: Vec<Gateway> = own.into_iter().collect();
            return Ok(Sliced { count: items.len() as u64, items });
        }
        let mut found = self.store.read().gateways_slice(slice).await?;
        found.items.iter_mut().for_each(|gateway| hide(caller, gateway));
        Ok(found)
    }

    /// One gateway.
    ///
    /// # Errors
    /// If it does not exist, or the caller is nobody or lacks the scope.
    pub async fn gateway(&self, caller: &Caller, id: GatewayId) -> Result<Gateway> {
        may_look(caller)?;
        if caller.provider().is_some_and(|own| own != id) {
            return Err(Error::NotFound(GatewayId::KIND));
        }
        let mut gateway: Gateway =
            self.store.read().find(id).await?.ok_or(Error::NotFound(GatewayId::KIND))?;
        hide(caller, &mut gateway);
        Ok(gateway)
    }

    /// Makes a gateway without APIs.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_gateway(&self, caller: &Caller, draft: GatewayDraft) -> Result<Created<Gateway>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let change = Gateway::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a gateway: administrators, and its own technical users.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_gateway(
        &self,
        caller: &Caller,
        id: GatewayId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut GatewayDraft) + Send,
    ) -> Result<Gateway> {
        let tx = self.begin(caller).await?;
        let gateway = own_gateway(&tx, caller, id).await?;
        expect_version(&gateway, expected)?;
        let mut draft = gateway.draft();
        edit(&mut draft);
        let change = gateway.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a gateway with its technical users and webhook endpoints. Its APIs are nobody's then.
    ///
    /// # Errors
    /// If the caller may not, applications are provisioned there, or it is not at the expected version.
    pub async fn delete_gateway(&self, caller: &Caller, id: GatewayId, expected: Option<i64>) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let gateway: Gateway = tx.read().find(id).await?.ok_or(Error::NotFound(GatewayId::KIND))?;
        expect_version(&gateway, expected)?;
        for user in tx.read().technical_users(id).await? {
            self.end_sessions(&mut tx, domain::Person::Administrator(user.id)).await?;
            tx.save(Transition::delete(user, "administrator.deleted")).await?;
        }
        for endpoint in tx.read().webhook_endpoints_of(Some(id)).await? {
            if endpoint.gateway_id == Some(id) {
                tx.save(Transition::delete(endpoint, "webhook_endpoint.deleted")).await?;
            }
        }
        match tx.save(Transition::delete(gateway, "gateway.deleted")).await {
            Err(store::Error::Reference) => {
                let message = "applications are provisioned or asked for there; delete them first";
                return Err(Error::conflict("in_use", message));
            }
            other => other?,
        };
        self.commit(tx).await
    }

    /// Gives a gateway APIs, and says what it calls them: administrators only, since whose an API is decides who may
    /// answer for it.
    ///
    /// # Errors
    /// If the caller may not, an API does not exist, or it is another gateway's.
    pub async fn link_apis(
        &self,
        caller: &Caller,
        id: GatewayId,
        apis: Vec<(ApiId, Option<String>)>,
    ) -> Result<Gateway> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let gateway: Gateway = tx.read().find(id).await?.ok_or(Error::NotFound(GatewayId::KIND))?;
        for (i, (api, _)) in apis.iter().enumerate() {
            let known: Option<Api> = tx.read().find(*api).await?;
            known.ok_or_else(|| Invalid::field(format!("[{i}]"), "unknown", "must be an existing API"))?;
        }
        let change = gateway.link(apis, tx.now())?;
        let gateway = match tx.save(change).await {
            Err(store::Error::Unique { .. }) => return Err(another_s()),
            other => other?,
        };
        self.commit(tx).await?;
        Ok(gateway)
    }

    /// Takes APIs from a gateway: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or the gateway does not exist.
    pub async fn unlink_apis(&self, caller: &Caller, id: GatewayId, apis: &[ApiId]) -> Result<Gateway> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let gateway: Gateway = tx.read().find(id).await?.ok_or(Error::NotFound(GatewayId::KIND))?;
        let change = gateway.unlink(apis, tx.now());
        self.save(tx, change).await
    }

    /// The technical users of a gateway: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or the gateway does not exist.
    pub async fn technical_users(&self, caller: &Caller, id: GatewayId) -> Result<Vec<Administrator>> {
        caller.must_administer(THIS, Access::Read)?;
        let gateway: Option<Gateway> = self.store.read().find(id).await?;
        gateway.ok_or(Error::NotFound(GatewayId::KIND))?;
        Ok(self.store.read().technical_users(id).await?)
    }

    /// Makes a technical user, who answers what this gateway is asked and can do nothing else.
    ///
    /// # Errors
    /// If the caller may not, the gateway does not exist, the address is wrong or taken, or the password is too weak. A
    /// token needs what the user will be able to do, and must not end: the user would outlive it.
    pub async fn create_technical_user(
        &self,
        caller: &Caller,
        id: GatewayId,
        email: &str,
        password: &str,
    ) -> Result<Administrator> {
        for resource in [THIS, Resource::Credentials, Resource::Requests] {
            caller.must_administer(resource, Access::Write)?;
        }
        crate::token::must_not_be_outlived(self.store.read(), caller, None, self.clock.now()).await?;
        let gateway: Option<Gateway> = self.store.read().find(id).await?;
        gateway.ok_or(Error::NotFound(GatewayId::KIND))?;
        check_password(password, &[email, "keywright", "gateway"])?;
        let hash = self.passwords.hash(password).await?;
        let tx = self.begin(caller).await?;
        let role = AdministratorRole::Provider { gateway_id: id };
        let change = Administrator::create(self.new_id(), email, hash, role, tx.now())?;
        self.save(tx, change).await
    }

    /// Signs somebody out everywhere.
    pub(crate) async fn end_sessions(&self, tx: &mut Tx, person: domain::Person) -> Result<()> {
        for session in tx.read().sessions_of(person).await? {
            tx.save(session.end()).await?;
        }
        Ok(())
    }
}

fn another_s() -> Error {
    Error::conflict("taken", "an API belongs to one gateway at most; take it from the other one first")
}

/// Which APIs a gateway has is not for developers: some of them may not be for their eyes.
fn hide(caller: &Caller, gateway: &mut Gateway) {
    if caller.developer().is_some() {
        gateway.apis.clear();
        gateway.mail_to = None;
    }
}

/// Developers, administrators and technical users may see gateways.
pub(crate) fn may_look(caller: &Caller) -> Result<()> {
    match caller.provider() {
        Some(_) => Ok(()),
        None => caller.developer_or_administrator(THIS, Access::Read).map(drop),
    }
}

/// The gateway, for an administrator or a technical user of its own. Another's is unknown to a technical user.
async fn own_gateway(tx: &Tx, caller: &Caller, id: GatewayId) -> Result<Gateway> {
    match caller.provider() {
        Some(own) if own != id => return Err(Error::NotFound(GatewayId::KIND)),
        Some(_) => {}
        None => caller.must_administer(THIS, Access::Write)?,
    }
    tx.read().find(id).await?.ok_or(Error::NotFound(GatewayId::KIND))
}
