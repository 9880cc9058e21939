//! Sessions that are renewed: a short-lived secret for each call, and a second one that gets another first one.

use domain::{Developer, IdentityProviderId, Person, Secret, SecretHash, SecretKind, Session};
use store::Tx;

use crate::sign_in::acting;
use crate::sign_in_account::may_sign_in;
use crate::{App, Caller, Error, Result, SignedIn};

/// Somebody who has signed in and can renew the session.
#[derive(Clone, Debug)]
pub struct Renewable {
    /// The session with its first secret.
    pub signed_in: SignedIn,
    /// The second one. It works once.
    pub renewal: Secret,
}

const OVER: Error = Error::Unauthenticated("you are not signed in any more; sign in again");

#[macros::boxed]
impl App {
    /// A developer signs in, with a session that can be renewed.
    ///
    /// # Errors
    /// As [`App::sign_in`].
    pub async fn sign_in_renewable(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        user_agent: &str,
    ) -> Result<Renewable> {
        let (tx, person, _) = self.prove_developer(caller, email, password, None).await?;
        self.start_renewable_session(tx, caller, person, user_agent, None).await
    }

    /// Starts a session that can be renewed, of somebody who is proven, perhaps by a provider.
    pub(crate) async fn start_renewable_session(
        &self,
        mut tx: Tx,
        caller: &Caller,
        person: Person,
        user_agent: &str,
        provider: Option<IdentityProviderId>,
    ) -> Result<Renewable> {
        let (secret, renewal, hashes) = self.mint_pair();
        let address = caller.address.map(|ip| ip.to_string()).unwrap_or_default();
        let start = Session::start_renewable(self.new_id(), person, hashes, user_agent, &address, tx.now());
        let start = match provider {
            Some(provider) => Session::through(start, provider),
            None => start,
        };
        let session = tx.save(start).await?;
        self.commit(tx).await?;
        Ok(Renewable { signed_in: SignedIn { session, secret }, renewal })
    }

    /// Gives a session two new secrets for its second one, which works once.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it is unknown, was used, is too old, or its person may not sign in any more.
    pub async fn renew_session(&self, caller: &Caller, renewal: &str) -> Result<Renewable> {
        let session = self.renewable_session(renewal).await?.ok_or(OVER)?;
        if let Person::Developer(id) = session.person {
            let developer: Developer = self.store.read().find(id).await?.ok_or(OVER)?;
            may_sign_in(&developer)?;
        }
        let mut tx: Tx = self.begin(&acting(caller, session.person, session.id)).await?;
        let (secret, renewal, hashes) = self.mint_pair();
        let session = match tx.save(session.renew(hashes, tx.now())).await {
            // Of two who use the same secret at once, one was faster.
            Err(store::Error::Stale) => return Err(OVER),
            other => other?,
        };
        self.commit(tx).await?;
        Ok(Renewable { signed_in: SignedIn { session, secret }, renewal })
    }

    /// Ends the session that has this second secret, if there is one.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn end_renewable_session(&self, caller: &Caller, renewal: &str) -> Result<()> {
        let Some(session) = self.renewable_session(renewal).await? else { return Ok(()) };
        let mut tx = self.begin(&acting(caller, session.person, session.id)).await?;
        match tx.save(session.end()).await {
            Err(store::Error::Stale) => return Ok(()),
            other => other?,
        };
        self.commit(tx).await
    }

    async fn renewable_session(&self, renewal: &str) -> Result<Option<Session>> {
        let hashes = self.keys.hashes(SecretKind::SessionRenewal, renewal);
        let now = self.clock.now();
        let session = self.store.read().session_by_renewal(&hashes).await?;
        Ok(session.filter(|session| session.is_renewable(now)))
    }

    fn mint_pair(&self) -> (Secret, Secret, (SecretHash, SecretHash)) {
        let (secret, hash) = self.keys.mint(SecretKind::Session);
        let (renewal, renewal_hash) = self.keys.mint(SecretKind::SessionRenewal);
        (secret, renewal, (hash, renewal_hash))
    }
}
