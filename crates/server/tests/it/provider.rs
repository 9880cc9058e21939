//! An identity provider that says whatever it is told to, right or wrong. How a real one does it is in `web::abroad`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::{AddressRules, SigningAlgorithm};
use oauth::jose::{SigningKey, generate};
use outbound::guarded::GuardedClient;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{Answer, Desk, id};
use crate::web::Browser;

/// As installed, but for this machine: the provider is on it.
pub fn settings() -> app::Settings {
    let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    app::Settings { outbound: AddressRules { allow_private }, ..app::Settings::default() }
}

/// The way out, as the process has it.
pub fn open_door(desk: &Desk) {
    let client = GuardedClient::new(desk.app.settings().outbound.clone(), Vec::new()).unwrap();
    desk.app.open_provider_door(outbound::identity_provider::over(client));
}

/// What it says, and what it was asked.
pub struct Says {
    pub key: SigningKey,
    /// Members of the discovery document; null takes one away.
    pub metadata: Value,
    /// Claims of the ID token; null takes one away.
    pub claims: Value,
    /// The whole ID token, instead of one made of claims.
    pub token: Option<String>,
    /// What the userinfo endpoint says; null: nothing more.
    pub userinfo: Value,
    /// Answers everything with a redirect to here.
    pub redirect: Option<String>,
    nonce: String,
    seen: Vec<Request>,
}

/// A request that it got.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub authorization: String,
    pub form: BTreeMap<String, String>,
}

pub struct Provider {
    pub issuer: String,
    /// Its id at the desk.
    pub id: String,
    slug: String,
    clock: app::Clock,
    says: Arc<Mutex<Says>>,
    task: JoinHandle<()>,
}

/// Its other half, in its own task.
#[derive(Clone)]
struct Server {
    issuer: String,
    clock: app::Clock,
    says: Arc<Mutex<Says>>,
}

pub fn key(kid: &str) -> SigningKey {
    let pair = generate(SigningAlgorithm::Es256).unwrap();
    SigningKey::from_pkcs8(SigningAlgorithm::Es256, kid, &pair).unwrap()
}

impl Provider {
    /// Starts one, and sets it up at the desk, which knows it under a word.
    pub async fn start(desk: &Desk, slug: &str, settings: Value) -> Self {
        open_door(desk);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let says = Says {
            key: key("k1"),
            metadata: json!({}),
            claims: json!({}),
            token: None,
            userinfo: Value::Null,
            redirect: None,
            nonce: String::new(),
            seen: Vec::new(),
        };
        let says = Arc::new(Mutex::new(says));
        let server = Server { issuer: issuer.clone(), clock: desk.clock.clone(), says: Arc::clone(&says) };
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().answer(stream));
            }
        });
        let mut body = json!({"name": slug.to_uppercase(), "slug": slug, "issuer": issuer, "client_id": "desk",
            "client_secret": "a secret of ours"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let made = desk.admin.make("/api/v1/identity-providers", body).await;
        let (id, slug) = (id(&made).to_owned(), slug.to_owned());
        Self { issuer, id, slug, clock: desk.clock.clone(), says, task }
    }

    /// Tells it what to say.
    pub fn says(&self, tell: impl FnOnce(&mut Says)) {
        tell(&mut self.says.lock().unwrap());
    }

    /// Tells it who somebody is.
    pub fn knows(&self, subject: &str, email: &str) {
        let claims = json!({"sub": subject, "email": email, "email_verified": true, "name": "Ada L."});
        self.says(|it| it.claims = claims);
    }

    /// What it was asked, since this was last asked.
    pub fn seen(&self) -> Vec<Request> {
        std::mem::take(&mut self.says.lock().unwrap().seen)
    }

    /// Somebody opens a page that sends them here. What they bring along.
    pub async fn receives(&self, browser: &mut Browser, path: &str) -> BTreeMap<String, String> {
        let sent = browser.open(path).await;
        browser.keep_cookies(&sent);
        let location = sent.header("location");
        assert!([302, 303].contains(&sent.status.as_u16()), "{}", sent.text);
        let query = location.strip_prefix(&format!("{}/auth?", self.issuer));
        let query = query.unwrap_or_else(|| panic!("{location} is not here"));
        let fields: BTreeMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        self.says(|it| it.nonce.clone_from(&fields["nonce"]));
        fields
    }

    /// Where it sends somebody back to.
    pub fn back(&self, state: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", "c1"), ("state", state), ("iss", &self.issuer)])
            .finish();
        format!("/sign-in/with/{}/callback?{query}", self.slug)
    }

    /// The whole way, there and back.
    pub async fn signs_in(&self, browser: &mut Browser, path: &str) -> Answer {
        let fields = self.receives(browser, path).await;
        let answer = browser.open(&self.back(&fields["state"])).await;
        browser.keep_cookies(&answer);
        answer
    }

    /// Where that begins.
    pub fn door(&self, audience: &str) -> String {
        format!("/sign-in/with/{}?as={audience}", self.slug)
    }

    /// The claims of a good token for the one who came last, changed.
    pub fn claims(&self, changes: &Value) -> Value {
        let says = self.says.lock().unwrap();
        says.claims_of(&self.issuer, self.clock.now().unix_seconds(), changes)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Says {
    fn claims_of(&self, issuer: &str, now: i64, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": issuer, "aud": "desk", "sub": "s1", "nonce": self.nonce, "iat": now, "exp": now + 300,
        });
        merge(&mut claims, changes);
        claims
    }
}

fn merge(value: &mut Value, changes: &Value) {
    let members = value.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
}

impl Server {
    async fn answer(self, mut stream: TcpStream) {
        let Some(request) = read(&mut stream).await else { return };
        let answer = self.respond(request);
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn respond(&self, request: Request) -> String {
        let path = request.path.clone();
        let mut says = self.says.lock().unwrap();
        says.seen.push(request);
        if let Some(place) = &says.redirect {
            return format!(
                "HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        let url = |path: &str| format!("{}/{path}", self.issuer);
        let body = match path.as_str() {
            "/.well-known/openid-configuration" => {
                let mut document = json!({
                    "issuer": self.issuer,
                    "authorization_endpoint": url("auth"),
                    "token_endpoint": url("token"),
                    "jwks_uri": url("jwks"),
                    "userinfo_endpoint": url("userinfo"),
                    "response_types_supported": ["code"],
                    "code_challenge_methods_supported": ["S256"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                    "authorization_response_iss_parameter_supported": true,
                });
                merge(&mut document, &says.metadata);
                document
            }
            "/jwks" => json!({"keys": [says.key.public_jwk()]}),
            "/token" => {
                let claims = says.claims_of(&self.issuer, self.clock.now().unix_seconds(), &says.claims);
                let token = says.token.clone().unwrap_or_else(|| says.key.sign("JWT", &claims).unwrap());
                json!({"id_token": token, "access_token": "at", "token_type": "Bearer", "expires_in": 60})
            }
            "/userinfo" if says.userinfo.is_null() => json!({"sub": says.claims["sub"]}),
            "/userinfo" => says.userinfo.clone(),
            _ => {
                return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
            }
        };
        let body = body.to_string();
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break bytes.drain(..end + 4).collect::<Vec<u8>>();
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let header = |name: &str| {
        let value = head.lines().filter_map(|line| line.split_once(": "));
        value.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, v)| v.to_owned()).next()
    };
    let length = header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    while bytes.len() < length && stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {}
    let form = form_urlencoded::parse(&bytes).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    Some(Request { path, authorization: header("authorization").unwrap_or_default(), form })
}
