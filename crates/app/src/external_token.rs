//! Tokens that a third party made for a developer: it stores, renews and ends them; the developer asks it to.

use domain::{
    Access, Developer, DeveloperId, Event, ExternalToken, ExternalTokenId, Gateway, Invalid, Property,
    Resource, Transition, check_properties,
};
use serde_json::json;
use store::Tx;

use crate::mail::greeting_line;
use crate::token_request::must_be_developer;
use crate::{App, Caller, Created, Error, Page, PageRequest, Result};

const THIS: Resource = Resource::ExternalTokens;

pub(crate) fn place(id: ExternalTokenId) -> String {
    format!("external_tokens.sealed.{id}")
}

/// What a developer asks of a third party about a token.
#[derive(Clone, Copy)]
enum TokenChange {
    Renew,
    Revoke,
}

#[macros::boxed]
impl App {
    /// A member of the approvers' group stores a token for a developer, who is told by mail, without the token.
    ///
    /// # Errors
    /// If the caller is not in the group, the user is unknown, or a property is missing, doubled or too long.
    pub async fn store_external_token(
        &self,
        caller: &Caller,
        user: &str,
        properties: &[Property],
    ) -> Result<Created<ExternalToken>> {
        self.must_be_approver(caller).await?;
        let names = check_properties(properties)?;
        let id: ExternalTokenId = self.new_id();
        let mut tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let developer = known_user(&tx, user).await?;
        let again = tx.read().has_external_token(developer.id, &names.0).await?;
        let open = tx.read().open_token_request(developer.id, &names.0).await?;
        let sealed = self.seal_properties(id, properties)?;
        let change = ExternalToken::create(id, developer.id, names, sealed, again, tx.now());
        let token = tx.save(change).await?;
        if let Some(request) = open {
            tx.save(request.answer(token.id, tx.now())).await?;
        }
        self.mail_token_news(&tx, &developer, &token, "was made").await?;
        self.commit(tx).await?;
        Ok(Created::new(token))
    }

    /// A member of the approvers' group puts a renewed token in the place of one.
    ///
    /// # Errors
    /// As [`App::store_external_token`], or if it does not exist or belongs to somebody else.
    pub async fn renew_external_token(
        &self,
        caller: &Caller,
        id: ExternalTokenId,
        user: &str,
        properties: &[Property],
    ) -> Result<ExternalToken> {
        self.must_be_approver(caller).await?;
        let mut tx = self.begin(caller).await?;
        let token: ExternalToken = tx.read().find(id).await?.ok_or(Error::NotFound(ExternalTokenId::KIND))?;
        let names = check_properties(properties)?;
        let developer = known_user(&tx, user).await?;
        let sealed = self.seal_properties(id, properties)?;
        let token = tx.save(token.replace(developer.id, names, sealed, tx.now())?).await?;
        self.mail_token_news(&tx, &developer, &token, "was renewed").await?;
        self.commit(tx).await?;
        Ok(token)
    }

    /// A member of the approvers' group ends a token.
    ///
    /// # Errors
    /// If the caller is not in the group, or it does not exist.
    pub async fn delete_external_token(&self, caller: &Caller, id: ExternalTokenId) -> Result<()> {
        self.must_be_approver(caller).await?;
        let mut tx = self.begin(caller).await?;
        let token: ExternalToken = tx.read().find(id).await?.ok_or(Error::NotFound(ExternalTokenId::KIND))?;
        let developer: Option<Developer> = tx.read().find(token.developer_id).await?;
        let token = tx.save(Transition::delete(token, "external_token.deleted")).await?;
        if let Some(developer) = developer {
            self.mail_token_news(&tx, &developer, &token, "was revoked").await?;
        }
        self.commit(tx).await
    }

