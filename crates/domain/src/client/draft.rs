//! What somebody typed about a client, and the rules that it is held against.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Client, ClientAuthMethod, ClientType, GrantType, SubjectType, TokenFormat, key_set, redirect};
use crate::{Checks, Invalid, OAuthScope, ScopeKind, SigningAlgorithm, TokenDefinitionId};

/// What can be set of a client. As somebody typed it nothing of it is checked; a [`Client`] holds one that is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientDraft {
    /// What kind of program it is.
    pub client_type: ClientType,
    /// Whether it must prove itself whenever it asks for tokens.
    pub confidential: bool,
    /// How it may ask for tokens; for custom clients, empty: in every way that is on.
    pub grant_types: Vec<GrantType>,
    /// What it may ask for; for custom clients, empty: everything but system scopes.
    pub scopes: Vec<String>,
    /// Whether it must name the scopes that it asks for. Otherwise, naming none, it gets all that it may ask for.
    pub requested_scopes_required: bool,
    /// Where browsers may be sent back to; empty: nowhere.
    pub redirect_uris: Vec<String>,
    /// Where browsers may be sent after they were signed out.
    pub post_logout_redirect_uris: Vec<String>,
    /// What its access tokens look like.
    pub access_token_format: TokenFormat,
    /// How its tokens are made; none: as the default definition says.
    pub token_definition: Option<TokenDefinitionId>,
    /// How long access tokens live, in seconds; none: as the server says.
    pub access_token_lifetime_s: Option<i64>,
    /// How long refresh tokens live, in seconds; none: as the server says.
    pub refresh_token_lifetime_s: Option<i64>,
    /// How long ID tokens live, in minutes; none: as the server says.
    pub id_token_lifetime_min: Option<i64>,
    /// Whether a refresh token is worth nothing once it was used.
    pub refresh_invalidate_on_use: bool,
    /// Whether a new refresh token comes when one is used.
    pub refresh_issue_new_on_use: bool,
    /// From where it may ask for tokens and use them; empty: from everywhere.
    pub allowed_ips: Vec<String>,
    /// Whether people who sign in for it may stay signed in.
    pub persistent_sso: bool,
    /// Whether codes must be bound to their asker (RFC 7636).
    pub require_pkce: bool,
    /// How it proves itself.
    pub token_endpoint_auth_method: ClientAuthMethod,
    /// The public keys it proves itself by.
    pub jwks: Option<Value>,
    /// Whether it sees identifiers of people that no other client sees.
    pub subject_type: SubjectType,
    /// How ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Whether an administrator vouches for it: errors are sent to it without a page in between.
    pub trusted: bool,
    /// Whether its answers say `bearer` where the standard says `Bearer`.
    pub lower_case_bearer: bool,
}

impl Default for ClientDraft {
    fn default() -> Self {
        Self::of(ClientType::Custom)
    }
}

impl ClientDraft {
    /// What a new client of a type has until somebody says otherwise.
    pub fn of(client_type: ClientType) -> Self {
        use GrantType::{AuthorizationCode, ClientCredentials};
        let (confidential, grant_types) = match client_type {
            ClientType::Web => (true, vec![AuthorizationCode]),
            ClientType::SinglePage | ClientType::Native => (false, vec![AuthorizationCode]),
            ClientType::NonInteractive => (true, vec![ClientCredentials]),
            ClientType::Custom => (true, Vec::new()),
        };
        Self {
            client_type,
            confidential,
            grant_types,
            scopes: Vec::new(),
            requested_scopes_required: true,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            access_token_format: TokenFormat::Opaque,
            token_definition: None,
            access_token_lifetime_s: None,
            refresh_token_lifetime_s: None,
            id_token_lifetime_min: None,
            refresh_invalidate_on_use: true,
            refresh_issue_new_on_use: true,
            allowed_ips: Vec::new(),
            persistent_sso: false,
            require_pkce: true,
            token_endpoint_auth_method: default_method(confidential),
            jwks: None,
            subject_type: SubjectType::Public,
            id_token_signed_response_alg: SigningAlgorithm::Rs256,
            trusted: false,
            lower_case_bearer: false,
        }
    }

    /// Says whether it keeps secrets; how it proves itself follows, unless it fits already.
    pub fn set_confidential(&mut self, confidential: bool) {
        self.confidential = confidential;
        if confidential == (self.token_endpoint_auth_method == ClientAuthMethod::None) {
            self.token_endpoint_auth_method = default_method(confidential);
        }
    }
}

