//! Who somebody is here whom a provider knows: the one whom its subject is linked with, otherwise the one whose address it
//! says was proven. Nothing else links anybody, and whoever is refused is told the same, so that nobody learns who has
//! an account.

use domain::{
    Administrator, AdministratorId, AdministratorRole, Audience, Developer, DeveloperId, DeveloperState,
    Email, IdentityProvider, LinkedIdentity, MappedRole, Person, SecretKind,
};
use oauth::jose::Claims;
use serde_json::Value;
use store::Tx;

use crate::mail::greeting;
use crate::sign_in::acting;
use crate::sign_in_account::{ACCOUNT_WAITS, may_sign_in, may_still_sign_in};
use crate::{App, Caller, Error, Result};

/// The one answer to all whom a provider knows and we do not let in.
const NOBODY: Error = Error::Unauthenticated(
    "you cannot sign in here with that account; sign in another way, or ask the administrator",
);

/// What a provider has said, once it is proven.
struct Said<'a> {
    caller: &'a Caller,
    provider: &'a IdentityProvider,
    claims: &'a Claims,
    subject: &'a str,
}

impl Said<'_> {
    /// The address, if the provider says that it was proven and it is one that accounts may have.
    fn email(&self) -> Result<Email> {
        let email = self.provider.claims.proven_email(self.claims);
        email.and_then(|email| Email::parse(&email).ok()).ok_or_else(|| self.nobody("no proven address"))
    }

    /// The refusal. Why is for the log.
    fn nobody(&self, why: &str) -> Error {
        tracing::info!(provider = %self.provider.id, why, "somebody was not let in");
        NOBODY
    }

    /// The address for people to see, proven or not.
    fn shown_email(&self) -> String {
        let email = self.claims.get(&self.provider.claims.email).and_then(Value::as_str).unwrap_or_default();
        email.chars().filter(|c| !c.is_control()).take(254).collect()
    }
}

impl App {
    /// Who this is here. The transaction is theirs.
    pub(super) async fn let_in(
        &self,
        caller: &Caller,
        provider: &IdentityProvider,
        audience: Audience,
        claims: &Claims,
    ) -> Result<(Tx, Person)> {
        let subject = claims.get("sub").and_then(Value::as_str).ok_or(NOBODY)?;
        let said = Said { caller, provider, claims, subject };
        if !provider.claims.admit(claims) {
            return Err(said.nobody("a required claim is missing"));
        }
        match audience {
            Audience::Developer => self.let_developer_in(&said).await,
            Audience::Administrator => self.let_administrator_in(&said).await,
        }
    }

    async fn let_developer_in(&self, said: &Said<'_>) -> Result<(Tx, Person)> {
        if let Some(known) = self.known_as(said, Audience::Developer).await? {
            let Person::Developer(id) = known.person else { return Err(NOBODY) };
            let tx = self.begin_through(said, known.person, Audience::Developer).await?;
            tx.lock_developer(id).await?;
            must_still_be_linked(&tx, &known).await?;
            let developer: Developer = tx.read().find(id).await?.ok_or(NOBODY)?;
            may_sign_in(&developer)?;
            return Ok((tx, known.person));
        }
        let email = said.email()?;
        match self.store.read().developer_by_email(&email).await? {
            Some(developer) => self.link_developer(said, developer.id).await,
            None => self.make_developer(said, &email).await,
        }
    }

    /// The first time that somebody who has an account comes this way.
    async fn link_developer(&self, said: &Said<'_>, id: DeveloperId) -> Result<(Tx, Person)> {
        let person = Person::Developer(id);
        let mut tx = self.begin_through(said, person, Audience::Developer).await?;
        tx.lock_developer(id).await?;
        let developer: Developer = tx.read().find(id).await?.ok_or(NOBODY)?;
        let developer = match developer.state {
            // The provider has proven what our own mail would have.
            DeveloperState::Unverified => {
                tx.drop_one_time_tokens(SecretKind::EmailVerification, Some(id)).await?;
                self.prove_address(&mut tx, &developer).await?
            }
            DeveloperState::Pending | DeveloperState::Approved => developer,
            DeveloperState::Rejected | DeveloperState::Revoked => {
                may_sign_in(&developer)?;
                developer
            }
        };
        self.link(&mut tx, said, person).await?;
        let hello = greeting(&developer.name);
        self.tell_of_link(&tx, said, &developer.email, &hello, "/account").await?;
        self.unless_waiting(tx, developer).await
    }

    /// Somebody whom nobody knows yet gets an account, under the rules of registration.
    async fn make_developer(&self, said: &Said<'_>, email: &Email) -> Result<(Tx, Person)> {
        let may_be_made = said.provider.makes_developers
            && self.must_take_registrations().is_ok()
            && self.check_domain(email).is_ok();
        if !may_be_made {
            return Err(said.nobody("no account, and none is made"));
        }
        let id: DeveloperId = self.new_id();
        let person = Person::Developer(id);
        let mut tx = self.begin_through(said, person, Audience::Developer).await?;
        let local_part = email.as_str().split('@').next().unwrap_or_default();
        let name = said.provider.claims.name_of(said.claims);
        let name = name.and_then(|name| domain::Name::parse(&name).ok());
        let name = name.map_or_else(|| local_part.to_owned(), |name| name.to_string());
        let new = Developer::register(id, email.as_str(), &name, None, tx.now())?;
        let developer = tx.save(new).await.map_err(|error| unless_taken(said, error))?;
        let developer = self.prove_address(&mut tx, &developer).await?;
        self.link(&mut tx, said, person).await?;
        self.unless_waiting(tx, developer).await
    }