    /// Tokens, without what they are made of: one's own; all of them for administrators.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn external_tokens(&self, caller: &Caller, page: PageRequest) -> Result<Page<ExternalToken>> {
        let developer = caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().external_tokens(developer, page).await?)
    }

    /// One token, without what it is made of.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn external_token(&self, caller: &Caller, id: ExternalTokenId) -> Result<ExternalToken> {
        let developer = caller.developer_or_administrator(THIS, Access::Read)?;
        let token = self.store.read().find_visible(id, developer).await?;
        token.ok_or(Error::NotFound(ExternalTokenId::KIND))
    }

    /// Shows what a token is made of to the developer whose it is, and to nobody else. It is noted.
    ///
    /// # Errors
    /// If it does not exist or is not the caller's.
    pub async fn reveal_external_token(
        &self,
        caller: &Caller,
        id: ExternalTokenId,
    ) -> Result<(ExternalToken, Vec<Property>)> {
        let token = self.external_token(caller, id).await?;
        must_be_developer(caller)?;
        self.must_be_fresh(caller).await?;
        let opened = self.keys.open(&place(id), &token.sealed);
        let properties = opened.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let properties = properties
            .ok_or_else(|| Error::Internal("an external token does not open with this key".to_owned()))?;
        let mut tx = self.begin(caller).await?;
        tx.note(Event { action: "external_token.revealed", details: json!({}) }, &token);
        self.commit(tx).await?;
        Ok((token, properties))
    }

    /// A developer wants a token renewed: the third party is asked by mail, once.
    ///
    /// # Errors
    /// If it does not exist, is not the caller's, or there is nobody to ask.
    pub async fn ask_to_renew_token(&self, caller: &Caller, id: ExternalTokenId) -> Result<ExternalToken> {
        self.ask_about_token(caller, id, TokenChange::Renew).await
    }

    /// A developer wants a token ended: the third party is asked by mail, once. It works until then.
    ///
    /// # Errors
    /// As [`App::ask_to_renew_token`].
    pub async fn ask_to_revoke_token(&self, caller: &Caller, id: ExternalTokenId) -> Result<ExternalToken> {
        self.ask_about_token(caller, id, TokenChange::Revoke).await
    }

    async fn ask_about_token(
        &self,
        caller: &Caller,
        id: ExternalTokenId,
        wish: TokenChange,
    ) -> Result<ExternalToken> {
        self.external_token(caller, id).await?;
        must_be_developer(caller)?;
        let mut tx = self.begin(caller).await?;
        let token: ExternalToken = tx
            .read()
            .find_visible(id, caller.developer())
            .await?
            .ok_or(Error::NotFound(ExternalTokenId::KIND))?;
        let (change, verb) = match wish {
            TokenChange::Renew => (token.ask_to_renew(tx.now()), "renew"),
            TokenChange::Revoke => (token.ask_to_revoke(tx.now()), "revoke"),
        };
        // It was asked before: nobody is mailed twice.
        let Some(change) = change else { return Ok(token) };
        let token = tx.save(change).await?;
        let recipients = self.provider_of_token(&tx, &token).await?;
        if recipients.is_empty() {
            let message = "there is nobody who could answer this; ask the administrator";
            return Err(Error::conflict("no_approvers", message));
        }
        let developer: Developer =
            tx.read().find(token.developer_id).await?.ok_or(Error::NotFound(DeveloperId::KIND))?;
        let text = format!(
            "{}\n\nsomebody asks you to {verb} an access token.\n\nToken id: {}\nApplication: {}\nAccess Token Type: {}\nUser id: {}\nName: {}\nE-mail: {}\n\nWhen it is done, say so at\n{}/abs/apirepository/accesstokens/external/{}\n",
            greeting_line(),
            token.id,
            token.application_name,
            token.kind,
            developer.id,
            developer.name,
            developer.email,
            self.settings.public_url,
            token.id,
        );
        for to in recipients {
            self.post(&tx, &to, &format!("Please {verb} an access token"), text.clone()).await?;
        }
        self.commit(tx).await?;
        Ok(token)
    }

    /// Whom to ask about a token: the gateway that its API belongs to, if that is known, otherwise the approvers.
    async fn provider_of_token(&self, tx: &Tx, token: &ExternalToken) -> Result<Vec<domain::Email>> {
        if let Some(request) = tx.read().request_of_token(token.id).await? {
            let version: Option<domain::ApiVersion> = tx.read().find(request.api_version_id).await?;
            let gateway: Option<Gateway> = match version {
                Some(version) => tx.read().gateway_of_api(version.api_id).await?,
                None => None,
            };
            if let Some(address) = gateway.and_then(|gateway| gateway.mail_to) {
                return Ok(vec![address]);
            }
        }
        self.addresses(&self.consumption_approvers().await?).await
    }

    /// Tells a developer that something happened to a token. What it is made of is not in it.
    async fn mail_token_news(
        &self,
        tx: &Tx,
        developer: &Developer,
        token: &ExternalToken,
        news: &str,
    ) -> Result<()> {
        let text = format!(
            "{}\n\nyour access token {news}.\n\nToken id: {}\n\nLook at it: {}\n",
            greeting_line(),
            token.id,
            self.settings.public_url,
        );
        self.post(tx, &developer.email, &format!("Your access token {news}"), text).await
    }

    /// Whether the caller may store tokens at all.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if not.
    pub async fn may_store_tokens(&self, caller: &Caller) -> Result<()> {
        self.must_be_approver(caller).await
    }

    /// Whether the caller is in the group of those who answer requests for tokens. Being an administrator is not enough.
    async fn must_be_approver(&self, caller: &Caller) -> Result<()> {
        caller.must_be_known()?;
        match caller.person() {
            Some(person) if self.consumption_approvers().await?.contains(&person) => Ok(()),
            _ => Err(Error::Forbidden("only members of the approvers' group may do this".to_owned())),
        }
    }

    fn seal_properties(&self, id: ExternalTokenId, properties: &[Property]) -> Result<Vec<u8>> {
        let json =
            serde_json::to_vec(properties).map_err(|e| Error::Internal(format!("external token: {e}")))?;
        Ok(self.keys.seal(&place(id), &json))
    }
}

/// The developer with this id. What is no id is the id of nobody.
async fn known_user(tx: &Tx, user: &str) -> Result<Developer> {
    let unknown = || Invalid::field("user", "unknown", "must be the id of a user, as in the mail");
    let id: DeveloperId = user.trim().parse().map_err(|_| unknown())?;
    Ok(tx.read().find(id).await?.ok_or_else(unknown)?)
}
