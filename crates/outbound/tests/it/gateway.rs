//! Calls that people try out.

use app::{GatewayCall, GatewayReply};
use domain::Secret;
use keywright_outbound::gateway;

use crate::receiver::{Receiver, Reply};

fn call(target: &str) -> GatewayCall {
    GatewayCall {
        method: "GET".to_owned(),
        target: Secret::imported(target),
        host: None,
        credential: Some(("x-key".to_owned(), Secret::imported("s3cret"))),
        body: None,
    }
}

async fn ask(receiver: &Receiver, call: GatewayCall) -> Result<GatewayReply, String> {
    gateway::door(&format!("http://127.0.0.1:{}", receiver.port)).unwrap().ask(call).await
}

#[tokio::test]
async fn an_answer_comes_back_with_its_headers() {
    let receiver =
        Receiver::start([Reply::with("201 Created", "x-a: 1\r\nx-b: \u{e9}\r\nx-b: 2\r\n", "made")]).await;
    let body = Some(("text/plain".to_owned(), "hello".to_owned()));
    let host = Some("shop.example.com".to_owned());
    let reply = ask(&receiver, GatewayCall { method: "POST".to_owned(), host, body, ..call("/a%20b?c=d") });
    let reply = reply.await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice(), reply.is_cut), (201, &b"made"[..], false));
    assert_eq!((reply.header("x-a"), reply.header("x-b")), (Some("1"), None));
    let seen = receiver.seen();
    assert!(seen[0].head.starts_with("POST /a%20b?c=d HTTP/1.1"), "{}", seen[0].head);
    assert_eq!(seen[0].header("host"), Some(format!("shop.example.com:{}", receiver.port).as_str()));
    assert_eq!((seen[0].header("x-key"), seen[0].body.as_slice()), (Some("s3cret"), &b"hello"[..]));
    assert_eq!(seen[0].header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn a_220_redirects_are_shown_and_not_followed() {
    let victim = Receiver::start([]).await;
    let location = format!("location: {}\r\n", victim.url());
    let receiver = Receiver::start([Reply::with("302 Found", &location, "")]).await;
    let reply = ask(&receiver, call("/")).await.unwrap();
    assert_eq!((reply.status, reply.header("location")), (302, Some(victim.url().as_str())));
    assert_eq!(victim.accepted(), 0);
}

#[tokio::test]
async fn a_221_what_is_no_plain_target_or_header_is_not_sent() {
    let receiver = Receiver::start([]).await;
    for target in
        ["", "x", "//evil.test/", "/a/../b", "/%2e%2e/", "/a\r\nX: y", "@evil.test/", "/a#b", "/a\\b"]
    {
        let refused = ask(&receiver, call(target)).await;
        // Two slashes name no other host here: they stay with ours.
        assert!(refused.is_err() || target == "//evil.test/", "{target:?}");
    }
    let sent = receiver.seen();
    assert!(sent.iter().all(|seen| seen.head.starts_with("GET //evil.test/ ")), "{sent:?}");
    for (name, value) in [("x-key", "a\r\nb: c"), ("x key", "a"), ("x\r\ny", "a"), ("", "a")] {
        let credential = Some((name.to_owned(), Secret::imported(value)));
        let refused = ask(&receiver, GatewayCall { credential, ..call("/") }).await;
        assert_eq!(refused.unwrap_err(), "unsendable", "{name:?}");
    }
    let method = "GET / HTTP/1.1\r\nx: y".to_owned();
    assert_eq!(ask(&receiver, GatewayCall { method, ..call("/") }).await.unwrap_err(), "unsendable");
    assert_eq!(receiver.seen().len(), sent.len());
}

#[tokio::test]
async fn a_222_of_an_endless_answer_the_beginning_is_read() {
    let receiver = Receiver::start([Reply::Flood, Reply::Close]).await;
    let reply = ask(&receiver, call("/")).await.unwrap();
    assert_eq!((reply.body.len(), reply.is_cut), (256 * 1024, true));
    assert_eq!(ask(&receiver, call("/")).await.unwrap_err(), "broken");
    let nobody = gateway::door(&format!("http://127.0.0.1:{}", testkit::process::free_port())).unwrap();
    assert_eq!(nobody.ask(call("/")).await.unwrap_err(), "connect");
}
