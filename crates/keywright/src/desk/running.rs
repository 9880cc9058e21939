//! Keywright, serving: both listeners, the workers behind them, and how all of it stops.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use outbound::mail_worker::send_mails;
use outbound::webhook::WebhookSender;
use outbound::webhook_worker::deliver_webhooks;
use server::listen::{Limits, serve_within};
use server::{GatewayOptions, Options, Translations};
use store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::listeners::Ports;
use crate::config::{Adapter, Config, PublicUrl, read_secret_file};
use crate::output::{Failure, Problem};

/// How long stopping may take: requests get 10 s of it, a mail that is being sent gets 16 s.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// A serving Keywright.
pub(crate) struct Running {
    pub(crate) app: Arc<App>,
    pub(crate) public_url: PublicUrl,
    pub(crate) public: SocketAddr,
    pub(crate) gateway: SocketAddr,
    store: Store,
    signals: Signals,
    stop: watch::Sender<bool>,
    /// They end when they are told to.
    told: JoinSet<()>,
    /// They go on until nobody needs them.
    endless: JoinSet<()>,
}

impl Running {
    /// Starts everything.
    pub(crate) async fn start(config: &Config) -> anyhow::Result<Self> {
        let signals = Signals::new()?;
        let mailer = super::mailer(config)?;
        let gateway_options = gateway_options(config)?;
        let translations = translations(config)?;
        let ports = Ports::take(config)?;
        let [public, gateway] = ports.addresses()?;
        let public_url = config.server.public_url(public);
        let (app, store) = super::open_with_store(config, &public_url).await?;

        let options = Options { translations, ..public_options(config, &public_url, gateway) };
        let [public_listener, gateway_listener] = ports.listen()?;
        let (stop, is_stopping) = watch::channel(false);
        let until_told = || {
            let mut is_stopping = is_stopping.clone();
            async move { drop(is_stopping.wait_for(|stopping| *stopping).await) }
        };
        let mut told = JoinSet::new();
        let router = server::public_router(Arc::clone(&app), &options);
        told.spawn(serve_within(Limits::STRANGERS, public_listener, router, until_told()));
        let router = server::gateway_router(Arc::clone(&app), &gateway_options);
        told.spawn(serve_within(Limits::GATEWAYS, gateway_listener, router, until_told()));
        if let Some(mailer) = mailer {
            told.spawn(send_mails(Arc::clone(&app), mailer, until_told()));
        }
        let sender = WebhookSender::new(app.settings().outbound.clone());
        let deliver = deliver_webhooks(Arc::clone(&app), Arc::new(sender), webhook_limits(), until_told());
        told.spawn(deliver);
        open_doors(&app);
        let mut endless = JoinSet::new();
        endless.spawn(Arc::clone(&app).keep_bridges());
        endless.spawn(Arc::clone(&app).keep_in_step());
        endless.spawn(Arc::clone(&app).keep_house());
        Ok(Self { app, public_url, public, gateway, store, signals, stop, told, endless })
    }

    /// Where somebody becomes the first administrator, if nobody is one yet. Earlier links are worth nothing from now on.
    pub(crate) async fn setup_url(&self) -> app::Result<Option<String>> {
        let token = self.app.setup_token().await?;
        Ok(token.map(|token| format!("{}/setup?token={}", self.public_url, token.expose())))
    }

    /// Serves until a signal says to stop, and stops.
    pub(crate) async fn serve(mut self) -> anyhow::Result<()> {
        let died = tokio::select! {
            name = self.signals.next() => {
                tracing::info!(signal = name, "stopping");
                false
            }
            Some(_) = self.told.join_next() => true,
            Some(_) = self.endless.join_next() => true,
        };
        self.stop().await;
        if died {
            let problem = Problem::new("a part of Keywright died; the log says why");
            return Err(Failure::failed(problem.hint("start it again, and report it")).into());
        }
        Ok(())
    }

