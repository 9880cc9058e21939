//! Documents of APIs: those who see the API read them, administrators write them.

use domain::{
    Access, Api, ApiId, Document, DocumentDraft, DocumentId, Invalid, MAX_DOCUMENTS, Resource, Transition,
};
use store::Tx;

use crate::{App, Caller, Created, Error, Result, expect_version};

const THIS: Resource = Resource::Apis;

#[macros::boxed]
impl App {
    /// All pages about an API, in the order of their tree: siblings by position, then by age.
    ///
    /// # Errors
    /// If the caller may not see the API.
    pub async fn documents(&self, caller: &Caller, api: ApiId) -> Result<Vec<Document>> {
        self.offer(caller, api).await?;
        let mut documents = self.store.read().documents_of(api).await?;
        documents.sort_by_key(|document| (document.position, document.id));
        Ok(documents)
    }

    /// One page about an API, by its id or its name in addresses.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see the API.
    pub async fn document_of(&self, caller: &Caller, api: ApiId, id_or_slug: &str) -> Result<Document> {
        self.offer(caller, api).await?;
        let read = self.store.read();
        let found: Option<Document> = match domain::parse_uuid(id_or_slug) {
            Some(id) => read.find(id).await?,
            None => read.document_by_slug(api, id_or_slug).await?,
        };
        found.filter(|document| document.api_id == api).ok_or(Error::NotFound(DocumentId::KIND))
    }

    /// One page.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see its API.
    pub async fn document(&self, caller: &Caller, id: DocumentId) -> Result<Document> {
        caller.developer_or_administrator(THIS, Access::Read)?;
        let document: Document =
            self.store.read().find(id).await?.ok_or(Error::NotFound(DocumentId::KIND))?;
        match self.offer(caller, document.api_id).await {
            Ok(_) => Ok(document),
            Err(Error::NotFound(_)) => Err(Error::NotFound(DocumentId::KIND)),
            Err(error) => Err(error),
        }
    }

    /// Writes a page about an API: administrators only.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the slug is taken within the API, or there are too many.
    pub async fn create_document(
        &self,
        caller: &Caller,
        api: ApiId,
        draft: DocumentDraft,
    ) -> Result<Created<Document>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        tx.lock_catalogue().await?;
        let api: Api = tx.read().find(api).await?.ok_or(Error::NotFound(ApiId::KIND))?;
        let others = tx.read().documents_of(api.id).await?;
        if others.len() >= MAX_DOCUMENTS {
            return Err(Error::Quota(format!("an API has at most {MAX_DOCUMENTS} documents")));
        }
        let change = Document::create(id, api.id, draft, tx.now())?;
        check_place(change.after(), &others)?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a page: administrators only.
    ///
    /// # Errors
    /// As [`App::create_document`], or if it is not at the expected version.
    pub async fn update_document(
        &self,
        caller: &Caller,
        id: DocumentId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut DocumentDraft) + Send,
    ) -> Result<Document> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        // Where pages stand is a rule over several rows.
        tx.lock_catalogue().await?;
        let document = find(&tx, id).await?;
        expect_version(&document, expected)?;
        let mut draft = document.draft();
        edit(&mut draft);
        let change = document.update(draft, tx.now())?;
        check_place(change.after(), &tx.read().documents_of(document.api_id).await?)?;
        self.save(tx, change).await
    }

    /// Removes a page that none stands below: administrators only.
    ///
    /// # Errors
    /// If the caller may not, pages stand below it, or it is not at the expected version.
    pub async fn delete_document(
        &self,
        caller: &Caller,
        id: DocumentId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        tx.lock_catalogue().await?;
        let document = find(&tx, id).await?;
        expect_version(&document, expected)?;
        let siblings = tx.read().documents_of(document.api_id).await?;
        if siblings.iter().any(|other| other.parent_id == Some(id)) {
            return Err(Error::conflict(
                "in_use",
                "other documents stand below this one; move or delete them first",
            ));
        }
        self.save(tx, Transition::delete(document, "document.deleted")).await.map(drop)
    }
}

async fn find(tx: &Tx, id: DocumentId) -> Result<Document> {
    tx.read().find(id).await?.ok_or(Error::NotFound(DocumentId::KIND))
}

/// The page above must be of the same API, and no page may stand below itself.
fn check_place(document: &Document, others: &[Document]) -> Result<(), Invalid> {
    let mut above = document.parent_id;
    // A path that is longer than there are pages goes in a circle.
    for _ in 0..=others.len() {
        let Some(id) = above else { return Ok(()) };
        if id == document.id {
            return Err(Invalid::field(
                "parent_id",
                "conflict",
                "must not be the document itself or one below it",
            ));
        }
        let parent = others.iter().find(|other| other.id == id);
        above = parent
            .ok_or_else(|| Invalid::field("parent_id", "unknown", "must be a document of the same API"))?
            .parent_id;
    }
    Err(Invalid::field("parent_id", "conflict", "must not be the document itself or one below it"))
}