fn default_method(confidential: bool) -> ClientAuthMethod {
    if confidential { ClientAuthMethod::ClientSecretBasic } else { ClientAuthMethod::None }
}

/// What a draft is held against besides itself.
#[derive(Clone, Copy, Debug)]
pub struct ClientRules<'a> {
    /// The legacy grants that this installation has on.
    pub legacy_grants: &'a [GrantType],
    /// Every scope there is.
    pub scopes: &'a [OAuthScope],
    /// Whether an administrator asks.
    pub by_administrator: bool,
    /// Whether a client of another system is taken over, as it was there: administrators only.
    pub imported: bool,
}

/// Seconds that an access token may live: up to 30 days.
const ACCESS_LIFETIME: std::ops::RangeInclusive<i64> = 10..=2_592_000;
/// Seconds that a refresh token may live: up to 365 days.
const REFRESH_LIFETIME: std::ops::RangeInclusive<i64> = 60..=31_536_000;
/// Minutes that an ID token may live: up to a day.
const ID_LIFETIME: std::ops::RangeInclusive<i64> = 1..=1_440;
/// How many networks a client may be allowed from.
const MAX_NETWORKS: usize = 100;

impl ClientDraft {
    /// Holds it against the rules; `before` is what it replaces. Answers it in the form in which it is kept, and the
    /// networks in it.
    pub(super) fn check(
        self,
        rules: &ClientRules<'_>,
        before: Option<&Client>,
    ) -> Result<(Self, Vec<IpNet>), Invalid> {
        let mut checks = Checks::new();
        self.check_type(&mut checks, rules, before);
        self.check_grants(&mut checks, rules, before);
        self.check_authentication(&mut checks);
        self.check_lifetimes(&mut checks);
        self.check_refresh(&mut checks, rules);
        self.check_policy(&mut checks, rules, before);
        self.check_open(&mut checks, rules, before, "scopes", self.scopes.is_empty(), |it| {
            it.scopes.is_empty()
        });
        let scopes = checks.take("scopes", self.check_scopes(rules));
        let redirect_uris = redirect::check_all(&self.redirect_uris, self.client_type);
        let redirect_uris = checks.take("redirect_uris", redirect_uris);
        let logout_uris = redirect::check_all(&self.post_logout_redirect_uris, self.client_type);
        let logout_uris = checks.take("post_logout_redirect_uris", logout_uris);
        let needs_uri =
            self.client_type != ClientType::Custom && self.grant_types.iter().any(|it| it.redirects());
        let message = "must have at least one entry for these grant types";
        checks.require(!needs_uri || !self.redirect_uris.is_empty(), "redirect_uris", "required", message);
        let allowed_ips = checks.take("allowed_ips", check_networks(&self.allowed_ips));
        let jwks = checks.take("jwks", self.jwks.clone().map(key_set::check).transpose());
        let mut grant_types = self.grant_types.clone();
        grant_types.sort_unstable();
        grant_types.dedup();
        checks.build(|| {
            let networks = allowed_ips?;
            let checked = Self {
                scopes: scopes?,
                redirect_uris: redirect_uris?,
                post_logout_redirect_uris: logout_uris?,
                allowed_ips: networks.iter().map(ToString::to_string).collect(),
                grant_types,
                jwks: jwks?,
                ..self
            };
            Some((checked, networks))
        })
    }

    fn check_type(&self, checks: &mut Checks, rules: &ClientRules<'_>, before: Option<&Client>) {
        let (field, code) = ("client_type", "fixed");
        match before.map(|before| before.client_type) {
            Some(old) if old != self.client_type && self.client_type == ClientType::Custom => {
                let message = "can be changed to custom by administrators only";
                checks.require(rules.by_administrator, field, code, message);
            }
            Some(old) if old != self.client_type => {
                checks.require(false, field, code, "cannot be changed: make a new client");
            }
            _ => {}
        }
        let keeps_secret = match self.client_type {
            ClientType::Web | ClientType::NonInteractive => Some(true),
            ClientType::SinglePage | ClientType::Native => Some(false),
            ClientType::Custom => None,
        };
        let message = match keeps_secret {
            Some(true) => "must be true for this client type",
            _ => "must be false for this client type: it cannot keep a secret",
        };
        let fits = keeps_secret.is_none_or(|keeps| keeps == self.confidential);
        checks.require(fits, "confidential", "invalid", message);
        let message = "can be uuid for custom clients only";
        let fits = self.access_token_format != TokenFormat::Uuid || self.client_type == ClientType::Custom;
        checks.require(fits, "access_token_format", "invalid", message);
    }

