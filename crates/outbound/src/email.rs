//! Sending one mail by SMTP.
//!
//! lettre composes the message. The session with the server is our own, because lettre's (0.11.23) takes answers that
//! came in plain text before TLS for the server's, loses the code of an answer that is too long, and has no limit on
//! the time an answer takes.

mod compose;
mod reply;
mod session;
mod settings;
mod text;

use std::time::Duration;

use lettre::message::Mailbox;
use tokio::time::timeout;
use uuid::Uuid;

pub use self::settings::{Password, Security, SettingsError, SmtpSettings};
use self::{
    compose::compose,
    session::{Failure, Server, Session, Way},
    text::Redactor,
};

/// One mail to one person.
#[derive(Clone, Debug)]
pub struct OutgoingMail {
    /// Becomes the Message-ID, so that a mail sent twice can be recognised.
    pub id: Uuid,
    /// One bare address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// What is said, as plain text.
    pub text: String,
    /// The same as HTML, already escaped.
    pub html: Option<String>,
}

/// The server took responsibility for the mail.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What it said, in one line of at most 1 KiB without our login; often its own name for the mail.
    pub answer: String,
}

/// Why a mail was not sent. The sentence is one line of at most 1 KiB, without our login.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The same mail may be sent later: the server can't be reached or used now, or it asked to wait.
    #[error("{0}")]
    Temporary(String),
    /// This mail will never be sent: it isn't well formed, or the server refused it for good.
    #[error("{0}")]
    Permanent(String),
}

/// Sends mails, each over its own connection.
pub struct Mailer {
    from: Mailbox,
    server: Server,
    timeout: Duration,
    redactor: Redactor,
}

/// How long saying good-bye may take, after everything is settled.
const GOOD_BYE: Duration = Duration::from_secs(1);

impl Mailer {
    /// Checks the settings; connects to nothing.
    pub fn new(settings: SmtpSettings) -> Result<Self, SettingsError> {
        settings.check_plain_is_local()?;
        let from = settings.sender()?;
        let login = settings.login()?;
        Ok(Self {
            redactor: Redactor::new(login.as_ref()),
            server: Server {
                way: Way::new(settings.security, settings.extra_roots_pem.as_deref())?,
                host: settings.host,
                port: settings.port,
                login,
                our_name: from.email.domain().to_owned(),
            },
            from,
            timeout: settings.timeout,
        })
    }

    /// Sends one mail.
    ///
    /// If the connection breaks after the last byte, nobody can tell whether the server took the mail; that is
    /// `Temporary` too, and the Message-ID tells the two apart from two different mails.
    pub async fn send(&self, mail: &OutgoingMail) -> Result<Sent, SendError> {
        let message = compose(&self.from, mail)?;
        let (session, reply) = self
            .in_time(async {
                let mut session = Session::open(&self.server).await?;
                let reply = session.deliver(&self.from.email, &message.to, &message.bytes).await?;
                Ok((session, reply))
            })
            .await?;
        let _ = timeout(GOOD_BYE, session.quit()).await;
        Ok(Sent { answer: self.redactor.sentence(&reply.text(), reply.cut) })
    }

    /// Whether the server could be sent a mail now: connects, encrypts, logs in and asks for nothing more.
    pub async fn check(&self) -> Result<(), SendError> {
        let session = self
            .in_time(async {
                let mut session = Session::open(&self.server).await?;
                session.noop().await?;
                Ok(session)
            })
            .await?;
        let _ = timeout(GOOD_BYE, session.quit()).await;
        Ok(())
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, SendError> {
        match timeout(self.timeout, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(failure)) => Err(self.explain(failure)),
            Err(_) => Err(SendError::Temporary(format!(
                "the mail server took longer than {} s",
                self.timeout.as_secs_f32()
            ))),
        }
    }

    /// Only an answer to the mail itself is final: a refused login, say, is for the operator to repair, and the mails
    /// that wait for that must not be lost.
    fn explain(&self, failure: Failure) -> SendError {
        match failure {
            Failure::Server { said, cut } => SendError::Temporary(self.redactor.sentence(&said, cut)),
            Failure::Mail(reply) => {
                let sentence = self.redactor.sentence(&reply.text(), reply.cut);
                if reply.class() == 5 {
                    SendError::Permanent(sentence)
                } else {
                    SendError::Temporary(sentence)
                }
            }
        }
    }
}

/// What to wait after each attempt that failed.
const WAITS: [Duration; 7] = [
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(24),
];

/// How long to wait after the `attempt`-th try (from 1) failed; `None` when it was the last.
pub fn backoff(attempt: u32) -> Option<Duration> {
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    WAITS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<u64> = (1..=7).map(|attempt| backoff(attempt).unwrap().as_secs()).collect();
        assert_eq!(waits, [10, 60, 300, 1_800, 7_200, 21_600, 86_400]);
        assert_eq!(backoff(8), None);
        assert_eq!(backoff(u32::MAX), None);
    }

    #[test]
    fn settings_are_checked_before_anything_is_sent() {
        let local = |change: fn(&mut SmtpSettings)| {
            let mut settings = SmtpSettings::new("localhost", "desk@keywright.example");
            settings.security = Security::Plain;
            change(&mut settings);
            Mailer::new(settings)
        };
        assert!(local(|_| ()).is_ok());
        assert!(local(|s| s.host = "127.0.0.2".to_owned()).is_ok());
        assert!(local(|s| s.host = "::1".to_owned()).is_ok());
        for host in ["mail.example", "10.0.0.1", "localhost.example", "0.0.0.0", "127.0.0.1.example", ""] {
            let mut settings = SmtpSettings::new(host, "desk@keywright.example");
            settings.security = Security::Plain;
            assert!(matches!(Mailer::new(settings), Err(SettingsError::PlainNeedsLoopback)), "{host}");
        }
        assert!(matches!(local(|s| s.username = Some("desk".to_owned())), Err(SettingsError::HalfLogin)));
        assert!(matches!(
            local(|s| s.password = Some(Password::new("hunter2".to_owned()))),
            Err(SettingsError::HalfLogin)
        ));
        assert!(matches!(
            local(|s| s.from = "Desk\r\nBcc: x <a@b.example>".to_owned()),
            Err(SettingsError::From)
        ));
        let roots = |s: &mut SmtpSettings| {
            s.security = Security::Starttls;
            s.extra_roots_pem = Some(b"no certificate".to_vec());
        };
        assert!(matches!(local(roots), Err(SettingsError::Roots)));
        assert_eq!(SmtpSettings::new("mail.example", "").security, Security::Starttls);
    }

    #[test]
    fn settings_do_not_show_the_password() {
        let mut settings = SmtpSettings::new("mail.example", "desk@keywright.example");
        settings.password = Some(Password::new("hunter2".to_owned()));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
