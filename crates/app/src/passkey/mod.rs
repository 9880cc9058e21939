//! Passkeys (WebAuthn): added, renamed and removed by their owners; used at sign-in (`sign_in.rs`). What browsers are asked
//! and answer is in `relying_party.rs`.

mod relying_party;
mod sign_in;
mod ticket;

use domain::{Factor, Name, Passkey, PasskeyId, Person};
use store::Tx;

use crate::factor::lock_person;
use crate::factor::ticket::OVER;
use crate::mail::plain_name;
use crate::sign_in::person;
use crate::sign_in_account::Account;
use crate::{App, Caller, Error, Result};
use relying_party::{Asked, Disbelief, RelyingParty};
use ticket::{Purpose, Ticket};

pub use sign_in::SecondStep;

/// What a browser is to do with a passkey.
#[derive(Clone, Debug)]
pub struct PasskeyRequest {
    /// Comes back with the answer, and opens nothing.
    pub ticket: String,
    /// What `navigator.credentials` takes, as JSON.
    pub options: String,
}

impl App {
    /// Why browsers make no passkeys for this installation; `None`: they do.
    pub(crate) fn why_no_passkeys(&self) -> Option<&'static str> {
        RelyingParty::of(&self.settings.public_url).err()
    }

    fn relying_party(&self) -> Result<RelyingParty> {
        RelyingParty::of(&self.settings.public_url).map_err(|why| Error::conflict("no_passkeys", why))
    }
}

#[macros::boxed]
impl App {
    /// The caller's own passkeys, from the oldest to the newest.
    ///
    /// # Errors
    /// If nobody is signed in.
    pub async fn own_passkeys(&self, caller: &Caller) -> Result<Vec<Passkey>> {
        Ok(self.store.read().passkeys_of(person(caller)?).await?)
    }