    /// What was done is kept; who waits for approval is not signed in.
    async fn unless_waiting(&self, tx: Tx, developer: Developer) -> Result<(Tx, Person)> {
        if developer.state == DeveloperState::Approved {
            return Ok((tx, Person::Developer(developer.id)));
        }
        self.commit(tx).await?;
        Err(Error::Unauthenticated(ACCOUNT_WAITS))
    }

    async fn let_administrator_in(&self, said: &Said<'_>) -> Result<(Tx, Person)> {
        let rules = &said.provider.claims;
        let role = rules.role_of(said.claims);
        if rules.assign_roles() && role.is_none() {
            return Err(said.nobody("no role in the console"));
        }
        if let Some(known) = self.known_as(said, Audience::Administrator).await? {
            let Person::Administrator(id) = known.person else { return Err(NOBODY) };
            let mut tx = self.begin_through(said, known.person, Audience::Administrator).await?;
            must_still_be_linked(&tx, &known).await?;
            take_role(&mut tx, said, id, role).await?;
            return Ok((tx, known.person));
        }
        let email = said.email()?;
        match (self.store.read().administrator_by_email(&email).await?, role) {
            (Some(administrator), _) => {
                let person = Person::Administrator(administrator.id);
                let mut tx = self.begin_through(said, person, Audience::Administrator).await?;
                take_role(&mut tx, said, administrator.id, role).await?;
                self.link(&mut tx, said, person).await?;
                self.tell_of_link(&tx, said, &administrator.email, "Hello,", "/account").await?;
                Ok((tx, person))
            }
            (None, Some(role)) => {
                let id: AdministratorId = self.new_id();
                let person = Person::Administrator(id);
                let mut tx = self.begin_through(said, person, Audience::Administrator).await?;
                // Without a password: they come this way only.
                let new = Administrator::create(id, email.as_str(), String::new(), role.into(), tx.now())?;
                tx.save(new).await.map_err(|error| unless_taken(said, error))?;
                self.link(&mut tx, said, person).await?;
                Ok((tx, person))
            }
            (None, None) => Err(said.nobody("no such administrator")),
        }
    }

    async fn known_as(&self, said: &Said<'_>, audience: Audience) -> Result<Option<LinkedIdentity>> {
        Ok(self.store.read().linked_identity(said.provider.id, said.subject, audience).await?)
    }

    /// A transaction in which the provider stays one that they may come from: whoever switches it off ends the session
    /// that begins here, or this one sees that it is off.
    async fn begin_through(&self, said: &Said<'_>, person: Person, audience: Audience) -> Result<Tx> {
        let tx = self.begin(&acting(said.caller, person, self.new_id())).await?;
        tx.lock_identity_provider(said.provider.id).await?;
        let current: Option<IdentityProvider> = tx.read().find(said.provider.id).await?;
        match current {
            Some(current) if current.is_open_to(audience) => Ok(tx),
            _ => Err(NOBODY),
        }
    }

    /// Links somebody with the subject. Who is linked with another one of this provider stays so: it may give an address
    /// to somebody else one day, and the account does not go with it.
    async fn link(&self, tx: &mut Tx, said: &Said<'_>, person: Person) -> Result<()> {
        let others = tx.read().identities_of(person).await?;
        if others.iter().any(|it| it.identity_provider_id == said.provider.id) {
            return Err(said.nobody("the account is linked with somebody else of this provider"));
        }
        let (id, email) = (self.new_id(), said.shown_email());
        let link = LinkedIdentity::link(id, said.provider.id, said.subject, person, &email, tx.now());
        tx.save(link).await.map_err(|error| unless_taken(said, error))?;
        Ok(())
    }

    async fn tell_of_link(
        &self,
        tx: &Tx,
        said: &Said<'_>,
        to: &Email,
        hello: &str,
        page: &str,
    ) -> Result<()> {
        let (name, url) = (said.provider.name.as_str(), &self.settings.public_url);
        let text = format!(
            "{hello}\n\nyou have signed in with {name} for the first time. From now on you can sign in that way.\n\nIf it was not you, sign in here, take the link away at {url}{page}, and tell the administrator.\n"
        );
        self.post(tx, to, &format!("You can sign in with {name} now"), text).await
    }
}

/// Somebody else may have become the one or the other just now.
fn unless_taken(said: &Said<'_>, error: store::Error) -> Error {
    match error {
        store::Error::Unique { .. } => said.nobody("taken in the meantime"),
        other => other.into(),
    }
}

async fn must_still_be_linked(tx: &Tx, known: &LinkedIdentity) -> Result<()> {
    let current: Option<LinkedIdentity> = tx.read().find(known.id).await?;
    current.map(drop).ok_or(NOBODY)
}

/// Whether an administrator may come in this way, in the role that the provider assigns, if it assigns any. Technical users
/// of gateways do not: they are made for a gateway, and here.
async fn take_role(
    tx: &mut Tx,
    said: &Said<'_>,
    id: AdministratorId,
    assigned: Option<MappedRole>,
) -> Result<()> {
    tx.lock_administrators().await?;
    let administrator: Administrator = tx.read().find(id).await?.ok_or(NOBODY)?;
    match administrator.role {
        AdministratorRole::Administrator | AdministratorRole::Approver | AdministratorRole::Auditor => {}
        AdministratorRole::Provider { .. } => return Err(said.nobody("a technical user")),
    }
    may_still_sign_in(&administrator)?;
    let role = assigned.map_or(administrator.role, AdministratorRole::from);
    if role != administrator.role {
        tx.save(administrator.change_role(role, tx.now())).await?;
        if administrator.runs_it_all() && tx.read().count_administrators().await? == 0 {
            return Err(said.nobody("nobody would be left who may do everything"));
        }
    }
    Ok(())
}
