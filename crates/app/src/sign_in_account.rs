//! Whose a password is: what signing in asks of developers and of administrators alike.

use domain::{Administrator, Developer, DeveloperState, Person};
use store::{Read, Tx};

use crate::sign_in::{WRONG, acting};
use crate::{App, Caller, Error, Result};

/// What somebody is told whose account nobody has approved yet.
pub const ACCOUNT_WAITS: &str = "your account waits for approval";

/// An account that a password opens.
#[derive(Debug)]
pub(crate) enum Account {
    Developer(Developer),
    Administrator(Administrator),
}

impl Account {
    /// The account of a person, if they are still there.
    pub(crate) async fn of(read: &Read<'_>, person: Person) -> Result<Option<Self>> {
        Ok(match person {
            Person::Developer(id) => read.find(id).await?.map(Self::Developer),
            Person::Administrator(id) => read.find(id).await?.map(Self::Administrator),
        })
    }

    pub(crate) fn person(&self) -> Person {
        match self {
            Self::Developer(developer) => Person::Developer(developer.id),
            Self::Administrator(administrator) => Person::Administrator(administrator.id),
        }
    }

    /// What passwords are compared with; there is none before somebody has chosen one.
    pub(crate) fn password_hash(&self) -> Option<&str> {
        match self {
            Self::Developer(developer) => developer.password_hash.as_deref(),
            Self::Administrator(administrator) => Some(&administrator.password_hash),
        }
    }

    /// Why a passkey does not let them in; `None`: it does.
    pub(crate) fn why_no_passkeys(&self) -> Option<&'static str> {
        match self {
            Self::Administrator(it) if it.role.gateway().is_some() => {
                Some("The technical user of a gateway is a program, and has no passkeys.")
            }
            // It says at each sign-in whether they may, and as what (ADR 53).
            Self::Administrator(it) if !it.has_password() => {
                Some("You sign in with an identity provider only: passkeys are kept there.")
            }
            Self::Administrator(_) | Self::Developer(_) => None,
        }
    }

    /// Only open accounts. Asked after the password was right, so that it tells strangers nothing.
    pub(crate) fn may_sign_in(&self) -> Result<()> {
        match self {
            Self::Developer(developer) => may_sign_in(developer),
            Self::Administrator(administrator) => may_still_sign_in(administrator),
        }
    }

    /// Somebody may choose a new password, or be shut out, while the old one is being compared. It must open nothing
    /// after that, so the account is locked from here until the session is there to be ended with the others.
    async fn must_be_the_same(&self, tx: &Tx) -> Result<()> {
        match self {
            Self::Developer(seen) => tx.lock_developer(seen.id).await?,
            Self::Administrator(_) => tx.lock_administrators().await?,
        }
        match Self::of(&tx.read(), self.person()).await? {
            Some(Self::Administrator(now)) if Some(now.password_hash.as_str()) == self.password_hash() => {
                may_still_sign_in(&now)
            }
            Some(Self::Developer(now)) if now.password_hash.as_deref() == self.password_hash() => Ok(()),
            _ => Err(WRONG),
        }
    }
}

#[macros::boxed]
impl App {
    /// What comes of a password that was right: the transaction is theirs, and holds their account locked.
    pub(crate) async fn begin_sign_in(&self, caller: &Caller, account: &Account) -> Result<Tx> {
        let tx = self.begin(&acting(caller, account.person(), self.new_id())).await?;
        account.must_be_the_same(&tx).await?;
        Ok(tx)
    }
}

/// Only open accounts. Asked after the password was right, so that it tells strangers nothing.
pub(crate) fn may_sign_in(developer: &Developer) -> Result<()> {
    Err(Error::Unauthenticated(match developer.state {
        DeveloperState::Approved => return Ok(()),
        DeveloperState::Unverified => {
            "confirm your e-mail address first: the link is in the mail that we sent you"
        }
        DeveloperState::Pending => ACCOUNT_WAITS,
        DeveloperState::Rejected | DeveloperState::Revoked => "your account is not open",
    }))
}

/// Only those who were not shut out.
pub(crate) fn may_still_sign_in(administrator: &Administrator) -> Result<()> {
    match administrator.disabled_at {
        None => Ok(()),
        Some(_) => Err(Error::Unauthenticated("your account is not open")),
    }
}

#[cfg(test)]
mod tests {
    use domain::{AdministratorId, AdministratorRole, GatewayId, Instant};

    use super::*;

    #[test]
    fn a_111_passkeys_are_for_those_who_have_a_password_here_and_are_no_programs() {
        let gateway_id = GatewayId(uuid::Uuid::from_u128(1));
        let account = |hash: &str, role| {
            let id = AdministratorId(uuid::Uuid::from_u128(2));
            let made =
                Administrator::create(id, "a@example.com", hash.to_owned(), role, Instant::from_micros(1));
            Account::Administrator(made.unwrap().into_parts().0)
        };
        assert_eq!(account("$argon2id$", AdministratorRole::Administrator).why_no_passkeys(), None);
        let elsewhere = account("", AdministratorRole::Administrator);
        assert!(elsewhere.why_no_passkeys().unwrap().contains("identity provider"));
        let program = account("$argon2id$", AdministratorRole::Provider { gateway_id });
        assert!(program.why_no_passkeys().unwrap().contains("program"));
    }
}
