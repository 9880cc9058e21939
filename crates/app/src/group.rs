//! Groups of people who decide or are told together.

use domain::{
    Access, Administrator, Developer, Email, Group, GroupDraft, GroupId, Invalid, Name, Person, Resource,
    Transition,
};
use store::Tx;

use crate::{App, Caller, Created, Error, Page, PageRequest, Result, expect_version};

const THIS: Resource = Resource::Groups;

#[macros::boxed]
impl App {
    /// All groups: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn groups(&self, caller: &Caller, page: PageRequest) -> Result<Page<Group>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().groups(page).await?)
    }

    /// One group: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn group(&self, caller: &Caller, id: GroupId) -> Result<Group> {
        caller.must_administer(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(GroupId::KIND))
    }

    /// Makes a group.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, a member does not exist, or the name is taken.
    pub async fn create_group(&self, caller: &Caller, draft: GroupDraft) -> Result<Created<Group>> {
        caller.must_administer(THIS, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        must_exist(&tx, draft.members.iter()).await?;
        let change = Group::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, change).await?))
    }

    /// Changes a group.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, a new member does not exist, the name is taken, or it is not at the
    /// expected version.
    pub async fn update_group(
        &self,
        caller: &Caller,
        id: GroupId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut GroupDraft) + Send,
    ) -> Result<Group> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let group: Group = tx.read().find(id).await?.ok_or(Error::NotFound(GroupId::KIND))?;
        expect_version(&group, expected)?;
        let mut draft = group.draft();
        edit(&mut draft);
        must_exist(&tx, draft.members.difference(&group.members)).await?;
        let change = group.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a group. What it has to approve waits for the next administrator to name somebody else.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or it is not at the expected version.
    pub async fn delete_group(&self, caller: &Caller, id: GroupId, expected: Option<i64>) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let group: Group = tx.read().find(id).await?.ok_or(Error::NotFound(GroupId::KIND))?;
        expect_version(&group, expected)?;
        self.save(tx, Transition::delete(group, "group.deleted")).await.map(drop)
    }

    /// The group whom requests for external tokens, and for APIs of no gateway, are mailed to.
    pub(crate) async fn consumption_approvers(&self) -> Result<Vec<Person>> {
        let name = Name::parse(Group::CONSUMPTION_APPROVERS)?;
        let group = self.store.read().group_by_name(&name).await?;
        Ok(group.map(|group| group.members.into_iter().collect()).unwrap_or_default())
    }

    /// The addresses of people, of those who are still there.
    pub(crate) async fn addresses(&self, people: &[Person]) -> Result<Vec<Email>> {
        let mut addresses = Vec::new();
        for person in people {
            addresses.extend(self.address_of(*person).await?);
        }
        Ok(addresses)
    }
}

async fn must_exist(tx: &Tx, people: impl Iterator<Item = &Person>) -> Result<()> {
    for person in people {
        let exists = match person {
            Person::Developer(id) => tx.read().find::<Developer>(*id).await?.is_some(),
            Person::Administrator(id) => tx.read().find::<Administrator>(*id).await?.is_some(),
        };
        if !exists {
            let message = "must be developers and administrators that exist";
            return Err(Invalid::field("members", "unknown", message).into());
        }
    }
    Ok(())
}
