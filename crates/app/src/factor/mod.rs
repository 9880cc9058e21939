//! The second factor: set up, shown at sign-in (`second_step.rs`), taken away. Technical users of gateways are programs
//! and have none. Passkeys are in `crates/app/src/passkey`.

mod recovery;
mod second_step;
pub(crate) mod ticket;
mod totp;

use domain::{
    Access, AdministratorId, DeveloperId, Email, Factor, Instant, Person, Resource, Sealed, Session,
};
use std::time::Duration;
use store::Tx;

use crate::mail::greeting_line;
use crate::sign_in::person;
use crate::{App, Caller, Error, Identity, Result};
use recovery::plain;
use ticket::Ticket;

pub use second_step::SignInStep;
pub use totp::Provision;

/// What somebody is told who has a second factor where no code can be given.
pub const SECOND_FACTOR: &str =
    "this account has a second factor: sign in at the portal’s page, where the code can be given";
/// The same, who has to set one up first.
pub const SECOND_FACTOR_MISSING: &str =
    "this account needs a second factor: sign in at the portal’s page once to set it up";
const REMOVED_FOR_THEM: &str = "your second factor was removed by an administrator";
const WRONG_CODE: Error = Error::Unauthenticated("the code is wrong, too old, or was used before");

/// How long after signing in somebody may do what matters most.
const FRESH: Duration = Duration::from_secs(600);

/// Of whom a second factor is demanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondFactor {
    /// Of nobody: whoever wants one has one.
    #[default]
    Voluntary,
    /// Of those who run this installation.
    Administrators,
    /// Of developers, too.
    Everybody,
}

/// A new second factor, before it is kept: what to give to the app, and what brings it back with the first code.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// For the app.
    pub provision: Provision,
    /// Comes back with the first code.
    pub ticket: String,
}

/// Five free tries, then ever longer, up to a quarter of an hour; after a hundred none within the day. Whoever tries
/// codes has the password already.
pub(crate) fn code_delay(failures: u32) -> Duration {
    match failures.checked_sub(5) {
        None | Some(0) => Duration::ZERO,
        Some(over) if over < 95 => Duration::from_secs(1 << over.min(10)).min(Duration::from_secs(900)),
        Some(_) => Duration::from_secs(24 * 3600),
    }
}