    fn check_grants(&self, checks: &mut Checks, rules: &ClientRules<'_>, before: Option<&Client>) {
        use GrantType::{AuthorizationCode, ClientCredentials, Implicit, Password, RefreshToken};
        let field = "grant_types";
        for grant in self.grant_types.iter().filter(|grant| grant.is_legacy()) {
            let is_on = rules.legacy_grants.contains(grant);
            let was_there = before.is_some_and(|before| before.grant_types.contains(grant));
            let message = format!(
                "must not hold {}: this legacy grant is off; an administrator can turn it on in oauth.legacy_grants",
                grant.as_str()
            );
            checks.require(is_on || was_there, field, "legacy_grant_off", &message);
        }
        let has = |grant| self.grant_types.contains(&grant);
        let only = |allowed: &[GrantType]| self.grant_types.iter().all(|grant| allowed.contains(grant));
        let (fits, message) = match self.client_type {
            ClientType::Web => (
                only(&[AuthorizationCode, Password, RefreshToken]) && !self.grant_types.is_empty(),
                "must be one or more of authorization_code, password and refresh_token for this client type",
            ),
            ClientType::SinglePage => (
                only(&[AuthorizationCode, Implicit]) && !self.grant_types.is_empty(),
                "must be authorization_code (or implicit, where it is on) for this client type",
            ),
            ClientType::Native => (
                only(&[AuthorizationCode, RefreshToken]) && has(AuthorizationCode),
                "must be authorization_code, and may be refresh_token besides, for this client type",
            ),
            ClientType::NonInteractive => (
                self.grant_types == [ClientCredentials],
                "must be client_credentials alone for this client type",
            ),
            ClientType::Custom => (true, ""),
        };
        checks.require(fits, field, "invalid", message);
        self.check_open(checks, rules, before, field, self.grant_types.is_empty(), |it| {
            it.grant_types.is_empty()
        });
        let useless = has(RefreshToken) && !self.grant_types.iter().any(|grant| grant.refreshes());
        let message = "must hold a grant that gives refresh tokens, besides refresh_token";
        checks.require(!useless, field, "refresh_alone", message);
        // RFC 6749 §4.4: only confidential clients.
        let message = "must not hold client_credentials: this client does not prove who it is";
        let open = has(ClientCredentials) && !self.confidential;
        checks.require(!open, field, "not_confidential", message);
    }

    /// For custom clients an empty list is open to everything: only administrators leave it so.
    fn check_open(
        &self,
        checks: &mut Checks,
        rules: &ClientRules<'_>,
        before: Option<&Client>,
        field: &str,
        is_open: bool,
        was_open: impl Fn(&Client) -> bool,
    ) {
        let is_custom = self.client_type == ClientType::Custom;
        let may = rules.by_administrator || before.is_some_and(was_open);
        let message = "must name at least one: only administrators may leave a client open to everything";
        checks.require(!is_custom || !is_open || may, field, "required", message);
    }

    fn check_authentication(&self, checks: &mut Checks) {
        let is_none = self.token_endpoint_auth_method == ClientAuthMethod::None;
        let message = if self.confidential {
            "must not be none: this client is confidential"
        } else {
            "must be none: this client is not confidential"
        };
        let field = "token_endpoint_auth_method";
        checks.require(is_none != self.confidential, field, "invalid", message);
        let by_key = self.token_endpoint_auth_method == ClientAuthMethod::PrivateKeyJwt;
        let message = "must be given for private_key_jwt";
        checks.require(!by_key || self.jwks.is_some(), "jwks", "required", message);
        // RFC 9700 §2.1.1.
        let message = "must be true: this client is not confidential";
        checks.require(self.require_pkce || self.confidential, "require_pkce", "invalid", message);
    }

    fn check_lifetimes(&self, checks: &mut Checks) {
        let lifetimes = [
            ("access_token_lifetime_s", self.access_token_lifetime_s, ACCESS_LIFETIME, "seconds"),
            ("refresh_token_lifetime_s", self.refresh_token_lifetime_s, REFRESH_LIFETIME, "seconds"),
            ("id_token_lifetime_min", self.id_token_lifetime_min, ID_LIFETIME, "minutes"),
        ];
        for (field, value, range, unit) in lifetimes {
            let message = format!("must be {} to {} {unit}", range.start(), range.end());
            checks.require(value.is_none_or(|value| range.contains(&value)), field, "out_of_range", &message);
        }
    }

