//! What a client shows, and what can be set of it.

use app::App;
use domain::ClientDraft;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::wire::{Time, nullable, present, set_if_given, words};

words! {
    /// What kind of program a client is. All but `custom` fix the grants, and whether a secret is kept.
    ClientType = domain::ClientType {
        "web" = Web,
        "single_page" = SinglePage,
        "native" = Native,
        "non_interactive" = NonInteractive,
        "custom" = Custom,
    }
}

words! {
    /// How tokens are asked for. `password`, `implicit` and `hybrid` are legacy and off unless the configuration says so.
    GrantType = domain::GrantType {
        "authorization_code" = AuthorizationCode,
        "client_credentials" = ClientCredentials,
        "refresh_token" = RefreshToken,
        "password" = Password,
        "implicit" = Implicit,
        "hybrid" = Hybrid,
    }
}

words! {
    /// What access tokens look like.
    TokenFormat = domain::TokenFormat {
        "jwt" = Jwt,
        "opaque" = Opaque,
        "uuid" = Uuid,
    }
}

words! {
    /// How a client proves at the token endpoint who it is.
    ClientAuthMethod = domain::ClientAuthMethod {
        "none" = None,
        "client_secret_basic" = ClientSecretBasic,
        "client_secret_post" = ClientSecretPost,
        "private_key_jwt" = PrivateKeyJwt,
    }
}

words! {
    /// Whether clients see the same identifier of a person.
    SubjectType = domain::SubjectType {
        "public" = Public,
        "pairwise" = Pairwise,
    }
}

words! {
    /// How a token is signed.
    SigningAlgorithm = domain::SigningAlgorithm {
        "RS256" = Rs256,
        "PS256" = Ps256,
        "ES256" = Es256,
        "EdDSA" = EdDsa,
    }
}

words! {
    /// Whether a client may still ask for tokens.
    ClientState = domain::ClientState {
        "live" = Live,
        "revoked" = Revoked,
    }
}

/// The OAuth settings of an application. The secret itself is shown once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Client {
    pub(super) id: Uuid,
    application_id: Uuid,
    /// What the client calls itself. Unique over everything.
    pub(super) client_id: String,
    state: ClientState,
    client_type: ClientType,
    /// Whether it must prove itself whenever it asks for tokens.
    confidential: bool,
    /// For custom clients, empty: every grant that is on.
    grant_types: Vec<GrantType>,
    /// What it may ask for; for custom clients, empty: everything but system scopes.
    scopes: Vec<String>,
    /// Whether it must name the scopes that it asks for.
    requested_scopes_required: bool,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    access_token_format: TokenFormat,
    /// The name of the definition that its tokens are made by; null: the default one.
    token_definition: Option<String>,
    /// Null: as the server says.
    access_token_lifetime_s: Option<i64>,
    /// Null: as the server says.
    refresh_token_lifetime_s: Option<i64>,
    /// Null: as the server says.
    id_token_lifetime_min: Option<i64>,
    /// Whether a refresh token is worth nothing once it was used.
    refresh_invalidate_on_use: bool,
    /// Whether a new refresh token comes when one is used.
    refresh_issue_new_on_use: bool,
    /// From where it may ask for tokens and use them; empty: from everywhere.
    allowed_ips: Vec<String>,
    /// Whether people who sign in for it may stay signed in.
    persistent_sso: bool,
    require_pkce: bool,
    token_endpoint_auth_method: ClientAuthMethod,
    /// The public keys that it proves itself by (RFC 7517).
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    subject_type: SubjectType,
    id_token_signed_response_alg: SigningAlgorithm,
    /// Whether an administrator vouches for it: errors are sent to it without a page in between.
    trusted: bool,
    /// Whether its answers say `bearer` where the standard says `Bearer`.
    lower_case_bearer: bool,
    /// Tokens that were issued before this are worth nothing.
    tokens_ended_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

/// A client that was made just now, or whose secret was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientWithSecret {
    #[serde(flatten)]
    pub(super) client: Client,
    /// Keep it now: it is never shown again. Left out if the client keeps none, or it was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_secret: Option<String>,
}

pub(super) fn shown(app: &App, client: domain::Client) -> Client {
    let token_definition = app.token_definition_name(&client);
    let draft = client.draft();
    Client {
        id: client.id.0,
        application_id: client.application_id.0,
        state: client.state.into(),
        client_type: client.client_type.into(),
        confidential: client.confidential,
        grant_types: draft.grant_types.into_iter().map(GrantType::from).collect(),
        scopes: draft.scopes,
        requested_scopes_required: client.requested_scopes_required,
        redirect_uris: draft.redirect_uris,
        post_logout_redirect_uris: draft.post_logout_redirect_uris,
        access_token_format: client.access_token_format.into(),
        token_definition,
        access_token_lifetime_s: client.access_token_lifetime_s,
        refresh_token_lifetime_s: client.refresh_token_lifetime_s,
        id_token_lifetime_min: client.id_token_lifetime_min,
        refresh_invalidate_on_use: client.refresh_invalidate_on_use,
        refresh_issue_new_on_use: client.refresh_issue_new_on_use,
        allowed_ips: draft.allowed_ips,
        persistent_sso: client.persistent_sso,
        require_pkce: client.require_pkce,
        token_endpoint_auth_method: client.token_endpoint_auth_method.into(),
        jwks: draft.jwks,
        subject_type: client.subject_type.into(),
        id_token_signed_response_alg: client.id_token_signed_response_alg.into(),
        trusted: client.trusted,
        lower_case_bearer: client.lower_case_bearer,
        tokens_ended_at: client.revoked_epoch.map(Time::from),
        created_at: client.meta.created_at.into(),
        updated_at: client.meta.updated_at.into(),
        client_id: client.client_id,
    }
}

