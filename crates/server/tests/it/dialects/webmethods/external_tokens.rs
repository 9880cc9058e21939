//! API-Portal's external tokens: asked for by mail, stored by call-back, renewed and revoked by mail and call-back.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use app::Settings;
use outbound::email::{Mailer, Security, SmtpSettings};
use outbound::mail_worker::send_mails;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Basic, Portal, developer, settings, until};
use crate::support::{Answer, Desk, User, both, id};
use crate::web::Browser;

const PATH: &str = "/abs/apirepository/accesstokens/external";

/// A real SMTP server; `outbound`'s tests have it, too.
struct Post {
    process: Child,
    folder: TempDir,
}

impl Post {
    fn start(desk: &Desk) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../outbound/tests/it/smtp_sink.py");
        let mut process = Command::new(testkit::python::interpreter())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        writeln!(process.stdin.as_mut().unwrap(), "{}", json!({"dir": folder.path()})).unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let mut smtp = SmtpSettings::new("localhost", "desk@keywright.example");
        smtp.port = port.trim().parse().unwrap();
        smtp.security = Security::Plain;
        let mailer = Mailer::new(smtp).unwrap();
        tokio::spawn(send_mails(Arc::clone(&desk.app), mailer, std::future::pending()));
        Self { process, folder }
    }

    /// The mails that somebody got under a subject: their texts, as a mail program shows them.
    fn texts(&self, to: &str, subject: &str) -> Vec<String> {
        let file = |number: usize| self.folder.path().join(format!("{number}.json"));
        let mails = (1..).map_while(|number| fs::read(file(number)).ok());
        let mails = mails.filter_map(|mail| serde_json::from_slice::<Value>(&mail).ok());
        mails
            .filter(|mail| mail["to"] == json!([to]))
            .filter(|mail| {
                mail["headers"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|header| header == &json!(["Subject", subject]))
            })
            .map(|mail| mail["parts"][0]["text"].as_str().unwrap().replace("\r\n", "\n"))
            .collect()
    }

    async fn text(&self, to: &str, subject: &str, n: usize) -> String {
        until("a mail", async || self.texts(to, subject).get(n).cloned()).await
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The value of a line of a mail, as a person finds it.
fn find(text: &str, label: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{label}: ")));
    line.unwrap_or_else(|| panic!("no {label} in\n{text}")).to_owned()
}

/// A member of the approvers' group, who is a developer.
async fn approver(desk: &Desk) -> Basic {
    let approver = desk.developer("approver").await;
    let group = json!({"name": "API Consumption Approvers", "members": [{"developer": approver.id}]});
    desk.admin.post("/api/v1/groups", group).await.expect(201);
    Basic::new(desk, "approver@example.com", "approver likes violet umbrellas")
}

fn token(user: &str, expiry: &str) -> Value {
    json!({
        "user": user,
        "propertyList": [
            {"key": "applicationName", "value": "Weather App"},
            {"key": "Access Token Type", "value": "API Key"},
            {"key": "x-Api-Key", "value": "F46805559A46CBB236B34EAB761A8163 "},
            {"key": "How To Use", "value": "use this key in query parameter"},
            {"key": "Expiration Date", "value": expiry},
        ],
    })
}

async fn revealed(user: &User, token: &str) -> Value {
    user.post(&format!("/api/v1/external-tokens/{token}/reveal"), json!(null)).await.expect(200).json()
}

both!(
    async fn seed_003_a_token_from_the_mail_to_its_end(desk, Settings { sends_mail: true, ..settings() }) {
        let post = Post::start(&desk);
        let approver = approver(&desk).await;
        let alice = desk.developer("alice").await;
        let gateway = json!({"name": "X Gateway", "mail_to": "keys@gateway.example"});
        let gateway = desk.admin.make("/api/v1/gateways", gateway).await;
        let version = desk.version("/weather", json!({})).await;
        let found = desk.admin.get(&format!("/api/v1/api-versions/{version}")).await.json();
        let link = format!("/api/v1/gateways/{}/apis/{}", id(&gateway), found["api_id"].as_str().unwrap());
        desk.admin.put(&link, json!({})).await.expect(200);
        let form = format!("/api/v1/api-versions/{version}/token-form");
        let fields = json!({"fields": [{"key": "Cost centre", "label": "Who pays", "required": true}]});
        desk.admin.put(&form, fields).await.expect(200);
        let form = alice.get(&form).await.expect(200).json();
        assert_eq!(form["fields"][0]["key"], "applicationName", "{form}");

        // The developer asks; the approver reads the mail, as a person would.
        let values = json!([{"key": "applicationName", "value": "Weather App"}, {"key": "Cost centre", "value": "4711"}]);
        let wish = json!({"api_version_id": version, "values": values});
        let asked = alice.make("/api/v1/token-requests", wish).await;
        let mail = post.text("approver@example.com", "Somebody asks for an access token", 0).await;
        assert_eq!(find(&mail, "E-mail"), "alice@example.com");
        assert_eq!((find(&mail, "Cost centre"), find(&mail, "applicationName")), ("4711".to_owned(), "Weather App".to_owned()));
        let user = find(&mail, "User id");
        assert_eq!(user, alice.id);

        // The token is made elsewhere and stored by call-back. The answer is the bare id.
        let answer = approver.post(PATH, token(&user, "22-10-2016")).await.expect(200);
        assert!(answer.header("content-type").starts_with("text/plain"));
        let stored = answer.text.clone();
        assert!(domain::parse_uuid(&stored).is_some(), "{stored:?}");
        let listed = alice.get("/api/v1/external-tokens").await.expect(200).json();
        assert_eq!((id(&listed["items"][0]), &listed["items"][0]["state"]), (stored.as_str(), &json!("active")));
        let shown = revealed(&alice, &stored).await;
        assert_eq!(shown["properties"], token(&user, "22-10-2016")["propertyList"], "not as it was given");
        let request = alice.get(&format!("/api/v1/token-requests/{}", id(&asked))).await.expect(200).json();
        assert_eq!(request["token_id"], stored);

        // Renew: the provider is mailed once, however often it is clicked; nothing changes until the call-back.
        for _ in 0..3 {
            let path = format!("/api/v1/external-tokens/{stored}/renew");
            assert_eq!(alice.post(&path, json!(null)).await.expect(200).json()["state"], "renew_requested");
        }
        let mail = post.text("keys@gateway.example", "Please renew an access token", 0).await;
        assert_eq!((find(&mail, "Token id"), find(&mail, "User id")), (stored.clone(), user.clone()));
        assert_eq!(revealed(&alice, &stored).await["properties"][4]["value"], "22-10-2016");
        let one = format!("{PATH}/{stored}");
        assert_eq!(approver.put(&one, token(&user, "22-10-2017")).await.expect(200).text, stored);
        let shown = revealed(&alice, &stored).await;
        assert_eq!((&shown["state"], &shown["properties"][4]["value"]), (&json!("active"), &json!("22-10-2017")));

        // Revoke: the same way.
        for _ in 0..2 {
            let path = format!("/api/v1/external-tokens/{stored}/revoke");
            assert_eq!(alice.post(&path, json!(null)).await.expect(200).json()["state"], "revoke_requested");
        }
        let mail = post.text("keys@gateway.example", "Please revoke an access token", 0).await;
        assert_eq!(find(&mail, "Token id"), stored);
        approver.delete(&one).await.expect(204);
        assert_eq!(alice.get("/api/v1/external-tokens").await.expect(200).json()["items"], json!([]));
        approver.delete(&one).await.expect(404);

        post.text("alice@example.com", "Your access token was revoked", 0).await;
        assert_eq!(post.texts("keys@gateway.example", "Please renew an access token").len(), 1);
        assert_eq!(post.texts("keys@gateway.example", "Please revoke an access token").len(), 1);
        // Never mailed, never kept in clear.
        let kept = desk.everything_kept().await;
        assert!(!kept.contains("F46805559A46CBB236B34EAB761A8163") && kept.contains("external_token.revealed"));
        let sent = fs::read_to_string(post.folder.path().join("wire.log")).unwrap_or_default();
        assert!(!sent.is_empty() && !sent.contains("F46805559A46CBB236B34EAB761A8163"));
    }
);

both!(
    async fn a_251_a_token_is_shown_to_its_owner_alone_and_each_look_is_noted(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let approver = approver(&desk).await;
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let stored = approver.post(PATH, token(&alice.id, "22-10-2016")).await.expect(200).text;
        let path = format!("/api/v1/external-tokens/{stored}/reveal");
        let page = format!("/access-tokens/{stored}/reveal");
        let looks = async || {
            let lines = desk.admin.get("/api/v1/audit?action=external_token.revealed").await.expect(200).json();
            lines["items"].as_array().unwrap().clone()
        };
        let reader = desk.token(&["*:read"]).await;
        let before = desk.changes().await;
        // Wrong owner: to another developer it does not exist.
        bob.post(&path, json!(null)).await.problem(404, "not_found");
        // Wrong role: administrators and their tools see that it is there, and not what it is made of.
        desk.admin.get(&format!("/api/v1/external-tokens/{stored}")).await.expect(200);
        desk.admin.post(&path, json!(null)).await.problem(403, "forbidden");
        reader.post(&path, json!(null)).await.problem(403, "forbidden");
        desk.anonymous().post(&path, json!(null)).await.problem(401, "unauthenticated");
        assert!([401, 403, 404].contains(&portal.gateway.post(&path, json!(null)).await.status.as_u16()));
        desk.assert_nothing_happened(before).await;
        let root = Browser::of_administrator(&desk).await;
        let (csrf, before) = (root.csrf().await, desk.changes().await);
        root.submit(&page, &[("csrf", &csrf)]).await.page(403, "This is not possible");
        Browser::new(&desk).submit(&page, &[]).await.page(403, "This is not possible");
        desk.assert_nothing_happened(before).await;
        assert!(looks().await.is_empty());

        // Its owner, each time.
        for _ in 0..2 {
            assert_eq!(revealed(&alice, &stored).await["properties"][2]["value"], "F46805559A46CBB236B34EAB761A8163 ");
        }
        let browser = Browser::of(&desk, &alice);
        let shown = browser.fill(&format!("/access-tokens/{stored}"), &page, &[]).await.expect(200);
        assert!(shown.text.contains("F46805559A46CBB236B34EAB761A8163"), "{}", shown.text);
        let looks = looks().await;
        assert_eq!(looks.len(), 3);
        for line in looks {
            assert_eq!((&line["actor"]["id"], &line["target"]["id"]), (&json!(alice.id), &json!(stored)), "{line}");
        }
        // It is in no mail, and in no line of the log.
        for person in ["alice", "approver"] {
            for (subject, text) in desk.mails(&format!("{person}@example.com")).await {
                assert!(!text.contains("F46805559A46CBB236B34EAB761A8163"), "{subject}");
            }
        }
        assert!(!desk.everything_kept().await.contains("F46805559A46CBB236B34EAB761A8163"));
    }
);

both!(
    async fn a_251_only_approvers_store_only_what_is_whole(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let approver = approver(&desk).await;
        let alice = desk.developer("alice").await;
        let bob = developer(&desk, "bob").await;
        let good = || token(&alice.id, "22-10-2016");
        let stored = approver.post(PATH, good()).await.expect(200).text;
        let one = format!("{PATH}/{stored}");
        let before = desk.changes().await;
        desk.anonymous().post(PATH, good()).await.expect(401);
        // Whoever is not in the group: developers, technical users, and administrators, too.
        for user in [&bob, &portal.gateway, &portal.admin, &Basic::new(&desk, "alice@example.com", "alice likes violet umbrellas")] {
            user.post(PATH, good()).await.expect(403);
            user.put(&one, good()).await.expect(403);
            user.delete(&one).await.expect(403);
            user.put(&format!("{PATH}/x"), good()).await.expect(403);
        }
        let with = |properties: Value| json!({"user": alice.id, "propertyList": properties});
        let name = json!({"key": "applicationName", "value": "App"});
        let kind = json!({"key": "Access Token Type", "value": "Key"});
        let many: Vec<Value> = (0..1_000).map(|n| json!({"key": n.to_string(), "value": "x"})).collect();
        for (wrong, user) in [
            (with(json!([name, kind, name])), None),
            (with(json!([name])), None),
            (with(json!([kind])), None),
            (with(json!([{"key": "applicationName", "value": " "}, kind])), None),
            (with(json!([{"key": "applicationname", "value": "App"}, kind])), None),
            (with(Value::Array(many)), None),
            (with(json!([name, kind])), Some(json!("nobody"))),
            (with(json!([name, kind])), Some(json!(stored))),
            (json!({}), None),
            (json!(null), None),
            (json!([]), None),
        ] {
            let mut body = wrong;
            if let Some(user) = user {
                body["user"] = user;
            }
            approver.post(PATH, body.clone()).await.expect(400);
            approver.put(&one, body).await.expect(400);
        }
        // The page's own samples are no JSON.
        for text in [r#"{"user": "x", "propertyList": [{"key": "a", "value": ""use this"}]}"#, "{\"user\": \"x\", // who\n}", ""] {
            let request = approver.request(Method::POST, PATH).header("content-type", "application/json");
            Answer::of(request.body(text)).await.expect(400);
        }
        approver.put(&one, token(&desk.developer("carol").await.id, "x")).await.expect(400);
        let since = desk.changes().await;
        assert!(since > before, "carol has registered");
        approver.put(&format!("{PATH}/{}", uuid::Uuid::now_v7()), good()).await.expect(404);
        desk.assert_nothing_happened(since).await;
        // Markup and odd keys are text.
        let odd = with(json!([name, kind, {"key": "__proto__", "value": "<script>"}]));
        let odd_id = approver.post(PATH, odd.clone()).await.expect(200).text;
        assert_eq!(revealed(&alice, &odd_id).await["properties"], odd["propertyList"]);
    }
);

both!(
    async fn a_253_a_repeated_message_makes_one_token_with_a_key_and_two_without(desk, settings()) {
        let approver = approver(&desk).await;
        let alice = desk.developer("alice").await;
        let body = token(&alice.id, "22-10-2016");
        let send = || {
            Answer::of(approver.request(Method::POST, PATH).header("idempotency-key", "k1").json(&body))
        };
        let (first, again) = (send().await.expect(200), send().await.expect(200));
        assert_eq!((&again.text, again.header("idempotent-replayed")), (&first.text, "true"));
        let other = approver.post(PATH, body.clone()).await.expect(200).text;
        assert_ne!(other, first.text);
        let listed = alice.get("/api/v1/external-tokens").await.expect(200).json();
        let flags: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|it| &it["maybe_duplicate"]).collect();
        assert_eq!(flags, [true, false], "the second one is marked");
    }
);

both!(
    async fn asking_needs_what_the_form_says_and_somebody_to_ask(desk, settings()) {
        let alice = desk.developer("alice").await;
        let version = desk.version("/weather", json!({})).await;
        let wish = |values: Value| json!({"api_version_id": version, "values": values});
        let name = json!({"key": "applicationName", "value": "App"});
        let before = desk.changes().await;
        alice.post("/api/v1/token-requests", wish(json!([name]))).await.problem(409, "no_approvers");
        alice.post("/api/v1/token-requests", wish(json!([]))).await.names("values.applicationName");
        alice.post("/api/v1/token-requests", wish(json!([name, {"key": "x", "value": ""}]))).await.names("values.x");
        alice.post("/api/v1/token-requests", wish(json!([name, name]))).await.names("values.applicationName");
        desk.admin.post("/api/v1/token-requests", wish(json!([name]))).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
    }
);
