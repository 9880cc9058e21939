//! The client's side of one SMTP session: connect, encrypt, log in, hand over a message.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use lettre::Address;
use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{
    reply::Reply,
    settings::{Login, Security, SettingsError},
    text::sasl_plain,
};

/// Where the server is and how it is spoken to.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) way: Way,
    pub(super) login: Option<Login>,
    /// What we call ourselves in EHLO.
    pub(super) our_name: String,
}

/// [`Security`] with what it needs.
pub(super) enum Way {
    Starttls(TlsConnector),
    Tls(TlsConnector),
    Plain,
}

impl Way {
    pub(super) fn new(security: Security, extra_roots_pem: Option<&[u8]>) -> Result<Self, SettingsError> {
        Ok(match security {
            Security::Starttls => Self::Starttls(connector(extra_roots_pem)?),
            Security::Tls => Self::Tls(connector(extra_roots_pem)?),
            Security::Plain => Self::Plain,
        })
    }
}

fn connector(extra_roots_pem: Option<&[u8]>) -> Result<TlsConnector, SettingsError> {
    let roots: Vec<_> = CertificateDer::pem_slice_iter(extra_roots_pem.unwrap_or_default())
        .collect::<Result<_, _>>()
        .map_err(|_| SettingsError::Roots)?;
    if extra_roots_pem.is_some() && roots.is_empty() {
        return Err(SettingsError::Roots);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = |error: rustls::Error| SettingsError::Tls(error.to_string());
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
        .map_err(tls)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .dangerous() // the platform's verifier is one that rustls doesn't ship
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Why a session ended early.
pub(super) enum Failure {
    /// The server or the way to it is at fault; another mail would fare no better.
    Server { said: String, cut: bool },
    /// The server answered no to this mail.
    Mail(Reply),
}

impl Failure {
    fn server(said: impl Into<String>) -> Self {
        Self::Server { said: said.into(), cut: false }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::server(format!("the connection to the mail server failed: {error}"))
    }
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One conversation with the server.
pub(super) struct Session<S = Box<dyn Stream>> {
    stream: BufReader<S>,
    offers: Vec<String>,
}

impl Session {
    /// Connects, encrypts as demanded and logs in.
    pub(super) async fn open(server: &Server) -> Result<Self, Failure> {
        let Server { host, port, .. } = server;
        let tcp = TcpStream::connect((host.as_str(), *port))
            .await
            .map_err(|error| Failure::server(format!("cannot connect to {host}:{port}: {error}")))?;
        let mut session = match &server.way {
            Way::Plain => {
                // The name was checked when the settings were; this is where it really led.
                if !tcp.peer_addr()?.ip().to_canonical().is_loopback() {
                    return Err(Failure::server(format!(
                        "{host} is not this machine, and mail needs TLS then"
                    )));
                }
                Self::greeted(Box::new(tcp)).await?
            }
            Way::Tls(tls) => Self::greeted(encrypt(tls, host, tcp).await?).await?,
            Way::Starttls(tls) => {
                let mut plain = Session::greeted(tcp).await?;
                plain.hello(&server.our_name).await?;
                Session::new(encrypt(tls, host, plain.starttls().await?).await?)
            }
        };
        session.hello(&server.our_name).await?;
        if let Some(login) = &server.login {
            session.log_in(login).await?;
        }
        Ok(session)
    }
}

async fn encrypt(tls: &TlsConnector, host: &str, tcp: TcpStream) -> Result<Box<dyn Stream>, Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::server(format!("TLS with {host} failed: {error}"));
    let name = ServerName::try_from(host.to_owned()).map_err(|error| refused(&error))?;
    Ok(Box::new(tls.connect(name, tcp).await.map_err(|error| refused(&error))?))
}

impl Session<TcpStream> {
    /// Asks for TLS and gives back the bare connection on which it is to start.
    async fn starttls(mut self) -> Result<TcpStream, Failure> {
        if !self.offers.iter().any(|offer| offer == "STARTTLS") {
            return Err(Failure::server(
                "the mail server does not offer STARTTLS, and mail is not sent without TLS",
            ));
        }
        self.prepare("STARTTLS", 2).await?;
        // Whoever sits on the way could put answers here that would later pass for the server's own.
        if !self.stream.buffer().is_empty() {
            return Err(Failure::server("something was said in plain text after STARTTLS"));
        }
        Ok(self.stream.into_inner())
    }
}

impl<S: Stream> Session<S> {
    fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), offers: Vec::new() }
    }

    async fn greeted(stream: S) -> Result<Self, Failure> {
        let mut session = Self::new(stream);
        expect(Reply::read(&mut session.stream).await?, 2)?;
        Ok(session)
    }

    async fn hello(&mut self, our_name: &str) -> Result<(), Failure> {
        let reply = self.prepare(&format!("EHLO {our_name}"), 2).await?;
        self.offers = reply.lines.into_iter().map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Failure> {
        let methods = self.offers.iter().find_map(|offer| offer.strip_prefix("AUTH ")).unwrap_or_default();
        let offered = |method| methods.split(' ').any(|name| name == method);
        if offered("PLAIN") {
            self.prepare(&format!("AUTH PLAIN {}", sasl_plain(login)), 2).await?;
        } else if offered("LOGIN") {
            self.prepare("AUTH LOGIN", 3).await?;
            self.prepare(&STANDARD.encode(&login.username), 3).await?;
            self.prepare(&STANDARD.encode(login.password.expose()), 2).await?;
        } else {
            return Err(Failure::server("the mail server offers neither AUTH PLAIN nor AUTH LOGIN"));
        }
        Ok(())
    }

    /// Hands one message over. What the server answers last says that it is now responsible for it.
    pub(super) async fn deliver(
        &mut self,
        from: &Address,
        to: &Address,
        message: &[u8],
    ) -> Result<Reply, Failure> {
        self.hand_over(&format!("MAIL FROM:<{from}>"), 2).await?;
        self.hand_over(&format!("RCPT TO:<{to}>"), 2).await?;
        self.hand_over("DATA", 3).await?;
        self.stream.write_all(&on_the_wire(message)).await?;
        self.hand_over(".", 2).await
    }

    /// Asks whether the server is still there.
    pub(super) async fn noop(&mut self) -> Result<(), Failure> {
        self.prepare("NOOP", 2).await.map(drop)
    }

    /// Says good-bye. Whatever happened is settled, so nothing here can fail.
    pub(super) async fn quit(mut self) {
        let _ = self.command("QUIT").await;
        let _ = self.stream.shutdown().await;
    }

    /// A command that is about the session.
    async fn prepare(&mut self, line: &str, class: u16) -> Result<Reply, Failure> {
        expect(self.command(line).await?, class)
    }

    /// A command that is about the mail.
    async fn hand_over(&mut self, line: &str, class: u16) -> Result<Reply, Failure> {
        let reply = self.command(line).await?;
        if reply.class() == class { Ok(reply) } else { Err(Failure::Mail(reply)) }
    }

    async fn command(&mut self, line: &str) -> std::io::Result<Reply> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.stream.flush().await?;
        Reply::read(&mut self.stream).await
    }
}

fn expect(reply: Reply, class: u16) -> Result<Reply, Failure> {
    if reply.class() == class {
        Ok(reply)
    } else {
        Err(Failure::Server { said: reply.text(), cut: reply.cut })
    }
}

/// The message with every line ended by CRLF and no line that the server could take for the end of the message.
fn on_the_wire(message: &[u8]) -> Vec<u8> {
    let clean: Vec<u8> = message.iter().copied().filter(|&byte| byte != b'\r').collect();
    let mut wire = Vec::with_capacity(message.len() + message.len() / 64);
    for line in clean.strip_suffix(b"\n").unwrap_or(&clean).split(|&byte| byte == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_message_can_end_it() {
        for (message, wire) in [
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n"),
            ("\r.\r\n..\r\n", "..\r\n...\r\n"),
            ("a\r.\rb", "a.b\r\n"),
        ] {
            assert_eq!(on_the_wire(message.as_bytes()), wire.as_bytes(), "{message:?}");
        }
    }
}
