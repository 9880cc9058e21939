//! How people sign in and out, and who they are in between.

use std::net::IpAddr;
use std::time::Duration;

use domain::{
    Administrator, AdministratorRole, ClientId, Developer, Email, Event, IdentityProviderId, Instant, Person,
    Proof, Secret, SecretKind, Session, SessionId, secret,
};
use serde_json::json;
use store::Tx;

use crate::oauth::end_grants_of_session;
use crate::sign_in_account::{Account, may_sign_in, may_still_sign_in};
use crate::{App, Caller, Error, Identity, Result};

/// How exactly it is known when a session was last used.
const LAST_SEEN_STEP: Duration = Duration::from_secs(60);

/// Somebody who has just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Its secret: a cookie's value, or a bearer token.
    pub secret: Secret,
}

/// How a session begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Start {
    /// The client for which somebody stays signed in.
    pub(crate) keep_for: Option<ClientId>,
    /// With what.
    pub(crate) proof: Proof,
    /// The provider at which it was shown who that is; `None`: here.
    pub(crate) provider: Option<IdentityProviderId>,
}

/// Five free tries, then 1, 2, 4 … 60 seconds.
fn guess_delay(failures: u32) -> Duration {
    match failures.checked_sub(5) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(1 << over.min(6)).min(Duration::from_secs(60)),
    }
}

/// After a hundred bad tries in a row, from wherever, only a new password opens the account within the day.
fn account_delay(failures: u32) -> Duration {
    if failures < 100 { Duration::ZERO } else { Duration::from_secs(24 * 3600) }
}

pub(crate) const WRONG: Error = Error::Unauthenticated("the address or the password is wrong");

#[macros::boxed]
impl App {
    /// A developer signs in.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if address or password are wrong, or the account is not open; [`Error::Limited`]
    /// after too many bad tries.
    pub async fn sign_in(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        user_agent: &str,
    ) -> Result<SignedIn> {
        self.sign_in_with(caller, email, password, None, user_agent).await
    }

    /// A developer signs in, with a code if they have a second factor.
    ///
    /// # Errors
    /// As [`App::sign_in`]; if a code is missing or wrong.
    pub async fn sign_in_with(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        code: Option<&str>,
        user_agent: &str,
    ) -> Result<SignedIn> {
        let (tx, person, proof) = self.prove_developer(caller, email, password, code).await?;
        let start = Start { proof, ..Start::default() };
        self.start_session(tx, caller, person, user_agent, start).await
    }

