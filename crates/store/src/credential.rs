//! Credentials. A new kind needs no new column: what is particular to it goes into `details`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use domain::{
    ApiKey, ApplicationId, Certificate, ClientSecret, Credential, CredentialId, CredentialKind,
    CredentialState, DeveloperId, External, ExternalForm, GatewayId, Hint, Instant, Material, Name,
    SecretForm, SecretHash,
};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Condition, DatabaseTransaction, TransactionTrait};
use serde::{Deserialize, Serialize};

use crate::connect::immediate;
use crate::record::{Place, json, meta, stored, word};
use crate::subscription::application_ids_visible_to;
use crate::{Owned, Page, PageRequest, Read, Record, Result, Slice, Sliced, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credentials")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub application_id: Uuid,
    pub name: String,
    pub kind: String,
    /// What it is found by: unique over all applications.
    pub secret_hash: Option<Vec<u8>>,
    pub pepper: Option<i32>,
    pub details: Json,
    pub state: String,
    pub expires_at: Option<i64>,
    pub replaced_by: Option<Uuid>,
    pub last_used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `details` of an API key.
#[derive(Serialize, Deserialize)]
struct ApiKeyDetails {
    prefix: String,
    last4: String,
    imported: bool,
}

/// `details` of a client secret.
#[derive(Serialize, Deserialize)]
struct ClientSecretDetails {
    prefix: String,
    last4: String,
    /// Argon2id, of a secret that somebody chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phc: Option<String>,
}

/// `details` of a client certificate. The fingerprint is in `secret_hash`, where it is unique.
#[derive(Serialize, Deserialize)]
struct CertificateDetails {
    subject: String,
    issuer: String,
    serial: String,
    not_before: Instant,
    not_after: Instant,
    allow_expired: bool,
    skip_chain: bool,
    /// In hexadecimal.
    der: String,
}

/// What the gateway check needs of them.
#[derive(Deserialize)]
pub(crate) struct CertificateTermsDetails {
    pub(crate) not_before: Instant,
    pub(crate) allow_expired: bool,
    pub(crate) skip_chain: bool,
}

/// `details` of a third party's credential.
#[derive(Serialize, Deserialize)]
struct ExternalDetails {
    gateway_id: Option<GatewayId>,
    form: ExternalForm,
    sealed: String,
    hint: String,
}

impl Record for Credential {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let (secret_hash, pepper, details) = match &self.material {
            Material::ApiKey(ApiKey { hash, hint, imported }) => {
                let Hint { prefix, last4 } = hint.clone();
                (
                    Some(hash.stored()),
                    Some(hash.pepper().into()),
                    json(ApiKeyDetails { prefix, last4, imported: *imported }),
                )
            }
            Material::ClientSecret(ClientSecret { form, hint, chosen: _ }) => {
                let Hint { prefix, last4 } = hint.clone();
                match form {
                    SecretForm::Minted { hash } => {
                        let details = json(ClientSecretDetails { prefix, last4, phc: None });
                        (Some(hash.stored()), Some(hash.pepper().into()), details)
                    }
                    SecretForm::Chosen { phc } => {
                        (None, None, json(ClientSecretDetails { prefix, last4, phc: Some(phc.clone()) }))
                    }
                }
            }
            Material::Certificate(it) => {
                let details = CertificateDetails {
                    subject: it.subject.clone(),
                    issuer: it.issuer.clone(),
                    serial: it.serial.clone(),
                    not_before: it.not_before,
                    not_after: it.not_after,
                    allow_expired: it.allow_expired,
                    skip_chain: it.skip_chain,
                    der: it.der.iter().map(|byte| format!("{byte:02x}")).collect(),
                };
                (Some(it.fingerprint.stored()), None, json(details))
            }
            Material::External(External { gateway_id, form, sealed, hint }) => {
                let (sealed, hint) = (STANDARD.encode(sealed), hint.clone());
                let details = ExternalDetails { gateway_id: *gateway_id, form: *form, sealed, hint };
                (None, None, json(details))
            }
        };
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            application_id: Set(self.application_id.0),
            name: Set(self.name.to_string()),
            kind: Set(word(self.material.kind())),
            // They never change, but a secret is kept under another pepper at times: an update leaves them alone.
            secret_hash: if self.meta.version == 1 { Set(secret_hash) } else { NotSet },
            pepper: if self.meta.version == 1 { Set(pepper) } else { NotSet },
            details: Set(details),
            state: Set(word(self.state)),
            expires_at: Set(self.expires_at.map(Instant::micros)),
            replaced_by: Set(self.replaced_by.map(|id| id.0)),
            // Written by the counters only, see `touch`.
            last_used_at: if self.meta.version == 1 { Set(None) } else { NotSet },
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "credentials", id: row.id };
        let material = match at.word("kind", row.kind)? {
            CredentialKind::ApiKey => {
                let ApiKeyDetails { prefix, last4, imported } = at.json("details", row.details)?;
                Material::ApiKey(ApiKey {
                    hash: at.hash("secret_hash", row.secret_hash.as_deref().unwrap_or_default())?,
                    hint: Hint { prefix, last4 },
                    imported,
                })
            }
            CredentialKind::ClientSecret => {
                let form = secret_form(at, row.secret_hash, row.details.clone())?;
                let ClientSecretDetails { prefix, last4, phc } = at.json("details", row.details)?;
                let chosen = phc.is_some();
                Material::ClientSecret(ClientSecret { form, hint: Hint { prefix, last4 }, chosen })
            }
            CredentialKind::Certificate => {
                let details: CertificateDetails = at.json("details", row.details)?;
                Material::Certificate(Certificate {
                    fingerprint: at.hash("secret_hash", row.secret_hash.as_deref().unwrap_or_default())?,
                    subject: details.subject,
                    issuer: details.issuer,
                    serial: details.serial,
                    not_before: details.not_before,
                    not_after: details.not_after,
                    allow_expired: details.allow_expired,
                    skip_chain: details.skip_chain,
                    der: unhex(&details.der).ok_or_else(|| at.corrupt("details"))?,
                })
            }
            CredentialKind::External => {
                let ExternalDetails { gateway_id, form, sealed, hint } = at.json("details", row.details)?;
                let sealed = at.text("details", STANDARD.decode(&sealed))?;
                Material::External(External { gateway_id, form, sealed, hint })
            }
        };
        Ok(Self {
            id: CredentialId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            application_id: ApplicationId(row.application_id),
            name: at.text("name", Name::parse(&row.name))?,
            material,
            state: at.word("state", row.state)?,
            expires_at: row.expires_at.map(Instant::from_micros),
            replaced_by: row.replaced_by.map(CredentialId),
            last_used_at: row.last_used_at.map(Instant::from_micros),
        })
    }
}

