//! The nouns of Keywright, their rules and their events.
//!
//! Nothing in here does I/O: time, random bytes and stored things come in as arguments, and what a rule decides goes
//! out as a value. One word per thing:
//!
//! - **partner**: an organisation that consumes APIs. It has members (OWNER, READ_ONLY) and authorization *roles* that
//!   only administrators assign. [`Partner`]
//! - **developer**: a person with a login, self-registered, e-mail verified; may be on many partners and many
//!   applications. [`Developer`]
//! - **application**: what calls. Owned by a partner or by one developer; members OWNER, DEVELOPER, READ_ONLY. Holds
//!   credentials of every kind at once. [`Application`]
//! - **credential**: one way for an application to prove who it is: an API key, a client secret, a client certificate.
//!   One life for all kinds: issued, active, rotating (old and new both live until a stated time), expired, revoked.
//!   [`Credential`]
//! - **client**: the OAuth settings of an application: under which id it asks for tokens, how, and for what. [`Client`]
//! - **scope**: a word for what a token opens, and to whom it is granted. [`OAuthScope`]
//! - **token definition**: how tokens are made: issuer, audience, signature, claims. [`TokenDefinition`]
//! - **signing key**: with which tokens are signed; published before it signs and after. [`SigningKey`]
//! - **api** and **api version**: what is called. The version says which credentials, roles and scopes open it, whether
//!   a subscription is needed, and where the gateway finds it. [`Api`], [`ApiVersion`]
//! - **document**: a page about an API, in Markdown. [`Document`]
//! - **portal**: what this installation shows of itself to those who use its APIs. [`Portal`]
//! - **plan**: limits counted per application. [`Plan`]
//! - **subscription**: application × api version × plan, with a status. [`Subscription`]
//! - **auth strategy**: how applications of an API authenticate, as a named setting. [`AuthStrategy`]
//! - **invitation**: a mail address is asked to join a partner or an application. [`Invitation`]
//! - **administrator invitation**: a mail address is asked to run this installation, in a role.
//!   [`AdministratorInvitation`]
//! - **grant**: what a person has allowed a client once; codes and tokens come from it and end with it. [`OAuthGrant`]
//! - **consent**: what a person has allowed a client for good, so that they are not asked again. [`Consent`]
//! - **identity provider**: somebody else's server where people sign in to be signed in here. [`IdentityProvider`]
//! - **linked identity**: somebody whom an identity provider knows is somebody here. [`LinkedIdentity`]
//! - **administrator**: a person who runs this installation, in one of four roles: administrator, approver, auditor, or
//!   provider, the technical user of a gateway. [`Administrator`]
//! - **token**: with which an administrator's tool calls the management API. [`ApiToken`]
//! - **session**: somebody signed in on some device. [`Session`]
//! - **factor**: what somebody proves themselves with besides the password: codes of an app, passkeys, and codes for
//!   recovery. [`Factor`]
//! - **passkey**: a key in somebody's device or password manager, with which they sign in. [`Passkey`]
//! - **access token**: opens APIs for a while, for a client itself or for a person. [`AccessToken`]
//! - **gateway**: a third party that provisions applications for some APIs. [`Gateway`]
//! - **provision**: an application at a gateway: the APIs it may call there. [`Provision`]
//! - **request**: somebody asked for something that must be approved or provisioned elsewhere; a state for each API.
//!   [`Request`]
//! - **approval**: a request, or an account, that waits for people to decide, after an **approval policy** whose steps
//!   are **approval flows** of people or an outside system. [`Approval`], [`ApprovalPolicy`], [`ApprovalFlow`]
//! - **group**: people who decide or are told together. [`Group`]
//! - **external token**: made by a third party for a developer, an ordered list of properties, renewed and revoked by
//!   mail and call-back. [`ExternalToken`]
//! - **token request** and **token form**: how a developer asks for one. [`TokenRequest`], [`TokenForm`]
//! - **mail**: a message that waits to be sent, or was. [`Mail`]
//! - **webhook endpoint**: where events are sent to: all of them or some, of the whole installation or of one gateway.
//!   [`WebhookEndpoint`]
//! - **event**: something that happened, as it is told to webhook endpoints. [`WebhookEvent`]
//! - **delivery**: one event on its way to one endpoint; tried until it is taken or given up. [`WebhookDelivery`]
//! - **actor**: the one who did something. [`Actor`]

mod access_token;
mod actor;
pub mod address;
mod administrator;
mod administrator_invitation;
mod api;
mod api_version;
mod application;
mod approval;
mod approval_policy;
mod auth_strategy;
mod call_target;
mod client;
pub mod client_identity;
mod color;
mod credential;
mod developer;
mod document;
mod error;
mod event_type;
mod external_token;
mod factor;
mod gateway;
mod group;
mod id;
mod identity_provider;
mod instant;
mod invitation;
mod key_generation;
mod linked_identity;
mod mail;
mod master_key;
mod oauth_grant;
mod oauth_scope;
pub mod openapi;
pub mod openapi_security;
mod operation_scopes;
mod partner;
mod passkey;
mod pepper;
mod period;
mod plan;
mod portal;
mod proof;
mod provision;
mod request;
mod role;
pub mod route;
mod sealed;
pub mod secret;
mod session;
mod signing_algorithm;
mod signing_key;
mod subscription;
mod text;
mod token;
mod token_definition;
mod transition;
mod webhook_auth;
mod webhook_delivery;
mod webhook_endpoint;
pub mod webhook_signature;

