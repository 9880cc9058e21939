//! The SMTP server of the tests: `smtp_sink.py` in a process of its own.

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use keywright_outbound::email::{Mailer, OutgoingMail, Password, Security, SmtpSettings};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::certificates::Authority;

pub(crate) const USER: &str = "desk";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const FROM: &str = "desk@keywright.example";
pub(crate) const TO: &str = "alice@partner.example";

/// A running server and what it was given.
pub(crate) struct Sink {
    pub(crate) port: u16,
    pub(crate) dir: TempDir,
    process: Child,
}

/// One message as Python's mail parser reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(skip)]
    pub(crate) raw: String,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) defects: Vec<String>,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Part {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) charset: String,
    pub(crate) encoding: String,
    pub(crate) text: String,
}

impl Sink {
    /// A plain-text server that behaves as `conf` says (see `smtp_sink.py`).
    pub(crate) fn plain(conf: Value) -> Self {
        Self::start(TempDir::new().unwrap(), conf)
    }

    /// A server with STARTTLS (or implicit TLS) and login; its certificate is from `authority` and for `name`.
    pub(crate) fn secured(authority: &Authority, name: &str, mut conf: Value) -> Self {
        let dir = TempDir::new().unwrap();
        let (cert, key) = authority.issue(name, dir.path());
        conf["cert"] = json!(cert);
        conf["key"] = json!(key);
        conf["login"] = json!([USER, PASSWORD]);
        if conf.get("tls").is_none() {
            conf["tls"] = json!("starttls");
        }
        Self::start(dir, conf)
    }

    fn start(dir: TempDir, mut conf: Value) -> Self {
        conf["dir"] = json!(dir.path());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/smtp_sink.py");
        let mut process = Command::new(testkit::python::interpreter())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(dir.path().join("stderr.log")).unwrap())
            .spawn()
            .unwrap();
        writeln!(process.stdin.as_mut().unwrap(), "{conf}").unwrap();
        let stdout = process.stdout.take().unwrap();
        let (said, port) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = said.send(line);
        });
        let port = port.recv_timeout(Duration::from_secs(60)).unwrap_or_default();
        let Ok(port) = port.trim().parse() else {
            let _ = process.kill();
            panic!("no SMTP server: {}", fs::read_to_string(dir.path().join("stderr.log")).unwrap());
        };
        Self { port, dir, process }
    }

    /// Settings that lead here in plain text, without login.
    pub(crate) fn settings(&self) -> SmtpSettings {
        let mut settings = SmtpSettings::new("localhost", FROM);
        settings.port = self.port;
        settings.security = Security::Plain;
        settings
    }

    /// Settings that lead here by STARTTLS, with login, trusting `authority`.
    pub(crate) fn secured_settings(&self, authority: &Authority) -> SmtpSettings {
        let mut settings = self.settings();
        settings.security = Security::default();
        settings.username = Some(USER.to_owned());
        settings.password = Some(Password::new(PASSWORD.to_owned()));
        settings.extra_roots_pem = Some(authority.pem());
        settings
    }

    pub(crate) fn mailer(&self) -> Mailer {
        Mailer::new(self.settings()).unwrap()
    }

    /// Everything that clients said to this server, decrypted.
    pub(crate) fn wire(&self) -> String {
        fs::read_to_string(self.dir.path().join("wire.log")).unwrap_or_default()
    }

    /// All messages received.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let file = |number: usize, kind| self.dir.path().join(format!("{number}.{kind}"));
        (1..)
            .take_while(|&number| file(number, "eml").exists())
            .map(|number| {
                let described = fs::read(file(number, "json")).unwrap();
                let mut message: Message = serde_json::from_slice(&described).unwrap();
                message.raw = fs::read_to_string(file(number, "eml")).unwrap();
                message
            })
            .collect()
    }

    /// The message received, of which there is exactly one.
    pub(crate) fn only_message(&self) -> Message {
        let mut messages = self.messages();
        assert_eq!(messages.len(), 1, "messages at the sink");
        messages.remove(0)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Message {
    /// Names of the header fields of the message itself, as they stand in the raw bytes.
    pub(crate) fn raw_header_names(&self) -> Vec<&str> {
        let (head, _) = self.raw.split_once("\r\n\r\n").unwrap();
        let fields = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        fields.map(|line| line.split_once(':').unwrap().0).collect()
    }

    /// The decoded value of a header field that occurs exactly once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
            .collect();
        assert_eq!(values.len(), 1, "{name} in {:?}", self.headers);
        values[0]
    }
}

/// A mail of plain text.
pub(crate) fn mail(subject: &str, text: &str) -> OutgoingMail {
    OutgoingMail {
        id: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001),
        to: TO.to_owned(),
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: None,
    }
}
