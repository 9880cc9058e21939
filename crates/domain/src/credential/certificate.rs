//! Client certificates: the caller proves to its gateway, in the TLS handshake, that it holds the private key; we know the
//! certificate by its fingerprint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::secret::sha256;
use crate::{Instant, Invalid, SecretHash};

/// The largest certificate that is taken, in bytes of DER.
pub const MAX_CERTIFICATE: usize = 8 * 1024;

/// What we keep of a client certificate: all of it, since nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// SHA-256 of the DER, by which it is found. Whoever makes another certificate with the same names does not have it.
    #[serde(skip)]
    pub fingerprint: SecretHash,
    /// Whom it is for, as RFC 4514 writes it.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Its number at whoever signed it, in hexadecimal.
    pub serial: String,
    /// From when on it counts.
    pub not_before: Instant,
    /// Until when.
    pub not_after: Instant,
    /// Whether it goes on to count after that: administrators only.
    pub allow_expired: bool,
    /// Whether it counts though the gateway could not trace it to a signer that it trusts: administrators only.
    pub skip_chain: bool,
    /// The certificate itself.
    #[serde(skip)]
    pub der: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate as people have it: one PEM block, or the DER in Base64.
    ///
    /// # Errors
    /// If it is none, is more than one, is too large, or is a private key.
    pub fn read(text: &str, allow_expired: bool, skip_chain: bool) -> Result<Self, Invalid> {
        let der = der_of(text)?;
        let wrong = || invalid("must be one X.509 certificate, as PEM or as DER in Base64");
        let (rest, parsed) = X509Certificate::from_der(&der).map_err(|_| wrong())?;
        if !rest.is_empty() {
            return Err(wrong());
        }
        let instant = |time: x509_parser::time::ASN1Time| {
            time.timestamp().checked_mul(1_000_000).map(Instant::from_micros).ok_or_else(wrong)
        };
        let (not_before, not_after) =
            (instant(parsed.validity().not_before)?, instant(parsed.validity().not_after)?);
        let name = |name: &x509_parser::x509::X509Name<'_>| printable(&name.to_string());
        Ok(Self {
            fingerprint: SecretHash::unnumbered(sha256(&der)),
            subject: name(parsed.subject()),
            issuer: name(parsed.issuer()),
            serial: hex::encode(parsed.raw_serial().get(..20).unwrap_or(parsed.raw_serial())),
            not_before,
            not_after,
            allow_expired,
            skip_chain,
            der,
        })
    }

    /// The fingerprint as people compare it: hexadecimal, in small letters.
    pub fn fingerprint_hex(&self) -> String {
        hex::encode(self.fingerprint.mac())
    }

    /// The certificate as PEM.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
    }
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

fn der_of(text: &str) -> Result<Vec<u8>, Invalid> {
    if text.contains("PRIVATE KEY") {
        return Err(Invalid::field(
            "certificate",
            "private_key",
            "is a private key; keep it, and send the certificate. Consider a new key, since this one has been sent",
        ));
    }
    let body = match text.split_once(BEGIN) {
        None => text,
        Some((_, rest)) => {
            let (body, after) = rest.split_once(END).ok_or_else(|| invalid("must end with its END line"))?;
            if after.contains("-----BEGIN") {
                return Err(invalid("must be the client's certificate alone, without those of its signers"));
            }
            body
        }
    };
    let packed: String = body.split_ascii_whitespace().collect();
    if packed.is_empty() || packed.len() > MAX_CERTIFICATE * 4 / 3 + 4 {
        return Err(invalid("must be one X.509 certificate of at most 8 KiB"));
    }
    STANDARD.decode(packed).map_err(|_| invalid("must be PEM, or DER in Base64"))
}

fn invalid(message: &str) -> Invalid {
    Invalid::field("certificate", "invalid", message)
}

/// Names in certificates are chosen by whoever makes them: they are shown, so they hold no control characters and end
/// somewhere.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(500).collect()
}
