//! When Keywright itself is not well.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use app::App;
use keywright_server::listen::{Limits, serve_within};
use keywright_server::{GatewayOptions, gateway_router};
use tokio::sync::oneshot;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata};

use super::call::Call;
use super::door::{Door, question};
use crate::support::both;

both!(
    async fn a_213_fail_open(desk) {
        let door = Door::open(&desk).await;
        door.passed(&door.ask(&door.good()).await);
        // Nothing follows the database here, as if it could not be reached.
        desk.clock.advance(Duration::from_secs(60));
        door.passed(&door.ask(&door.good()).await);
        desk.clock.advance(Duration::from_secs(1));
        door.ask(&door.good()).await.refused(503, "stale");
        door.ask(&Call::get("/orders")).await.refused(503, "stale");
        // The next change is read from the database, and what was in doubt is certain.
        door.issue("any", None).await;
        door.passed(&door.ask(&door.good()).await);
    }
);

both!(
    async fn f_15_handler_panics(desk) {
        let door = Door::open(&desk).await;
        let broken = Broken::start(Arc::clone(&desk.app));
        for call in [door.good(), Call::get("/orders"), Call::get("/orders").key("wrong"), Call::get("/../x")] {
            question(&call).send(broken.address).await.refused(503, "internal");
        }
        // It goes on answering, and nothing is poisoned for others.
        assert_eq!(Call::get("/healthz").send(broken.address).await.status, 200);
        let metrics = Call::get("/metrics").send(broken.address).await.body;
        let panics = r#"keywright_gateway_decisions_total{status="503",reason="internal"} 4"#;
        assert!(metrics.contains(panics), "{metrics}");
        door.passed(&door.ask(&door.good()).await);
    }
);

/// A Keywright that panics in the middle of every decision: whatever is logged there makes it panic.
pub struct Broken {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Broken {
    /// On a thread of its own, since the poison is in the thread's log.
    pub fn start(app: Arc<App>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let _poisoned = tracing::subscriber::set_default(Poison);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let router = gateway_router(app, &GatewayOptions::default());
                let stopped = async {
                    let _ = stopped.await;
                };
                serve_within(Limits::GATEWAYS, listener, router, stopped).await;
            });
        });
        Self { address: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "the panics stay within requests");
    }
}

/// A log that panics when a decision is written to it.
struct Poison;

impl tracing::Subscriber for Poison {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().ends_with("gateway::forward_auth")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        if *event.metadata().level() == tracing::Level::DEBUG {
            // Panics without the message that would look like a test that failed.
            std::panic::resume_unwind(Box::new("poisoned"));
        }
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