/// Declares a body with everything that can be set of a client, after its own fields: unknown fields are refused, which
/// cannot be had with a struct inside.
macro_rules! with_settings {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($own)*
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            confidential: Option<bool>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            grant_types: Option<Vec<GrantType>>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false, max_items = 50)]
            scopes: Option<Vec<String>>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            requested_scopes_required: Option<bool>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false, max_items = 50)]
            redirect_uris: Option<Vec<String>>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false, max_items = 50)]
            post_logout_redirect_uris: Option<Vec<String>>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            access_token_format: Option<TokenFormat>,
            /// The name of a token definition; null: the default one.
            #[serde(default, deserialize_with = "nullable")]
            pub(super) token_definition: Option<Option<String>>,
            /// 10 seconds to 30 days.
            #[serde(default, deserialize_with = "nullable")]
            #[schema(minimum = 10, maximum = 2_592_000)]
            access_token_lifetime_s: Option<Option<i64>>,
            /// A minute to 365 days.
            #[serde(default, deserialize_with = "nullable")]
            #[schema(minimum = 60, maximum = 31_536_000)]
            refresh_token_lifetime_s: Option<Option<i64>>,
            /// A minute to a day.
            #[serde(default, deserialize_with = "nullable")]
            #[schema(minimum = 1, maximum = 1_440)]
            id_token_lifetime_min: Option<Option<i64>>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            refresh_invalidate_on_use: Option<bool>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            refresh_issue_new_on_use: Option<bool>,
            /// Addresses and networks, such as `192.0.2.0/24`; empty: from everywhere.
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false, max_items = 100)]
            allowed_ips: Option<Vec<String>>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            persistent_sso: Option<bool>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            require_pkce: Option<bool>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            token_endpoint_auth_method: Option<ClientAuthMethod>,
            #[serde(default, deserialize_with = "nullable")]
            #[schema(value_type = Option<Object>)]
            jwks: Option<Option<Map<String, Value>>>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            subject_type: Option<SubjectType>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            id_token_signed_response_alg: Option<SigningAlgorithm>,
            /// Administrators only.
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            trusted: Option<bool>,
            #[serde(default, deserialize_with = "present")]
            #[schema(nullable = false)]
            lower_case_bearer: Option<bool>,
        }

        impl $name {
            pub(super) fn apply(self, draft: &mut ClientDraft) {
                let grants = self.grant_types.map(|list| list.into_iter().map(domain::GrantType::from).collect());
                set_if_given(&mut draft.grant_types, grants);
                set_if_given(&mut draft.scopes, self.scopes);
                set_if_given(&mut draft.requested_scopes_required, self.requested_scopes_required);
                set_if_given(&mut draft.redirect_uris, self.redirect_uris);
                set_if_given(&mut draft.post_logout_redirect_uris, self.post_logout_redirect_uris);
                set_if_given(&mut draft.access_token_format, self.access_token_format.map(Into::into));
                set_if_given(&mut draft.access_token_lifetime_s, self.access_token_lifetime_s);
                set_if_given(&mut draft.refresh_token_lifetime_s, self.refresh_token_lifetime_s);
                set_if_given(&mut draft.id_token_lifetime_min, self.id_token_lifetime_min);
                set_if_given(&mut draft.refresh_invalidate_on_use, self.refresh_invalidate_on_use);
                set_if_given(&mut draft.refresh_issue_new_on_use, self.refresh_issue_new_on_use);
                set_if_given(&mut draft.allowed_ips, self.allowed_ips);
                set_if_given(&mut draft.persistent_sso, self.persistent_sso);
                set_if_given(&mut draft.require_pkce, self.require_pkce);
                set_if_given(&mut draft.jwks, self.jwks.map(|jwks| jwks.map(Value::Object)));
                set_if_given(&mut draft.subject_type, self.subject_type.map(Into::into));
                let algorithm = self.id_token_signed_response_alg.map(Into::into);
                set_if_given(&mut draft.id_token_signed_response_alg, algorithm);
                set_if_given(&mut draft.trusted, self.trusted);
                set_if_given(&mut draft.lower_case_bearer, self.lower_case_bearer);
                let method = self.token_endpoint_auth_method.map(domain::ClientAuthMethod::from);
                // Whoever says one of the two means both; whoever says both is held to it.
                let proves = method.map(|method| method != domain::ClientAuthMethod::None);
                if let Some(confidential) = self.confidential.or(proves) {
                    draft.set_confidential(confidential);
                }
                set_if_given(&mut draft.token_endpoint_auth_method, method);
            }
        }
    };
}

with_settings! {
    /// OAuth settings for an application. What is left out is as the type says.
    NewClient {
        pub(super) client_type: ClientType,
        /// A chosen id; left out: one is made. Administrators only.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 200)]
        pub(super) client_id: Option<String>,
        /// A chosen secret; left out: one is made. Administrators only.
        #[serde(default)]
        #[schema(min_length = 16, max_length = 255)]
        pub(super) client_secret: Option<String>,
        /// Whether it is taken over from another system, as it was there. Administrators only.
        #[serde(default)]
        pub(super) imported: bool,
    }
}

with_settings! {
    /// What is to change; what is left out stays.
    ClientChange {
        /// Administrators only, and to `custom` only.
        #[serde(default, deserialize_with = "present")]
        #[schema(nullable = false)]
        pub(super) client_type: Option<ClientType>,
    }
}
