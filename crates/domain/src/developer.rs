//! Developers: people with a login, who register themselves.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::transition::noun;
use crate::{Checks, DeveloperId, Email, Error, Instant, Invalid, Meta, Name, Transition};

/// A person with a login in the portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Developer {
    /// Their identity.
    pub id: DeveloperId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique without regard to case.
    pub email: Email,
    /// How they want to be called.
    pub name: Name,
    /// What they may do at all.
    pub state: DeveloperState,
    /// When they proved that they read mail at `email`.
    pub verified_at: Option<Instant>,
    /// Argon2id, as a PHC string; none until they choose a password.
    #[serde(skip)]
    pub password_hash: Option<String>,
}

noun!(Developer, DeveloperId);

/// What a developer may do at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeveloperState {
    /// Registered; the address is not proven.
    Unverified,
    /// Proven; an administrator has to look at it.
    Pending,
    /// May sign in.
    Approved,
    /// An administrator said no.
    Rejected,
    /// Was approved once, is not any more.
    Revoked,
}

/// What can be done to a developer's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeveloperCommand {
    /// The address is proven; `approve` if nobody has to look at new accounts.
    Verify {
        /// Approve in the same breath.
        approve: bool,
    },
    /// An administrator lets them in.
    Approve,
    /// An administrator does not.
    Reject,
    /// An administrator shuts them out.
    Revoke,
}

impl Developer {
    /// Somebody registers; the address is not proven yet.
    ///
    /// # Errors
    /// Every wrong field.
    pub fn register(
        id: DeveloperId,
        email: &str,
        name: &str,
        password_hash: Option<String>,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        let email = checks.take("email", Email::parse(email));
        let name = checks.take("name", Name::parse(name));
        let meta = Meta::new(now);
        let state = DeveloperState::Unverified;
        let developer = checks.build(|| {
            Some(Self { id, meta, email: email?, name: name?, state, verified_at: None, password_hash })
        })?;
        Ok(Transition::create(developer, "developer.registered"))
    }

    /// Carries out a command on the account.
    ///
    /// # Errors
    /// If the state does not allow it.
    pub fn apply(&self, command: DeveloperCommand, now: Instant) -> Result<Transition<Self>, Error> {
        use DeveloperCommand as Do;
        use DeveloperState as Is;
        let (state, action) = match (self.state, command) {
            (Is::Unverified, Do::Verify { approve: true }) => (Is::Approved, "developer.verified"),
            (Is::Unverified, Do::Verify { approve: false }) => (Is::Pending, "developer.verified"),
            (Is::Pending | Is::Rejected | Is::Revoked, Do::Approve) => (Is::Approved, "developer.approved"),
            (Is::Pending, Do::Reject) => (Is::Rejected, "developer.rejected"),
            (Is::Approved, Do::Revoke) => (Is::Revoked, "developer.revoked"),
            (from, command) => return Err(refusal(from, command)),
        };
        let verified_at = match command {
            Do::Verify { .. } => Some(now),
            Do::Approve | Do::Reject | Do::Revoke => self.verified_at,
        };
        Ok(Transition::update(self, Self { state, verified_at, ..self.clone() }, action, now))
    }

    /// Takes over a new password. The hash is made elsewhere: it is slow.
    pub fn set_password(&self, password_hash: String, now: Instant) -> Transition<Self> {
        let after = Self { password_hash: Some(password_hash), ..self.clone() };
        Transition::update(self, after, "developer.password_changed", now)
    }

    /// Changes the name.
    ///
    /// # Errors
    /// If the name is wrong.
    pub fn rename(&self, name: &str, now: Instant) -> Result<Transition<Self>, Invalid> {
        let name = Name::parse(name).map_err(|e| e.within("name"))?;
        Ok(Transition::update(self, Self { name, ..self.clone() }, "developer.updated", now))
    }
}

fn refusal(from: DeveloperState, command: DeveloperCommand) -> Error {
    let verb = match command {
        DeveloperCommand::Verify { .. } => "verified",
        DeveloperCommand::Approve => "approved",
        DeveloperCommand::Reject => "rejected",
        DeveloperCommand::Revoke => "revoked",
    };
    let state = match from {
        DeveloperState::Unverified => "has not proven the e-mail address yet",
        DeveloperState::Pending => "waits for approval",
        DeveloperState::Approved => "is approved already",
        DeveloperState::Rejected => "was rejected",
        DeveloperState::Revoked => "was revoked",
    };
    Error::conflict("state", format!("the developer cannot be {verb}: the account {state}"))
}

/// The form in which a password is hashed and compared: NFC, so that it does not depend on the keyboard whether `é` is
/// one character or two.
pub fn password_form(password: &str) -> String {
    password.nfc().collect()
}

/// Checks a password that somebody chose: 15 characters to 1,024 bytes, not among the guessable ones (zxcvbn, with the
/// person's own words counted as known).
///
/// # Errors
/// `too_short`, `too_long` or `too_weak`, for the field `password`.
pub fn check_password(password: &str, own_words: &[&str]) -> Result<(), Invalid> {
    let wrong = |code, message: &str| Err(Invalid::field("password", code, message));
    let password = password_form(password);
    if password.chars().count() < 15 {
        return wrong(
            "too_short",
            "must have at least 15 characters; a few unrelated words are easy to remember",
        );
    }
    if password.len() > 1_024 {
        return wrong("too_long", "must have at most 1024 bytes");
    }
    // Guessing gets no easier after the first hundred characters, but the estimate gets slow.
    let judged: String = password.chars().take(100).collect();
    if u8::from(zxcvbn::zxcvbn(&judged, own_words).score()) < 3 {
        return wrong("too_weak", "is easy to guess; use a few unrelated words");
    }
    Ok(())
}
