//! How people get an account: they register, prove their address, choose a password, and forget it again.
//!
//! Nothing here tells a stranger whether an address has an account: the answers are the same, and what there is to say
//! is said by mail. The password is chosen by whoever reads that mail, so that nobody can prepare an account for
//! somebody else's address and know its password.

use std::time::Duration;

use domain::{
    Actor, ApprovalPolicy, Developer, DeveloperCommand, DeveloperId, DeveloperState, Email, GrantEnd,
    Invalid, Person, PolicyScope, Secret, SecretKind, check_password,
};
use store::{GrantsOf, OneTimeToken, Tx};

use crate::approval::Asked;
use crate::mail::greeting;
use crate::oauth::end_grants;
use crate::{App, Caller, Error, Result};

/// How long the link to prove an address works.
const VERIFICATION_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long the link to choose a new password works.
const RESET_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// What came of proving an address.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Whose address it is.
    pub developer: Developer,
    /// With this a password can be chosen, if none was.
    pub password_token: Option<Secret>,
}

/// How the secret in a link is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkForm {
    /// As all our secrets.
    Own,
    /// As a UUID, for clients that know no other form.
    Uuid,
}

impl LinkForm {
    /// The form of a secret that somebody brings.
    fn of(secret: &str) -> Self {
        if domain::parse_uuid(secret).is_some() { Self::Uuid } else { Self::Own }
    }
}

/// `24 hours`, `3 days`, `90 minutes`.
fn in_words(span: Duration) -> String {
    match span.as_secs() {
        seconds if seconds % 86_400 == 0 && seconds > 86_400 => format!("{} days", seconds / 86_400),
        seconds if seconds % 3_600 == 0 && seconds > 3_600 => format!("{} hours", seconds / 3_600),
        seconds => format!("{} minutes", seconds / 60),
    }
}

/// Up to three mails an hour to an address; after that one an hour.
fn mail_delay(sent: u32) -> Duration {
    if sent < 3 { Duration::ZERO } else { Duration::from_secs(3_600) }
}

#[macros::boxed]
impl App {
    /// Somebody registers. The answer is the same whether the address has an account or not.
    ///
    /// # Errors
    /// If registering is switched off, the address's domain is not allowed, or a field is wrong.
    pub async fn register(&self, caller: &Caller, email: &str, name: &str) -> Result<()> {
        self.register_by(caller, email, name, LinkForm::Own).await
    }