    /// Compares a developer's password, and a code if they have a second factor. The transaction is theirs, and holds
    /// their account locked.
    pub(crate) async fn prove_developer(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<(Tx, Person, Proof)> {
        let email = Email::parse(email).map_err(|_| WRONG)?;
        self.take_guess(caller, &email).await?;
        let developer = self.store.read().developer_by_email(&email).await?;
        let account = developer.map(Account::Developer);
        self.prove_account(caller, &email, account, password, code).await
    }

    /// Compares a password with an account's, and a code if there is a second factor. One is compared with even if there
    /// is no account, so that it takes as long.
    async fn prove_account(
        &self,
        caller: &Caller,
        email: &Email,
        account: Option<Account>,
        password: &str,
        code: Option<&str>,
    ) -> Result<(Tx, Person, Proof)> {
        let hash = account.as_ref().and_then(Account::password_hash).map(str::to_owned);
        let is_right = self.passwords.verify(password, hash).await?;
        let Some(account) = account else { return Err(WRONG) };
        if !is_right {
            self.note_bad_guess(caller, &account).await?;
            return Err(WRONG);
        }
        account.may_sign_in()?;
        self.forgive_guesses(caller, email).await?;
        let person = account.person();
        let factor = self.factor_to_prove(person, code).await?;
        let tx = self.begin_sign_in(caller, &account).await?;
        match (factor, code) {
            (Some(factor), Some(code)) => {
                Ok((self.prove_factor(tx, caller, &factor, code).await?, person, Proof::PasswordAndCode))
            }
            _ => Ok((tx, person, Proof::Password)),
        }
    }

    /// An administrator signs in.
    ///
    /// # Errors
    /// As [`App::sign_in`].
    pub async fn sign_in_administrator(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        user_agent: &str,
    ) -> Result<SignedIn> {
        self.sign_in_administrator_with(caller, email, password, None, user_agent).await
    }

    /// An administrator signs in, with a code if they have a second factor.
    ///
    /// # Errors
    /// As [`App::sign_in_with`].
    pub async fn sign_in_administrator_with(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        code: Option<&str>,
        user_agent: &str,
    ) -> Result<SignedIn> {
        let email = Email::parse(email).map_err(|_| WRONG)?;
        self.take_guess(caller, &email).await?;
        let administrator = self.store.read().administrator_by_email(&email).await?;
        let account = administrator.map(Account::Administrator);
        let (tx, person, proof) = self.prove_account(caller, &email, account, password, code).await?;
        let start = Start { proof, ..Start::default() };
        self.start_session(tx, caller, person, user_agent, start).await
    }

    pub(crate) async fn start_session(
        &self,
        mut tx: Tx,
        caller: &Caller,
        person: Person,
        user_agent: &str,
        how: Start,
    ) -> Result<SignedIn> {
        let (secret, hash) = self.keys.mint(SecretKind::Session);
        let address = caller.address.map(|ip| ip.to_string()).unwrap_or_default();
        let start = match how.keep_for {
            Some(client) => {
                let device = (user_agent, address.as_str());
                Session::start_kept(self.new_id(), person, hash, device, client, tx.now())
            }
            None => Session::start(self.new_id(), person, hash, user_agent, &address, tx.now()),
        };
        let start = Session::proven_by(start, how.proof);
        let start = match how.provider {
            Some(provider) => Session::through(start, provider),
            None => start,
        };
        let session = tx.save(start).await?;
        self.commit(tx).await?;
        Ok(SignedIn { session, secret })
    }

    /// Who brings this bearer token: an administrators' API token, or the secret of a session.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it is unknown, has ended, or its person may not sign in any more.
    pub async fn identify(&self, bearer: &str) -> Result<Identity> {
        match secret::kind_of(bearer) {
            Some(SecretKind::ApiToken) => self.token_identity(bearer).await,
            Some(SecretKind::Session) => self.session_identity(bearer).await,
            _ => Err(Error::Unauthenticated("this is no token of ours, or it is mistyped")),
        }
    }

    /// Whether a session still counts: one that is kept for a client, as long as the client may have that.
    pub(crate) fn is_session_alive(&self, session: &Session, now: Instant) -> bool {
        session.is_alive(now, |client| {
            self.verifier().client(client).is_some_and(|it| it.is_live() && it.persistent_sso)
        })
    }

    async fn session_identity(&self, bearer: &str) -> Result<Identity> {
        const OVER: Error = Error::Unauthenticated("you are not signed in any more; sign in again");
        let hashes = self.keys.hashes(SecretKind::Session, bearer);
        let read = self.store.read();
        let now = self.clock.now();
        let session = read
            .session_by_hash(&hashes)
            .await?
            .filter(|session| self.is_session_alive(session, now))
            .ok_or(OVER)?;
        let identity = match session.person {
            Person::Developer(id) => {
                let developer: Developer = read.find(id).await?.ok_or(OVER)?;
                may_sign_in(&developer)?;
                identity(session.person, session.id)
            }
            Person::Administrator(id) => {
                let administrator: Administrator = read.find(id).await?.ok_or(OVER)?;
                may_still_sign_in(&administrator)?;
                administrator_identity(&administrator, session.id)
            }
        };
        if now.since(session.last_seen_at) >= LAST_SEEN_STEP {
            self.store.touch_session(session.id, now).await?;
        }
        Ok(identity)
    }

    /// The sessions of the one who calls.
    ///
    /// # Errors
    /// If nobody is signed in.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        let person = person(caller)?;
        let now = self.clock.now();
        let sessions = self.store.read().sessions_of(person).await?;
        let lives = |session: &Session| self.is_session_alive(session, now) || session.is_renewable(now);
        Ok(sessions.into_iter().filter(lives).collect())
    }

    /// Ends one of the caller's own sessions, perhaps this one.
    ///
    /// # Errors
    /// If nobody is signed in, or the session is not theirs.
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<()> {
        let person = person(caller)?;
        let mut tx = self.begin(caller).await?;
        let session: Option<Session> = tx.read().find(id).await?;
        let session =
            session.filter(|session| session.person == person).ok_or(Error::NotFound(SessionId::KIND))?;
        end_grants_of_session(&mut tx, id).await?;
        self.save(tx, session.end()).await.map(drop)
    }

