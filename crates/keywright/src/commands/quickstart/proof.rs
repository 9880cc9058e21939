//! The proof that the example's key works: asked over HTTP, as a gateway asks.

use std::net::SocketAddr;

use app::Example;
use outbound::http::{Answer, HttpClient};
use serde::Serialize;

use crate::config::{Adapter, Config};
use crate::desk::{reachable, shared_secret};
use crate::output::{Failure, Problem};
use crate::text::quoted;

/// The names of host, method and target in the question, by whose names are believed.
const FORWARDED: [&str; 3] = ["X-Forwarded-Host", "X-Forwarded-Method", "X-Forwarded-Uri"];
const ORIGINAL: [&str; 3] = ["X-Original-Host", "X-Original-Method", "X-Original-URI"];
const SECRET: &str = "X-Keywright-Gateway-Secret";
const KEY: &str = "X-API-Key";

/// What was seen, and how to see it again.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    /// The path that was called, as far as the gateway check knows.
    pub(super) target: String,
    pub(super) status_without_key: u16,
    pub(super) status_with_key: u16,
    pub(super) application_id: String,
    pub(super) plan: String,
    pub(super) ask_without_key: String,
    #[serde(skip)]
    pub(super) ask_with_key: String,
}

/// Asks without the key and with it.
pub(super) async fn prove(example: &Example, config: &Config, gateway: SocketAddr) -> anyhow::Result<Proof> {
    let key = example.key.expose();
    let question = Question::about(example, config, gateway)?;
    let client = HttpClient::loopback()?;
    let without = question.ask(&client, None).await?;
    expect(&without, 401, "without a key")?;
    let with = question.ask(&client, Some(key)).await?;
    expect(&with, 200, "with the key")?;
    let said = |header: &str| with.headers.get(header).and_then(|value| value.to_str().ok());
    let application_id = said("x-keywright-application-id").unwrap_or_default().to_owned();
    let plan = said("x-keywright-plan").unwrap_or_default().to_owned();
    if application_id != example.application.id.to_string() || plan != example.plan {
        return Err(broken("a call with the key is taken for another application or plan", &with));
    }
    Ok(Proof {
        status_without_key: without.status,
        status_with_key: with.status,
        application_id,
        plan,
        ask_without_key: question.curl(None),
        ask_with_key: question.curl(Some(key)),
        target: question.target,
    })
}

/// What a gateway asks about one call.
struct Question {
    url: String,
    call: [(&'static str, String); 3],
    secret: Option<String>,
    /// The same for a shell, which reads it out of its file.
    secret_in_shell: Option<String>,
    target: String,
}

impl Question {
    /// Asks about a call below the example's path.
    fn about(example: &Example, config: &Config, gateway: SocketAddr) -> Result<Self, Failure> {
        let names = if config.gateway.adapter == Adapter::Nginx { ORIGINAL } else { FORWARDED };
        let [host, method, uri] = names;
        let target = format!("{}/42", example.path);
        let file = config.gateway.shared_secret_file.as_deref();
        Ok(Self {
            url: format!("http://{}/gateway/forward-auth", reachable(gateway)),
            call: [(host, "localhost".to_owned()), (method, "GET".to_owned()), (uri, target.clone())],
            secret: shared_secret(config)?,
            secret_in_shell: file.map(|file| format!(r#" -H "{SECRET}: $(cat {})""#, quoted(file))),
            target,
        })
    }

    /// The same question as a command line.
    fn curl(&self, key: Option<&str>) -> String {
        let key = key.map(|key| (KEY, key.to_owned()));
        let headers = self.call.iter().chain(&key).map(|(name, value)| format!(" -H '{name}: {value}'"));
        let secret = self.secret_in_shell.as_deref().unwrap_or_default();
        format!("curl -i {}{}{secret}", self.url, headers.collect::<String>())
    }

    async fn ask(&self, client: &HttpClient, key: Option<&str>) -> anyhow::Result<Answer> {
        let headers = self.call.iter().map(|(name, value)| (*name, value.as_str()));
        let secret = self.secret.as_deref().map(|secret| (SECRET, secret));
        let headers: Vec<_> = headers.chain(secret).chain(key.map(|key| (KEY, key))).collect();
        client.get(&self.url, &headers).await.map_err(|error| {
            let problem = Problem::new(format!("the proof failed: cannot ask {}: {error}", self.url));
            Failure::failed(
                problem.hint("quickstart asks from this machine: --gateway-listen 127.0.0.1:8081"),
            )
            .into()
        })
    }
}

fn expect(answer: &Answer, status: u16, how: &str) -> anyhow::Result<()> {
    if answer.status == status {
        return Ok(());
    }
    Err(broken(&format!("a call {how} got status {} instead of {status}", answer.status), answer))
}

fn broken(what: &str, answer: &Answer) -> anyhow::Error {
    let reason = answer.headers.get("x-keywright-reason").and_then(|reason| reason.to_str().ok());
    let hint = match reason {
        Some("peer_unknown") => "gateway.allowed_peers leaves this machine out".to_owned(),
        Some(reason) => format!("the reason that the gateway check gave: {reason}"),
        None => "the log may say more".to_owned(),
    };
    Failure::failed(Problem::new(format!("the proof failed: {what}")).hint(hint)).into()
}