#[macros::boxed]
impl App {
    /// Whether somebody has signed in within the last ten minutes. API tokens and the command line are no sign-in, and
    /// with Basic the password comes with every request.
    ///
    /// # Errors
    /// [`Error::Reauthenticate`] if not.
    pub async fn must_be_fresh(&self, caller: &Caller) -> Result<()> {
        let Some(id) = caller.session() else { return Ok(()) };
        let session: Option<Session> = self.store.read().find(id).await?;
        match session {
            Some(session) if self.clock.now().since(session.meta.created_at) > FRESH => {
                Err(Error::Reauthenticate)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The caller's own second factor, if they have one.
    ///
    /// # Errors
    /// If nobody is signed in.
    pub async fn own_factor(&self, caller: &Caller) -> Result<Option<Factor>> {
        Ok(self.store.read().factor_of(person(caller)?).await?)
    }

    /// Somebody begins to set up a second factor. Nothing is kept before the first code.
    ///
    /// # Errors
    /// If nobody is signed in, or not lately; for technical users; if there is one already.
    pub async fn begin_enrollment(&self, caller: &Caller) -> Result<Enrollment> {
        let person = self.may_enroll(caller).await?;
        let ticket = Ticket::to_enroll(person, totp::new_secret(), self.clock.now());
        self.enrollment(&ticket).await
    }

    /// Somebody shows the first code. The answer holds the recovery codes, which are never shown again; none if there were
    /// passkeys before, since whoever has these has codes already.
    ///
    /// # Errors
    /// As [`App::begin_enrollment`]; if the code is wrong, or it took too long.
    pub async fn enroll(&self, caller: &Caller, ticket: &str, code: &str) -> Result<Vec<String>> {
        let person = self.may_enroll(caller).await?;
        let ticket = self.open_ticket(ticket)?;
        if ticket.person != person {
            return Err(ticket::OVER);
        }
        let mut tx = self.begin(caller).await?;
        lock_person(&tx, person).await?;
        let codes = match tx.read().factor_of(person).await? {
            None => self.keep_factor(&mut tx, &ticket, code).await?,
            Some(factor) => {
                let (secret, step) = self.first_code(&ticket, code, tx.now())?;
                let change = factor.add_app(secret, step, tx.now()).ok_or_else(exists)?;
                tx.save(change).await?;
                self.tell_of_factor(&tx, person, "codes of an app sign you in from now on").await?;
                Vec::new()
            }
        };
        self.commit(tx).await?;
        Ok(codes)
    }

    /// New recovery codes in the place of the old ones. They are never shown again.
    ///
    /// # Errors
    /// If nobody is signed in, or not lately; if there is no second factor.
    pub async fn renew_recovery_codes(&self, caller: &Caller) -> Result<Vec<String>> {
        let person = person(caller)?;
        self.must_be_fresh(caller).await?;
        let mut tx = self.begin(caller).await?;
        let factor = tx.read().factor_of(person).await?.ok_or_else(none)?;
        let (codes, hashes) = self.recovery_codes(person);
        let change = factor.renew_recovery_codes(hashes, tx.now());
        tx.save(change).await?;
        self.tell_of_factor(&tx, person, "new recovery codes were made; the old ones work no more").await?;
        self.commit(tx).await?;
        Ok(codes)
    }

    /// Somebody takes their own app for codes away: with it goes the second factor, unless there are passkeys.
    ///
    /// # Errors
    /// As [`App::renew_recovery_codes`]; if there is no app; if nothing else is left and a second factor is demanded.
    pub async fn remove_own_factor(&self, caller: &Caller) -> Result<()> {
        let person = person(caller)?;
        self.must_be_fresh(caller).await?;
        let mut tx = self.begin(caller).await?;
        lock_person(&tx, person).await?;
        let factor = tx.read().factor_of(person).await?.ok_or_else(none)?;
        if factor.secret.is_none() {
            return Err(Error::conflict("none", "there is no app for codes"));
        }
        let passkeys = tx.read().passkeys_of(person).await?;
        if let (false, Some(why)) = (passkeys.is_empty(), self.why_no_passkeys()) {
            let message = format!("your passkeys cannot be used: {why} Remove them first, or keep the app");
            return Err(Error::conflict("no_passkeys", message));
        }
        if passkeys.is_empty() {
            self.may_be_without(person)?;
            tx.save(factor.remove()).await?;
            self.tell_of_factor(&tx, person, "your second factor was removed").await?;
        } else {
            let change = factor.remove_app(tx.now());
            tx.save(change).await?;
            self.tell_of_factor(&tx, person, "codes of an app sign you in no more; your passkeys do").await?;
        }
        self.commit(tx).await
    }

    /// Whether somebody may take away the last thing that they have besides the password.
    ///
    /// # Errors
    /// If it is demanded.
    pub(crate) fn may_be_without(&self, person: Person) -> Result<()> {
        if !self.demands_factor(person) {
            return Ok(());
        }
        let message = "a second factor is demanded here; set up another one by way of an administrator, who removes this one";
        Err(Error::conflict("demanded", message))
    }

    /// An administrator removes the second factor of a developer who has lost it. The developer is told.
    ///
    /// # Errors
    /// If the caller may not, or has not signed in lately; if there is none.
    pub async fn remove_developer_factor(&self, caller: &Caller, id: DeveloperId) -> Result<()> {
        caller.must_administer(Resource::Developers, Access::Write)?;
        self.must_be_fresh(caller).await?;
        self.developer(caller, id).await?;
        self.drop_factor(caller, Person::Developer(id), REMOVED_FOR_THEM).await
    }

    /// The same of another administrator.
    ///
    /// # Errors
    /// As [`App::remove_developer_factor`].
    pub async fn remove_administrator_factor(&self, caller: &Caller, id: AdministratorId) -> Result<()> {
        self.must_make_administrators(caller).await?;
        self.administrator(caller, id).await?;
        let person = Person::Administrator(id);
        if caller.person() == Some(person) {
            self.may_be_without(person)?;
            return self.drop_factor(caller, person, "your second factor was removed").await;
        }
        self.drop_factor(caller, person, REMOVED_FOR_THEM).await
    }

    /// The same, of the administrator with an address: at the command line, where nobody else can do it any more.
    ///
    /// # Errors
    /// As [`App::remove_developer_factor`].
    pub async fn remove_factor_at(&self, caller: &Caller, email: &str) -> Result<()> {
        let email = Email::parse(email).map_err(|e| e.within("email"))?;
        let found = self.store.read().administrator_by_email(&email).await?;
        let id = found.ok_or(Error::NotFound(AdministratorId::KIND))?.id;
        self.remove_administrator_factor(caller, id).await
    }

    /// Whether a person has a second factor: for administrators.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn has_factor(&self, caller: &Caller, person: Person) -> Result<bool> {
        let resource = match person {
            Person::Developer(_) => Resource::Developers,
            Person::Administrator(_) => Resource::Administrators,
        };
        caller.must_administer(resource, Access::Read)?;
        let read = self.store.read();
        Ok(read.factor_of(person).await?.is_some() || !read.passkeys_of(person).await?.is_empty())
    }

    /// Whether somebody cannot sign in without one. Technical users are not asked.
    pub(crate) fn demands_factor(&self, person: Person) -> bool {
        match (self.settings.second_factor, person) {
            (SecondFactor::Voluntary, _) | (SecondFactor::Administrators, Person::Developer(_)) => false,
            (SecondFactor::Everybody, _) | (SecondFactor::Administrators, Person::Administrator(_)) => true,
        }
    }

    async fn may_enroll(&self, caller: &Caller) -> Result<Person> {
        let person = self.may_have_factor(caller).await?;
        match self.store.read().factor_of(person).await? {
            Some(factor) if factor.secret.is_some() => Err(exists()),
            Some(_) | None => Ok(person),
        }
    }

    /// Whoever may add something to what they prove themselves with.
    pub(crate) async fn may_have_factor(&self, caller: &Caller) -> Result<Person> {
        let person = person(caller)?;
        if matches!(caller.identity, Identity::Provider { .. }) {
            let message = "the technical user of a gateway is a program, and has no second factor";
            return Err(Error::Forbidden(message.to_owned()));
        }
        self.must_be_fresh(caller).await?;
        Ok(person)
    }

    async fn enrollment(&self, ticket: &Ticket) -> Result<Enrollment> {
        let secret = ticket.secret.as_deref().ok_or(ticket::OVER)?;
        let account = self.address_of(ticket.person).await?.ok_or(ticket::OVER)?;
        let provision = totp::provision(secret, account.as_str())?;
        Ok(Enrollment { provision, ticket: self.seal_ticket(ticket) })
    }

    /// The secret of a ticket, sealed, and the step of its first code, if that is right.
    fn first_code(&self, ticket: &Ticket, code: &str, now: Instant) -> Result<(Sealed, i64)> {
        let secret = ticket.secret.as_deref().ok_or(ticket::OVER)?;
        let step = totp::step_of(secret, &plain(code), seconds(now))?;
        let step = step.ok_or_else(|| {
            domain::Invalid::field("code", "wrong", "is not right; look whether the clock of your phone is")
        })?;
        Ok((Sealed(self.keys.seal(&place(ticket.person), secret)), step))
    }

    /// Keeps the secret of a ticket, if the code is one of it, for somebody who has nothing else: at sign-in they have shown
    /// no more than the password, which must not add to what they have.
    async fn keep_factor(&self, tx: &mut Tx, ticket: &Ticket, code: &str) -> Result<Vec<String>> {
        let (sealed, step) = self.first_code(ticket, code, tx.now())?;
        let (codes, hashes) = self.recovery_codes(ticket.person);
        let change = Factor::enroll(self.new_id(), ticket.person, sealed, step, hashes, tx.now());
        match tx.save(change).await {
            Err(store::Error::Unique { .. }) => return Err(exists()),
            other => other?,
        };
        self.tell_of_factor(tx, ticket.person, "your second factor was set up").await?;
        Ok(codes)
    }

    /// Takes a code: one of the app's, or one for recovery. Of several who bring the same one at once one gets through.
    async fn take_code(&self, tx: &mut Tx, factor: &Factor, code: &str) -> Result<()> {
        let code = plain(code);
        let step = self.step_of_app(factor, &code, tx.now())?;
        let by_app = step.and_then(|step| factor.take_code(step, tx.now()));
        let hash = self.recovery_mark(factor.person, &code);
        let by_recovery = || factor.take_recovery_code(&hash, tx.now());
        let is_by_app = by_app.is_some();
        let change = by_app.or_else(by_recovery).ok_or(WRONG_CODE)?;
        let left = change.after().recovery.len();
        match tx.save(change).await {
            Err(store::Error::Stale) => return Err(WRONG_CODE),
            other => other?,
        };
        if !is_by_app {
            let what = format!("a recovery code was used; {left} are left");
            self.tell_of_factor(tx, factor.person, &what).await?;
        }
        Ok(())
    }

    /// The step of a code of the app's. Who has only passkeys has no app.
    fn step_of_app(&self, factor: &Factor, code: &str, now: Instant) -> Result<Option<i64>> {
        let Some(sealed) = &factor.secret else { return Ok(None) };
        let secret = self.keys.open(&place(factor.person), &sealed.0);
        let secret = secret.ok_or_else(|| Error::Internal("a second factor does not open".to_owned()))?;
        totp::step_of(&secret, code, seconds(now))
    }

    /// Counts a try before a code is compared. A code that is right makes another version of the factor, whose counter
    /// begins anew.
    pub(crate) async fn take_code_guess(&self, factor: &Factor) -> Result<()> {
        let parts: [&[u8]; 2] = [factor.id.0.as_bytes(), &factor.meta.version.to_be_bytes()];
        let key = self.keys.marks().fingerprint("code-guesses", &parts);
        let now = self.clock.now();
        match self.store.take_attempt(&key, now, code_delay).await? {
            Some(until) => Err(Error::Limited { retry_after_s: until.since(now).as_secs() + 1 }),
            None => Ok(()),
        }
    }

    /// Takes away all that somebody has besides the password.
    async fn drop_factor(&self, caller: &Caller, person: Person, what: &str) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        if !self.take_factor(&mut tx, person).await? {
            return Err(none());
        }
        self.tell_of_factor(&tx, person, what).await?;
        self.commit(tx).await
    }

    /// The same in a transaction. Says whether there was anything.
    pub(crate) async fn take_factor(&self, tx: &mut Tx, person: Person) -> Result<bool> {
        lock_person(tx, person).await?;
        let (factor, passkeys) = (tx.read().factor_of(person).await?, tx.read().passkeys_of(person).await?);
        // A node of the version before may have removed the one and left the others.
        let was_any = factor.is_some() || !passkeys.is_empty();
        for passkey in passkeys {
            tx.save(passkey.remove()).await?;
        }
        if let Some(factor) = factor {
            tx.save(factor.remove()).await?;
        }
        Ok(was_any)
    }

    /// Whoever it happens to without having done it should know.
    pub(crate) async fn tell_of_factor(&self, tx: &Tx, person: Person, what: &str) -> Result<()> {
        let Some(to) = self.address_of(person).await? else { return Ok(()) };
        let text = format!(
            "{}\n\n{what}.\n\nIf it was not you, choose a new password now and tell your administrator: {}/forgot-password\n",
            greeting_line(),
            self.settings.public_url,
        );
        self.post(tx, &to, "Your second factor", text).await
    }
}

fn none() -> Error {
    Error::conflict("none", "there is no second factor")
}

fn exists() -> Error {
    Error::conflict("exists", "there is a second factor already; remove it first")
}

/// For those who look at all that somebody has besides the password, and change some of it.
pub(crate) async fn lock_person(tx: &Tx, person: Person) -> Result<()> {
    match person {
        Person::Developer(id) => tx.lock_developer(id).await?,
        Person::Administrator(id) => tx.lock_administrator(id).await?,
    }
    Ok(())
}

/// Where the secret of a person is sealed for.
pub(crate) fn place(person: Person) -> String {
    match person {
        Person::Developer(id) => format!("factors.secret.developer.{id}"),
        Person::Administrator(id) => format!("factors.secret.administrator.{id}"),
    }
}

fn seconds(at: Instant) -> u64 {
    u64::try_from(at.unix_seconds()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_114_the_delay_grows_to_a_day() {
        let seconds = |n| code_delay(n).as_secs();
        assert_eq!([1, 5, 6, 7, 10, 15, 16, 99].map(seconds), [0, 0, 2, 4, 32, 900, 900, 900]);
        assert_eq!(seconds(100), 86_400);
    }
}