    fn check_refresh(&self, checks: &mut Checks, rules: &ClientRules<'_>) {
        let refreshes = self.grant_types.contains(&GrantType::RefreshToken)
            || (self.client_type == ClientType::Custom && self.grant_types.is_empty());
        let message = "can be given only with the grant type refresh_token";
        let is_given = self.refresh_token_lifetime_s.is_some();
        checks.require(!is_given || refreshes, "refresh_token_lifetime_s", "no_refresh", message);
        // RFC 9700 §4.14.2: public clients need rotation or tokens that are bound to the sender.
        let rotates = self.refresh_invalidate_on_use && self.refresh_issue_new_on_use;
        let message = "must be true, with refresh_issue_new_on_use: refresh tokens of clients that are not confidential are used once";
        let fits = rotates || self.confidential || !refreshes || rules.imported;
        checks.require(fits, "refresh_invalidate_on_use", "rotation_required", message);
    }

    fn check_policy(&self, checks: &mut Checks, rules: &ClientRules<'_>, before: Option<&Client>) {
        let field = "requested_scopes_required";
        let was_off = before.is_some_and(|before| !before.requested_scopes_required);
        let may = match self.client_type {
            _ if self.requested_scopes_required || was_off || rules.imported => true,
            ClientType::Custom => rules.by_administrator,
            ClientType::Web | ClientType::SinglePage | ClientType::Native | ClientType::NonInteractive => {
                false
            }
        };
        let message = match before {
            Some(_) => "cannot be turned off again: this client must name the scopes it asks for",
            None => "must be true: new clients name the scopes they ask for",
        };
        checks.require(may, field, "one_way", message);
        let was_trusted = before.is_some_and(|before| before.trusted);
        let message = "can be set by administrators only";
        let fits = self.trusted == was_trusted || rules.by_administrator;
        checks.require(fits, "trusted", "administrators_only", message);
    }

    fn check_scopes(&self, rules: &ClientRules<'_>) -> Result<Vec<String>, Invalid> {
        let names = crate::parse_labels(&self.scopes)?;
        let mut checks = Checks::new();
        let mut systems = 0;
        for name in &names {
            let at = format!("[{}]", self.scopes.iter().position(|scope| scope == name).unwrap_or_default());
            let Some(scope) = rules.scopes.iter().find(|scope| scope.name == *name) else {
                checks.require(false, &at, "unknown", "must be the name of a scope that exists");
                continue;
            };
            let for_itself = self.client_type == ClientType::NonInteractive;
            match scope.kind {
                ScopeKind::Plain => {}
                ScopeKind::System => {
                    systems += 1;
                    let message = "must not be a system scope: those are for non-interactive clients";
                    checks.require(for_itself, &at, "system_scope", message);
                }
                ScopeKind::Role | ScopeKind::Openid => {
                    let message = "must not be about a person: this client acts for itself";
                    checks.require(!for_itself, &at, "user_scope", message);
                }
            }
        }
        checks.require(systems <= 1, "", "one_system_scope", "must hold one system scope at a time");
        let has_openid = names.iter().any(|name| name == "openid")
            || (self.client_type == ClientType::Custom && names.is_empty());
        let mut outer = Checks::new();
        let names = outer.take("", checks.build(|| Some(names)));
        if self.persistent_sso && !has_openid {
            return Err(Invalid::field("", "openid_required", "must hold openid for persistent_sso"));
        }
        outer.build(|| names)
    }
}

/// Addresses and networks in CIDR notation, IPv4 and IPv6.
fn check_networks(texts: &[String]) -> Result<Vec<IpNet>, Invalid> {
    if texts.len() > MAX_NETWORKS {
        return Err(Invalid::field("", "too_many", format!("must have at most {MAX_NETWORKS} entries")));
    }
    let mut checks = Checks::new();
    let mut networks = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let network = checks.take(&format!("[{i}]"), parse_network(text));
        networks.extend(network.filter(|network| !networks.contains(network)));
    }
    checks.build(|| Some(networks))
}

pub(super) fn parse_network(text: &str) -> Result<IpNet, Invalid> {
    let text = text.trim();
    let network: Option<IpNet> =
        text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
    let message = "must be an address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32";
    let network = network.ok_or_else(|| Invalid::field("", "invalid", message))?;
    if network.trunc() == network {
        Ok(network)
    } else {
        let message = format!("must not have bits beyond its length; meant is perhaps {}", network.trunc());
        Err(Invalid::field("", "host_bits", message))
    }
}
