//! The few columns of each table that the gateway check needs.

use domain::{
    AccessTokenId, ApiVersionId, ApplicationId, Client, ClientId, CredentialKind, DeveloperId, GrantId,
    Instant, PartnerId, PlanId, RevokedToken,
};
use sea_orm::{EntityTrait, FromQueryResult, QueryResult, TryGetable};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use verify::{
    ApplicationFacts, CertificateTerms, Change, CredentialFacts, DeveloperFacts, GrantFacts, PartnerFacts,
    Proof, SubscriptionFacts, Thing,
};

use crate::credential::CertificateTermsDetails;
use crate::record::Place;
use crate::{
    Record, Result, access_token, application, client, credential, developer, oauth_grant, partner,
    subscription,
};

/// What the check keeps of a row.
pub(super) trait Facts: Sized + Send {
    type Entity: EntityTrait;
    const TABLE: &'static str;
    const ID: <Self::Entity as EntityTrait>::Column;
    /// Those that are needed; none: all.
    const COLUMNS: &'static [<Self::Entity as EntityTrait>::Column];

    /// What a row says.
    fn read(row: &Row<'_>) -> Result<Self>;
    /// That it says so now, or is gone.
    fn change(id: Uuid, it: Option<Self>) -> Change;
    /// What it is called if it says nothing that can be understood.
    fn thing(id: Uuid) -> Thing;
}

/// A row, and where it stands.
pub(super) struct Row<'a> {
    row: &'a QueryResult,
    at: Place,
}

impl<'a> Row<'a> {
    pub(super) fn new(row: &'a QueryResult, table: &'static str, id: Uuid) -> Self {
        Self { row, at: Place { table, id } }
    }

    /// A column as it is.
    pub(super) fn get<T: TryGetable>(&self, column: &'static str) -> Result<T> {
        self.row.try_get("", column).map_err(|_| self.at.corrupt(column))
    }

    /// A word of an enum.
    fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        self.at.word(column, self.get(column)?)
    }

    /// A list or a small structure.
    pub(super) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        self.at.json(column, self.get(column)?)
    }

    /// The whole noun.
    fn noun<T: Record>(&self) -> Result<T> {
        let model = <<T::Entity as EntityTrait>::Model as FromQueryResult>::from_query_result(self.row, "");
        T::from_row(model.map_err(|_| self.at.corrupt("(type of a column)"))?)
    }

    fn hash(&self, column: &'static str) -> Result<domain::SecretHash> {
        let bytes: Option<Vec<u8>> = self.get(column)?;
        self.at.hash(column, bytes.as_deref().unwrap_or_default())
    }
}

impl Facts for PartnerFacts {
    type Entity = partner::Entity;
    const TABLE: &'static str = "partners";
    const ID: partner::Column = partner::Column::Id;
    const COLUMNS: &'static [partner::Column] = &[partner::Column::Id, partner::Column::Roles];

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { roles: row.json("roles")? })
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::Partner(PartnerId(id), it)
    }

    fn thing(id: Uuid) -> Thing {
        Thing::Partner(PartnerId(id))
    }
}

impl Facts for DeveloperFacts {
    type Entity = developer::Entity;
    const TABLE: &'static str = "developers";
    const ID: developer::Column = developer::Column::Id;
    const COLUMNS: &'static [developer::Column] = &[developer::Column::Id, developer::Column::State];

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self::of(row.word("state")?))
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::Developer(DeveloperId(id), it)
    }

    fn thing(id: Uuid) -> Thing {
        Thing::Developer(DeveloperId(id))
    }
}

impl Facts for ApplicationFacts {
    type Entity = application::Entity;
    const TABLE: &'static str = "applications";
    const ID: application::Column = application::Column::Id;
    const COLUMNS: &'static [application::Column] = &[
        application::Column::Id,
        application::Column::PartnerId,
        application::Column::DeveloperId,
        application::Column::State,
    ];

    fn read(row: &Row<'_>) -> Result<Self> {
        let (partner, developer): (Option<Uuid>, Option<Uuid>) =
            (row.get("partner_id")?, row.get("developer_id")?);
        let owner = application::owner(row.at, partner, developer)?;
        Ok(Self { partner_id: owner.partner(), developer_id: owner.developer(), state: row.word("state")? })
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::Application(ApplicationId(id), it)
    }

    fn thing(id: Uuid) -> Thing {
        Thing::Application(ApplicationId(id))
    }
}

