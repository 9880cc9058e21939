//! The client that talks to this machine only.

use keywright_outbound::http::{HttpClient, HttpError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// Answers one request with these bytes and hands back what was asked.
async fn answering(answer: String) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            let mut part = [0; 1024];
            let length = socket.read(&mut part).await.unwrap();
            assert_ne!(length, 0, "the request ends early");
            asked.extend_from_slice(&part[..length]);
        }
        let _ = socket.write_all(answer.as_bytes()).await;
        String::from_utf8(asked).unwrap()
    });
    (port, server)
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

#[tokio::test]
async fn headers_go_out_and_the_answer_comes_back() {
    let (port, server) = answering(response("403 Forbidden", "x-reason: revoked\r\n", "no")).await;
    let client = HttpClient::loopback().unwrap();
    let answer = client
        .get(
            &format!("http://localhost:{port}/check?a=b"),
            &[("authorization", "Bearer kw_1"), ("x-two", "2")],
        )
        .await
        .unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (403, &b"no"[..]));
    assert_eq!(answer.headers["x-reason"], "revoked");
    let asked = server.await.unwrap();
    assert!(asked.starts_with("GET /check?a=b HTTP/1.1\r\n"), "{asked}");
    assert!(
        asked.contains("\r\nauthorization: Bearer kw_1\r\n") && asked.contains("\r\nx-two: 2\r\n"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let (port, server) = answering(response("302 Found", "location: http://169.254.169.254/\r\n", "")).await;
    let answer =
        HttpClient::loopback().unwrap().get(&format!("http://127.0.0.1:{port}/"), &[]).await.unwrap();
    assert_eq!(
        (answer.status, &answer.headers["location"]),
        (302, &"http://169.254.169.254/".parse().unwrap())
    );
    server.await.unwrap();
}

#[tokio::test]
async fn a_body_has_an_end() {
    let most = "x".repeat(64 << 10);
    let (port, server) = answering(response("200 OK", "", &most)).await;
    let client = HttpClient::loopback().unwrap();
    assert_eq!(client.get(&format!("http://127.0.0.1:{port}/"), &[]).await.unwrap().body.len(), most.len());
    server.await.unwrap();
    let (port, server) = answering(response("200 OK", "", &(most + "x"))).await;
    assert!(matches!(client.get(&format!("http://127.0.0.1:{port}/"), &[]).await, Err(HttpError::TooLong)));
    server.await.unwrap();
}

#[tokio::test]
async fn other_machines_are_not_asked() {
    let client = HttpClient::loopback().unwrap();
    for url in ["http://192.0.2.1/", "http://example.invalid/", "https://127.0.0.1/", "ftp://localhost/"] {
        assert!(matches!(client.get(url, &[]).await, Err(HttpError::NotLoopback(_))), "{url}");
    }
}
