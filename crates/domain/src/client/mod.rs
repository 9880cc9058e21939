//! Clients: the OAuth settings of an application. One record with two views, of Ceptor's applications and of
//! AppDirect's API clients; see `docs/dialects`.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Serialize;

use crate::transition::noun;
use crate::{ApplicationId, ClientId, Error, Instant, Invalid, Meta, OAuthScope, ScopeKind, Transition};

mod draft;
mod key_set;
mod redirect;
mod words;

pub use draft::{ClientDraft, ClientRules};
pub use words::{ClientAuthMethod, ClientState, ClientType, GrantType, SubjectType, TokenFormat};

/// The OAuth settings of an application.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Client {
    /// Its identity.
    pub id: ClientId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Whose settings they are. An application has one live client at most.
    pub application_id: ApplicationId,
    /// What the client calls itself (RFC 6749 §2.2): unique over everything, revoked clients included.
    pub client_id: String,
    /// Everything that can be set, checked.
    #[serde(flatten)]
    settings: ClientDraft,
    /// From where it may ask for tokens: `allowed_ips`, read.
    #[serde(skip)]
    networks: Vec<IpNet>,
    /// Whether it may still ask for tokens.
    pub state: ClientState,
    /// Tokens that were issued before this are worth nothing.
    pub revoked_epoch: Option<Instant>,
}

/// Its settings are read as if they were its own; to change them, [`Client::update`] takes a draft.
impl std::ops::Deref for Client {
    type Target = ClientDraft;

    fn deref(&self) -> &ClientDraft {
        &self.settings
    }
}

noun!(Client, ClientId, application = |c| Some(c.application_id));

/// How long an access token lives if nothing is said.
const ACCESS_LIFETIME_OPAQUE: Duration = Duration::from_secs(60 * 60);
/// How long one lives that others verify by themselves: until then they do not learn that it was revoked.
const ACCESS_LIFETIME_JWT: Duration = Duration::from_secs(10 * 60);
/// How long a refresh token lives if nothing is said.
const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long an ID token lives if nothing is said.
const ID_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Checks a client id that somebody chose.
///
/// # Errors
/// `invalid` unless it has 1 to 200 visible ASCII characters.
pub fn check_client_id(text: &str) -> Result<(), Invalid> {
    let fits = (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(())
    } else {
        Err(Invalid::field("client_id", "invalid", "must have 1 to 200 visible ASCII characters"))
    }
}

