//! From the use case to the mail server: what is registered is mailed once, whatever the server does.

use std::{net::TcpListener, sync::Arc, time::Duration};

use app::{App, Caller, Clock, Identity, MailFilter, PageRequest, Settings, ShownMail};
use domain::{DeveloperState, Instant, MailState, MasterKey};
use keywright_outbound::{
    email::{Mailer, Security, SmtpSettings, backoff},
    mail_worker::send_mails,
};
use serde_json::json;
use store::Store;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::sink::{FROM, Sink, TO};

const URL: &str = "https://keys.keywright.example";

/// An installation that sends its mails to a port of this machine, with a clock that stands still.
struct Desk {
    app: Arc<App>,
    worker: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    _folder: TempDir,
}

impl Desk {
    async fn sending_to(port: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("keywright.db").display());
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let settings = Settings { public_url: URL.to_owned(), sends_mail: true, ..Settings::default() };
        let clock = Clock::manual(Instant::parse("2026-11-23T04:00:00Z").unwrap());
        let app = App::start(store, &MasterKey::new([7; 32]), settings, clock).await.unwrap();
        let mut smtp = SmtpSettings::new("127.0.0.1", FROM);
        smtp.port = port;
        smtp.security = Security::Plain;
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let worker = tokio::spawn(send_mails(Arc::clone(&app), Mailer::new(smtp).unwrap(), stopped));
        Self { app, worker, stop, _folder: folder }
    }

    async fn register(&self) {
        self.app.register(&anonymous(), TO, "Alice").await.unwrap();
    }

    /// The only mail, as soon as it is as it should be.
    async fn mail(&self, is_so: impl Fn(&ShownMail) -> bool) -> ShownMail {
        let look = async {
            loop {
                let filter = MailFilter::default();
                let mut page =
                    self.app.mails(&Caller::operator(), &filter, PageRequest::first(9)).await.unwrap();
                assert_eq!(page.items.len(), 1);
                match page.items.pop() {
                    Some(mail) if is_so(&mail) => return mail,
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        timeout(Duration::from_secs(20), look).await.expect("the mail gets there in time")
    }
}

fn anonymous() -> Caller {
    Caller { identity: Identity::Anonymous, ..Caller::system() }
}

#[tokio::test]
async fn who_registers_gets_a_mail_with_a_link_that_works() {
    let sink = Sink::plain(json!({}));
    let desk = Desk::sending_to(sink.port).await;
    desk.register().await;
    desk.mail(|mail| mail.record.state == MailState::Sent).await;
    let message = sink.only_message();
    assert_eq!((message.from.as_str(), message.to.as_slice()), (FROM, &[TO.to_owned()][..]));
    let text = &message.parts[0].text;
    let (_, token) = text.split_once(&format!("{URL}/verify-email?token=")).unwrap();
    let token = token.lines().next().unwrap();
    let registration = desk.app.verify_email(&anonymous(), token, None).await.unwrap();
    assert_eq!(registration.developer.email.as_str(), TO);
    assert_eq!(registration.developer.state, DeveloperState::Approved);
}

#[tokio::test]
async fn a_mail_waits_for_its_server_and_arrives_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let desk = Desk::sending_to(port).await;
    desk.register().await;
    let tried = desk.mail(|mail| mail.record.last_error.is_some()).await.record;
    assert_eq!((tried.state, tried.attempts), (MailState::Waiting, 1));
    assert_eq!(tried.not_before.since(desk.app.clock().now()), Duration::from_secs(10));

    let sink = Sink::plain(json!({ "port": port }));
    desk.app.clock().advance(Duration::from_secs(10));
    let sent = desk.mail(|mail| mail.record.state == MailState::Sent).await.record;
    assert_eq!((sent.attempts, sent.last_error), (2, None));
    // Nothing is left that might be sent again, however late.
    desk.app.clock().advance(Duration::from_secs(7 * 24 * 3600));
    assert!(desk.app.take_mails(9).await.unwrap().is_empty());
    sink.only_message();
}

#[tokio::test]
async fn a_refusal_for_good_is_kept_with_its_reason() {
    let sink = Sink::plain(json!({ "rcpt_answer": "550 5.1.1 no such mailbox" }));
    let desk = Desk::sending_to(sink.port).await;
    desk.register().await;
    let failed = desk.mail(|mail| mail.record.state == MailState::Failed).await.record;
    let reason = failed.last_error.unwrap();
    assert!(reason.contains("550 5.1.1 no such mailbox"), "{reason}");
    assert_eq!((failed.attempts, sink.messages().len()), (1, 0));
}

#[tokio::test]
async fn after_the_last_try_a_mail_is_given_up() {
    let sink = Sink::plain(json!({ "data_answer": "451 4.3.0 try again" }));
    let desk = Desk::sending_to(sink.port).await;
    desk.register().await;
    let clock = desk.app.clock();
    for attempt in 1..=7 {
        // Not before the worker has written down what came of this try.
        let wait = backoff(attempt).unwrap();
        desk.mail(|mail| {
            mail.record.attempts == attempt && mail.record.not_before.since(clock.now()) == wait
        })
        .await;
        clock.advance(wait);
    }
    let failed = desk.mail(|mail| mail.record.state == MailState::Failed).await.record;
    assert!(failed.last_error.unwrap().starts_with("given up after 8 tries: "));
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_is_under_way() {
    let sink = Sink::plain(json!({ "data_delay": 1 }));
    let desk = Desk::sending_to(sink.port).await;
    desk.register().await;
    let under_way = async {
        while sink.messages().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), under_way).await.unwrap();
    desk.stop.send(()).unwrap();
    timeout(Duration::from_secs(10), desk.worker).await.unwrap().unwrap();
    let mails =
        desk.app.mails(&Caller::operator(), &MailFilter::default(), PageRequest::first(9)).await.unwrap();
    assert_eq!(mails.items[0].record.state, MailState::Sent);
}
