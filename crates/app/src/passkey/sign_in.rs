//! Passkeys at sign-in: alone, after the password, and set up there by those who need a second factor.

use domain::{ClientId, Event, Name, Passkey, Proof};
use serde_json::json;
use store::Tx;

use super::relying_party::{Disbelief, Signed, credential_of};
use super::ticket::{Purpose, Ticket};
use super::{PasskeyRequest, lock_person};
use crate::factor::code_delay;
use crate::factor::ticket::OVER;
use crate::sign_in::Start;
use crate::sign_in_account::Account;
use crate::{App, Caller, Error, Result, SignedIn};

/// What everybody is told whose passkey does not sign them in, whatever the reason: whether it is known here is nobody's
/// business.
const REFUSED: Error =
    Error::Unauthenticated("this passkey did not sign you in; try again, or sign in in another way");

/// What can be asked of somebody after the password, besides recovery codes.
#[derive(Clone, Debug)]
pub struct SecondStep {
    /// One of their passkeys; none: they have none, or there are none here.
    pub passkey: Option<PasskeyRequest>,
    /// Whether a code of an app can be.
    pub by_app: bool,
}

#[macros::boxed]
impl App {
    /// What a browser is asked on the page for signing in; `None`: there are no passkeys here.
    ///
    /// # Errors
    /// If something is wrong here.
    pub async fn passkey_to_sign_in(&self) -> Result<Option<PasskeyRequest>> {
        let Ok(relying_party) = self.relying_party() else { return Ok(None) };
        let asked = relying_party.to_sign_in()?;
        Ok(Some(self.passkey_request(Purpose::SignIn, asked)))
    }

    /// Somebody signs in with a passkey alone: they have it, and have opened it. A developer stays signed in for a client,
    /// if that is given.
    ///
    /// # Errors
    /// [`Error::Gone`] if it took too long; [`Error::Unauthenticated`] if it is not one of an account that is open, or
    /// its answer was used before.
    pub async fn sign_in_with_passkey(
        &self,
        caller: &Caller,
        ticket: &str,
        answer: &str,
        user_agent: &str,
        keep_for: Option<ClientId>,
    ) -> Result<SignedIn> {
        let ticket = self.open_passkey_ticket(ticket)?;
        if ticket.purpose != Purpose::SignIn {
            return Err(OVER);
        }
        let passkey = self.passkey_of(answer).await?;
        let account = Account::of(&self.store.read(), passkey.person).await?.ok_or(REFUSED)?;
        let relying_party = self.relying_party()?;
        let verified = match passkey.may_take(ticket.made_at) && account.why_no_passkeys().is_none() {
            true => relying_party.signed_in(&ticket.state, answer, &passkey),
            false => Err(Disbelief::Wrong("it was used, or is of nobody whom it lets in".to_owned())),
        };
        let signed = self.believe(caller, &passkey, verified).await?;
        account.may_sign_in()?;
        let mut tx = self.begin_sign_in(caller, &account).await?;
        take(&mut tx, &ticket, &passkey, signed).await?;
        let keep_for = keep_for.filter(|_| matches!(account, Account::Developer(_)));
        let start = Start { keep_for, proof: Proof::Passkey, ..Start::default() };
        self.start_session(tx, caller, passkey.person, user_agent, start).await
    }

    /// What can be asked for after the password.
    ///
    /// # Errors
    /// [`Error::Gone`] if it took too long.
    pub async fn second_step(&self, ticket: &str) -> Result<SecondStep> {
        let person = self.open_ticket(ticket)?.person;
        let read = self.store.read();
        let by_app = read.factor_of(person).await?.is_some_and(|factor| factor.secret.is_some());
        let theirs = read.passkeys_of(person).await?;
        let passkey = match self.relying_party() {
            Ok(relying_party) if !theirs.is_empty() => {
                let asked = relying_party.to_prove(&theirs)?;
                Some(self.passkey_request(Purpose::SecondStep(ticket.to_owned()), asked))
            }
            Ok(_) | Err(_) => None,
        };
        Ok(SecondStep { passkey, by_app })
    }

