//! Signing in at the page, where nobody says as what: an address may belong to a developer, to an administrator, or to
//! both, each with a password of their own.

use domain::{Administrator, ClientId, Email};

use crate::sign_in::{Start, WRONG};
use crate::sign_in_account::Account;
use crate::{App, Caller, Identity, Result, SignInStep};

#[macros::boxed]
impl App {
    /// Somebody signs in, as a developer or as an administrator: as the one whose password it is. If it is both's,
    /// `to_console` says which. A developer stays signed in for a client, if that is given. Whoever has a second factor,
    /// or needs one, is not in yet.
    ///
    /// # Errors
    /// As [`App::sign_in`].
    pub async fn sign_in_anywhere(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        user_agent: &str,
        to_console: bool,
        keep_for: Option<ClientId>,
    ) -> Result<SignInStep> {
        let email = Email::parse(email).map_err(|_| WRONG)?;
        self.take_guess(caller, &email).await?;
        let account = self.account_with(caller, &email, password, to_console).await?;
        account.may_sign_in()?;
        self.forgive_guesses(caller, &email).await?;
        let keep_for = keep_for.filter(|_| matches!(account, Account::Developer(_)));
        let hash = account.password_hash().unwrap_or_default();
        if let Some(step) = self.next_step(account.person(), hash, keep_for).await? {
            return Ok(step);
        }
        let tx = self.begin_sign_in(caller, &account).await?;
        let start = Start { keep_for, ..Start::default() };
        let signed_in = self.start_session(tx, caller, account.person(), user_agent, start).await?;
        Ok(SignInStep::Done(Box::new(signed_in)))
    }

    /// How whoever calls is called: a developer's name, an administrator's address.
    ///
    /// # Errors
    /// If nobody is signed in.
    pub async fn own_name(&self, caller: &Caller) -> Result<String> {
        let read = self.store.read();
        match caller.identity {
            Identity::Administrator { id, .. } | Identity::Provider { id, .. } => {
                let administrator: Option<Administrator> = read.find(id).await?;
                Ok(administrator.map(|it| it.email.to_string()).unwrap_or_default())
            }
            _ => Ok(self.account(caller).await?.name.to_string()),
        }
    }

    /// The account that has this password. One is compared with even if there is none, so that it takes as long.
    async fn account_with(
        &self,
        caller: &Caller,
        email: &Email,
        password: &str,
        to_console: bool,
    ) -> Result<Account> {
        let read = self.store.read();
        let developer = read.developer_by_email(email).await?.map(Account::Developer);
        let administrator = read.administrator_by_email(email).await?.map(Account::Administrator);
        let mut accounts: Vec<Account> = developer.into_iter().chain(administrator).collect();
        if to_console {
            accounts.reverse();
        }
        if accounts.is_empty() {
            self.passwords.verify(password, None).await?;
        }
        let mut others = Vec::new();
        for account in accounts {
            let hash = account.password_hash().map(str::to_owned);
            if self.passwords.verify(password, hash).await? {
                return Ok(account);
            }
            others.push(account);
        }
        for account in &others {
            self.note_bad_guess(caller, account).await?;
        }
        Err(WRONG)
    }
}
