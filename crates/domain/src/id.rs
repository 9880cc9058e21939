//! One id type per noun, so that a partner's id cannot be passed where an application's is meant.

/// Declares id types: UUIDs (version 7 when we make them, so that they sort by age).
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// The word for this noun in audit lines, error codes and cursors.
            pub const KIND: &'static str = $kind;
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Error;

            /// Reads the hyphenated form only (any case): braces, URNs and bare digits are refused.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_uuid(text).map(Self).ok_or_else(|| {
                    crate::Invalid::field("id", "invalid", "must be a UUID like 0198c5e2-7d1a-7bcd-8f00-1234567890ab").into()
                })
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::invalid_value(serde::de::Unexpected::Other("text"), &"a UUID"))
            }
        }

        impl From<$name> for uuid::Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// An organisation that consumes APIs.
    PartnerId = "partner";
    /// A person with a login in the portal.
    DeveloperId = "developer";
    /// What calls APIs.
    ApplicationId = "application";
    /// One way for an application to prove who it is.
    CredentialId = "credential";
    /// What is offered, under a name.
    ApiId = "api";
    /// One callable version of an API.
    ApiVersionId = "api_version";
    /// Limits that a subscription buys.
    PlanId = "plan";
    /// Application × API version × plan.
    SubscriptionId = "subscription";
    /// A page about an API.
    DocumentId = "document";
    /// What this installation shows of itself.
    PortalId = "portal";
    /// A named way for applications to authenticate.
    AuthStrategyId = "auth_strategy";
    /// A person who runs this installation.
    AdministratorId = "administrator";
    /// Somebody is asked to run this installation.
    AdministratorInvitationId = "administrator_invitation";
    /// A token with which administrators' tools call the management API.
    ApiTokenId = "token";
    /// What somebody proves themselves with besides the password.
    FactorId = "factor";
    /// A key with which somebody signs in.
    PasskeyId = "passkey";
    /// A signed-in developer's or administrator's session.
    SessionId = "session";
    /// Somebody is asked to join a partner or an application.
    InvitationId = "invitation";
    /// A message that waits to be sent, or was.
    MailId = "mail";
    /// Where events are sent to.
    WebhookEndpointId = "webhook_endpoint";
    /// A master key, by its number.
    KeyGenerationId = "master_key";
    /// Something that happened, as it is told to webhook endpoints.
    WebhookEventId = "event";
    /// One event on its way to one endpoint.
    WebhookDeliveryId = "webhook_delivery";
    /// The OAuth settings of an application.
    ClientId = "client";
    /// What a token opens.
    OAuthScopeId = "scope";
    /// How tokens are made.
    TokenDefinitionId = "token_definition";
    /// A key that tokens are signed with.
    SigningKeyId = "signing_key";
    /// A token that opens APIs.
    AccessTokenId = "access_token";
    /// What a person has allowed a client once.
    GrantId = "oauth_grant";
    /// What a person has allowed a client for good.
    ConsentId = "consent";
    /// A third party that provisions.
    GatewayId = "gateway";
    /// People who decide or are told together.
    GroupId = "group";
    /// An application at a third party's gateway.
    ProvisionId = "provision";
    /// Something that was asked for and must be approved or provisioned elsewhere.
    RequestId = "request";
    /// Steps of people who approve.
    ApprovalFlowId = "approval_flow";
    /// Which approval a kind of request needs.
    ApprovalPolicyId = "approval_policy";
    /// A request that waits for people to decide.
    ApprovalId = "approval";
    /// A token that a third party made and keeps here for a developer.
    ExternalTokenId = "external_token";
    /// An external token that a developer asked for.
    TokenRequestId = "token_request";
    /// What a developer must fill in to ask for an external token.
    TokenFormId = "token_form";
    /// Somebody else's server where people sign in.
    IdentityProviderId = "identity_provider";
    /// Somebody whom an identity provider knows is somebody here.
    LinkedIdentityId = "linked_identity";
}

/// Reads a hyphenated UUID and nothing else.
pub fn parse_uuid(text: &str) -> Option<uuid::Uuid> {
    if text.len() != 36 { None } else { uuid::Uuid::try_parse(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_277_only_the_hyphenated_form_is_read() {
        let plain = "0198c5e2-7d1a-7bcd-8f00-1234567890ab";
        let id: PartnerId = plain.parse().unwrap();
        assert_eq!(id.to_string(), plain);
        assert_eq!(plain.to_uppercase().parse::<PartnerId>().unwrap(), id);
        for other in ["{0198c5e2-7d1a-7bcd-8f00-1234567890ab}", "0198c5e27d1a7bcd8f001234567890ab", "", "1"] {
            assert!(other.parse::<PartnerId>().is_err(), "{other}");
        }
    }
}
