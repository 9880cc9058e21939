//! Bridges: small HTTP services before other authorization servers, which make clients there for our applications
//! (Dynamic Client Registration, as Kong Konnect asks for it: docs/dialects/konnect.md).
//!
//! A client over there cannot be made in our transaction. So that nothing is left half done: whatever would be refused
//! is refused before the bridge is asked; what the bridge makes and nobody needs is noted down and removed again; and
//! whoever asks may hang up at any moment without cutting this short.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{ApplicationId, AuthMethod, AuthStrategy, Secret};
use serde::Deserialize;
use serde_json::{Value, json};
use store::BridgeClient;
use tokio::sync::oneshot;

use crate::application_client::ClientProof;
use crate::new_application::WantedApplication;
use crate::{App, Caller, Error, Result};

/// How long somebody waits for a bridge, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest secret of a client that is handed on.
const MAX_SECRET: usize = 4_096;

/// A request to a bridge.
#[derive(Clone, Debug)]
pub struct BridgeRequest {
    /// What is to be done.
    pub act: BridgeAct,
    /// Where.
    pub url: String,
    /// What the bridge asks for, to be sent as `X-API-KEY`.
    pub key: Secret,
    /// What is sent along.
    pub body: Option<Value>,
}

/// What is done with the resource at a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BridgeAct {
    /// POST.
    Post,
    /// DELETE.
    Delete,
}

/// What a bridge answers.
#[derive(Clone, Debug)]
pub struct BridgeReply {
    /// Status code.
    pub status: u16,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// A request under way: the answer, or a coarse word for why there is none.
pub type Asking = Pin<Box<dyn Future<Output = Result<BridgeReply, String>> + Send>>;

/// How requests get to bridges. It is put in by whoever puts the process together: nothing in here talks to a network.
#[derive(Clone)]
pub struct BridgeDoor {
    ask: Arc<dyn Fn(BridgeRequest) -> Asking + Send + Sync>,
    patience: Duration,
}

impl BridgeDoor {
    /// Through this function. What it returns goes on after we have stopped waiting, and must come to an end by itself.
    pub fn new(ask: impl Fn(BridgeRequest) -> Asking + Send + Sync + 'static) -> Self {
        Self { ask: Arc::new(ask), patience: PATIENCE }
    }

    /// How long people wait for it.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}

impl fmt::Debug for BridgeDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BridgeDoor(…)")
    }
}

/// What a bridge answers when it has made a client or a secret. It may say more.
#[derive(Deserialize)]
struct Made {
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// What is told when there is no answer that is worth anything. Coarse: the rest is for the log.
const SILENT: Error = Error::Upstream("the bridge of the auth strategy did not answer");
const REFUSED: Error = Error::Upstream("the bridge of the auth strategy refused");
const JUNK: Error =
    Error::Upstream("the bridge of the auth strategy answered something else than was agreed");

impl App {
    /// Lets requests out to bridges. Until then every one fails. The first door stays.
    pub fn open_bridge_door(&self, door: BridgeDoor) {
        let _ = self.bridge_door.set(door);
    }

    /// Has a client made for a new application, and makes the application. What was wished for was rehearsed before.
    /// It goes on to its end even if nobody waits for it any more.
    pub(crate) async fn make_over_bridge(
        &self,
        caller: &Caller,
        wish: WantedApplication,
        strategy: AuthStrategy,
    ) -> Result<ClientProof> {
        let app = self.arc()?;
        let caller = caller.clone();
        let made = tokio::spawn(async move {
            let body = app.registration(&caller, &wish, &strategy).await?;
            let proof = app.register_at_bridge(&strategy, body).await?;
            match app.keep_bridged(&caller, &wish, &proof).await {
                Ok(()) => Ok(proof),
                Err(error) => {
                    app.abandon(&strategy, &proof.client_id).await;
                    Err(match error {
                        // Nobody here has chosen the client's name: another application has the same client.
                        Error::Conflict { code: "taken", message, .. } if !message.starts_with("name ") => {
                            JUNK
                        }
                        other => other,
                    })
                }
            }
        });
        made.await.map_err(|error| Error::Internal(format!("making an application: {error}")))?
    }

