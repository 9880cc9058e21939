//! A real Chromium, driven by WebDriver, with what the protocol of its developer tools adds.

use std::process::Command;

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::process::{Program, free_port};
use url::Url;

/// A browser. It ends with this value.
pub struct Chromium {
    pub client: Client,
    base: String,
    _driver: Program,
    _folder: TempDir,
}

/// A command to the developer tools.
#[derive(Debug)]
struct Tools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Tools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"cmd": self.command, "params": self.parameters}).to_string()))
    }
}

/// A command about authenticators (WebAuthn §11): below the path of their session.
#[derive(Debug)]
struct Authenticators {
    below: String,
    body: Value,
}

impl WebDriverCompatibleCommand for Authenticators {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/webauthn/authenticator{}", self.below))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

impl Chromium {
    /// Gives the machine a place for passkeys, whose owner is there and is recognised. Its id.
    pub async fn add_authenticator(&self) -> String {
        let body = json!({
            "protocol": "ctap2", "transport": "internal",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
        });
        let added = self.client.issue_cmd(Authenticators { below: String::new(), body }).await.unwrap();
        added.as_str().unwrap().to_owned()
    }

    /// Whether whoever is there is recognised from now on.
    pub async fn recognise(&self, authenticator: &str, recognised: bool) {
        let (below, body) = (format!("/{authenticator}/uv"), json!({"isUserVerified": recognised}));
        self.client.issue_cmd(Authenticators { below, body }).await.unwrap();
    }

    /// Starts one that looks at a Keywright.
    pub async fn start(base: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let mut driver = Program::start(&mut command, &folder.path().join("chromedriver.log"));
        driver.wait_for_port(port);
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--window-size=1280,900",
            &profile,
        ];
        let capabilities = json!({"goog:chromeOptions": {"args": arguments}});
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        Self { client, base: base.to_owned(), _driver: driver, _folder: folder }
    }

    /// Ends it in good order.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    pub async fn tools(&self, command: &'static str, parameters: Value) -> Value {
        self.client.issue_cmd(Tools { command, parameters }).await.unwrap()
    }

    /// Switches the pages' scripts off or on.
    pub async fn scripts(&self, on: bool) {
        self.tools("Emulation.setScriptExecutionDisabled", json!({"value": !on})).await;
    }

    /// How wide the window is, and whether its owner likes it dark.
    pub async fn look(&self, width: u32, dark: bool) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        self.tools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tools("Emulation.setEmulatedMedia", features).await;
    }

    /// Becomes somebody who has signed in; nobody for an empty secret.
    pub async fn become_(&self, secret: &str) {
        self.tools("Network.clearBrowserCookies", json!({})).await;
        if !secret.is_empty() {
            let cookie = json!({"name": "kw_s", "value": secret, "url": self.base, "httpOnly": true});
            self.tools("Network.setCookie", cookie).await;
        }
    }

    /// Opens a page of ours.
    pub async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// The path that is shown.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Types into the input with an id, instead of what was there.
    pub async fn type_(&self, id: &str, text: &str) {
        let input = self.client.find(Locator::Id(id)).await.unwrap_or_else(|e| panic!("{id}: {e}"));
        input.clear().await.unwrap();
        input.send_keys(text).await.unwrap();
    }

    /// Presses the button or follows the link with these words.
    pub async fn press(&self, words: &str) {
        let path = format!("//main//*[self::a or self::button][normalize-space(text())='{words}']");
        let found = self.client.find(Locator::XPath(&path)).await;
        let element = match found {
            Ok(element) => element,
            Err(error) => panic!("{words}: {error}: {}", self.text().await),
        };
        self.click_on(element).await;
    }

    /// Clicks on what a CSS selector finds first.
    pub async fn click(&self, selector: &str) {
        let found = self.client.find(Locator::Css(selector)).await;
        self.click_on(found.unwrap_or_else(|error| panic!("{selector}: {error}"))).await;
    }

    /// Clicks, and waits for the page that it leads to. The driver promises to wait for it, but answers now and then
    /// before the page has begun to come: what is looked for next would be looked for on the page before.
    async fn click_on(&self, element: Element) {
        let leads_on = match element.tag_name().await.unwrap().as_str() {
            "a" => true,
            "button" => element.attr("type").await.unwrap().as_deref() != Some("button"),
            _ => false,
        };
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        element.click().await.unwrap();
        // A form that the browser finds wrong leads nowhere, so that this is no error.
        for _ in 0..if leads_on { 250 } else { 0 } {
            match page.tag_name().await {
                Err(error) if error.is_stale_element_reference() => break,
                _ => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    }

    /// What can be read on the page.
    pub async fn text(&self) -> String {
        for _ in 0..50 {
            // The page before may be gone, and this one not be there yet; or it goes while it is read.
            let main = self.client.wait().for_element(Locator::Css("main")).await.unwrap();
            match main.text().await {
                Err(error) if error.is_stale_element_reference() => {}
                text => return text.unwrap(),
            }
        }
        panic!("the page at {} does not stand still", self.path().await);
    }

    /// The page says this.
    pub async fn says(&self, words: &str) {
        let text = self.text().await;
        assert!(text.contains(words), "{words:?} is not on {}: {text}", self.path().await);
    }

    /// The page says this, within a few seconds.
    pub async fn comes_to_say(&self, words: &str) {
        for _ in 0..100 {
            if self.text().await.contains(words) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        self.says(words).await;
    }

    /// The whole page as a PNG.
    pub async fn picture(&self) -> Vec<u8> {
        use base64::Engine;
        let parameters = json!({"format": "png", "captureBeyondViewport": true});
        let answer = self.tools("Page.captureScreenshot", parameters).await;
        base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }

    /// Runs a script of the test's in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Runs a script that calls its last argument when it is done.
    pub async fn run_async(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }
}