    /// Signs the caller out: ends the session that this very call came with.
    ///
    /// # Errors
    /// If nobody is signed in.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let _: Person = person(caller)?;
        let session = caller.session().ok_or(Error::NotFound(SessionId::KIND))?;
        self.end_session(caller, session).await
    }

    /// Counts a try before anything is compared.
    pub(crate) async fn take_guess(&self, caller: &Caller, email: &Email) -> Result<()> {
        let now = self.clock.now();
        let [network, account] = self.guess_keys(caller, email);
        let blocked = match self.store.take_attempt(&network, now, guess_delay).await? {
            Some(until) => Some(until),
            None => self.store.take_attempt(&account, now, account_delay).await?,
        };
        match blocked {
            Some(until) => Err(Error::Limited { retry_after_s: until.since(now).as_secs() + 1 }),
            None => Ok(()),
        }
    }

    /// Takes back what [`App::take_guess`] counted: the guess was right.
    pub(crate) async fn forgive_guesses(&self, caller: &Caller, email: &Email) -> Result<()> {
        for key in self.guess_keys(caller, email) {
            self.store.forgive_attempts(&key).await?;
        }
        Ok(())
    }

    /// Forgives bad tries on an account, wherever they came from: the owner has chosen a new password.
    pub(crate) async fn forgive(&self, email: &Email) -> Result<()> {
        let key = self.keys.marks().fingerprint("guesses", &[email.unique_key().as_bytes()]);
        Ok(self.store.forgive_attempts(&key).await?)
    }

    /// One counter for the account from a network, one for the account from everywhere.
    fn guess_keys(&self, caller: &Caller, email: &Email) -> [[u8; 32]; 2] {
        let account = email.unique_key();
        let network = caller.address.map(network).unwrap_or_default();
        let marks = self.keys.marks();
        [
            marks.fingerprint("guesses-from", &[account.as_bytes(), &network]),
            marks.fingerprint("guesses", &[account.as_bytes()]),
        ]
    }

    /// In the trail of a developer; administrators' is for what they do.
    pub(crate) async fn note_bad_guess(&self, caller: &Caller, account: &Account) -> Result<()> {
        let Account::Developer(developer) = account else { return Ok(()) };
        let mut tx = self.begin(caller).await?;
        tx.note(Event { action: "developer.sign_in_failed", details: json!({}) }, developer);
        Ok(tx.commit().await?)
    }
}

/// The caller, now that it is known who it is.
pub(crate) fn acting(caller: &Caller, person: Person, session_id: SessionId) -> Caller {
    Caller { identity: identity(person, session_id), ..caller.clone() }
}

/// An administrator, or the technical user of a gateway.
pub(crate) fn administrator_identity(administrator: &Administrator, session_id: SessionId) -> Identity {
    let id = administrator.id;
    match administrator.role {
        AdministratorRole::Provider { gateway_id } => Identity::Provider { id, session_id, gateway_id },
        role @ (AdministratorRole::Administrator
        | AdministratorRole::Approver
        | AdministratorRole::Auditor) => Identity::Administrator { id, session_id, role },
    }
}

fn identity(person: Person, session_id: SessionId) -> Identity {
    match person {
        Person::Developer(id) => Identity::Developer { id, session_id },
        // Nothing is asked of them before they are in: the role of this one does not count.
        Person::Administrator(id) => {
            Identity::Administrator { id, session_id, role: AdministratorRole::Auditor }
        }
    }
}

/// The person who calls.
pub(crate) fn person(caller: &Caller) -> Result<Person> {
    match caller.identity {
        Identity::Developer { id, .. } => Ok(Person::Developer(id)),
        Identity::Administrator { id, .. } | Identity::Provider { id, .. } => Ok(Person::Administrator(id)),
        Identity::Anonymous => Err(Error::Unauthenticated("sign in first")),
        Identity::Token { .. } | Identity::Operator | Identity::System => {
            Err(Error::Forbidden("only people have an account; sign in as one".to_owned()))
        }
    }
}

/// The /24 or /64 that an address is in: what one attacker can easily change within.
pub fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.octets().into_iter().take(3).collect(),
        IpAddr::V6(v6) => v6.octets().into_iter().take(8).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_15_the_delay_grows_from_nothing_to_a_minute() {
        let seconds: Vec<u64> = (1..=14).map(|n| guess_delay(n).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }
}
