//! An API behind a gateway, that tells what reached it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Takes any request apart without judging it, and answers with what it saw.
pub struct Upstream {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
    task: JoinHandle<()>,
}

impl Upstream {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared)));
            }
        });
        Self { address, seen, task }
    }

    /// What reached it, since this was last asked.
    pub fn seen(&self) -> Vec<Value> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// The one request that reached it.
    #[track_caller]
    pub fn saw(&self) -> Value {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }

    /// Nothing reached it.
    #[track_caller]
    pub fn saw_nothing(&self) {
        let seen = self.seen();
        assert!(seen.is_empty(), "{seen:?}");
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, seen: Arc<Mutex<Vec<Value>>>) {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break bytes.drain(..end + 4).collect::<Vec<u8>>();
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut request_line = lines.next().unwrap_or_default().split(' ');
    let mut headers = serde_json::Map::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let values = headers.entry(name.to_ascii_lowercase()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(json!(value.trim()));
    }
    let length =
        headers.get("content-length").and_then(|values| values[0].as_str()?.parse().ok()).unwrap_or(0);
    while bytes.len() < length && stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {}
    let saw = json!({
        "method": request_line.next(),
        "target": request_line.next(),
        "headers": headers,
        "body": String::from_utf8_lossy(&bytes),
    });
    let text = saw.to_string();
    seen.lock().unwrap().push(saw);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}
