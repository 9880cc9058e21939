//! What comes out: a permission with an identity, or a refusal with a reason.

use std::sync::Arc;

use domain::{AccessToken, ApiVersionId, ApplicationId, CredentialId, PartnerId, PlanId, SubscriptionId};
use uuid::Uuid;

use crate::{Allowance, BadRequestReason, Question};

/// The answer to a gateway.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The call may pass, as this.
    Allowed(Verified),
    /// The call may not pass.
    Refused(Refusal),
    /// Nobody can tell before this is found out. Ask again, with the answer.
    Undecided(Question),
}

/// Who calls what, proven. Only [`crate::Verifier::decide`] makes one.
#[derive(Clone, Debug)]
pub struct Verified {
    pub(crate) api_version_id: ApiVersionId,
    pub(crate) identity: Option<Identity>,
}

/// The proven caller. Open APIs are called by nobody in particular.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) application_id: ApplicationId,
    pub(crate) partner_id: Option<PartnerId>,
    pub(crate) shown: Shown,
    pub(crate) subscription: Option<Held>,
}

/// The subscription that lets a call through.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: SubscriptionId,
    /// The name of its plan, fit for a header.
    pub(crate) plan: Arc<str>,
    /// What the plan still allows, if it has limits.
    pub(crate) left: Option<Allowance>,
}

/// By what the caller proved it.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    Credential(CredentialId),
    Token(Arc<AccessToken>),
}

impl Verified {
    /// What is called.
    pub fn api_version_id(&self) -> ApiVersionId {
        self.api_version_id
    }

    /// Who calls.
    pub fn application_id(&self) -> Option<ApplicationId> {
        self.identity.as_ref().map(|identity| identity.application_id)
    }

    /// The partner that the application belongs to, if a partner owns it.
    pub fn partner_id(&self) -> Option<PartnerId> {
        self.identity.as_ref().and_then(|identity| identity.partner_id)
    }

    /// How the caller proved it: by this credential, or by the access token with this id (`jti`).
    pub fn credential_id(&self) -> Option<Uuid> {
        self.identity.as_ref().map(|identity| match &identity.shown {
            Shown::Credential(id) => id.0,
            Shown::Token(token) => token.id.0,
        })
    }

    /// The access token, if it was one.
    pub fn token(&self) -> Option<&AccessToken> {
        match &self.identity.as_ref()?.shown {
            Shown::Credential(_) => None,
            Shown::Token(token) => Some(token),
        }
    }

    /// The subscription that lets the call through, if one is held.
    pub fn subscription_id(&self) -> Option<SubscriptionId> {
        self.held().map(|held| held.id)
    }

    /// The name of its plan, percent-encoded so that it fits in a header.
    pub fn plan(&self) -> Option<&str> {
        self.held().map(|held| held.plan.as_ref())
    }

    /// What the plan still allows, if it has limits.
    pub fn allowance(&self) -> Option<&Allowance> {
        self.held().and_then(|held| held.left.as_ref())
    }

    fn held(&self) -> Option<&Held> {
        self.identity.as_ref().and_then(|identity| identity.subscription.as_ref())
    }
}

/// Why a call may not pass.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// How to authenticate (`WWW-Authenticate`), if that is what is missing.
    pub challenge: Option<Arc<str>>,
    /// Which limit is reached, if that is why.
    pub allowance: Option<Allowance>,
    /// What it was about.
    pub about: About,
}

/// What is known of a call, as far as it was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Whose credential it carries.
    pub application_id: Option<ApplicationId>,
    /// What is called.
    pub api_version_id: Option<ApiVersionId>,
    /// Under which plan.
    pub plan_id: Option<PlanId>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, challenge: None, allowance: None, about: About::default() }
    }
}

/// One row per reason: its name, HTTP status, the code for machines, the sentence for people.
macro_rules! reasons {
    ($($name:ident $status:literal $code:literal $sentence:literal)*) => {
        /// Why a call may not pass.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum Reason {
            /// What the gateway said about the call is not believed.
            #[error("{0}")]
            BadRequest(BadRequestReason),
            $(#[doc = $sentence] #[error($sentence)] $name,)*
        }

        impl Reason {
            /// Every reason but the ones of [`BadRequestReason`], in the order of the reference page.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable machine code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { Self::BadRequest(reason) => reason.code(), $(Self::$name => $code,)* }
            }

            /// The status for the gateway: 401, 403, 429 or 503.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { Self::BadRequest(_) => 403, $(Self::$name => $status,)* }
            }
        }
    };
}

reasons! {
    PeerUnknown 403 "peer_unknown"
        "Whoever asks is not one of the gateways that may ask."
    GatewaySecretWrong 403 "gateway_secret_wrong"
        "The gateway did not send the secret that gateways have to send."
    HeadersAmbiguous 403 "headers_ambiguous"
        "The gateway said twice, or in two ways, which call it asks about."
    ApiUnknown 403 "api_unknown"
        "No API is published at this host and path."
    PathCase 403 "path_case"
        "The path differs from a published one only by capital letters."
    MethodNotOffered 403 "method_not_offered"
        "The API that is published here does not offer this method."
    CredentialMissing 401 "credential_missing"
        "The call carries no credential."
    CredentialAmbiguous 401 "credential_ambiguous"
        "The call carries more than one credential."
    CredentialMalformed 401 "credential_malformed"
        "The credential is not in the form that it must have."
    CredentialUnknown 401 "credential_unknown"
        "The credential is not known here."
    CredentialRevoked 401 "credential_revoked"
        "The credential was revoked."
    CredentialExpired 401 "credential_expired"
        "The credential has expired."
    CredentialNotYetValid 401 "credential_not_yet_valid"
        "The certificate does not count yet."
    CredentialUntrusted 401 "credential_untrusted"
        "The gateway could not trace the certificate to a signer that it trusts."
    CredentialDisabled 401 "credential_disabled"
        "The credential is switched off."
    AudienceWrong 401 "audience_wrong"
        "The access token is for another API."
    TooManyGuesses 429 "too_many_guesses"
        "Too many wrong secrets or tokens came from there within a minute."
    ApplicationSuspended 403 "application_suspended"
        "The application is suspended."
    AddressNotAllowed 403 "address_not_allowed"
        "The client may not be used from the address that the call comes from."
    RoleMissing 403 "role_missing"
        "The API demands a role that the application's partner does not hold."
    SubscriptionMissing 403 "subscription_missing"
        "The application is not subscribed to this API."
    SubscriptionPending 403 "subscription_pending"
        "The application's subscription to this API waits for approval."
    SubscriptionRejected 403 "subscription_rejected"
        "The application's subscription to this API was rejected."
    SubscriptionRevoked 403 "subscription_revoked"
        "The application's subscription to this API was revoked."
    ScopeMissing 403 "insufficient_scope"
        "The access token lacks a scope that the API demands."
    PlanLimitExceeded 429 "plan_limit_exceeded"
        "The application has called as often as its plan allows for now."
    Stale 503 "stale"
        "The database cannot be reached, and what is in memory is too old to be trusted."
    LookupFailed 503 "lookup_failed"
        "The call carries something that has to be looked up, which is not possible now."
    Unreadable 503 "unreadable"
        "What is stored about this API or this plan cannot be read; the log says which row."
    Internal 503 "internal"
        "Something went wrong here; tell the administrator the request id."
}
