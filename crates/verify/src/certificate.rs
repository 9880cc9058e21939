//! Client certificates, as a gateway hands them on in a header after the TLS handshake.
//!
//! A certificate is public, so the header alone proves nothing: it is looked at only where the installation says that its
//! gateways set it, and the listener answers nobody but those gateways.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use domain::secret::sha256;
use domain::{MAX_CERTIFICATE, SecretHash};

use crate::Reason;
use crate::decide::{Headers, Request};

/// How gateways hand certificates on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateHeader {
    /// They do not: such headers are not looked at.
    #[default]
    Off,
    /// `Client-Cert: :<Base64 of the DER>:` (RFC 9440 §2.2). The gateway sends it only for a certificate that it has traced
    /// to a signer that it trusts.
    Rfc9440,
    /// nginx: `X-SSL-Client-Cert` with `$ssl_client_escaped_cert`, the PEM in percent-encoding, and `X-SSL-Client-Verify`
    /// with `$ssl_client_verify`, what nginx thinks of it.
    Nginx,
}

/// A certificate that a call came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Presented {
    pub(crate) fingerprint: SecretHash,
    /// What the gateway found when it traced the certificate to its signer.
    pub(crate) chain: Chain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    /// It leads to a signer that the gateway trusts.
    Trusted,
    /// It does, or did: nothing but the time is wrong.
    Expired,
    /// It does not.
    Untrusted,
}

const RFC9440: &str = "client-cert";
const NGINX: &str = "x-ssl-client-cert";
const NGINX_VERIFY: &str = "x-ssl-client-verify";

/// The certificate that a call came with; `None` if it came with none.
///
/// # Errors
/// If there are several, or it is none in the form that is agreed.
pub(crate) fn collect<H: Headers>(
    form: CertificateHeader,
    request: &Request<'_, H>,
) -> Result<Option<Presented>, Reason> {
    match form {
        CertificateHeader::Off => Ok(None),
        CertificateHeader::Rfc9440 => {
            let Some(value) = single(request, RFC9440)? else { return Ok(None) };
            let fingerprint = rfc9440(value).ok_or(Reason::CredentialMalformed)?;
            Ok(Some(Presented { fingerprint, chain: Chain::Trusted }))
        }
        CertificateHeader::Nginx => {
            let Some(value) = single(request, NGINX)? else { return Ok(None) };
            let fingerprint = escaped_pem(value).ok_or(Reason::CredentialMalformed)?;
            let chain = match single(request, NGINX_VERIFY)? {
                Some(b"SUCCESS") => Chain::Trusted,
                Some(b"FAILED:certificate has expired") => Chain::Expired,
                // `NONE` stands beside no certificate.
                Some(_) | None => Chain::Untrusted,
            };
            Ok(Some(Presented { fingerprint, chain }))
        }
    }
}

/// The one value of a header; an empty one is as none: so gateways clear what a caller sent.
fn single<'a, H: Headers>(request: &Request<'a, H>, name: &str) -> Result<Option<&'a [u8]>, Reason> {
    let mut found = None;
    request.headers.each(name, &mut |value| match found.replace(value) {
        None => Ok(()),
        Some(_) => Err(Reason::CredentialAmbiguous),
    })?;
    Ok(found.filter(|value| !value.is_empty()))
}

/// Base64 with its padding, and no bits beside (RFC 4648 §3.5): one certificate has one spelling.
const BASE64: GeneralPurpose = GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new());

/// Longer than the Base64 of any certificate that is taken.
const MAX_TEXT: usize = MAX_CERTIFICATE.div_ceil(3) * 4;

/// A byte sequence (RFC 8941 §3.3.5) without parameters.
fn rfc9440(value: &[u8]) -> Option<SecretHash> {
    let text = value.strip_prefix(b":")?.strip_suffix(b":")?;
    fingerprint(text)
}

/// nginx leaves alone what may stand in a URI and writes the rest as `%XX`, line ends included.
fn escaped_pem(value: &[u8]) -> Option<SecretHash> {
    const BEGIN: &[u8] = b"-----BEGIN%20CERTIFICATE-----%0A";
    const END: &[u8] = b"-----END%20CERTIFICATE-----";
    let body = value.strip_prefix(BEGIN)?;
    let body = body.strip_suffix(b"%0A").unwrap_or(body).strip_suffix(END)?;
    let mut text = [0u8; MAX_TEXT];
    let mut length = 0;
    let mut bytes = body.iter();
    while let Some(&byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let pair = [*bytes.next()?, *bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => other,
        };
        if byte == b'\n' {
            continue;
        }
        *text.get_mut(length)? = byte;
        length += 1;
    }
    fingerprint(text.get(..length)?)
}

fn fingerprint(text: &[u8]) -> Option<SecretHash> {
    if text.is_empty() || text.len() > MAX_TEXT {
        return None;
    }
    let mut der = [0u8; MAX_CERTIFICATE + 3];
    let length = BASE64.decode_slice(text, &mut der).ok()?;
    Some(SecretHash::unnumbered(sha256(der.get(..length)?)))
}
