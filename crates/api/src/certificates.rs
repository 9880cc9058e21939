//! `/api/v1/applications/{id}/certificates`: client certificates by which an application is known. They are looked at,
//! ended and listed as every credential is.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::{ApplicationId, Certificate, CredentialDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::credentials::{Credential, shown};
use super::reply;
use super::routes::routes;
use super::wire::Time;
use edge::extract::{Create, Path};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(add))
}

/// A client certificate to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCertificate {
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// One X.509 certificate, as PEM or as DER in Base64: the client's alone, without those of its signers and without
    /// its private key.
    #[schema(max_length = 20000)]
    certificate: String,
    /// From when on it is worth nothing; with its own end if left out, and never after it unless that is allowed.
    #[serde(default)]
    expires_at: Option<Time>,
    /// Whether it goes on to count after its time. Administrators only.
    #[serde(default)]
    allow_expired: bool,
    /// Whether it counts though the gateway could not trace it to a signer that it trusts. Administrators only.
    #[serde(default)]
    skip_chain: bool,
}

/// Register a client certificate
///
/// It is recognised by its fingerprint, whatever its names are. API versions that accept certificates are open to it where
/// the gateway asks for them in the TLS handshake and hands them on.
#[utoipa::path(post, path = "/api/v1/applications/{id}/certificates", tag = "Credentials",
    request_body = NewCertificate,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new credential", body = Credential), Problems))]
async fn add(
    Shared(app): Shared<Arc<App>>,
    Path(application): Path<ApplicationId>,
    Create { caller, body }: Create<NewCertificate>,
) -> Result<Response, Problem> {
    let certificate = Certificate::read(&body.certificate, body.allow_expired, body.skip_chain);
    let draft = CredentialDraft { name: body.name, expires_at: body.expires_at.map(|at| at.0) };
    let created = app.add_certificate(&caller, application, draft, certificate).await?;
    let now = app.clock().now();
    Ok(reply::created("/api/v1/credentials", created, |created| shown(created.value, now)))
}

/// What a client certificate says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateFacts {
    /// Whom it is for.
    subject: String,
    /// Who signed it.
    issuer: String,
    /// Its number at whoever signed it, in hexadecimal.
    serial: String,
    /// SHA-256 of the DER, in hexadecimal: what it is recognised by.
    sha256: String,
    not_before: Time,
    not_after: Time,
    /// Whether it goes on to count after `not_after`.
    allow_expired: bool,
    /// Whether it counts though the gateway could not trace it to a signer that it trusts.
    skip_chain: bool,
    /// The certificate, as PEM.
    pem: String,
}

impl From<&domain::Certificate> for CertificateFacts {
    fn from(it: &domain::Certificate) -> Self {
        Self {
            subject: it.subject.clone(),
            issuer: it.issuer.clone(),
            serial: it.serial.clone(),
            sha256: it.fingerprint_hex(),
            not_before: it.not_before.into(),
            not_after: it.not_after.into(),
            allow_expired: it.allow_expired,
            skip_chain: it.skip_chain,
            pem: it.pem(),
        }
    }
}
