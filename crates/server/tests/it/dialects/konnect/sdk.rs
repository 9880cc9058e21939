//! Kong's own JavaScript SDK drives every method that it has against a live server. What it got is held to the same
//! schemas as everything else.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, fits, password, product};
use crate::support::both;

/// Where `scripts/test` has put it.
fn modules() -> PathBuf {
    let modules = std::env::var_os("KEYWRIGHT_TEST_NODE_MODULES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-node/node_modules"),
        PathBuf::from,
    );
    assert!(
        modules.join("@kong/sdk-portal-js").exists(),
        "no SDK in {}: run scripts/test once",
        modules.display()
    );
    modules
}

/// Runs a part of the script with what it needs to know, and hands back what it got: one line for each call.
async fn drive(part: &'static str, input: Value) -> Vec<Value> {
    let run = move || {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/dialects/konnect/sdk.cjs");
        let mut node = Command::new("node")
            .arg(script)
            .arg(part)
            .env("NODE_PATH", modules())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node is there");
        node.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
        node.wait_with_output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The schema of what each method gets; none: nothing, or what is no JSON.
fn schema(method: &str) -> Option<&'static str> {
    Some(match method {
        "createApplication" => "application_made",
        "getApplication" | "updateApplication" => "application",
        "listApplications" => "applications",
        "listApplicationAuthStrategies" => "strategies",
        "createCredential" => "credential_made",
        "listCredentials" => "credentials",
        "createApplicationRegistration" | "getApplicationRegistration" => "registration",
        "listApplicationRegistrations" => "registrations",
        "getApplicationsByProductVersion" => "version_applications",
        "getDeveloperMe" => "developer",
        "verifyEmail" => "verified",
        "getPortalContext" => "portal",
        "getPortalAppearance" => "appearance",
        "getProduct" => "product",
        "listProducts" => "products",
        "getProductActions" => "actions",
        "getProductVersion" => "version",
        "listProductVersions" => "versions",
        "getProductVersionSpec" => "spec",
        "getProductVersionSpecOperations" => "operations",
        "listProductDocuments" => "document_items",
        "listProductDocuments tree" => "document_trees",
        "getProductDocument" => "document",
        "getProductDocument nodes" => "document_nodes",
        "searchPortalEntities" => "hits",
        "getApplicationAnalyticsConfig" => "stats_config",
        "queryApplicationAnalytics" => "stats",
        _ => return None,
    })
}

both!(
    async fn every_method_of_the_sdk_works(desk) {
        let (api, version) = product(&desk, "Orders", json!({"approval": "automatic"})).await;
        let text = json!({"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": {"/a": {"get": {}}}});
        let place = format!("/api/v1/api-versions/{version}/specification");
        desk.admin.send(Method::PUT, &place, &[("if-match", "*")], Some(&text)).await.expect(200);
        let page = json!({"slug": "start", "title": "Start", "body": "# Start"});
        desk.admin.make(&format!("/api/v1/apis/{api}/documents"), page).await;

        let email = "ada@example.com";
        let mut calls = drive("register", json!({"base": desk.url, "email": email})).await;
        let verify = desk.token_in_last_mail(email).await;
        let (first, second) = (password("ada"), "orange boats sail quietly");
        let input = json!({"base": desk.url, "email": email, "token": verify, "password": first});
        calls.extend(drive("verify", input).await);
        let reset = desk.token_in_last_mail(email).await;
        assert_ne!(verify, reset);
        let input = json!({"base": desk.url, "email": email, "token": reset, "password": second, "product": api,
            "version": version});
        calls.extend(drive("use", input).await);

        for call in &calls {
            let method = call["method"].as_str().unwrap();
            assert_eq!(call["status"], call["expected"], "{call:#}");
            if call["status"].as_u64().unwrap() >= 400 {
                fits(&call["data"], if call["status"] == 400 { "bad_request" } else { "problem" });
            } else if let Some(schema) = schema(method) {
                fits(&call["data"], schema);
            }
        }
        // Every method that the package has was called.
        let has = drive("methods", json!({"base": desk.url})).await;
        let called: Vec<&str> = calls.iter().filter_map(|call| call["method"].as_str()?.split(' ').next()).collect();
        let missing: Vec<&Value> =
            has.iter().filter(|method| !called.contains(&method.as_str().unwrap())).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(has.len() >= 39, "{has:?}");
        Client::nobody(&desk).get("/api/v2/developer/me").await.refused(401, "Unauthorized");
    }
);
