//! How the operator's SMTP server is reached.

use std::{fmt, net::IpAddr, time::Duration};

use lettre::message::Mailbox;
use zeroize::Zeroizing;

use super::compose;

/// How the way to the server is protected. None of them falls back to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// Plain text until STARTTLS, which the server must offer (submission, port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (submissions, port 465).
    Tls,
    /// No encryption. Only to a server on this machine.
    Plain,
}

/// A password that neither `Debug` nor an error shows, erased when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes the password.
    pub fn new(password: String) -> Self {
        Self(Zeroizing::new(password))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What [`Mailer::new`](super::Mailer::new) needs to know.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Name or address of the server. Its certificate must carry this name.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the way to the server is protected.
    pub security: Security,
    /// Login name, given together with `password` or not at all.
    pub username: Option<String>,
    /// Password of `username`.
    pub password: Option<Password>,
    /// Sender of every mail: `desk@example.com` or `Example Desk <desk@example.com>`.
    pub from: String,
    /// Certificates of private authorities trusted beside those of the platform, as PEM.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// How long one mail may take, from the connection to the server's last answer.
    pub timeout: Duration,
}

impl SmtpSettings {
    /// Required STARTTLS on port 587, no login, 15 seconds.
    pub fn new(host: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: 587,
            security: Security::default(),
            username: None,
            password: None,
            from: from.into(),
            extra_roots_pem: None,
            timeout: Duration::from_secs(15),
        }
    }

    pub(super) fn sender(&self) -> Result<Mailbox, SettingsError> {
        compose::mailbox(&self.from).ok_or(SettingsError::From)
    }

    pub(super) fn login(&self) -> Result<Option<Login>, SettingsError> {
        match (&self.username, &self.password) {
            (None, None) => Ok(None),
            (Some(username), Some(password)) if !username.is_empty() && !password.expose().is_empty() => {
                Ok(Some(Login { username: username.clone(), password: password.clone() }))
            }
            _ => Err(SettingsError::HalfLogin),
        }
    }

    pub(super) fn check_plain_is_local(&self) -> Result<(), SettingsError> {
        let local = self.host == "localhost"
            || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
        match self.security {
            Security::Plain if !local => Err(SettingsError::PlainNeedsLoopback),
            _ => Ok(()),
        }
    }
}

/// Name and password, both present.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: Password,
}

/// What is wrong with [`SmtpSettings`].
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Plain text to another machine.
    #[error("mail without TLS is only allowed to a server on this machine (localhost)")]
    PlainNeedsLoopback,
    /// A user name without password, the other way round, or an empty one.
    #[error("the SMTP user name and password must be given together, and not be empty")]
    HalfLogin,
    /// `from` can't be read.
    #[error("the sender must be an ASCII address, or a name and an address: Example Desk <desk@example.com>")]
    From,
    /// `extra_roots_pem` holds no certificate, or one that can't be read.
    #[error("the extra root certificates are not PEM certificates")]
    Roots,
    /// TLS can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(String),
}
