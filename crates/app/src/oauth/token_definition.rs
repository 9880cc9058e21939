//! Token definitions: administrators only.

use domain::{Access, Resource, TokenDefinition, TokenDefinitionDraft, TokenDefinitionId};

use crate::{App, Caller, Created, Error, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::Oauth;

#[macros::boxed]
impl App {
    /// All definitions. Developers see them too: their clients choose among them.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn token_definitions(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<TokenDefinition>> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().token_definitions(page).await?)
    }

    /// One definition.
    ///
    /// # Errors
    /// If it does not exist, or the caller is nobody or lacks the scope.
    pub async fn token_definition(&self, caller: &Caller, id: TokenDefinitionId) -> Result<TokenDefinition> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(TokenDefinitionId::KIND))
    }

    /// Makes a definition. Where it names a new series of keys, they sign once they have been published for long
    /// enough.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_token_definition(
        &self,
        caller: &Caller,
        draft: TokenDefinitionDraft,
    ) -> Result<Created<TokenDefinition>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let change = TokenDefinition::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a definition. Tokens that are out stay as they are.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_token_definition(
        &self,
        caller: &Caller,
        id: TokenDefinitionId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut TokenDefinitionDraft) + Send,
    ) -> Result<TokenDefinition> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let definition: TokenDefinition =
            tx.read().find(id).await?.ok_or(Error::NotFound(TokenDefinitionId::KIND))?;
        expect_version(&definition, expected)?;
        let mut draft = definition.draft();
        edit(&mut draft);
        let change = definition.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a definition that no client refers to.
    ///
    /// # Errors
    /// If the caller may not, it is the default one, or clients refer to it.
    pub async fn delete_token_definition(
        &self,
        caller: &Caller,
        id: TokenDefinitionId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let definition: TokenDefinition =
            tx.read().find(id).await?.ok_or(Error::NotFound(TokenDefinitionId::KIND))?;
        expect_version(&definition, expected)?;
        match tx.save(definition.delete()?).await {
            Err(store::Error::Reference) => {
                return Err(Error::conflict("in_use", "clients refer to this token definition"));
            }
            other => other?,
        };
        self.commit(tx).await
    }
}
