//! What the check keeps of each noun, and no more: whoever reads them from the database need not read the rest.

use domain::{
    AccessTokenId, ApiVersion, ApiVersionId, Application, ApplicationId, ApplicationState, AuthStrategy,
    Certificate, Client, ClientId, Credential, CredentialId, CredentialState, DeveloperId, DeveloperState,
    GrantId, Instant, Material, Partner, PartnerId, Plan, PlanId, RevokedToken, Route, SecretForm,
    SecretHash, Subscription, SubscriptionId, SubscriptionStatus,
};

/// One thing that changed, as it is now; `None` if it is gone.
#[derive(Clone, Debug)]
pub enum Change {
    /// A partner.
    Partner(PartnerId, Option<PartnerFacts>),
    /// A developer.
    Developer(DeveloperId, Option<DeveloperFacts>),
    /// An application.
    Application(ApplicationId, Option<ApplicationFacts>),
    /// A credential.
    Credential(CredentialId, Option<CredentialFacts>),
    /// The OAuth settings of an application, all of them.
    Client(ClientId, Option<Box<Client>>),
    /// What a person has allowed a client once. One that is gone went with its person.
    Grant(GrantId, Option<GrantFacts>),
    /// A token that was ended before its time.
    RevokedToken(AccessTokenId, Option<RevokedToken>),
    /// A subscription.
    Subscription(SubscriptionId, Option<SubscriptionFacts>),
    /// Versions, strategies and plans, all of them.
    Catalogue(CatalogueFacts),
    /// Something that is there and cannot be understood: what hangs on it is refused, and nothing else.
    Unreadable(Thing),
}

/// Something that can be unreadable by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A partner: its roles count as not held.
    Partner(PartnerId),
    /// A developer: counts as shut out.
    Developer(DeveloperId),
    /// An application: its credentials count as unknown.
    Application(ApplicationId),
    /// A credential: it counts as unknown.
    Credential(CredentialId),
    /// A subscription: it counts as missing.
    Subscription(SubscriptionId),
    /// A client: it counts as unknown.
    Client(ClientId),
    /// What a person has allowed: it counts as ended.
    Grant(GrantId),
    /// A token that was ended: it counts as ended.
    RevokedToken(AccessTokenId),
}

/// Of a grant: when it was ended.
#[derive(Clone, Copy, Debug)]
pub struct GrantFacts {
    /// None: it lives.
    pub ended_at: Option<Instant>,
}

/// Of a partner: its roles.
#[derive(Clone, Debug)]
pub struct PartnerFacts {
    /// What it holds.
    pub roles: Vec<String>,
}

/// Of a developer: whether an administrator has shut them out.
#[derive(Clone, Copy, Debug)]
pub struct DeveloperFacts {
    /// Their own applications do not call any more, whatever their state.
    pub is_shut_out: bool,
}

impl DeveloperFacts {
    /// Of an account in this state.
    pub fn of(state: DeveloperState) -> Self {
        let is_shut_out = match state {
            DeveloperState::Rejected | DeveloperState::Revoked => true,
            DeveloperState::Unverified | DeveloperState::Pending | DeveloperState::Approved => false,
        };
        Self { is_shut_out }
    }
}

/// Of an application: its owner and state.
#[derive(Clone, Copy, Debug)]
pub struct ApplicationFacts {
    /// The partner that owns it, if one does.
    pub partner_id: Option<PartnerId>,
    /// The developer who owns it, if one does.
    pub developer_id: Option<DeveloperId>,
    /// Whether it may call.
    pub state: ApplicationState,
}

/// Of a credential: how it is recognised, and what it is worth.
#[derive(Clone, Debug)]
pub struct CredentialFacts {
    /// Whose it is.
    pub application_id: ApplicationId,
    /// How it is recognised in a call.
    pub proof: Proof,
    /// Whether it was switched off, or ended for good.
    pub state: CredentialState,
    /// From when on it is worth nothing.
    pub expires_at: Option<Instant>,
    /// Whether another takes its place.
    pub is_replaced: bool,
}

/// How a credential is recognised in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By the keyed hash of the key.
    ApiKey(SecretHash),
    /// By a secret, of the client whose identifier comes with it.
    ClientSecret(SecretForm),
    /// By a third party's gateway, and by nobody here.
    External,
    /// By the fingerprint of the certificate.
    Certificate(SecretHash, CertificateTerms),
}

/// What else must be so of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateTerms {
    /// From when on it counts.
    pub not_before: Instant,
    /// Whether it goes on to count after its time.
    pub allow_expired: bool,
    /// Whether it counts though the gateway could not trace it to a signer that it trusts.
    pub skip_chain: bool,
}

impl CertificateTerms {
    /// Of a certificate.
    pub fn of(certificate: &Certificate) -> Self {
        let Certificate { not_before, allow_expired, skip_chain, .. } = *certificate;
        Self { not_before, allow_expired, skip_chain }
    }
}

/// Of a subscription: who calls what, under which plan, and whether they may.
#[derive(Clone, Copy, Debug)]
pub struct SubscriptionFacts {
    /// Who.
    pub application_id: ApplicationId,
    /// What.
    pub api_version_id: ApiVersionId,
    /// Under which limits.
    pub plan_id: PlanId,
    /// Whether.
    pub status: SubscriptionStatus,
}

/// Everything that is on offer: little, and matched as a whole.
#[derive(Clone, Debug, Default)]
pub struct CatalogueFacts {
    /// Every version that can be read.
    pub versions: Vec<ApiVersion>,
    /// Every strategy that can be read.
    pub strategies: Vec<AuthStrategy>,
    /// Every plan that can be read.
    pub plans: Vec<Plan>,
    /// Every version that cannot. They are not left out: a call of theirs would be taken for one of a version with a
    /// shorter prefix.
    pub broken: Vec<BrokenVersion>,
    /// How many rows could not be read.
    pub unreadable: usize,
}

/// A version that cannot be read.
#[derive(Clone, Debug)]
pub struct BrokenVersion {
    /// Which.
    pub id: ApiVersionId,
    /// Where it is published: every call there is refused. If not even that can be read, every call is, wherever.
    pub route: Option<Route>,
}

impl From<&Partner> for PartnerFacts {
    fn from(partner: &Partner) -> Self {
        Self { roles: partner.roles.clone() }
    }
}

impl From<&Application> for ApplicationFacts {
    fn from(application: &Application) -> Self {
        Self {
            partner_id: application.owner.partner(),
            developer_id: application.owner.developer(),
            state: application.state,
        }
    }
}

impl From<&Credential> for CredentialFacts {
    fn from(credential: &Credential) -> Self {
        let proof = match &credential.material {
            Material::ApiKey(key) => Proof::ApiKey(key.hash),
            Material::ClientSecret(secret) => Proof::ClientSecret(secret.form.clone()),
            Material::Certificate(it) => Proof::Certificate(it.fingerprint, CertificateTerms::of(it)),
            Material::External(_) => Proof::External,
        };
        Self {
            application_id: credential.application_id,
            proof,
            state: credential.state,
            expires_at: credential.expires_at,
            is_replaced: credential.replaced_by.is_some(),
        }
    }
}

impl From<&Subscription> for SubscriptionFacts {
    fn from(it: &Subscription) -> Self {
        Self {
            application_id: it.application_id,
            api_version_id: it.api_version_id,
            plan_id: it.plan_id,
            status: it.status,
        }
    }
}