    /// Stops accepting, finishes what is under way, writes what is only in memory. A second signal cuts it short.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let finish = async { while self.told.join_next().await.is_some() {} };
        tokio::select! {
            () = finish => {}
            name = self.signals.next() => tracing::warn!(signal = name, "stopping at once"),
            () = tokio::time::sleep(STOP_WITHIN) => tracing::warn!("what is under way takes too long"),
        }
        if let Err(error) = self.app.flush().await {
            let error = error.internal_detail().unwrap_or_default();
            tracing::warn!(error, "the last times of use are lost");
        }
        self.endless.shutdown().await;
        if let Err(error) = self.store.close().await {
            tracing::warn!(%error, "the database was not closed properly");
        }
        tracing::info!("stopped");
    }
}

/// Lets requests out: to bridges, to identity providers, to the gateway.
fn open_doors(app: &App) {
    match outbound::bridge::door(app.settings().outbound.clone()) {
        Ok(door) => app.open_bridge_door(door),
        Err(error) => tracing::error!(%error, "no bridge can be asked: TLS cannot be set up"),
    }
    match outbound::identity_provider::door(app.settings().outbound.clone()) {
        Ok(door) => app.open_provider_door(door),
        Err(error) => tracing::error!(%error, "no identity provider can be asked: TLS cannot be set up"),
    }
    if let Some(gateway) = &app.settings().gateway_url {
        match outbound::gateway::door(gateway) {
            Ok(door) => app.open_gateway_door(door),
            Err(error) => tracing::error!(%error, "no call can be tried out: TLS cannot be set up"),
        }
    }
}

/// As many webhooks at once as this process may have files open.
fn webhook_limits() -> outbound::webhook_worker::Limits {
    use rustix::process::{Resource, getrlimit};

    outbound::webhook_worker::Limits::for_open_files(getrlimit(Resource::Nofile).current.unwrap_or(65_536))
}

fn public_options(config: &Config, public_url: &PublicUrl, gateway: SocketAddr) -> Options {
    // Whoever listens everywhere is reached at this machine's own address, too.
    let gateway = match gateway {
        SocketAddr::V4(it) if it.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], it.port())),
        SocketAddr::V6(it) if it.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], it.port())),
        other => other,
    };
    Options {
        public_url: public_url.to_string(),
        gateway_address: gateway.to_string(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        token_requests_per_minute: config.limits.token_requests_per_minute,
        stranger_requests_per_minute: config.limits.stranger_requests_per_minute,
        body_bytes: config.limits.body_bytes,
        konnect: server::KonnectOptions {
            plain_http_cookies: config.konnect.plain_http_cookies,
            typed_credentials: config.konnect.typed_credentials,
        },
        legacy_doors: config.webmethods.legacy_doors,
        ..Options::default()
    }
}

/// The languages that pages are in, besides English.
fn translations(config: &Config) -> Result<Translations, Failure> {
    let Some(folder) = &config.pages.translations else { return Ok(Translations::default()) };
    let translations = Translations::read(folder).map_err(|error| {
        Failure::configuration(vec![
            Problem::new(format!("pages.translations: {error}"))
                .hint("correct the file, or take it out of the folder: its language is English then"),
        ])
    })?;
    let languages = translations.languages().collect::<Vec<_>>().join(", ");
    tracing::info!(languages, "pages are translated");
    Ok(translations)
}

fn gateway_options(config: &Config) -> Result<GatewayOptions, Failure> {
    Ok(GatewayOptions {
        adapter: match config.gateway.adapter {
            Adapter::Auto => server::Adapter::Auto,
            Adapter::Nginx => server::Adapter::Nginx,
            Adapter::Forwarded => server::Adapter::Forwarded,
        },
        allowed_peers: config.gateway.allowed_peers.clone(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        shared_secret: shared_secret(config)?,
    })
}

/// The secret that gateways have to send, if one is configured.
pub(crate) fn shared_secret(config: &Config) -> Result<Option<String>, Failure> {
    let path = config.gateway.shared_secret_file.as_deref();
    let secret = path.map(|path| read_secret_file("gateway.shared_secret_file", path)).transpose();
    secret.map_err(|problem| Failure::configuration(vec![problem]))
}

/// The signals that end a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them, and says which.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
