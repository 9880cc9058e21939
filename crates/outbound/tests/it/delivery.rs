//! What arrives when all is well.

use keywright_outbound::email::{Mailer, Security};
use serde_json::json;

use crate::{
    certificates::Authority,
    sink::{FROM, Part, Sink, TO, mail},
};

fn base64_part(kind: &str, text: &str) -> Part {
    Part { kind: kind.into(), charset: "utf-8".into(), encoding: "base64".into(), text: text.into() }
}

#[tokio::test]
async fn a_mail_arrives_with_one_set_of_headers_and_its_exact_text() {
    let sink = Sink::plain(json!({}));
    let sent = sink.mailer().send(&mail("Your key is ready", "Hello Alice,\nit is ready.\n")).await.unwrap();
    assert_eq!(sent.answer, "250 OK");
    let message = sink.only_message();
    assert_eq!((message.from.as_str(), message.to.as_slice()), (FROM, &[TO.to_owned()][..]));
    let mut names = message.raw_header_names();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "Auto-Submitted",
            "Content-Transfer-Encoding",
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To"
        ]
    );
    assert_eq!(message.header("Message-ID"), "<01990000-0000-7000-8000-000000000001@keywright.example>");
    assert_eq!(message.header("Subject"), "Your key is ready");
    assert_eq!((message.header("From"), message.header("To")), (FROM, TO));
    assert_eq!(message.header("Auto-Submitted"), "auto-generated");
    assert!(message.header("Date").ends_with("+0000"), "{}", message.header("Date"));
    assert_eq!(message.parts, [base64_part("text/plain", "Hello Alice,\r\nit is ready.\r\n")]);
    assert_eq!(message.defects, [""; 0]);
}

#[tokio::test]
async fn text_and_html_are_alternatives_and_names_are_encoded() {
    let sink = Sink::plain(json!({}));
    let mut settings = sink.settings();
    settings.from = format!("Schlüssel, Tür & Co. <{FROM}>");
    let subject = "Ihr Schlüssel 🗝 für „Prod“ läuft in 7 Tagen ab, bitte erneuern Sie ihn rechtzeitig";
    let mut mail = mail(subject, "Grüße");
    mail.html = Some("<p>Grüße</p>".to_owned());
    Mailer::new(settings).unwrap().send(&mail).await.unwrap();
    let message = sink.only_message();
    assert!(message.raw.is_ascii());
    assert!(message.raw.split("\r\n").all(|line| line.len() <= 78), "{}", message.raw);
    assert_eq!(message.header("Subject"), subject);
    assert_eq!(message.header("From"), format!("\"Schlüssel, Tür & Co.\" <{FROM}>"));
    assert!(message.header("Content-Type").starts_with("multipart/alternative"));
    assert_eq!(message.parts, [base64_part("text/plain", "Grüße"), base64_part("text/html", "<p>Grüße</p>")]);
    assert_eq!(message.defects, [""; 0]);
}

#[tokio::test]
async fn starttls_and_either_login_method() {
    let authority = Authority::new();
    for only_auth_login in [false, true] {
        let sink = Sink::secured(&authority, "localhost", json!({ "only_auth_login": only_auth_login }));
        let mailer = Mailer::new(sink.secured_settings(&authority)).unwrap();
        mailer.check().await.unwrap();
        assert_eq!(sink.messages().len(), 0);
        mailer.send(&mail("Hello", "over TLS")).await.unwrap();
        assert_eq!(sink.only_message().parts[0].text, "over TLS");
        let method = if only_auth_login { "AUTH LOGIN\r\n" } else { "AUTH PLAIN " };
        assert_eq!(sink.wire().matches(method).count(), 2, "one for each connection");
    }
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let authority = Authority::new();
    let sink = Sink::secured(&authority, "localhost", json!({ "tls": "implicit" }));
    let mut settings = sink.secured_settings(&authority);
    settings.security = Security::Tls;
    let mailer = Mailer::new(settings).unwrap();
    mailer.check().await.unwrap();
    // From a task, as the worker sends.
    let sent = tokio::spawn(async move { mailer.send(&mail("Hello", "over TLS")).await });
    sent.await.unwrap().unwrap();
    assert_eq!(sink.only_message().parts[0].text, "over TLS");
    assert!(!sink.wire().contains("STARTTLS"));
}