    /// What a bridge is told of an application that is to have a client, in the words of RFC 7591 and Konnect.
    async fn registration(
        &self,
        caller: &Caller,
        wish: &WantedApplication,
        strategy: &AuthStrategy,
    ) -> Result<Value> {
        let AuthMethod::BridgedClientCredentials { auth_methods, scopes, .. } = &strategy.method else {
            return Err(Error::Internal("a strategy without a bridge".to_owned()));
        };
        let grants = ["authorization_code", "client_credentials", "implicit", "password", "refresh_token"];
        let mut grant_types: Vec<&str> =
            auth_methods.iter().map(String::as_str).filter(|it| grants.contains(it)).collect();
        if grant_types.is_empty() {
            grant_types.push("client_credentials");
        }
        Ok(json!({
            "client_name": wish.draft.name,
            "application_description": wish.draft.description,
            "redirect_uris": wish.draft.redirect_uri.iter().collect::<Vec<_>>(),
            "grant_types": grant_types,
            "scopes": scopes,
            "token_endpoint_auth_method": "client_secret_basic",
            "portal_id": self.portal().await?.id,
            "organization_id": self.organisation_id(),
            "developer_id": wish.developer(caller),
            "auth_strategy_id": strategy.id,
            // Here a strategy has one bridge of its own.
            "dcr_provider_id": strategy.id,
        }))
    }

    /// Has a client made. When nobody waits any more for the answer and it comes after all, the client is removed again.
    async fn register_at_bridge(&self, strategy: &AuthStrategy, body: Value) -> Result<ClientProof> {
        let (app, strategy) = (self.arc()?, strategy.clone());
        let (answer, mut answered) = oneshot::channel();
        tokio::spawn(async move {
            let reply = app.ask_bridge(&strategy, BridgeAct::Post, "/", Some(body)).await;
            let made = match reply {
                Ok(reply) => app.proof(&strategy, &reply).await,
                Err(error) => Err(error),
            };
            // The other side has gone if it comes back.
            if let Err(Ok(proof)) = answer.send(made) {
                tracing::warn!(strategy = %strategy.id, "a bridge answered too late; its client is removed again");
                app.abandon(&strategy, &proof.client_id).await;
            }
        });
        match tokio::time::timeout(self.patience(), &mut answered).await {
            Ok(made) => made.unwrap_or(Err(SILENT)),
            Err(_) => {
                // From here on no answer is taken for one that arrived, but for one that has arrived already.
                answered.close();
                answered.try_recv().unwrap_or(Err(SILENT))
            }
        }
    }

    /// Reads what the bridge says that it has made. A client without a secret is worth nothing to anybody.
    async fn proof(&self, strategy: &AuthStrategy, reply: &BridgeReply) -> Result<ClientProof> {
        must_be_success(strategy, reply)?;
        let made: Made = serde_json::from_slice(&reply.body).map_err(|_| junk(strategy, "no such JSON"))?;
        let client_id = made.client_id.filter(|id| is_client_id(id));
        let client_id = client_id.ok_or_else(|| junk(strategy, "client_id is missing or cannot be one"))?;
        match made.client_secret.filter(|secret| is_secret(secret)) {
            Some(secret) => Ok(ClientProof { client_id, secret: Secret::imported(secret) }),
            None => {
                self.abandon(strategy, &client_id).await;
                Err(junk(strategy, "client_secret is missing or cannot be one"))
            }
        }
    }

    /// Has the secret of a client replaced.
    pub(crate) async fn replace_secret_at_bridge(
        &self,
        strategy: &AuthStrategy,
        client_id: &str,
    ) -> Result<ClientProof> {
        let path = format!("/{}/new-secret", escaped(client_id));
        let asking = self.ask_bridge(strategy, BridgeAct::Post, &path, None);
        let reply = tokio::time::timeout(self.patience(), asking).await.map_err(|_| SILENT)??;
        must_be_success(strategy, &reply)?;
        let made: Made = serde_json::from_slice(&reply.body).map_err(|_| junk(strategy, "no such JSON"))?;
        if made.client_id.is_some_and(|id| id != client_id) {
            return Err(junk(strategy, "client_id is another one"));
        }
        let secret = made.client_secret.filter(|secret| is_secret(secret));
        let secret = secret.ok_or_else(|| junk(strategy, "client_secret is missing or cannot be one"))?;
        Ok(ClientProof { client_id: client_id.to_owned(), secret: Secret::imported(secret) })
    }

    /// Tells a bridge what became of a client's application.
    pub(crate) async fn tell_bridge(
        &self,
        strategy: &AuthStrategy,
        client_id: &str,
        event: Value,
    ) -> Result<()> {
        let path = format!("/{}/event-hook", escaped(client_id));
        must_be_success(strategy, &self.ask_bridge(strategy, BridgeAct::Post, &path, Some(event)).await?)
    }

