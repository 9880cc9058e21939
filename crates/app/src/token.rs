//! Administrators' API tokens.

use domain::{Access, ApiToken, ApiTokenId, Instant, Resource, Scope, SecretKind};
use store::Read;

use crate::{App, Caller, Created, Error, Identity, Page, PageRequest, Result};

const THIS: Resource = Resource::Tokens;

#[macros::boxed]
impl App {
    /// All tokens, ended ones included.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn api_tokens(&self, caller: &Caller, page: PageRequest) -> Result<Page<ApiToken>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().api_tokens(page).await?)
    }

    /// One token, without its secret.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn api_token(&self, caller: &Caller, id: ApiTokenId) -> Result<ApiToken> {
        caller.must_administer(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(ApiTokenId::KIND))
    }

    /// Makes a token. The answer holds it; it is never shown again.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or a token would make one that opens more than itself or
    /// lives longer.
    pub async fn create_api_token(
        &self,
        caller: &Caller,
        name: &str,
        scopes: &[String],
        expires_at: Option<Instant>,
    ) -> Result<Created<ApiToken>> {
        caller.must_administer(THIS, Access::Write)?;
        self.must_be_fresh(caller).await?;
        let id = self.new_id();
        let (secret, hash) = self.keys.mint(SecretKind::ApiToken);
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, Some(&secret)).await? {
            return Ok(done);
        }
        let change = ApiToken::create(id, name, scopes, expires_at, (hash, secret.hint()), tx.now())?;
        must_hold_all(caller, &change.after().scopes)?;
        must_not_be_outlived(tx.read(), caller, expires_at, tx.now()).await?;
        Ok(Created::with_secret(self.save(tx, change).await?, secret))
    }

    /// Ends a token for good.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or was revoked before.
    pub async fn revoke_api_token(&self, caller: &Caller, id: ApiTokenId) -> Result<ApiToken> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let token: ApiToken = tx.read().find(id).await?.ok_or(Error::NotFound(ApiTokenId::KIND))?;
        must_hold_all(caller, &token.scopes)?;
        let change = token.revoke(tx.now())?;
        self.save(tx, change).await
    }

    /// Who brings this token; the caller of everything that follows.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it is unknown or has ended.
    pub(crate) async fn token_identity(&self, secret: &str) -> Result<Identity> {
        let hashes = self.keys.hashes(SecretKind::ApiToken, secret);
        let token = self.store.read().api_token_by_hash(&hashes).await?;
        match token.filter(|token| token.is_usable(self.clock.now())) {
            Some(token) => {
                if let Some(fresh) = hashes.first().filter(|fresh| **fresh != token.hash) {
                    self.store.rehash_api_token(token.id, fresh).await?;
                }
                Ok(Identity::Token { id: token.id, scopes: token.scopes })
            }
            None => Err(Error::Unauthenticated("this token is unknown, expired or revoked")),
        }
    }
}

/// A token neither makes nor ends one that opens more than it does itself.
fn must_hold_all(caller: &Caller, wanted: &[Scope]) -> Result<()> {
    let Identity::Token { scopes: held, .. } = &caller.identity else { return Ok(()) };
    match wanted.iter().find(|wanted| !held.iter().any(|held| held.includes(**wanted))) {
        Some(missing) => Err(Error::Forbidden(format!("this token lacks the scope {missing} itself"))),
        None => Ok(()),
    }
}

/// A token makes none that lives longer than it does itself: otherwise its end would be no end.
pub(crate) async fn must_not_be_outlived(
    read: Read<'_>,
    caller: &Caller,
    expires_at: Option<Instant>,
    now: Instant,
) -> Result<()> {
    let Identity::Token { id, .. } = &caller.identity else { return Ok(()) };
    let own: Option<ApiToken> = read.find(*id).await?;
    let own = own.filter(|own| own.is_usable(now));
    let own = own.ok_or(Error::Unauthenticated("this token is unknown, expired or revoked"))?;
    match own.expires_at {
        Some(end) if expires_at.is_none_or(|at| at > end) => {
            Err(Error::Forbidden(format!("this token ends at {end}; what it makes must end by then")))
        }
        _ => Ok(()),
    }
}