/// How a client secret is compared, out of the columns that say so.
pub(crate) fn secret_form(at: Place, hash: Option<Vec<u8>>, details: Json) -> Result<SecretForm> {
    let ClientSecretDetails { phc, .. } = at.json("details", details)?;
    Ok(match phc {
        Some(phc) => SecretForm::Chosen { phc },
        None => SecretForm::Minted { hash: at.hash("secret_hash", hash.as_deref().unwrap_or_default())? },
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes().chunks(2).map(pair).collect()
}

impl Owned for Credential {
    fn visible_to(developer: DeveloperId) -> Condition {
        Condition::all().add(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)))
    }
}

/// Which credentials are wanted.
#[derive(Clone, Debug, Default)]
pub struct CredentialFilter {
    /// Of this application.
    pub application_id: Option<ApplicationId>,
    /// In this state.
    pub state: Option<CredentialState>,
    /// That end before this.
    pub expires_before: Option<Instant>,
    /// Of applications that this developer may see.
    pub visible_to: Option<DeveloperId>,
}

#[macros::boxed]
impl Read<'_> {
    /// Credentials, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn credentials(
        &self,
        filter: &CredentialFilter,
        page: PageRequest,
    ) -> Result<Page<Credential>> {
        let mut select = Entity::find();
        if let Some(id) = filter.application_id {
            select = select.filter(Column::ApplicationId.eq(id.0));
        }
        if let Some(state) = filter.state {
            select = select.filter(Column::State.eq(word(state)));
        }
        if let Some(at) = filter.expires_before {
            select = select.filter(Column::ExpiresAt.lt(at.micros()));
        }
        if let Some(developer) = filter.visible_to {
            select = select.filter(Credential::visible_to(developer));
        }
        self.page(select, page).await
    }

    /// Every credential of a kind that an application has, ended ones included.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn credentials_of(
        &self,
        application: ApplicationId,
        kind: CredentialKind,
    ) -> Result<Vec<Credential>> {
        let select = Entity::find()
            .filter(Column::ApplicationId.eq(application.0))
            .filter(Column::Kind.eq(word(kind)));
        self.many(select).await
    }

    /// Those credentials of an application that were not ended, by number of page, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn credentials_slice(
        &self,
        application: ApplicationId,
        kind: CredentialKind,
        slice: Slice,
    ) -> Result<Sliced<Credential>> {
        let select = Entity::find()
            .filter(Column::ApplicationId.eq(application.0))
            .filter(Column::Kind.eq(word(kind)))
            .filter(Column::State.ne(word(CredentialState::Revoked)));
        self.slice(select, slice).await
    }

    /// How many credentials of an application are worth something or may be again: neither revoked nor expired.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_live_credentials(
        &self,
        application: ApplicationId,
        kind: CredentialKind,
        now: Instant,
    ) -> Result<u64> {
        let lives = Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now.micros()));
        let count = Entity::find()
            .filter(Column::ApplicationId.eq(application.0))
            .filter(Column::Kind.eq(word(kind)))
            .filter(Column::State.ne(word(CredentialState::Revoked)))
            .filter(lives)
            .count(&self.0)
            .await?;
        Ok(count)
    }

    /// Whether a credential is kept by one of these.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn is_hash_taken(&self, hashes: &[SecretHash]) -> Result<bool> {
        Ok(Entity::find().filter(Column::SecretHash.is_in(stored(hashes))).count(&self.0).await? > 0)
    }
}

