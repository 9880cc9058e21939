//! How developers ask for tokens that a third party makes: they fill in a form, and the approvers get it by mail.

use domain::{
    Access, ApiVersion, ApiVersionId, Developer, DeveloperId, FormField, Property, Resource, TokenForm,
    TokenRequest, TokenRequestId,
};
use store::Tx;

use crate::mail::greeting_line;
use crate::{App, Caller, Created, Error, Page, PageRequest, Result};

const THIS: Resource = Resource::ExternalTokens;

#[macros::boxed]
impl App {
    /// What has to be filled in to ask for a token to an API version.
    ///
    /// # Errors
    /// If there is no such version or the caller may not see it.
    pub async fn token_form(&self, caller: &Caller, version: ApiVersionId) -> Result<Vec<FormField>> {
        self.api_version(caller, version).await?;
        let form = self.store.read().token_form(version).await?;
        Ok(form.map_or_else(TokenForm::standard, |form| form.fields))
    }

    /// Says what has to be filled in: administrators only.
    ///
    /// # Errors
    /// If the caller may not, there is no such version, or a field is wrong.
    pub async fn set_token_form(
        &self,
        caller: &Caller,
        version: ApiVersionId,
        fields: Vec<FormField>,
    ) -> Result<TokenForm> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let found: Option<ApiVersion> = tx.read().find(version).await?;
        found.ok_or(Error::NotFound(ApiVersionId::KIND))?;
        let change = match tx.read().token_form(version).await? {
            Some(form) => form.set(fields, tx.now())?,
            None => TokenForm::create(self.new_id(), version, fields, tx.now())?,
        };
        self.save(tx, change).await
    }

    /// A developer asks for a token. Every approver gets a mail with what was filled in and with the developer's id, by
    /// which the token comes back.
    ///
    /// # Errors
    /// If the caller is no developer, may not see the version, a field is wrong, or there is nobody to ask.
    pub async fn request_token(
        &self,
        caller: &Caller,
        version: ApiVersionId,
        values: Vec<Property>,
    ) -> Result<Created<TokenRequest>> {
        caller.must_be_known()?;
        let developer = must_be_developer(caller)?;
        let version = self.api_version(caller, version).await?;
        let form = self.token_form(caller, version.id).await?;
        let id = self.new_id();
        let mut tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let change = TokenRequest::ask(id, developer, version.id, &form, &values, tx.now())?;
        let request = tx.save(change).await?;
        let recipients = self.addresses(&self.consumption_approvers().await?).await?;
        if recipients.is_empty() {
            let message = "there is nobody who could answer this yet; ask the administrator";
            return Err(Error::conflict("no_approvers", message));
        }
        let text = self.token_request_text(&tx, &request, &version).await?;
        for to in recipients {
            self.post(&tx, &to, "Somebody asks for an access token", text.clone()).await?;
        }
        self.commit(tx).await?;
        Ok(Created::new(request))
    }

    async fn token_request_text(
        &self,
        tx: &Tx,
        request: &TokenRequest,
        version: &ApiVersion,
    ) -> Result<String> {
        let developer: Developer =
            tx.read().find(request.developer_id).await?.ok_or(Error::NotFound(DeveloperId::KIND))?;
        let api: Option<domain::Api> = tx.read().find(version.api_id).await?;
        let mut text = format!("{}\n\nsomebody asks for an access token.\n\n", greeting_line());
        let about = [
            ("User id", developer.id.to_string()),
            ("Name", developer.name.to_string()),
            ("E-mail", developer.email.to_string()),
            ("API", api.map(|api| api.name.to_string()).unwrap_or_default()),
            ("API id", version.api_id.to_string()),
            ("API version", version.name.to_string()),
            ("Request id", request.id.to_string()),
        ];
        let filled = request.values.iter().map(|value| (value.key.as_str(), value.value.clone()));
        for (key, value) in about.into_iter().chain(filled) {
            // Nobody writes a line of this mail that seems to be ours.
            text.push_str(&format!("{key}: {}\n", value.replace('\n', "\n    ")));
        }
        text.push_str(&format!(
            "\nWhen the token is made, send it with the user id to\n{}/abs/apirepository/accesstokens/external\n",
            self.settings.public_url
        ));
        Ok(text)
    }

    /// Requests for tokens: one's own; all of them for administrators.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn token_requests(&self, caller: &Caller, page: PageRequest) -> Result<Page<TokenRequest>> {
        let developer = caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().token_requests(developer, page).await?)
    }

    /// One request for a token.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn token_request(&self, caller: &Caller, id: TokenRequestId) -> Result<TokenRequest> {
        let developer = caller.developer_or_administrator(THIS, Access::Read)?;
        let request: Option<TokenRequest> = self.store.read().find(id).await?;
        let theirs = |it: &TokenRequest| developer.is_none_or(|developer| it.developer_id == developer);
        request.filter(theirs).ok_or(Error::NotFound(TokenRequestId::KIND))
    }
}

/// Tokens are people's: nobody else asks for one.
pub(crate) fn must_be_developer(caller: &Caller) -> Result<DeveloperId> {
    caller.developer().ok_or_else(|| Error::Forbidden("only developers hold external tokens".to_owned()))
}
