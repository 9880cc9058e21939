//! The second step of signing in.

use domain::{Administrator, ClientId, Event, Factor, Person, Proof};
use serde_json::json;
use store::Tx;

use super::ticket::{OVER, Ticket};
use super::{Enrollment, SECOND_FACTOR, SECOND_FACTOR_MISSING, WRONG_CODE, totp};
use crate::sign_in_account::Account;
use crate::{App, Caller, Error, Result, SignedIn};

/// How far somebody has come who has shown the right password.
#[derive(Clone, Debug)]
pub enum SignInStep {
    /// In.
    Done(Box<SignedIn>),
    /// A code is asked for, or a passkey. The ticket comes back with it, and opens nothing.
    Code {
        /// See above.
        ticket: String,
    },
    /// A second factor has to be set up first.
    Enroll {
        /// What to give to the app.
        enrollment: Box<Enrollment>,
    },
}

#[macros::boxed]
impl App {
    /// What comes after the right password; `None`: nothing.
    pub(crate) async fn next_step(
        &self,
        person: Person,
        password_hash: &str,
        keep_for: Option<ClientId>,
    ) -> Result<Option<SignInStep>> {
        let now = self.clock.now();
        let password = self.password_mark(password_hash);
        if self.store.read().factor_of(person).await?.is_some() {
            let ticket = Ticket::after_password(person, password, keep_for, None, now);
            return Ok(Some(SignInStep::Code { ticket: self.seal_ticket(&ticket) }));
        }
        if !self.demands_factor(person) || self.is_technical(person).await? {
            return Ok(None);
        }
        let ticket = Ticket::after_password(person, password, keep_for, Some(totp::new_secret()), now);
        let enrollment = Box::new(self.enrollment(&ticket).await?);
        Ok(Some(SignInStep::Enroll { enrollment }))
    }

    /// The code is there: now there is a session.
    ///
    /// # Errors
    /// [`Error::Gone`] if it took too long or the password was changed; [`Error::Unauthenticated`] if the code is wrong or
    /// was used; [`Error::Limited`] after too many wrong ones.
    pub async fn sign_in_with_code(
        &self,
        caller: &Caller,
        ticket: &str,
        code: &str,
        user_agent: &str,
    ) -> Result<SignedIn> {
        let ticket = self.open_ticket(ticket)?;
        let account = self.account_of(&ticket).await?;
        let factor = self.store.read().factor_of(ticket.person).await?.ok_or(OVER)?;
        self.take_code_guess(&factor).await?;
        let tx = self.begin_sign_in(caller, &account).await?;
        let tx = self.prove_factor(tx, caller, &factor, code).await?;
        let start = ticket.start(Proof::PasswordAndCode);
        self.start_session(tx, caller, ticket.person, user_agent, start).await
    }

    /// What to show to somebody who has to set up a second factor and typed a wrong code.
    ///
    /// # Errors
    /// [`Error::Gone`] if it took too long.
    pub async fn enrollment_at_sign_in(&self, ticket: &str) -> Result<Enrollment> {
        self.enrollment(&self.open_ticket(ticket)?).await
    }

    /// The second factor is set up by its first code, and there is a session. The answer holds the recovery codes.
    ///
    /// # Errors
    /// As [`App::sign_in_with_code`].
    pub async fn enroll_at_sign_in(
        &self,
        caller: &Caller,
        ticket: &str,
        code: &str,
        user_agent: &str,
    ) -> Result<(SignedIn, Vec<String>)> {
        let ticket = self.open_ticket(ticket)?;
        let account = self.account_of(&ticket).await?;
        let mut tx = self.begin_sign_in(caller, &account).await?;
        let codes = self.keep_factor(&mut tx, &ticket, code).await?;
        let start = ticket.start(Proof::PasswordAndCode);
        let signed_in = self.start_session(tx, caller, ticket.person, user_agent, start).await?;
        Ok((signed_in, codes))
    }

    /// The second factor that has to be proven where a code can be given beside the password; the try is counted.
    pub(crate) async fn factor_to_prove(&self, person: Person, code: Option<&str>) -> Result<Option<Factor>> {
        match (self.store.read().factor_of(person).await?, code) {
            (Some(factor), Some(_)) => {
                self.take_code_guess(&factor).await?;
                Ok(Some(factor))
            }
            (Some(_), None) => Err(Error::Unauthenticated(SECOND_FACTOR)),
            (None, _) if self.demands_factor(person) && !self.is_technical(person).await? => {
                Err(Error::Unauthenticated(SECOND_FACTOR_MISSING))
            }
            // A code where none is due is not the right one.
            (None, Some(_)) => Err(WRONG_CODE),
            (None, None) => Ok(None),
        }
    }

    /// Proves it in a transaction, that goes on if the code is right. A wrong one leaves a trace, as a wrong password does.
    pub(crate) async fn prove_factor(
        &self,
        mut tx: Tx,
        caller: &Caller,
        factor: &Factor,
        code: &str,
    ) -> Result<Tx> {
        match self.take_code(&mut tx, factor, code).await {
            Ok(()) => Ok(tx),
            Err(error @ Error::Unauthenticated(_)) => {
                drop(tx);
                let mut tx = self.begin(caller).await?;
                tx.note(Event { action: "factor.code_refused", details: json!({}) }, factor);
                tx.commit().await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether this is the technical user of a gateway.
    async fn is_technical(&self, person: Person) -> Result<bool> {
        let Person::Administrator(id) = person else { return Ok(false) };
        let administrator: Option<Administrator> = self.store.read().find(id).await?;
        Ok(administrator.is_some_and(|it| it.role.gateway().is_some()))
    }

    /// Whose ticket it is, as long as the password is the same.
    pub(crate) async fn account_of(&self, ticket: &Ticket) -> Result<Account> {
        let password = ticket.password.ok_or(OVER)?;
        let account = Account::of(&self.store.read(), ticket.person).await?.ok_or(OVER)?;
        account.may_sign_in()?;
        let is_same = account.password_hash().is_some_and(|hash| self.password_mark(hash) == password);
        if is_same { Ok(account) } else { Err(OVER) }
    }
}
