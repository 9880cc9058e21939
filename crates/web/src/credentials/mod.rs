//! Credentials: what an application proves itself with.

mod certificate;
mod change;
mod inventory;
mod issue;
mod list;
mod one;
mod revoke;
mod rotate;

use app::App;
use axum::response::Response;
use domain::{Credential, CredentialId, Material, Secret};

use super::applications::Shown;
use super::frame::Place;
use super::refused::Refused;
use super::reveal::Revealed;
use super::view::View;
use super::visit::Guest;
use super::{Pages, example};
use edge::words;
use edge::words::Words;

pub(super) use issue::{last_day, typed_last_day};
pub(super) use rotate::{overlap, overlap_field};

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = list::routes(pages);
    let pages = issue::routes(pages);
    let pages = certificate::routes(pages);
    let pages = one::routes(pages);
    let pages = change::routes(pages);
    let pages = rotate::routes(pages);
    let pages = revoke::routes(pages);
    inventory::routes(pages)
}

/// What may be shown of it: enough to tell it from others.
fn recognised_by(credential: &Credential) -> String {
    match &credential.material {
        Material::ApiKey(key) => format!("{}…{}", key.hint.prefix, key.hint.last4),
        Material::ClientSecret(secret) => format!("{}…{}", secret.hint.prefix, secret.hint.last4),
        Material::Certificate(certificate) => certificate.subject.clone(),
        Material::External(external) => external.hint.clone(),
    }
}

/// A credential with its application, as a page needs it.
struct One {
    credential: Credential,
    shown: Shown,
}

impl One {
    async fn load(app: &App, guest: &Guest, id: CredentialId) -> Result<Self, Refused> {
        let credential = app.credential(&guest.caller, id).await?;
        let shown = Shown::load(app, guest, credential.application_id).await?;
        Ok(Self { credential, shown })
    }

    fn path(&self) -> String {
        format!("/credentials/{}", self.credential.id)
    }

    /// A page about a part of it.
    fn below(&self, guest: &Guest, title: impl Into<Words>) -> View {
        self.shown
            .below(guest, title)
            .crumb(format!("{}/credentials", self.shown.path()), "Credentials")
            .crumb(self.path(), &self.credential.name)
    }
}

const WHOLE: &str = "Add what comes after it in the path of the API; the page of the API has its operations.";
const TO_FILL_IN: &str = "Put the address of the gateway and the path of the API in the place of the capital letters; the page of the API has the path.";

/// Shows a secret.
async fn reveal(
    app: &App,
    guest: &Guest,
    shown: &Shown,
    credential: &Credential,
    secret: &Secret,
    old: Option<Words>,
) -> Result<Response, Refused> {
    let strategy = app.auth_strategy(&guest.caller, shown.application.auth_strategy_id).await?;
    let version = example::callable(app, guest, shown.application.id).await?;
    let address = example::address(app, version.as_ref());
    let is_whole = version.is_some() && !address.contains("GATEWAY");
    let revealed = Revealed {
        title: "Your new key".into(),
        crumbs: vec![
            (shown.path(), shown.application.name.to_string().into()),
            (format!("{}/credentials", shown.path()), "Credentials".into()),
        ],
        name: words!(
            "{credential} of {application}",
            credential = credential.name,
            application = shown.application.name
        ),
        secret: secret.expose().to_owned(),
        beside: Vec::new(),
        usage_heading: "Make a call with it".into(),
        note: old,
        usage: if is_whole { WHOLE } else { TO_FILL_IN }.into(),
        call: example::call(&strategy.method, secret.expose(), &address),
        back: format!("/credentials/{}", credential.id),
    };
    revealed.show(app, guest, Place::Applications).await
}