    /// The passkey is there after the password: now there is a session.
    ///
    /// # Errors
    /// As [`App::sign_in_with_passkey`]; [`Error::Gone`] if the password was changed, too.
    pub async fn sign_in_with_password_and_passkey(
        &self,
        caller: &Caller,
        ticket: &str,
        answer: &str,
        user_agent: &str,
    ) -> Result<SignedIn> {
        let ticket = self.open_passkey_ticket(ticket)?;
        let Purpose::SecondStep(step) = &ticket.purpose else { return Err(OVER) };
        let step = self.open_ticket(step)?;
        let account = self.account_of(&step).await?;
        let passkey = self.passkey_of(answer).await?;
        let relying_party = self.relying_party()?;
        let verified = match passkey.person == step.person && passkey.may_take(ticket.made_at) {
            true => relying_party.proven(&ticket.state, answer, &passkey),
            false => Err(Disbelief::Wrong("it was used, or is somebody else's".to_owned())),
        };
        let signed = self.believe(caller, &passkey, verified).await?;
        let mut tx = self.begin_sign_in(caller, &account).await?;
        take(&mut tx, &ticket, &passkey, signed).await?;
        let start = step.start(Proof::PasswordAndPasskey);
        self.start_session(tx, caller, step.person, user_agent, start).await
    }

    /// What a browser is asked of somebody who has to set up a second factor at sign-in; `None`: there are no passkeys
    /// here.
    ///
    /// # Errors
    /// [`Error::Gone`] if it took too long.
    pub async fn passkey_to_enroll(&self, ticket: &str) -> Result<Option<PasskeyRequest>> {
        if self.why_no_passkeys().is_some() {
            return Ok(None);
        }
        let step = self.open_ticket(ticket)?;
        // The ticket of somebody who has one already carries no secret.
        if step.secret.is_none() {
            return Err(OVER);
        }
        let asked = self.ask_for_new(step.person).await?;
        Ok(Some(self.passkey_request(Purpose::Enroll(ticket.to_owned()), asked)))
    }

    /// The second factor is set up by a passkey, and there is a session. The answer holds the recovery codes.
    ///
    /// # Errors
    /// [`Error::Gone`] if it took too long, the password was changed, or there is a second factor by now; as
    /// [`App::add_passkey`].
    pub async fn enroll_passkey_at_sign_in(
        &self,
        caller: &Caller,
        ticket: &str,
        answer: &str,
        name: &str,
        user_agent: &str,
    ) -> Result<(SignedIn, Vec<String>)> {
        let ticket = self.open_passkey_ticket(ticket)?;
        let Purpose::Enroll(step) = &ticket.purpose else { return Err(OVER) };
        let step = self.open_ticket(step)?;
        let account = self.account_of(&step).await?;
        let name = Name::parse(name).map_err(|e| e.within("name"))?;
        let mut tx = self.begin_sign_in(caller, &account).await?;
        lock_person(&tx, step.person).await?;
        // They have shown the password alone, which adds nothing to what somebody has besides it.
        if tx.read().factor_of(step.person).await?.is_some() {
            return Err(OVER);
        }
        let codes = self.begin_factor(&mut tx, step.person).await?;
        self.keep_passkey(&mut tx, step.person, &ticket, answer, name).await?;
        let start = step.start(Proof::PasswordAndPasskey);
        let signed_in = self.start_session(tx, caller, step.person, user_agent, start).await?;
        Ok((signed_in, codes))
    }

    /// The passkey that gave an answer.
    async fn passkey_of(&self, answer: &str) -> Result<Passkey> {
        let credential = credential_of(answer).ok_or(REFUSED)?;
        self.store.read().passkey_called(&credential).await?.ok_or(REFUSED)
    }

    /// What is wrong with an answer leaves a trace, as a wrong password does. Nobody can guess anything here, so that right
    /// answers are never held up; but whoever knows what a passkey is called must not fill the audit log with wrong ones.
    async fn believe(
        &self,
        caller: &Caller,
        passkey: &Passkey,
        verified: std::result::Result<Signed, Disbelief>,
    ) -> Result<Signed> {
        let action = match verified {
            Ok(signed) => return Ok(signed),
            Err(Disbelief::Copied) => "passkey.copy_suspected",
            Err(Disbelief::Wrong(why)) => {
                tracing::info!(why, passkey = %passkey.id, "the answer of a passkey is not believed");
                "passkey.refused"
            }
        };
        let key = self.keys.marks().fingerprint("wrong-passkeys", &[passkey.id.0.as_bytes()]);
        if self.store.take_attempt(&key, self.clock.now(), code_delay).await?.is_none() {
            let mut tx = self.begin(caller).await?;
            tx.note(Event { action, details: json!({ "name": passkey.name }) }, passkey);
            tx.commit().await?;
        }
        Err(REFUSED)
    }
}

/// Takes an answer, which counts once: of several who bring the same one at once one gets through.
async fn take(tx: &mut Tx, ticket: &Ticket, passkey: &Passkey, signed: Signed) -> Result<()> {
    let change = passkey.take(ticket.made_at, signed.state, signed.synced, tx.now()).ok_or(REFUSED)?;
    match tx.save(change).await {
        Err(store::Error::Stale) => Err(REFUSED),
        other => Ok(other.map(drop)?),
    }
}
