//! Our signatures, held against the public libraries.

use std::process::{Command, Stdio};

use super::*;

#[tokio::test]
async fn a_225_the_public_libraries_verify_our_signatures() {
    let receiver = Receiver::start([]).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("keywright.db").display());
    let outbound = AddressRules { allow_private: vec!["127.0.0.0/8".parse().unwrap()] };
    // The libraries go by the machine's clock.
    let app = Desk::node(&url, Clock::System).await;
    let desk = Desk { app, url, _folder: Some(folder) };
    let (endpoint, secret) = desk.endpoint(&receiver.url(), |_| {}).await;
    let sender = WebhookSender::new(outbound);
    let job = desk.app.webhook_test(&operator(), endpoint.id).await.unwrap();
    assert!(sender.send(&job, desk.app.clock()).await.succeeded());
    let seen = receiver.seen().remove(0);
    let headers: serde_json::Map<String, Value> = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| (name.to_owned(), json!(seen.header(name).unwrap())))
        .into_iter()
        .collect();
    let told = json!({"secret": secret, "headers": headers, "body": String::from_utf8(seen.body).unwrap()});
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/verify_webhook.py");
    let mut python = Command::new(testkit::python::interpreter())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(python.stdin.take().unwrap(), &told).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdicts = json!({
        "good": "accepted", "flipped bit": "refused", "other secret": "refused", "empty signature": "refused",
        "other version": "refused", "too old": "refused", "too new": "refused", "other id": "refused",
    });
    assert_eq!(said["verdicts"], json!({"standardwebhooks": verdicts, "svix": verdicts}));
    // The same good and bent ones, before the libraries for Node and for Rust.
    assert_eq!(judged_by_node(&said["cases"]), verdicts);
    assert_eq!(judged_by_rust(&said["cases"]), verdicts);
}

/// What the npm package `standardwebhooks` says of webhooks.
fn judged_by_node(cases: &Value) -> Value {
    let mut node = Command::new("node")
        .current_dir(testkit::node::folder())
        .arg("verify-webhook.mjs")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(node.stdin.take().unwrap(), &json!({ "cases": cases })).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the crate `standardwebhooks` says of webhooks.
fn judged_by_rust(cases: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let judge = |case: &Value| {
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in case["headers"].as_object().unwrap() {
            let name = reqwest::header::HeaderName::try_from(name.as_str()).unwrap();
            headers.insert(name, text(value).try_into().unwrap());
        }
        let library = standardwebhooks::Webhook::new(&text(&case["secret"])).unwrap();
        match library.verify(text(&case["body"]).as_bytes(), &headers) {
            Ok(()) => "accepted",
            Err(_) => "refused",
        }
    };
    cases.as_object().unwrap().iter().map(|(name, case)| (name.clone(), json!(judge(case)))).collect()
}
