//! A certificate and its private key as people have them, PEM: by these we prove ourselves to a receiver in the TLS
//! handshake.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{Checks, Invalid};

/// The certificate itself and those between it and the one that is trusted.
const MAX_CERTIFICATES: usize = 5;
const MAX_CHAIN: usize = 32 * 1024;
const MAX_KEY: usize = 16 * 1024;

/// How a private key may be written: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 §A.1.2), SEC 1 (RFC 5915).
const KEYS: [&str; 3] = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

/// Whether both can be read. Whether they belong together is for those to say who know ciphers.
///
/// # Errors
/// Every wrong one of the two.
pub(crate) fn check(certificate: &str, private_key: &str) -> Result<(), Invalid> {
    let mut checks = Checks::new();
    let chain = blocks(certificate).filter(|_| certificate.len() <= MAX_CHAIN).unwrap_or_default();
    let is_one = |(label, der): &(&str, Vec<u8>)| *label == "CERTIFICATE" && is_certificate(der);
    let is_chain = (1..=MAX_CERTIFICATES).contains(&chain.len()) && chain.iter().all(is_one);
    let told = "must be 1 to 5 certificates as PEM, the client's first, and nothing else";
    checks.require(is_chain, "certificate", "invalid", told);
    let is_open = !private_key.contains("ENCRYPTED");
    checks.require(is_open, "private_key", "encrypted", "must not be encrypted: it is kept sealed here");
    let is_key = private_key.len() <= MAX_KEY && private_key_der(private_key).is_some();
    checks.require(is_key || !is_open, "private_key", "invalid", "must be one private key as PEM");
    checks.build(|| Some(()))
}

/// The public key in the first certificate, as certificates hold keys (RFC 5280 §4.1.2.7).
pub fn public_key(certificate: &str) -> Option<Vec<u8>> {
    let (_, der) = blocks(certificate)?.into_iter().next()?;
    let (_, parsed) = X509Certificate::from_der(&der).ok()?;
    Some(parsed.public_key().subject_public_key.data.to_vec())
}

/// The one private key, as DER.
pub fn private_key_der(private_key: &str) -> Option<Vec<u8>> {
    let mut keys = blocks(private_key)?.into_iter().filter(|(label, _)| KEYS.contains(label));
    let (_, key) = keys.next()?;
    keys.next().is_none().then_some(key)
}

fn is_certificate(der: &[u8]) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty())
}

/// What stands between the lines of PEM (RFC 7468 §2): labels and contents. Text around it is left out.
fn blocks(text: &str) -> Option<Vec<(&str, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----")?;
        let (body, after) = after.split_once(&format!("-----END {label}-----"))?;
        let packed: String = body.split_ascii_whitespace().collect();
        found.push((label, STANDARD.decode(packed).ok()?));
        rest = after;
    }
    Some(found)
}
