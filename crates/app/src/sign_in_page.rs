//! Signing in at the page, where nobody says as what: an address may belong to a developer, to an administrator, or to
//! both, each with a password of their own.

use domain::{Administrator, ClientId, Developer, Email, Person};

use crate::sign_in::{
    Start, WRONG, acting, may_sign_in, may_still_sign_in, must_still_be_in, must_still_have_this_password,
};
use crate::{App, Caller, Identity, Result, SignInStep};

/// Whose an address and a password may be.
enum Account {
    Developer(Developer),
    Administrator(Administrator),
}

impl Account {
    fn password_hash(&self) -> Option<String> {
        match self {
            Self::Developer(developer) => developer.password_hash.clone(),
            Self::Administrator(administrator) => Some(administrator.password_hash.clone()),
        }
    }
}

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
        match &account {
            Account::Developer(developer) => may_sign_in(developer)?,
            Account::Administrator(administrator) => may_still_sign_in(administrator)?,
        }
        self.forgive_guesses(caller, &email).await?;
        let person = match &account {
            Account::Developer(developer) => Person::Developer(developer.id),
            Account::Administrator(administrator) => Person::Administrator(administrator.id),
        };
        let keep_for = keep_for.filter(|_| matches!(account, Account::Developer(_)));
        let hash = account.password_hash().unwrap_or_default();
        if let Some(step) = self.next_step(person, &hash, keep_for).await? {
            return Ok(step);
        }
        let tx = self.begin(&acting(caller, person, self.new_id())).await?;
        match &account {
            Account::Developer(developer) => must_still_have_this_password(&tx, developer).await?,
            Account::Administrator(administrator) => must_still_be_in(&tx, administrator).await?,
        }
        let start = Start { keep_for, ..Start::default() };
        let signed_in = self.start_session(tx, caller, person, user_agent, start).await?;
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
        let developer = read.developer_by_email(email).await?;
        let administrator = read.administrator_by_email(email).await?.map(Account::Administrator);
        let known = developer.clone();
        let mut accounts: Vec<Account> =
            developer.map(Account::Developer).into_iter().chain(administrator).collect();
        if to_console {
            accounts.reverse();
        }
        if accounts.is_empty() {
            self.passwords.verify(password, None).await?;
        }
        for account in accounts {
            if self.passwords.verify(password, account.password_hash()).await? {
                return Ok(account);
            }
        }
        if let Some(developer) = known {
            self.note_bad_guess(caller, &developer).await?;
        }
        Err(WRONG)
    }
}
