//! Requests that are too deep, too large, too many or broken, some of them over bare sockets.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::contract;
use crate::support::{Answer, Desk, both};
use crate::world::World;

const PATH: &str = "/api/v1/partners";

/// Writes bytes, piece by piece until the server has enough, and reads what it says.
async fn talk(desk: &Desk, head: &str, pieces: impl Iterator<Item = Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(desk.url.strip_prefix("http://").unwrap()).await.unwrap();
    let bearer = desk.admin.bearer.as_deref().unwrap();
    let head = head.replace("\n", "\r\n").replace("BEARER", &format!("Bearer {bearer}"));
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let write = async {
        for piece in pieces {
            if writer.write_all(&piece).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut said = Vec::new();
    let read = async {
        let mut buffer = [0; 4096];
        // A whole problem is an answer; whether the connection ends then is another matter.
        while !(said.ends_with(b"}") && said.windows(4).any(|four| four == b"\r\n\r\n")) {
            match reader.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(count) => said.extend_from_slice(&buffer[..count]),
            }
        }
    };
    let _ = timeout(Duration::from_secs(10), async {
        tokio::select! { () = write => {}, () = read => {} }
    })
    .await;
    String::from_utf8_lossy(&said).into_owned()
}

#[track_caller]
fn assert_status(said: &str, status: u16) {
    assert!(
        said.starts_with(&format!("HTTP/1.1 {status} ")),
        "{}",
        said.chars().take(300).collect::<String>()
    );
}

/// Sends a body as it is.
async fn post(desk: &Desk, path: &str, method: Method, body: impl Into<reqwest::Body>) -> Answer {
    let request = desk.admin.request(method, path).header("if-match", "*");
    Answer::of(request.header("content-type", "application/json").body(body)).await
}

both!(
    async fn a_263_deep_nesting_is_refused_on_every_route(desk) {
        let world = World::new(&desk).await;
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let objects = r#"{"name":"#.repeat(5_000) + "1" + &"}".repeat(5_000);
        let before = desk.changes().await;
        for operation in contract::operations().into_iter().filter(|one| one.body.is_some()) {
            for body in [deep.clone(), format!(r#"{{"name": {deep}}}"#), objects.clone()] {
                let answer = post(&desk, &world.path(&operation), operation.method.clone(), body).await;
                assert!([400, 413].contains(&answer.status.as_u16()), "{operation}: {}", answer.text);
            }
        }
        desk.assert_nothing_happened(before).await;
        desk.anonymous().get("/healthz").await.expect(200);
    }
);

both!(
    async fn a_265_a_body_that_is_announced_too_large_is_refused_before_it_is_read(desk) {
        for length in ["262145", "104857600", "99999999999"] {
            let head = format!("POST {PATH} HTTP/1.1\nHost: x\nAuthorization: BEARER\nContent-Type: application/json\nContent-Length: {length}\n\n");
            let said = talk(&desk, &head, std::iter::empty()).await;
            assert_status(&said, 413);
            assert!(said.contains("body_too_large"), "{said}");
        }
        let head = format!("POST {PATH} HTTP/1.1\nHost: x\nAuthorization: BEARER\nContent-Type: application/json\nContent-Length: 104857600\nExpect: 100-continue\n\n");
        assert_status(&talk(&desk, &head, std::iter::empty()).await, 413);
        // Whoever is nobody is told so, and is not read either.
        let head = format!("POST {PATH} HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 104857600\n\n");
        assert_status(&talk(&desk, &head, std::iter::empty()).await, 401);
        for length in ["-1", "1, 2", "0x10", "184467440737095516160"] {
            let head = format!("POST {PATH} HTTP/1.1\nHost: x\nAuthorization: BEARER\nContent-Type: application/json\nContent-Length: {length}\n\n");
            assert_status(&talk(&desk, &head, std::iter::empty()).await, 400);
        }
    }
);

both!(
    async fn a_265_a_body_without_end_is_cut_off(desk) {
        let head = format!("POST {PATH} HTTP/1.1\nHost: x\nAuthorization: BEARER\nContent-Type: application/json\nTransfer-Encoding: chunked\n\n");
        let chunk = [b"4000\r\n".as_slice(), &[b' '; 0x4000], b"\r\n"].concat();
        let said = talk(&desk, &head, std::iter::repeat(chunk)).await;
        assert_status(&said, 413);
        desk.anonymous().get("/healthz").await.expect(200);
    }
);

both!(
    async fn a_265_the_largest_body_is_one_byte_smaller_than_too_large(desk) {
        let padded = |size: usize| format!("{}{}", r#"{"name": "Large"}"#, " ".repeat(size - 17));
        post(&desk, PATH, Method::POST, padded(256 * 1024)).await.expect(201);
        post(&desk, PATH, Method::POST, padded(256 * 1024 + 1)).await.problem(413, "body_too_large");
    }
);

both!(
    async fn a_265_compressed_bodies_are_not_taken(desk) {
        let before = desk.changes().await;
        for encoding in ["gzip", "br", "deflate", "zstd", "identity", "GZIP, identity"] {
            let answer = desk.admin.send(Method::POST, PATH, &[("content-encoding", encoding)], Some(&json!({"name": "x"}))).await;
            answer.problem(415, "content_encoding");
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_266_many_small_things_are_counted(desk) {
        let admin = &desk.admin;
        let many = vec!["a=b"; 257].join("&");
        admin.get(&format!("{PATH}?{many}")).await.problem(400, "too_many_parameters");
        let head = |lines: String| format!("GET {PATH} HTTP/1.1\nHost: x\nAuthorization: BEARER\n{lines}\n");
        let thousand: String = (0..1_000).map(|n| format!("X-{n}: y\n")).collect();
        let long = format!("X-Long: {}\n", "y".repeat(64 * 1024));
        let query = format!("GET {PATH}?{} HTTP/1.1\nHost: x\nAuthorization: BEARER\n\n", vec!["a=b"; 10_000].join("&"));
        for refused in [head(thousand), head(long), query] {
            let said = talk(&desk, &refused, std::iter::empty()).await;
            assert!(said.starts_with("HTTP/1.1 4") || said.is_empty(), "{said}");
        }
        let names: Vec<Value> = (0..20_000).map(|n| json!(format!("r{n}"))).collect();
        admin.post(PATH, json!({"name": "x", "roles": names})).await.names("roles");
        desk.anonymous().get("/healthz").await.expect(200);
    }
);

both!(
    async fn a_267_broken_text_is_refused(desk) {
        let before = desk.changes().await;
        let bodies: [&[u8]; 14] = [
            b"{\"name\": \"\xff\xfe\"}",
            b"{\"name\": \"\xc0\xaf\"}",
            b"{\"name\": \"\xed\xa0\x80\"}",
            br#"{"name": "\ud800"}"#,
            br#"{"name": "\udc00\ud800"}"#,
            b"\xef\xbb\xbf{\"name\": \"x\"}",
            b"\xff\xfe{\x00}\x00",
            br#"{"name": "x" /* why */}"#,
            br#"{"name": "x",}"#,
            br#"{"name": NaN}"#,
            br#"{'name': 'x'}"#,
            br#"{"name": "x"} {"name": "y"}"#,
            b"{\"name\": \"a\nb\"}",
            br#"{"name": "x"#,
        ];
        for body in bodies {
            let answer = post(&desk, PATH, Method::POST, body.to_vec()).await;
            assert_eq!(answer.status, 400, "{}: {}", String::from_utf8_lossy(body), answer.text);
        }
        for escaped in [r#"{"name": "a\u0000b"}"#, r#"{"name": "a\u001b[2Jb"}"#, r#"{"name": "a\u0085b"}"#] {
            post(&desk, PATH, Method::POST, escaped).await.names("name");
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_267_nul_is_refused_in_every_text(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        for operation in contract::operations().into_iter().filter(|one| one.body.is_some()) {
            // Only people have accounts, and only people ask gateways for something.
            let is_own = operation.path.starts_with("/api/v1/account") || operation.path == "/api/v1/requests";
            let user = if is_own { &world.alice } else { &desk.admin };
            for (name, schema) in contract::fields(operation.body.as_ref().unwrap()) {
                let is_text = schema["type"] == "string" || schema["type"][0] == "string";
                if !is_text {
                    continue;
                }
                let mut body = contract::body(&operation).unwrap();
                body[&name] = json!("with\u{0}nul");
                let answer = operation.send(user, &world.path(&operation), Some(&body)).await;
                // Whoever proves something with NUL in it has merely not proven it.
                let proof = ["email", "password", "current_password", "code", "token"].contains(&name.as_str());
                let refused = answer.status == 400 || proof && [401, 403, 404].contains(&answer.status.as_u16());
                assert!(refused, "{operation} {name}: {} {}", answer.status, answer.text);
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);