    /// As [`App::register`], with a link whose secret has this form.
    ///
    /// # Errors
    /// As [`App::register`].
    pub async fn register_by(&self, caller: &Caller, email: &str, name: &str, form: LinkForm) -> Result<()> {
        self.must_take_registrations()?;
        let mut tx = self.begin(caller).await?;
        let new = Developer::register(self.new_id(), email, name, None, tx.now())?;
        let email = new.after().email.clone();
        self.check_domain(&email)?;
        match tx.save(new).await {
            Ok(developer) => {
                self.post_verification(&tx, &developer, form).await?;
                self.commit(tx).await
            }
            Err(store::Error::Unique { .. }) => {
                drop(tx);
                match self.store.read().developer_by_email(&email).await? {
                    Some(known) => self.remind(caller, &known, form).await,
                    None => Ok(()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether people may register themselves here.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if not.
    pub fn must_take_registrations(&self) -> Result<()> {
        if self.settings.sign_up {
            return Ok(());
        }
        Err(Error::Forbidden("registering is switched off here; ask the administrator".to_owned()))
    }

    /// Sends the mail again that somebody with an account needs: to prove the address, or the news that there is one.
    async fn remind(&self, caller: &Caller, known: &Developer, form: LinkForm) -> Result<()> {
        if !self.may_mail(&known.email).await? {
            return Ok(());
        }
        let tx = self.begin(caller).await?;
        if known.state == DeveloperState::Unverified {
            self.post_verification(&tx, known, form).await?;
        } else {
            let text = format!(
                "{}\n\nsomebody, probably you, tried to register with this address. You have an account already.\n\nSign in: {url}/sign-in\nForgot the password? {url}/forgot-password\n\nIf it was not you, there is nothing to do.\n",
                greeting(&known.name),
                url = self.settings.public_url,
            );
            self.post(&tx, &known.email, "You already have an account", text).await?;
        }
        self.commit(tx).await
    }

    /// Proves an address with the secret out of the mail; chooses a password in the same breath, if one is given.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown secret, [`Error::Gone`] for one that was used or is too old, or if the
    /// password is too weak; the secret can be used again then.
    pub async fn verify_email(
        &self,
        caller: &Caller,
        token: &str,
        password: Option<&str>,
    ) -> Result<Registration> {
        let kind = SecretKind::EmailVerification;
        let form = LinkForm::of(token);
        let (token, developer) = self.one_time(kind, token).await?;
        let hash = match password {
            Some(password) => Some(self.new_password(&developer, password).await?),
            None => None,
        };
        let mut tx = self.begin_as(caller, developer.id).await?;
        use_up(&tx, &token).await?;
        let developer: Developer = tx.read().find(developer.id).await?.ok_or(Error::NotFound("token"))?;
        let mut developer = self.prove_address(&mut tx, &developer).await?;
        let password_token = match hash {
            Some(hash) => {
                developer = tx.save(developer.set_password(hash, tx.now())).await?;
                None
            }
            None if developer.password_hash.is_none() => {
                let kind = SecretKind::PasswordReset;
                Some(self.put_token(&tx, kind, developer.id, RESET_LIFETIME, form).await?)
            }
            None => None,
        };
        self.commit(tx).await?;
        Ok(Registration { developer, password_token })
    }

    /// The address of an account is proven. Whether somebody has to approve it is said by a policy, or by the settings.
    pub(crate) async fn prove_address(&self, tx: &mut Tx, developer: &Developer) -> Result<Developer> {
        let policy = tx.read().approval_policy(PolicyScope::Accounts).await?;
        let asks = policy.as_ref().is_some_and(ApprovalPolicy::covers_accounts);
        // A policy that wants nobody to be asked says that nobody has to approve.
        let approve = if policy.is_some() { !asks } else { self.settings.approve_developers };
        let developer = tx.save(developer.apply(DeveloperCommand::Verify { approve }, tx.now())?).await?;
        if let Some(policy) = policy.filter(|_| asks) {
            let stages = self.stages(tx, policy.steps).await?;
            self.ask_for_approval(tx, &Asked::Developer(developer.clone()), stages).await?;
        }
        Ok(developer)
    }

    /// Somebody forgot the password. The answer is the same whether the address has an account or not.
    ///
    /// # Errors
    /// If it is no address at all.
    pub async fn forgot_password(&self, caller: &Caller, email: &str) -> Result<()> {
        self.forgot_password_by(caller, email, LinkForm::Own).await
    }

    /// As [`App::forgot_password`], with a link whose secret has this form.
    ///
    /// # Errors
    /// As [`App::forgot_password`].
    pub async fn forgot_password_by(&self, caller: &Caller, email: &str, form: LinkForm) -> Result<()> {
        let email = Email::parse(email).map_err(|e| e.within("email"))?;
        let Some(developer) = self.store.read().developer_by_email(&email).await? else { return Ok(()) };
        if developer.state == DeveloperState::Unverified {
            return self.remind(caller, &developer, form).await;
        }
        if !self.may_mail(&developer.email).await? {
            return Ok(());
        }
        let tx = self.begin(caller).await?;
        let kind = SecretKind::PasswordReset;
        let token = self.put_token(&tx, kind, developer.id, RESET_LIFETIME, form).await?;
        let text = format!(
            "{}\n\nchoose a new password here, within 30 minutes:\n\n{}/reset-password?token={}\n\nIf you did not ask for this, there is nothing to do: your password stays as it is.\n",
            greeting(&developer.name),
            self.settings.public_url,
            token.expose(),
        );
        self.post(&tx, &developer.email, "Choose a new password", text).await?;
        self.commit(tx).await
    }

    /// Chooses a new password with the secret out of the mail. All sessions end; nobody is signed in by this.
    ///
    /// # Errors
    /// As [`App::verify_email`].
    pub async fn reset_password(&self, caller: &Caller, token: &str, password: &str) -> Result<()> {
        let (token, developer) = self.one_time(SecretKind::PasswordReset, token).await?;
        let hash = self.new_password(&developer, password).await?;
        let mut tx = self.begin_as(caller, developer.id).await?;
        use_up(&tx, &token).await?;
        let developer: Developer = tx.read().find(developer.id).await?.ok_or(Error::NotFound("token"))?;
        tx.save(developer.set_password(hash, tx.now())).await?;
        self.after_new_password(&mut tx, &developer).await?;
        self.commit(tx).await?;
        self.forgive(&developer.email).await
    }

    /// Everything that a new password ends: sessions, and other links to choose one. The owner is told.
    pub(crate) async fn after_new_password(&self, tx: &mut Tx, developer: &Developer) -> Result<()> {
        for session in tx.read().sessions_of(Person::Developer(developer.id)).await? {
            tx.save(session.end()).await?;
        }
        // Nor does any client act for them until they allow it again (RFC 9700 §4.14.2).
        end_grants(tx, GrantsOf::Developer(developer.id), GrantEnd::AccountChanged, |_| true).await?;
        tx.drop_one_time_tokens(SecretKind::PasswordReset, Some(developer.id)).await?;
        let has_none = tx.read().passkeys_of(Person::Developer(developer.id)).await?.is_empty();
        let left = if has_none {
            ""
        } else {
            " Your passkeys sign you in as before: remove those on the page of your account that are not yours."
        };
        let text = format!(
            "{}\n\nyour password was changed, and you were signed out everywhere.{left}\n\nIf it was not you, choose a new one now: {}/forgot-password\n",
            greeting(&developer.name),
            self.settings.public_url,
        );
        self.post(tx, &developer.email, "Your password was changed", text).await
    }

    /// Checks and hashes a new password.
    pub(crate) async fn new_password(&self, developer: &Developer, password: &str) -> Result<String> {
        let local_part = developer.email.as_str().split('@').next().unwrap_or_default();
        let own_words = [developer.email.as_str(), local_part, developer.name.as_str(), "keywright"];
        check_password(password, &own_words)?;
        self.passwords.hash(password).await
    }

    /// A transaction in the name of the developer who proved to read the mail.
    async fn begin_as(&self, caller: &Caller, developer: DeveloperId) -> Result<Tx> {
        let author = store::Author { actor: Actor::Developer(developer), ..self.author(caller) };
        Ok(self.store.begin(author).await?)
    }

    /// Whether a link with a secret is known to be over, so that nobody fills its form in in vain. Looking uses nothing
    /// up. Of a secret that was never made here nothing is said.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn is_link_over(&self, kind: SecretKind, secret: &str) -> Result<bool> {
        let hashes = self.keys.hashes(kind, secret);
        let read = self.store.read();
        let Some(token) = read.one_time_token(kind, &hashes).await? else { return Ok(false) };
        let has_no_use = kind == SecretKind::Setup && read.count_administrators().await? > 0;
        Ok(has_no_use || !token.is_usable(self.clock.now()))
    }

    /// Looks a one-time secret up, without using it.
    async fn one_time(&self, kind: SecretKind, secret: &str) -> Result<(OneTimeToken, Developer)> {
        let hashes = self.keys.hashes(kind, secret);
        let read = self.store.read();
        let token = read.one_time_token(kind, &hashes).await?.ok_or(Error::NotFound("token"))?;
        if !token.is_usable(self.clock.now()) {
            return Err(Error::Gone("this link was used before or is too old; ask for a new one"));
        }
        let id = token.developer_id.ok_or(Error::NotFound("token"))?;
        let developer: Developer = read.find(id).await?.ok_or(Error::NotFound("token"))?;
        Ok((token, developer))
    }

    /// A new one-time secret of a developer, after which older ones are worth nothing: two who ask at once come one
    /// after the other.
    async fn put_token(
        &self,
        tx: &Tx,
        kind: SecretKind,
        developer: DeveloperId,
        lifetime: Duration,
        form: LinkForm,
    ) -> Result<Secret> {
        tx.lock_developer(developer).await?;
        let (secret, hash) = match form {
            LinkForm::Own => self.keys.mint(kind),
            LinkForm::Uuid => self.keys.mint_uuid(kind),
        };
        let token = OneTimeToken {
            hash,
            kind,
            developer_id: Some(developer),
            expires_at: tx.now() + lifetime,
            used_at: None,
        };
        tx.put_one_time_token(&token).await?;
        Ok(secret)
    }

    async fn post_verification(&self, tx: &Tx, developer: &Developer, form: LinkForm) -> Result<()> {
        let kind = SecretKind::EmailVerification;
        let policy = tx.read().approval_policy(PolicyScope::Accounts).await?;
        let lifetime = policy.and_then(|policy| policy.email_expires_s()).map(Duration::from_secs);
        let lifetime = lifetime.unwrap_or(VERIFICATION_LIFETIME);
        let token = self.put_token(tx, kind, developer.id, lifetime, form).await?;
        // Whoever reads this did perhaps not ask for it: nothing that somebody else typed is in it.
        let text = format!(
            "Hello,\n\nplease confirm that this is your address, within {}:\n\n{}/verify-email?token={}\n\nIf you did not register, there is nothing to do.\n",
            in_words(lifetime),
            self.settings.public_url,
            token.expose(),
        );
        let subject = match form {
            LinkForm::Own => "Confirm your e-mail address",
            // The subject that those clients look for.
            LinkForm::Uuid => "Please confirm your email address",
        };
        self.post(tx, &developer.email, subject, text).await
    }

    /// Whether this address may get another mail that a stranger can cause. Nobody is told if not.
    async fn may_mail(&self, email: &Email) -> Result<bool> {
        let key = self.keys.marks().fingerprint("mails", &[email.unique_key().as_bytes()]);
        Ok(self.store.take_attempt(&key, self.clock.now(), mail_delay).await?.is_none())
    }

    pub(crate) fn check_domain(&self, email: &Email) -> Result<(), Invalid> {
        let allowed = &self.settings.allowed_email_domains;
        if allowed.is_empty() || allowed.iter().any(|domain| domain.eq_ignore_ascii_case(email.domain())) {
            return Ok(());
        }
        Err(Invalid::field(
            "email",
            "domain_not_allowed",
            "must be an address at one of the domains that may register here",
        ))
    }
}

/// Uses a one-time secret up: exactly one of several who try at once gets through.
async fn use_up(tx: &Tx, token: &OneTimeToken) -> Result<()> {
    if tx.use_one_time_token(&token.hash).await? {
        Ok(())
    } else {
        Err(Error::Gone("this link was used before or is too old; ask for a new one"))
    }
}
