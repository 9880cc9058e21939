//! Mails: written with their cause, sealed until they are sent, shown to administrators who need a link.

use std::time::Duration;

use domain::{Access, Email, Mail, MailId, MailState, Name, Resource};
use store::{MailRecord, Tx};
use uuid::Uuid;

use crate::{App, Caller, Error, MailFilter, MailResult, Page, PageRequest, Result};

/// For how long a sender keeps the mails it took to itself.
const LEASE: Duration = Duration::from_secs(120);

/// A mail that is to be sent now, by the one who took it.
#[derive(Clone, Debug)]
pub struct MailJob {
    /// Its identity, also its `Message-ID`.
    pub id: MailId,
    /// To whom.
    pub to: Email,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    claim: Uuid,
}

/// A mail as administrators see it.
#[derive(Clone, Debug)]
pub struct ShownMail {
    /// How far it has come, and to whom.
    pub record: MailRecord,
    /// Its text.
    pub text: String,
}

pub(crate) fn place(id: MailId) -> String {
    format!("mails.body.{id}")
}

/// The first line of a mail. A name that a mail program would turn into a link is left out: people choose their own
/// names, and a mail from here must not carry somebody else's address to click on.
pub(crate) fn greeting(name: &Name) -> String {
    if looks_like_a_link(name) { "Hello,".to_owned() } else { format!("Hello {name},") }
}

/// Whether a mail program would turn a part of a name into a link.
pub(crate) fn looks_like_a_link(name: &Name) -> bool {
    holds_a_link(name.as_str())
}

fn holds_a_link(name: &str) -> bool {
    let is_one =
        |word: &str| word.contains(['/', ':', '@', '\\']) || word.trim_end_matches('.').contains('.');
    name.split_whitespace().any(is_one)
}

/// A name that somebody has chosen, as a mail may show it; otherwise what it is called instead.
pub(crate) fn plain_name<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    if holds_a_link(name) { otherwise } else { name }
}

/// The first line of a mail to somebody whose name is not known.
pub(crate) fn greeting_line() -> &'static str {
    "Hello,"
}

/// The text without what links end in: everything after `token=`, and every secret of ours wherever it stands.
fn without_secrets(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '%' | '+');
    let mut rest = text;
    let mut shown = String::with_capacity(text.len());
    while let Some((at, keep)) =
        ["token=", "kw_"].iter().filter_map(|mark| Some((rest.find(mark)?, mark.len()))).min()
    {
        let secret = &rest[at + keep..];
        shown.push_str(&rest[..at + keep]);
        shown.push('…');
        rest = secret.trim_start_matches(word);
    }
    shown + rest
}

#[macros::boxed]
impl App {
    /// Writes a mail into the outbox, in the transaction of its cause.
    pub(crate) async fn post(&self, tx: &Tx, to: &Email, subject: &str, text: String) -> Result<()> {
        let mail = Mail {
            id: self.new_id(),
            to: to.clone(),
            subject: subject.to_owned(),
            text,
            created_at: tx.now(),
        };
        let sealed = self.keys.seal(&place(mail.id), mail.text.as_bytes());
        let state = if self.settings.sends_mail { MailState::Waiting } else { MailState::Kept };
        tx.put_mail(&mail, sealed, state).await?;
        if state == MailState::Kept {
            // On purpose with its links: without a mail server the log is where a newcomer finds them.
            tracing::info!(to = %mail.to, subject = %mail.subject, text = %mail.text, "mail kept: no mail server is configured");
        } else {
            self.mail_waits.notify_one();
        }
        Ok(())
    }

    /// The mail log. Texts are included: an administrator may have to pass a link on.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn mails(
        &self,
        caller: &Caller,
        filter: &MailFilter,
        page: PageRequest,
    ) -> Result<Page<ShownMail>> {
        caller.must_administer(Resource::Mails, Access::Read)?;
        let page = self.store.read().mails(filter, page).await?;
        let items = page.items.into_iter().map(|record| self.shown(caller, record)).collect();
        Ok(Page { items, next: page.next })
    }

    /// One mail.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn mail(&self, caller: &Caller, id: MailId) -> Result<ShownMail> {
        caller.must_administer(Resource::Mails, Access::Read)?;
        let record = self.store.read().mail(id).await?.ok_or(Error::NotFound(MailId::KIND))?;
        Ok(self.shown(caller, record))
    }

    /// Whoever reads a link to a new password can choose it: who may only look does not see the secrets in links.
    fn shown(&self, caller: &Caller, record: MailRecord) -> ShownMail {
        let text = self.text_of(&record).unwrap_or_else(|| "(cannot be opened)".to_owned());
        let may_pass_on = caller.must_administer(Resource::Mails, Access::Write).is_ok();
        let text = if may_pass_on { text } else { without_secrets(&text) };
        ShownMail { record, text }
    }

    fn text_of(&self, record: &MailRecord) -> Option<String> {
        let opened = self.keys.open(&place(record.id), &record.sealed_text)?;
        String::from_utf8(opened).ok()
    }

    /// Takes mails that are due, for a sender.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn take_mails(&self, limit: u64) -> Result<Vec<MailJob>> {
        let claim = Uuid::now_v7();
        let records = self.store.claim_mails(claim, self.clock.now(), LEASE, limit).await?;
        let mut jobs = Vec::with_capacity(records.len());
        for record in records {
            match self.text_of(&record) {
                Some(text) => jobs.push(MailJob {
                    id: record.id,
                    to: record.to,
                    subject: record.subject,
                    text,
                    attempt: record.attempts,
                    claim,
                }),
                // Otherwise it would be taken again and again.
                None => {
                    let error = "its text cannot be opened with this master key".to_owned();
                    let failed = MailResult::Failed { error };
                    self.store.finish_mail(record.id, claim, &failed, self.clock.now()).await?;
                }
            }
        }
        Ok(jobs)
    }

    /// Reports what came of an attempt.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn finish_mail(&self, job: &MailJob, result: &MailResult) -> Result<()> {
        Ok(self.store.finish_mail(job.id, job.claim, result, self.clock.now()).await?)
    }

    /// Returns when a mail was written, or after a while: then others may have become due.
    pub async fn mail_waits(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.mail_waits.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_237_a_name_cannot_be_a_link() {
        let greet = |name: &str| greeting(&Name::parse(name).unwrap());
        assert_eq!(greet("Ada K. Lovelace"), "Hello Ada K. Lovelace,");
        for link in
            ["https://evil.test", "Click evil.test now", "a@evil.test", "<a href=//evil>x</a>", r"\\evil\x"]
        {
            assert_eq!(greet(link), "Hello,", "{link}");
        }
    }
}
