//! nothing is said in plain text that shouldn't be, and nobody but the server is believed.

use keywright_outbound::email::{Mailer, Password, Security, SendError, SettingsError, SmtpSettings};
use serde_json::json;

use crate::{
    certificates::Authority,
    sink::{FROM, PASSWORD, Sink, USER, mail},
};

/// The mail stays in the queue, and neither it nor the login was told to anybody.
async fn assert_kept_back(sink: &Sink, settings: SmtpSettings, why: &str) {
    let mailer = Mailer::new(settings).unwrap();
    let Err(SendError::Temporary(said)) = mailer.send(&mail("Hello", "secret")).await else {
        panic!("the mail must stay in the queue");
    };
    assert!(said.contains(why), "{said}");
    assert_eq!(mailer.check().await, Err(SendError::Temporary(said)));
    assert_eq!(sink.messages().len(), 0);
    let wire = sink.wire();
    assert!(!wire.contains("AUTH") && !wire.contains("MAIL FROM"), "{wire}");
}

#[tokio::test]
async fn a_238_no_starttls_no_mail() {
    let sink = Sink::plain(json!({ "login": [USER, PASSWORD] }));
    let authority = Authority::new();
    assert_kept_back(&sink, sink.secured_settings(&authority), "does not offer STARTTLS").await;
    assert_eq!(sink.wire(), "EHLO keywright.example\r\n".repeat(2));
}

#[tokio::test]
async fn a_238_a_certificate_of_an_unknown_authority() {
    let sink = Sink::secured(&Authority::new(), "localhost", json!({}));
    assert_kept_back(&sink, sink.secured_settings(&Authority::new()), "TLS with localhost failed").await;
    let mut settings = sink.secured_settings(&Authority::new());
    settings.extra_roots_pem = None;
    assert_kept_back(&sink, settings, "TLS with localhost failed").await;
}

#[tokio::test]
async fn a_238_a_certificate_for_another_name() {
    let authority = Authority::new();
    let sink = Sink::secured(&authority, "mail.e.test", json!({}));
    assert_kept_back(&sink, sink.secured_settings(&authority), "TLS with localhost failed").await;
}

#[tokio::test]
async fn a_238_implicit_tls_does_not_become_plain() {
    let sink = Sink::plain(json!({}));
    let mut settings = sink.secured_settings(&Authority::new());
    settings.security = Security::Tls;
    assert_kept_back(&sink, settings, "TLS with localhost failed").await;
}

/// What a man in the middle adds behind the server's own "220" would, if kept, pass for answers under TLS: the mail
/// would count as sent though the server never took it.
#[tokio::test]
async fn a_238_answers_injected_before_tls_are_not_believed() {
    let authority = Authority::new();
    let forged = "250-forged\r\n250 AUTH PLAIN\r\n235 in\r\n250 from\r\n250 to\r\n354 data\r\n250 taken";
    let sink = Sink::secured(&authority, "localhost", json!({ "after_starttls": forged }));
    assert_kept_back(&sink, sink.secured_settings(&authority), "plain text after STARTTLS").await;
}

#[test]
fn a_238_plain_text_only_to_this_machine() {
    let mut settings = SmtpSettings::new("mail.e.test", FROM);
    settings.password = Some(Password::new("hunter2".to_owned()));
    settings.username = Some("desk".to_owned());
    settings.security = Security::Plain;
    assert!(matches!(Mailer::new(settings), Err(SettingsError::PlainNeedsLoopback)));
}