impl Client {
    /// New settings for an application that has none.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: ClientId,
        application_id: ApplicationId,
        client_id: String,
        draft: ClientDraft,
        rules: &ClientRules<'_>,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        check_client_id(&client_id)?;
        let (settings, networks) = draft.check(rules, None)?;
        let client = Self {
            id,
            meta: Meta::new(now),
            application_id,
            client_id,
            settings,
            networks,
            state: ClientState::Live,
            revoked_epoch: None,
        };
        Ok(Transition::create(client, "client.created"))
    }

    /// As it was kept: what was checked when it was saved is not held against today's rules. `None` if it cannot have
    /// been saved.
    pub fn restore(
        (id, meta): (ClientId, Meta),
        application_id: ApplicationId,
        client_id: String,
        settings: ClientDraft,
        (state, revoked_epoch): (ClientState, Option<Instant>),
    ) -> Option<Self> {
        let networks = settings.allowed_ips.iter().map(|text| draft::parse_network(text));
        let networks = networks.collect::<Result<_, _>>().ok()?;
        Some(Self { id, meta, application_id, client_id, settings, networks, state, revoked_epoch })
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> ClientDraft {
        self.settings.clone()
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft, or if it was revoked.
    pub fn update(
        &self,
        draft: ClientDraft,
        rules: &ClientRules<'_>,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        self.must_be_live()?;
        let (settings, networks) = draft.check(rules, Some(self))?;
        let after = Self { settings, networks, ..self.clone() };
        Ok(Transition::update(self, after, "client.updated", now))
    }

    /// Gives it another id: tokens under the old one are worth nothing from now on.
    ///
    /// # Errors
    /// If the id cannot be one, or it was revoked.
    pub fn rename(&self, client_id: String, now: Instant) -> Result<Transition<Self>, Error> {
        self.must_be_live()?;
        check_client_id(&client_id)?;
        let after = Self { client_id, revoked_epoch: Some(now), ..self.clone() };
        Ok(Transition::update(self, after, "client.renamed", now))
    }

    /// Ends all tokens that were issued until now. It may ask for new ones.
    ///
    /// # Errors
    /// If it was revoked.
    pub fn end_tokens(&self, now: Instant) -> Result<Transition<Self>, Error> {
        self.must_be_live()?;
        let after = Self { revoked_epoch: Some(now), ..self.clone() };
        Ok(Transition::update(self, after, "client.tokens_ended", now))
    }

    /// Ends it for good, with all its tokens.
    ///
    /// # Errors
    /// If it was revoked before.
    pub fn revoke(&self, now: Instant) -> Result<Transition<Self>, Error> {
        self.must_be_live()?;
        let after = Self { state: ClientState::Revoked, revoked_epoch: Some(now), ..self.clone() };
        Ok(Transition::update(self, after, "client.revoked", now))
    }

    fn must_be_live(&self) -> Result<(), Error> {
        match self.state {
            ClientState::Live => Ok(()),
            ClientState::Revoked => {
                Err(Error::conflict("revoked", "the client was revoked for good; make a new one"))
            }
        }
    }

    /// Whether it may still ask for tokens.
    pub fn is_live(&self) -> bool {
        match self.state {
            ClientState::Live => true,
            ClientState::Revoked => false,
        }
    }

    /// Whether its settings allow a grant. That the server has it on is asked elsewhere.
    pub fn allows_grant(&self, grant: GrantType) -> bool {
        match self.client_type {
            ClientType::Custom if self.grant_types.is_empty() => true,
            _ => self.grant_types.contains(&grant),
        }
    }

    /// Whether it may prove itself in this way. The two ways to send a secret are one to us.
    pub fn accepts(&self, method: ClientAuthMethod) -> bool {
        let is_secret = |method| match method {
            ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost => true,
            ClientAuthMethod::None | ClientAuthMethod::PrivateKeyJwt => false,
        };
        let own = self.token_endpoint_auth_method;
        // One that need not prove itself may still send a secret, which must then be right.
        method == own || is_secret(method) && (is_secret(own) || own == ClientAuthMethod::None)
    }

    /// Whether it may ask for tokens, and use them, from an address. Where a list is set, an unknown address is not on it.
    pub fn allows_address(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || address.is_some_and(|address| {
                let address = address.to_canonical();
                self.networks.iter().any(|network| network.contains(&address))
            })
    }

    /// The scopes it may ask for, in the order in which they are kept.
    pub fn allowed_scopes(&self, all: &[OAuthScope]) -> Vec<String> {
        if self.client_type == ClientType::Custom && self.scopes.is_empty() {
            let open = all.iter().filter(|scope| scope.kind != ScopeKind::System);
            return open.map(|scope| scope.name.clone()).collect();
        }
        self.scopes.iter().filter(|name| all.iter().any(|scope| scope.name == **name)).cloned().collect()
    }

    /// Where its scripts run in browsers: the places of its redirect URIs, if it keeps no secret. One that keeps a secret
    /// does not run in a browser.
    pub fn browser_origins(&self) -> Vec<String> {
        match self.token_endpoint_auth_method {
            ClientAuthMethod::None => redirect::origins(&self.redirect_uris),
            ClientAuthMethod::ClientSecretBasic
            | ClientAuthMethod::ClientSecretPost
            | ClientAuthMethod::PrivateKeyJwt => Vec::new(),
        }
    }

    /// How long its access tokens live.
    pub fn access_token_lifetime(&self) -> Duration {
        let unset = match self.access_token_format {
            TokenFormat::Jwt => ACCESS_LIFETIME_JWT,
            TokenFormat::Opaque | TokenFormat::Uuid => ACCESS_LIFETIME_OPAQUE,
        };
        span(self.access_token_lifetime_s, 1, unset)
    }

    /// How long its refresh tokens live.
    pub fn refresh_token_lifetime(&self) -> Duration {
        span(self.refresh_token_lifetime_s, 1, REFRESH_LIFETIME)
    }

    /// How long its ID tokens live.
    pub fn id_token_lifetime(&self) -> Duration {
        span(self.id_token_lifetime_min, 60, ID_LIFETIME)
    }

    /// Whether a token that was issued then is still worth something, as far as the client goes.
    pub fn honours(&self, issued_at: Instant) -> bool {
        self.is_live() && self.revoked_epoch.is_none_or(|epoch| issued_at > epoch)
    }
}

fn span(set: Option<i64>, seconds: u64, unset: Duration) -> Duration {
    set.and_then(|value| u64::try_from(value).ok())
        .map_or(unset, |value| Duration::from_secs(value * seconds))
}