#[macros::boxed]
impl Store {
    /// Keeps secrets by the hashes of another pepper. What cannot be done for one is not done for it only: it is tried
    /// again when the secret is used again.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn rehash_credentials(&self, fresh: &[(CredentialId, SecretHash)]) -> Result<()> {
        let tx = self.writer().begin_with_options(immediate()).await?;
        for (id, hash) in fresh {
            let number = i32::from(hash.pepper());
            Entity::update_many()
                .col_expr(Column::SecretHash, Expr::value(hash.stored()))
                .col_expr(Column::Pepper, Expr::value(number))
                .filter(Column::Id.eq(id.0))
                .filter(Column::Pepper.lt(number))
                .exec(&tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Notes when credentials were last used, many at once. Nobody's act: no audit line, no new version.
pub(crate) async fn touch(tx: &DatabaseTransaction, uses: &[(CredentialId, Instant)]) -> Result<()> {
    for some in uses.chunks(500) {
        let ids = some.iter().map(|(id, _)| id.0);
        let when = some.iter().fold(sea_orm::sea_query::CaseStatement::new(), |case, (id, at)| {
            case.case(Column::Id.eq(id.0), Expr::value(at.micros()))
        });
        Entity::update_many()
            .col_expr(Column::LastUsedAt, when.finally(Expr::col(Column::LastUsedAt)).into())
            .filter(Column::Id.is_in(ids))
            .exec(tx)
            .await?;
    }
    Ok(())
}
