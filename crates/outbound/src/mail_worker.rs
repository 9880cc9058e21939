//! Hands the mails of the outbox to the mail server.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use app::{App, MailJob, MailResult};
use tokio::task::JoinSet;

use crate::email::{Mailer, OutgoingMail, SendError, backoff};

/// How many mails are under way at once. All of them are settled, even by a server that lets each run into its time
/// limit, well before another sender may take them.
const AT_ONCE: u64 = 4;
/// How often is looked for mails that have become due, or that another process wrote.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often, a second apart, is tried to write down what came of a mail.
const NOTE_TRIES: u32 = 30;

/// Sends what is due, until `stop` is; what is under way then is finished. No error ends it: each mail keeps its own
/// reason, in the mail log.
pub async fn send_mails(app: Arc<App>, mailer: Mailer, stop: impl Future<Output = ()>) {
    let mailer = Arc::new(mailer);
    let mut stop = pin!(stop);
    loop {
        let sent = send_some(&app, &mailer).await.unwrap_or_else(|error| {
            tracing::debug!(error = error.internal_detail().unwrap_or_default(), "mails wait");
            0
        });
        let pause = if sent > 0 { Duration::ZERO } else { LOOK_AGAIN };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = app.mail_waits(pause) => {}
        }
    }
}

/// Sends a few mails side by side, and says how many.
async fn send_some(app: &Arc<App>, mailer: &Arc<Mailer>) -> app::Result<usize> {
    let mut under_way = JoinSet::new();
    for job in app.take_mails(AT_ONCE).await? {
        under_way.spawn(deliver(Arc::clone(app), Arc::clone(mailer), job));
    }
    let count = under_way.len();
    while let Some(done) = under_way.join_next().await {
        if let Err(died) = done {
            tracing::error!(error = %died, "sending a mail died; it is tried again");
        }
    }
    Ok(count)
}

async fn deliver(app: Arc<App>, mailer: Arc<Mailer>, job: MailJob) {
    let mail = OutgoingMail {
        id: job.id.0,
        to: job.to.to_string(),
        subject: job.subject.clone(),
        text: job.text.clone(),
        html: None,
    };
    let answer = mailer.send(&mail).await.map(drop);
    note(&app, &job, &result(&app, &job, answer)).await;
}

/// What an answer of the mail server means for a mail. The log gets its id and the reason, never what is in it.
fn result(app: &App, job: &MailJob, answer: Result<(), SendError>) -> MailResult {
    let (mail, attempt) = (job.id, job.attempt);
    match answer {
        Ok(()) => {
            tracing::info!(%mail, attempt, "mail sent");
            MailResult::Sent
        }
        Err(SendError::Permanent(error)) => {
            tracing::warn!(%mail, attempt, error, "mail refused for good");
            MailResult::Failed { error }
        }
        Err(SendError::Temporary(error)) => match backoff(attempt) {
            Some(wait) => {
                tracing::warn!(%mail, attempt, error, again_in_s = wait.as_secs(), "mail not sent yet");
                MailResult::Retry { not_before: app.clock().now() + wait, error }
            }
            None => {
                tracing::error!(%mail, attempt, error, "mail given up");
                MailResult::Failed { error: format!("given up after {attempt} tries: {error}") }
            }
        },
    }
}

/// Writes down what came of a mail, and does not give up easily: a mail that was sent and is not known to be would be
/// sent again.
async fn note(app: &App, job: &MailJob, result: &MailResult) {
    for _ in 0..NOTE_TRIES {
        match app.finish_mail(job, result).await {
            Ok(()) => return,
            Err(error) => {
                let error = error.internal_detail().unwrap_or_default();
                tracing::debug!(mail = %job.id, error, "what came of a mail is not written yet");
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tracing::error!(mail = %job.id, "what came of a mail could not be written; it is sent again later");
}