    /// Why the caller can add no passkey; `None`: they can.
    ///
    /// # Errors
    /// If nobody is signed in.
    pub async fn why_no_own_passkeys(&self, caller: &Caller) -> Result<Option<&'static str>> {
        let person = person(caller)?;
        let account = Account::of(&self.store.read(), person).await?;
        Ok(self.why_no_passkeys().or(account.as_ref().and_then(Account::why_no_passkeys)))
    }

    /// Somebody begins to add a passkey. Nothing is kept before their browser has made one.
    ///
    /// # Errors
    /// If nobody is signed in, or not lately; for technical users, and whoever signs in elsewhere only; if there are none
    /// here; if they have too many.
    pub async fn begin_passkey(&self, caller: &Caller) -> Result<PasskeyRequest> {
        let person = self.may_add_passkey(caller).await?;
        let asked = self.ask_for_new(person).await?;
        Ok(self.passkey_request(Purpose::Add(person), asked))
    }

    /// Adds the passkey that a browser has made. The answer holds the recovery codes, which are never shown again, if it is
    /// the first thing that somebody has besides the password.
    ///
    /// # Errors
    /// As [`App::begin_passkey`]; [`Error::Gone`] if it took too long; if the name or what the browser says is wrong.
    pub async fn add_passkey(
        &self,
        caller: &Caller,
        ticket: &str,
        answer: &str,
        name: &str,
    ) -> Result<Vec<String>> {
        let person = self.may_add_passkey(caller).await?;
        let ticket = self.open_passkey_ticket(ticket)?;
        if ticket.purpose != Purpose::Add(person) {
            return Err(OVER);
        }
        let name = Name::parse(name).map_err(|e| e.within("name"))?;
        let mut tx = self.begin(caller).await?;
        lock_person(&tx, person).await?;
        let codes = match tx.read().factor_of(person).await? {
            Some(_) => Vec::new(),
            None => self.begin_factor(&mut tx, person).await?,
        };
        self.keep_passkey(&mut tx, person, &ticket, answer, name).await?;
        self.commit(tx).await?;
        Ok(codes)
    }

    /// Somebody calls one of their passkeys something else.
    ///
    /// # Errors
    /// If nobody is signed in; if it is not theirs; if the name is wrong.
    pub async fn rename_passkey(&self, caller: &Caller, id: PasskeyId, name: &str) -> Result<()> {
        let person = person(caller)?;
        let name = Name::parse(name).map_err(|e| e.within("name"))?;
        let tx = self.begin(caller).await?;
        let passkey = own(&tx, person, id).await?;
        let change = passkey.rename(name, tx.now());
        self.save(tx, change).await.map(drop)
    }

    /// Somebody removes one of their passkeys. With the last one goes the second factor, unless there is an app.
    ///
    /// # Errors
    /// If nobody is signed in, or not lately; if it is not theirs; if nothing else is left and a second factor is demanded.
    pub async fn remove_passkey(&self, caller: &Caller, id: PasskeyId) -> Result<()> {
        let person = person(caller)?;
        self.must_be_fresh(caller).await?;
        let mut tx = self.begin(caller).await?;
        lock_person(&tx, person).await?;
        let passkey = own(&tx, person, id).await?;
        let mut what = format!("your {} was removed", called(&passkey.name));
        let factor = tx.read().factor_of(person).await?.filter(|it| it.secret.is_none());
        let is_last = tx.read().passkeys_of(person).await?.len() == 1;
        tx.save(passkey.remove()).await?;
        if let Some(factor) = factor.filter(|_| is_last) {
            self.may_be_without(person)?;
            tx.save(factor.remove()).await?;
            what.push_str(", and with it your second factor: the password alone signs you in");
        }
        self.tell_of_factor(&tx, person, &what).await?;
        self.commit(tx).await
    }

    async fn may_add_passkey(&self, caller: &Caller) -> Result<Person> {
        let person = self.may_have_factor(caller).await?;
        match self.why_no_own_passkeys(caller).await? {
            Some(why) => Err(Error::conflict("no_passkeys", why)),
            None => Ok(person),
        }
    }

    async fn ask_for_new(&self, person: Person) -> Result<Asked> {
        let relying_party = self.relying_party()?;
        let theirs = self.store.read().passkeys_of(person).await?;
        may_have_another(&theirs)?;
        let called = self.address_of(person).await?.ok_or(OVER)?;
        relying_party.to_add(person, called.as_str(), &theirs)
    }

    /// The recovery codes of somebody who has nothing besides the password and is about to.
    async fn begin_factor(&self, tx: &mut Tx, person: Person) -> Result<Vec<String>> {
        let (codes, hashes) = self.recovery_codes(person);
        let change = Factor::begin(self.new_id(), person, hashes, tx.now());
        tx.save(change).await?;
        Ok(codes)
    }

    /// Keeps what a browser has made, if it is what was asked for.
    async fn keep_passkey(
        &self,
        tx: &mut Tx,
        person: Person,
        ticket: &Ticket,
        answer: &str,
        name: Name,
    ) -> Result<()> {
        may_have_another(&tx.read().passkeys_of(person).await?)?;
        let made = self.relying_party()?.added(&ticket.state, answer).map_err(|disbelief| {
            if let Disbelief::Wrong(why) = disbelief {
                tracing::info!(why, "a new passkey is not what was asked for");
            }
            Error::conflict("not_a_passkey", "what the browser has made is no passkey that can be used here")
        })?;
        let what = format!(
            "the {} was added, and signs you in from now on without your password. A new password does not end that: removing it on the page of your account does, or an administrator who removes your second factor",
            called(&name),
        );
        let change = Passkey::add(self.new_id(), person, name, made, tx.now());
        match tx.save(change).await {
            // Nobody takes over what is somebody's (WebAuthn §7.1, step 26).
            Err(store::Error::Unique { .. }) => {
                return Err(Error::conflict("exists", "this passkey is here already"));
            }
            other => other?,
        };
        self.tell_of_factor(tx, person, &what).await
    }
}

/// A passkey in a mail: whatever somebody has called it, it is no link.
fn called(name: &Name) -> String {
    match plain_name(name.as_str(), "") {
        "" => "passkey".to_owned(),
        name => format!("passkey “{name}”"),
    }
}

fn may_have_another(theirs: &[Passkey]) -> Result<()> {
    if theirs.len() < Passkey::MOST {
        return Ok(());
    }
    Err(Error::Quota(format!(
        "nobody has more than {} passkeys; remove one that you do not use",
        Passkey::MOST
    )))
}

async fn own(tx: &Tx, person: Person, id: PasskeyId) -> Result<Passkey> {
    let passkey: Option<Passkey> = tx.read().find(id).await?;
    passkey.filter(|it| it.person == person).ok_or(Error::NotFound(PasskeyId::KIND))
}