pub use access_token::{AccessToken, RevokedToken};
pub use actor::Actor;
pub use address::{AddressRules, OutgoingUrl};
pub use administrator::{Administrator, AdministratorRole};
pub use administrator_invitation::{ADMINISTRATOR_INVITATION_LIFETIME, AdministratorInvitation};
pub use api::{Accepted, Api, ApiDraft};
pub use api_version::{ApiVersion, ApiVersionDraft, Route, SpecificationSummary, SubscriptionApproval};
pub use application::{Application, ApplicationDraft, ApplicationRole, ApplicationState, Owner};
pub use approval::{Approval, ApprovalState, ApprovalSubject, Stage, StageKind, Vote};
pub use approval_policy::{
    ApprovalFlow, ApprovalFlowDraft, ApprovalPolicy, Approver, FlowStep, PolicyScope, PolicyStep,
};
pub use auth_strategy::{AuthMethod, AuthStrategy, AuthStrategyDraft, KeyLocation, KeyPlace};
pub use call_target::CallTarget;
pub use client::{
    Client, ClientAuthMethod, ClientDraft, ClientRules, ClientState, ClientType, GrantType, SubjectType,
    TokenFormat, check_client_id,
};
pub use color::{Color, READABLE};
pub use credential::{
    ApiKey, Certificate, Claim, ClaimSet, ClientSecret, Credential, CredentialDraft, CredentialKind,
    CredentialState, CredentialStatus, External, ExternalForm, ExternalValues, ForeignKey, MAX_CERTIFICATE,
    MAX_OVERLAP, Material, SecretForm, check_chosen_secret, status as credential_status,
};
pub use developer::{Developer, DeveloperCommand, DeveloperState, check_password, password_form};
pub use document::{Document, DocumentDraft, MAX_DOCUMENT, MAX_DOCUMENTS};
pub use error::{Checks, Error, FieldError, Invalid};
pub use event_type::{EVENT_TYPES, EventType, TEST_EVENT};
pub use external_token::{
    ExternalToken, FormField, Property, TokenForm, TokenRequest, TokenState, check_properties,
};
pub use factor::Factor;
pub use gateway::{Gateway, GatewayDraft};
pub use group::{Group, GroupDraft};
pub use id::{
    AccessTokenId, AdministratorId, AdministratorInvitationId, ApiId, ApiTokenId, ApiVersionId,
    ApplicationId, ApprovalFlowId, ApprovalId, ApprovalPolicyId, AuthStrategyId, ClientId, ConsentId,
    CredentialId, DeveloperId, DocumentId, ExternalTokenId, FactorId, GatewayId, GrantId, GroupId,
    IdentityProviderId, InvitationId, KeyGenerationId, LinkedIdentityId, MailId, OAuthScopeId, PartnerId,
    PasskeyId, PlanId, PortalId, ProvisionId, RequestId, SessionId, SigningKeyId, SubscriptionId,
    TokenDefinitionId, TokenFormId, TokenRequestId, WebhookDeliveryId, WebhookEndpointId, WebhookEventId,
    parse_uuid,
};
pub use identity_provider::{
    Audience, ClaimRules, IdentityProvider, IdentityProviderDraft, MappedRole, TokenAuth,
};
pub use instant::Instant;
pub use invitation::{INVITATION_LIFETIME, Invitation, InvitationState, InvitationStatus, Membership};
pub use key_generation::{KeyGeneration, NotedMasterKey};
pub use linked_identity::LinkedIdentity;
pub use mail::{Mail, MailState};
pub use master_key::{MasterKey, MasterKeyError, MasterKeys};
pub use oauth_grant::{Consent, GrantEnd, OAuthGrant};
pub use oauth_scope::{BUILT_IN_SCOPES, OAuthScope, OAuthScopeDraft, ScopeClaim, ScopeKind};
pub use operation_scopes::OperationScopes;
pub use partner::{Partner, PartnerDraft, PartnerRole};
pub use passkey::{Passkey, PasskeyDraft};
pub use pepper::{Marks, Pepper, Peppers, SecretHash};
pub use period::{Period, Span};
pub use plan::{Limit, Plan, PlanDraft};
pub use portal::{MAX_PICTURE, PictureFormat, Portal, PortalDraft, PortalLink, PortalPicture};
pub use proof::Proof;
pub use provision::{Provision, ProvisionStatus};
pub use request::{
    Request, RequestCommand, RequestContext, RequestKind, RequestState, RequestStatus, Trace, TraceKind,
};
pub use role::{ApplicationAction, PartnerAction};
pub use sealed::{HoldsSealed, Sealed};
pub use secret::{Hint, Secret, SecretKind};
pub use session::{Person, Renewal, Session};
pub use signing_algorithm::SigningAlgorithm;
pub use signing_key::{SigningKey, SigningKeyState};
pub use subscription::{Subscription, SubscriptionCommand, SubscriptionStatus};
pub use text::{Email, Name, Text, parse_label, parse_labels, search_key};
pub use token::{Access, ApiToken, Resource, Scope};
pub use token_definition::{CLAIM_SOURCES, DEFAULT_SERIES, TokenDefinition, TokenDefinitionDraft};
pub use transition::{Event, Meta, Noun, Step, Transition};
pub use webhook_auth::{SealedHeader, WebhookAuth, WebhookAuthDraft};
pub use webhook_delivery::{
    DeliveryAttempt, DeliveryResult, DeliveryState, MAX_ATTEMPTS, WebhookDelivery, WebhookEvent, retry_after,
};
pub use webhook_endpoint::{
    DisabledBecause, SigningSecret, WebhookEndpoint, WebhookEndpointDraft, WebhookShape,
};
