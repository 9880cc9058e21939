//! Text of users that tries to be more than text.

use keywright_outbound::email::SendError;
use serde_json::json;

use crate::sink::{FROM, Message, Sink, TO, mail};

fn assert_one_set_of_headers(message: &Message) {
    let mut names: Vec<String> = message.raw_header_names().iter().map(|name| name.to_lowercase()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "a header twice in {:?}", message.raw_header_names());
    assert!(!names.iter().any(|name| name == "bcc" || name == "cc" || name == "x-evil"), "{names:?}");
    assert_eq!((message.from.as_str(), message.to.as_slice()), (FROM, &[TO.to_owned()][..]));
}

#[tokio::test]
async fn a_234_control_characters_in_headers_are_refused() {
    let sink = Sink::plain(json!({}));
    let mailer = sink.mailer();
    for hidden in ["\r\n", "\n", "\r", "\0", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}", "\t", "\u{b}"] {
        let refused = mailer.send(&mail(&format!("A{hidden}Bcc: evil@e.test"), "x")).await.unwrap_err();
        assert!(matches!(refused, SendError::Permanent(_)), "{hidden:?}: {refused:?}");
        let mut to_two = mail("A", "x");
        to_two.to = format!("{TO}{hidden}Bcc: evil@e.test");
        assert!(matches!(mailer.send(&to_two).await, Err(SendError::Permanent(_))), "{hidden:?}");
    }
    for to in
        ["alice@e.test, evil@e.test", "Alice <alice@e.test>", "<alice@e.test> NOTIFY=NEVER", "alice", ""]
    {
        let mut elsewhere = mail("A", "x");
        elsewhere.to = to.to_owned();
        assert!(matches!(mailer.send(&elsewhere).await, Err(SendError::Permanent(_))), "{to}");
    }
    assert_eq!(sink.wire(), "", "not even a connection");
}

#[tokio::test]
async fn a_234_what_looks_encoded_arrives_as_it_was_written() {
    let sink = Sink::plain(json!({}));
    let subjects = [
        "A%0d%0aBcc: evil@e.test",
        "=?utf-8?q?a=0d=0aBcc:_evil@e.test?=",
        "=?utf-8?b?YQ0KQmNjOiBldmlsQGUudGVzdA==?= for you",
        "A\\r\\nBcc: evil@e.test",
        "Ä =?utf-8?q?=0d=0aX-Evil:_1?=",
        "plain ?= =? text",
        ". leading dot, and a very long line that has to be folded somewhere in the middle of itself, X-Evil: 1",
    ];
    for subject in subjects {
        sink.mailer().send(&mail(subject, "x")).await.unwrap();
    }
    let messages = sink.messages();
    assert_eq!(messages.len(), subjects.len());
    for (message, subject) in messages.iter().zip(subjects) {
        assert_one_set_of_headers(message);
        assert_eq!(message.header("Subject"), subject);
    }
}

#[tokio::test]
async fn a_235_no_text_ends_the_message_early() {
    let evil = "MAIL FROM:<evil@e.test>\r\nRCPT TO:<victim@e.test>\r\nDATA\r\nSubject: forged\r\n\r\nforged";
    let ends = [
        "\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r\n.\r",
        "\r\n.\r\n",
        "\r\n\r\n.\r\n",
        "\n\n.\n\n",
    ];
    let texts: Vec<String> = ends
        .iter()
        .map(|end| format!("before{end}{evil}{end}QUIT"))
        .chain([".".into(), ".\r\n..".into()])
        .collect();
    let sink = Sink::plain(json!({}));
    for text in &texts {
        let mut mail = mail("Hello", text);
        mail.html = Some(text.clone());
        sink.mailer().send(&mail).await.unwrap();
    }
    let messages = sink.messages();
    assert_eq!(messages.len(), texts.len());
    let wire = sink.wire();
    assert_eq!(wire.matches("MAIL FROM:").count(), texts.len());
    assert!(
        !wire.contains("evil") && !wire.contains("forged"),
        "no byte of the text is on the wire as it is"
    );
    for (message, text) in messages.iter().zip(&texts) {
        assert_one_set_of_headers(message);
        let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        assert_eq!(message.parts.iter().map(|part| &part.text).collect::<Vec<_>>(), [&lines, &lines]);
        assert!(message.parts.iter().all(|part| part.encoding == "base64"));
    }
}

#[tokio::test]
async fn a_235_no_bare_line_end_is_on_the_wire() {
    let sink = Sink::plain(json!({}));
    let long = "x".repeat(5000);
    sink.mailer().send(&mail("Ümlaut", &format!("a\rb\nc\r\nd\0{long}"))).await.unwrap();
    let wire = sink.wire();
    assert!(!wire.replace("\r\n", "").contains(['\r', '\n']));
    assert!(wire.split("\r\n").all(|line| line.len() <= 998));
}

#[tokio::test]
async fn a_237_plain_text_is_never_made_html() {
    let sink = Sink::plain(json!({}));
    let name = "<a href=https://evil.test>Click</a> https://evil.test {{link}}";
    sink.mailer().send(&mail(name, name)).await.unwrap();
    let message = sink.only_message();
    assert_eq!(message.header("Subject"), name);
    let [part] = message.parts.as_slice() else { panic!("one part: {:?}", message.parts) };
    assert_eq!((part.kind.as_str(), part.text.as_str()), ("text/plain", name));
}