    /// Has a client removed. One that is not there any more is removed.
    pub(crate) async fn remove_at_bridge(&self, strategy: &AuthStrategy, client_id: &str) -> Result<()> {
        let reply =
            self.ask_bridge(strategy, BridgeAct::Delete, &format!("/{}", escaped(client_id)), None).await?;
        match reply.status {
            404 | 410 => Ok(()),
            _ => must_be_success(strategy, &reply),
        }
    }

    /// Sees to it that a client goes which the bridge has made and nobody needs. One that some application has stays,
    /// whatever the bridge says.
    async fn abandon(&self, strategy: &AuthStrategy, client_id: &str) {
        if let Err(error) = self.note_abandoned(strategy, client_id).await {
            let detail = error.internal_detail().map_or_else(|| error.to_string(), str::to_owned);
            tracing::error!(strategy = %strategy.id, client_id, detail, "a client is left at a bridge; remove it there");
        }
        self.bridges_wait.notify_one();
    }

    async fn note_abandoned(&self, strategy: &AuthStrategy, client_id: &str) -> Result<()> {
        let tx = self.begin(&Caller::system()).await?;
        if tx.read().is_bridge_client_used(client_id).await? {
            return Ok(());
        }
        match tx.put_bridge_client(&self.bridge_client(strategy, None, client_id)).await {
            Ok(()) => self.commit(tx).await,
            // It is noted already.
            Err(store::Error::Unique { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What is noted of a client.
    pub(crate) fn bridge_client(
        &self,
        strategy: &AuthStrategy,
        application_id: Option<ApplicationId>,
        client_id: &str,
    ) -> BridgeClient {
        let now = self.clock.now();
        BridgeClient {
            id: self.new_id(),
            auth_strategy_id: strategy.id,
            application_id,
            client_id: client_id.to_owned(),
            made_at: now,
            due_at: now,
            attempts: 0,
        }
    }

    fn patience(&self) -> Duration {
        self.bridge_door.get().map_or(PATIENCE, |door| door.patience)
    }

    async fn ask_bridge(
        &self,
        strategy: &AuthStrategy,
        act: BridgeAct,
        path: &str,
        body: Option<Value>,
    ) -> Result<BridgeReply> {
        let Some(base) = strategy.method.bridge_url() else {
            return Err(Error::Internal("a strategy without a bridge".to_owned()));
        };
        let key = self.bridge_key(strategy)?;
        let request = BridgeRequest { act, url: format!("{base}{path}"), key, body };
        let Some(door) = self.bridge_door.get() else {
            tracing::error!("there is no way out to bridges in this process");
            return Err(SILENT);
        };
        (door.ask)(request).await.map_err(|why| {
            tracing::warn!(strategy = %strategy.id, why, "a bridge did not answer");
            SILENT
        })
    }
}

fn must_be_success(strategy: &AuthStrategy, reply: &BridgeReply) -> Result<()> {
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    // `error` and `error_description`, if it goes by the contract: for whoever looks after the bridge.
    let said: String = String::from_utf8_lossy(&reply.body).chars().take(500).collect();
    tracing::warn!(strategy = %strategy.id, status = reply.status, said, "a bridge refused");
    Err(REFUSED)
}

fn junk(strategy: &AuthStrategy, why: &str) -> Error {
    tracing::warn!(strategy = %strategy.id, why, "a bridge answered something else than was agreed");
    JUNK
}

/// It becomes the application's reference, and a segment of paths: two dots would lead elsewhere.
fn is_client_id(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic())
        && text != "."
        && text != ".."
}

fn is_secret(text: &str) -> bool {
    (1..=MAX_SECRET).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A segment of a path (RFC 3986 §3.3): everything but unreserved characters is escaped.
fn escaped(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            path.push(char::from(b));
        } else {
            path.push_str(&format!("%{b:02X}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment() {
        assert_eq!(escaped("cb9z3-HS.Y_h~w"), "cb9z3-HS.Y_h~w");
        assert_eq!(escaped("../a?b#c%d e"), "..%2Fa%3Fb%23c%25d%20e");
        for wrong in ["", ".", "..", "a b", "a\u{0}", "ä", &"x".repeat(256)] {
            assert!(!is_client_id(wrong), "{wrong:?}");
        }
    }
}
