//! Keywright's gateway listener, on loopback, with the example behind it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use app::{App, Caller, Created, Example};
use axum::extract::Request;
use axum::middleware::map_request;
use domain::{
    ApiDraft, ApiVersion, ApiVersionDraft, AuthMethod, AuthStrategyDraft, AuthStrategyId, Credential,
    CredentialDraft, Instant, KeyLocation, PlanDraft,
};
use keywright_server::listen::{Limits, serve_within};
use keywright_server::{GatewayOptions, gateway_router};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::call::{Answer, Call};
use crate::support::Desk;

/// The listener that gateways ask at.
pub struct Door {
    pub app: Arc<App>,
    pub example: Example,
    pub address: SocketAddr,
    said: Arc<Mutex<Vec<String>>>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// Opens the listener for gateways and nothing else; it stays open until the test ends.
pub async fn listen(desk: &Desk) -> SocketAddr {
    let router = gateway_router(Arc::clone(&desk.app), &GatewayOptions::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_within(Limits::GATEWAYS, listener, router, std::future::pending()));
    address
}

impl Door {
    pub async fn open(desk: &Desk) -> Self {
        Self::open_with(desk, GatewayOptions::default()).await
    }

    pub async fn open_with(desk: &Desk, options: GatewayOptions) -> Self {
        let example = desk.app.install_example().await.unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let note = {
            let said = Arc::clone(&said);
            move |request: Request| {
                let uri = ["x-original-uri", "x-forwarded-uri"]
                    .iter()
                    .find_map(|name| request.headers().get(*name));
                let uri = uri.map(|uri| String::from_utf8_lossy(uri.as_bytes()).into_owned());
                said.lock().unwrap().extend(uri);
                async { request }
            }
        };
        let router = gateway_router(Arc::clone(&desk.app), &options).layer(map_request(note));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve_within(Limits::GATEWAYS, listener, router, async {
            let _ = stopped.await;
        }));
        Self { app: Arc::clone(&desk.app), example, address, said, running: Some((stop, task)) }
    }

    /// Keywright is down from now on.
    pub async fn shut(&mut self) {
        let (stop, task) = self.running.take().unwrap();
        stop.send(()).unwrap();
        task.await.unwrap();
    }

    /// What gateways said was called, since this was last asked.
    pub fn said(&self) -> Vec<String> {
        std::mem::take(&mut self.said.lock().unwrap())
    }

    /// Asks about a call, as nginx would.
    pub async fn ask(&self, call: &Call) -> Answer {
        question(call).send(self.address).await
    }

    pub fn key(&self) -> &str {
        self.example.key.expose()
    }

    /// A call of the example that may pass.
    pub fn good(&self) -> Call {
        Call::get("/orders/1?full=yes").key(self.key())
    }

    /// Another version to call, of an API and with a plan of its own.
    pub async fn publish(&self, path: &str, edit: impl FnOnce(&mut ApiVersionDraft) + Send) -> ApiVersion {
        let caller = Caller::operator();
        let plan = PlanDraft { name: format!("Plan of {path}"), ..PlanDraft::default() };
        let plan = self.app.create_plan(&caller, plan).await.unwrap().value;
        let api = ApiDraft { name: format!("API at {path}"), ..ApiDraft::default() };
        let api = self.app.create_api(&caller, api).await.unwrap().value;
        let fill = |draft: &mut ApiVersionDraft| {
            draft.name = "v1".to_owned();
            draft.path_prefixes = vec![path.to_owned()];
            draft.plan_ids = vec![plan.id];
            edit(draft);
        };
        self.app.create_api_version(&caller, api.id, fill, false).await.unwrap().value
    }

    /// Lets the example's application call a version.
    pub async fn subscribe(&self, version: &ApiVersion) {
        let application = self.example.application.id;
        let plan = version.plan_ids[0];
        self.app.subscribe(&Caller::operator(), application, version.id, plan, "").await.unwrap();
    }

    /// A strategy that looks for keys in these places.
    pub async fn strategy(&self, locations: &[KeyLocation]) -> AuthStrategyId {
        let method = AuthMethod::KeyAuth { locations: locations.to_vec() };
        let draft = AuthStrategyDraft { name: format!("{locations:?}"), method, bridge_key: None };
        self.app.create_auth_strategy(&Caller::operator(), draft, None).await.unwrap().value.id
    }

    /// A further key for the example's application.
    pub async fn issue(&self, name: &str, expires_at: Option<Instant>) -> (Credential, String) {
        let draft = CredentialDraft { name: name.to_owned(), expires_at };
        let application = self.example.application.id;
        let issued = self.app.issue_api_key(&Caller::operator(), application, draft).await.unwrap();
        let Created { value, secret, .. } = issued;
        (value, secret.unwrap().expose().to_owned())
    }

    /// Passes, as the example's application.
    #[track_caller]
    pub fn passed(&self, answer: &Answer) {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.body, "");
        for name in keywright_server::IDENTITY {
            answer.header(name.as_str());
        }
        let application = &self.example.application;
        assert_eq!(answer.header("x-keywright-application-id"), application.id.to_string());
        let partner = application.owner.partner().expect("the example's partner");
        assert_eq!(answer.header("x-keywright-partner-id"), partner.to_string());
        for name in ["credential", "subscription", "request"] {
            let id = answer.header(&format!("x-keywright-{name}-id"));
            assert!(uuid::Uuid::parse_str(id).is_ok(), "{name}: {id:?}");
        }
    }
}

/// The question that nginx would ask about a call.
pub fn question(call: &Call) -> Call {
    let host = call.headers.iter().find(|(name, _)| name == "Host").map(|(_, host)| host.clone());
    let mut question =
        Call { method: "GET".to_owned(), target: b"/gateway/forward-auth".to_vec(), ..call.clone() }
            .without("Content-Length")
            .without("Connection")
            .host("keywright")
            .header("X-Original-URI", &call.target)
            .header("X-Original-Method", &call.method);
    question.body.clear();
    match host {
        Some(host) => question.header("X-Original-Host", host),
        None => question,
    }
}
