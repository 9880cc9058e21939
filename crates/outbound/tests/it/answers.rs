//! what the server says, however much and whatever it is.

use std::time::{Duration, Instant};

use keywright_outbound::email::{Mailer, Password, Security, SendError, SmtpSettings};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    certificates::Authority,
    sink::{FROM, PASSWORD, Sink, mail},
};

const KIB: usize = 1024;

#[tokio::test]
async fn a_239_not_now_is_temporary_and_no_is_permanent() {
    let later = SendError::Temporary("450 4.2.1 try again".to_owned());
    let never = SendError::Permanent("550 5.1.1 no such person".to_owned());
    for stage in ["rcpt_answer", "data_answer"] {
        let sink = Sink::plain(json!({ stage: "450 4.2.1 try again" }));
        assert_eq!(sink.mailer().send(&mail("Hello", "x")).await.unwrap_err(), later);
        let sink = Sink::plain(json!({ stage: "550-5.1.1 no\r\n550 such person" }));
        assert_eq!(sink.mailer().send(&mail("Hello", "x")).await.unwrap_err(), never);
        assert_eq!(sink.mailer().check().await, Ok(()));
    }
}

#[tokio::test]
async fn a_239_long_answers_are_cut_and_keep_their_meaning() {
    let line = "x".repeat(1_000_000);
    let flood = "550-flood \u{1b}[31m\r\n".repeat(50_000) + "550 end";
    for answer in [format!("550 {line}"), flood] {
        let sink = Sink::plain(json!({ "rcpt_answer": answer }));
        let Err(SendError::Permanent(said)) = sink.mailer().send(&mail("Hello", "x")).await else {
            panic!("550 is for good");
        };
        assert!(said.starts_with("550 ") && said.ends_with('…') && said.len() <= KIB, "{} bytes", said.len());
        assert!(!said.chars().any(char::is_control));
    }
    let sink = Sink::plain(json!({ "data_answer": format!("250 {line}") }));
    let sent = sink.mailer().send(&mail("Hello", "x")).await.unwrap();
    assert!(sent.answer.starts_with("250 xxx") && sent.answer.len() <= KIB);
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test]
async fn a_239_an_answer_does_not_show_our_login() {
    let authority = Authority::new();
    // AUTH PLAIN's argument and AUTH LOGIN's second one, by hand.
    let forms = format!("{PASSWORD} AGRlc2sAY29ycmVjdCBob3JzZSBiYXR0ZXJ5 Y29ycmVjdCBob3JzZSBiYXR0ZXJ5");
    let conf = json!({ "rcpt_answer": format!("550 refused {forms} for desk") });
    let sink = Sink::secured(&authority, "localhost", conf);
    let mailer = Mailer::new(sink.secured_settings(&authority)).unwrap();
    assert_eq!(
        mailer.send(&mail("Hello", "x")).await.unwrap_err(),
        SendError::Permanent("550 refused [redacted] [redacted] [redacted] for desk".to_owned())
    );
    assert!(
        sink.wire().contains("AUTH PLAIN AGRlc2sAY29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\n"),
        "the form redacted is the real"
    );
}

/// A wrong password is the operator's to repair; the mails that wait for it must not be given up.
#[tokio::test]
async fn a_239_a_refused_login_is_temporary() {
    let authority = Authority::new();
    let conf = json!({ "auth_refusal": "535 5.7.8 wrong: hunter2" });
    let sink = Sink::secured(&authority, "localhost", conf);
    let mut settings = sink.secured_settings(&authority);
    settings.password = Some(Password::new("hunter2".to_owned()));
    let mailer = Mailer::new(settings).unwrap();
    let refused = SendError::Temporary("535 5.7.8 wrong: [redacted]".to_owned());
    assert_eq!(mailer.check().await, Err(refused.clone()));
    assert_eq!(mailer.send(&mail("Hello", "x")).await.unwrap_err(), refused);
    assert_eq!(sink.messages().len(), 0);
}

/// A server of our own, for what aiosmtpd can't be made to do: it says one thing and then nothing.
async fn listening(says: &'static [u8]) -> (Mailer, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = SmtpSettings::new("127.0.0.1", FROM);
    settings.security = Security::Plain;
    settings.port = listener.local_addr().unwrap().port();
    settings.timeout = Duration::from_millis(300);
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        drop(listener);
        let _ = socket.write_all(says).await;
        let _ = socket.read_to_end(&mut Vec::new()).await;
    });
    (Mailer::new(settings).unwrap(), server)
}

#[tokio::test]
async fn a_239_silence_ends_in_time() {
    for says in [&b""[..], b"220 half a", b"220 hello\r\n"] {
        let (mailer, server) = listening(says).await;
        let start = Instant::now();
        let Err(SendError::Temporary(said)) = mailer.send(&mail("Hello", "x")).await else {
            panic!("nothing was sent")
        };
        assert_eq!(said, "the mail server took longer than 0.3 s");
        assert!(start.elapsed() < Duration::from_secs(3));
        server.await.unwrap();
    }
}

#[tokio::test]
async fn a_239_another_protocol_or_nobody_is_temporary() {
    let (mailer, server) = listening(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let said = mailer.send(&mail("Hello", "x")).await.unwrap_err();
    assert!(matches!(&said, SendError::Temporary(said) if said.contains("does not speak SMTP")), "{said:?}");
    server.await.unwrap();
    // The listener took one connection only; now the port is closed.
    let said = mailer.check().await.unwrap_err();
    assert!(
        matches!(&said, SendError::Temporary(said) if said.contains("cannot connect to 127.0.0.1:")),
        "{said:?}"
    );
}