impl Facts for SubscriptionFacts {
    type Entity = subscription::Entity;
    const TABLE: &'static str = "subscriptions";
    const ID: subscription::Column = subscription::Column::Id;
    const COLUMNS: &'static [subscription::Column] = &[
        subscription::Column::Id,
        subscription::Column::ApplicationId,
        subscription::Column::ApiVersionId,
        subscription::Column::PlanId,
        subscription::Column::Status,
    ];

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            application_id: ApplicationId(row.get("application_id")?),
            api_version_id: ApiVersionId(row.get("api_version_id")?),
            plan_id: PlanId(row.get("plan_id")?),
            status: row.word("status")?,
        })
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::Subscription(id.into(), it)
    }

    fn thing(id: Uuid) -> Thing {
        Thing::Subscription(id.into())
    }
}

impl Facts for CredentialFacts {
    type Entity = credential::Entity;
    const TABLE: &'static str = "credentials";
    const ID: credential::Column = credential::Column::Id;
    const COLUMNS: &'static [credential::Column] = &[
        credential::Column::Id,
        credential::Column::ApplicationId,
        credential::Column::Kind,
        credential::Column::SecretHash,
        credential::Column::Details,
        credential::Column::State,
        credential::Column::ExpiresAt,
        credential::Column::ReplacedBy,
    ];

    fn read(row: &Row<'_>) -> Result<Self> {
        let proof = match row.word("kind")? {
            CredentialKind::ApiKey => Proof::ApiKey(row.hash("secret_hash")?),
            CredentialKind::ClientSecret => {
                let (hash, details) = (row.get("secret_hash")?, row.get("details")?);
                Proof::ClientSecret(credential::secret_form(row.at, hash, details)?)
            }
            CredentialKind::Certificate => {
                let details: CertificateTermsDetails = row.json("details")?;
                let CertificateTermsDetails { not_before, allow_expired, skip_chain } = details;
                let terms = CertificateTerms { not_before, allow_expired, skip_chain };
                Proof::Certificate(row.hash("secret_hash")?, terms)
            }
            CredentialKind::External => Proof::External,
        };
        let expires_at: Option<i64> = row.get("expires_at")?;
        let replaced_by: Option<Uuid> = row.get("replaced_by")?;
        Ok(Self {
            application_id: ApplicationId(row.get("application_id")?),
            proof,
            state: row.word("state")?,
            expires_at: expires_at.map(Instant::from_micros),
            is_replaced: replaced_by.is_some(),
        })
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::Credential(id.into(), it)
    }

    fn thing(id: Uuid) -> Thing {
        Thing::Credential(id.into())
    }
}

impl Facts for Client {
    type Entity = client::Entity;
    const TABLE: &'static str = "clients";
    const ID: client::Column = client::Column::Id;
    const COLUMNS: &'static [client::Column] = &[];

    fn read(row: &Row<'_>) -> Result<Self> {
        row.noun()
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::Client(ClientId(id), it.map(Box::new))
    }

    fn thing(id: Uuid) -> Thing {
        Thing::Client(ClientId(id))
    }
}

impl Facts for GrantFacts {
    type Entity = oauth_grant::Entity;
    const TABLE: &'static str = "oauth_grants";
    const ID: oauth_grant::Column = oauth_grant::Column::Id;
    const COLUMNS: &'static [oauth_grant::Column] =
        &[oauth_grant::Column::Id, oauth_grant::Column::UpdatedAt, oauth_grant::Column::EndReason];

    fn read(row: &Row<'_>) -> Result<Self> {
        let reason: Option<String> = row.get("end_reason")?;
        let updated_at = Instant::from_micros(row.get("updated_at")?);
        Ok(Self { ended_at: reason.map(|_| updated_at) })
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::Grant(GrantId(id), it)
    }

    fn thing(id: Uuid) -> Thing {
        Thing::Grant(GrantId(id))
    }
}

impl Facts for RevokedToken {
    type Entity = access_token::revoked::Entity;
    const TABLE: &'static str = "revoked_tokens";
    const ID: access_token::revoked::Column = access_token::revoked::Column::Id;
    const COLUMNS: &'static [access_token::revoked::Column] = &[];

    fn read(row: &Row<'_>) -> Result<Self> {
        row.noun()
    }

    fn change(id: Uuid, it: Option<Self>) -> Change {
        Change::RevokedToken(AccessTokenId(id), it)
    }

    fn thing(id: Uuid) -> Thing {
        Thing::RevokedToken(AccessTokenId(id))
    }
}
