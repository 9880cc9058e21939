//! Clients, their secrets, and tokens that were ended before their time, in memory.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use domain::{
    AccessToken, AccessTokenId, ApplicationId, Client, ClientId, CredentialId, CredentialState,
    CredentialStatus, GrantId, Instant, SecretForm, SecretHash, credential_status,
};

use crate::known::Known;
use crate::{Reason, Verifier};

/// No access token lives longer.
const LONGEST_TOKEN: Duration = Duration::from_secs(31 * 24 * 3600);

/// What is known of clients.
#[derive(Default)]
pub(crate) struct Clients {
    by_id: Known<ClientId, Arc<Client>>,
    /// By what they call themselves; revoked ones are left out.
    by_name: Known<String, ClientId>,
    by_application: Known<ApplicationId, ClientId>,
    /// Where scripts of live public clients run, each with those clients.
    /// They are texts that developers choose, so these are hashed by what nobody can foresee.
    origins: papaya::HashMap<String, Arc<[ClientId]>>,
    /// The secrets of each application, few.
    secrets: Known<ApplicationId, Arc<[SecretRecord]>>,
    secret_of: Known<CredentialId, ApplicationId>,
    revoked: Known<AccessTokenId, Instant>,
    /// Grants that were ended, and when. Living ones are not kept: there are many.
    ended_grants: Known<GrantId, Instant>,
}

/// What is known of a client secret.
#[derive(Clone, Debug)]
pub struct SecretRecord {
    /// Which credential it is.
    pub id: CredentialId,
    /// Whose.
    pub application_id: ApplicationId,
    /// How it is compared.
    pub form: SecretForm,
    pub(crate) state: CredentialState,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) is_replaced: bool,
    pub(crate) last_used: Arc<AtomicI64>,
}

impl SecretRecord {
    /// What it is worth at a moment.
    pub fn status(&self, now: Instant) -> CredentialStatus {
        credential_status(self.state, self.expires_at, self.is_replaced, now)
    }

    /// Whether it is the minted secret that has one of these hashes. Of a keyed hash of 256 random bits, nothing can be
    /// learnt by the time that it takes.
    pub fn is_minted_as(&self, hashes: &[SecretHash]) -> bool {
        match &self.form {
            SecretForm::Minted { hash } => hashes.contains(hash),
            SecretForm::Chosen { .. } => false,
        }
    }
}

impl Clients {
    pub(crate) fn apply(&self, id: ClientId, client: Option<Box<Client>>) {
        let by_id = self.by_id.pin();
        let (by_name, by_application) = (self.by_name.pin(), self.by_application.pin());
        if let Some(old) = by_id.get(&id) {
            // The place may belong to a newer client already.
            if by_name.get(&old.client_id) == Some(&id) {
                by_name.remove(&old.client_id);
            }
            if by_application.get(&old.application_id) == Some(&id) {
                by_application.remove(&old.application_id);
            }
            old.browser_origins().into_iter().for_each(|origin| self.set_origin(origin, id, false));
        }
        match client {
            Some(client) => {
                if client.is_live() {
                    by_name.insert(client.client_id.clone(), id);
                    by_application.insert(client.application_id, id);
                    client.browser_origins().into_iter().for_each(|origin| self.set_origin(origin, id, true));
                }
                by_id.insert(id, Arc::from(client));
            }
            None => {
                by_id.remove(&id);
            }
        }
    }

    fn set_origin(&self, origin: String, id: ClientId, is_used: bool) {
        let origins = self.origins.pin();
        let known = origins.get(&origin).cloned().unwrap_or_default();
        let others = known.iter().copied().filter(|other| *other != id);
        let all: Vec<ClientId> = others.chain(is_used.then_some(id)).collect();
        if all.is_empty() {
            origins.remove(&origin);
        } else {
            origins.insert(origin, all.into());
        }
    }

    /// Puts a secret in the place of what was known of it, without a moment in which it is not there.
    pub(crate) fn apply_secret(&self, mut secret: SecretRecord) {
        if let Some(known) = self.secret(secret.id) {
            secret.last_used = known.last_used;
        }
        self.secret_of.pin().insert(secret.id, secret.application_id);
        let secrets = self.secrets.pin();
        let old = secrets.get(&secret.application_id).cloned().unwrap_or_default();
        let (id, application_id) = (secret.id, secret.application_id);
        let others = old.iter().filter(|other| other.id != id).cloned();
        let all: Vec<SecretRecord> = others.chain([secret]).collect();
        secrets.insert(application_id, all.into());
    }

    fn secret(&self, id: CredentialId) -> Option<SecretRecord> {
        let application_id = *self.secret_of.pin().get(&id)?;
        self.secrets.pin().get(&application_id)?.iter().find(|secret| secret.id == id).cloned()
    }

    pub(crate) fn forget_secret(&self, id: CredentialId) {
        let secret_of = self.secret_of.pin();
        let Some(application_id) = secret_of.remove(&id) else { return };
        let secrets = self.secrets.pin();
        let Some(old) = secrets.get(application_id) else { return };
        let rest: Vec<SecretRecord> = old.iter().filter(|secret| secret.id != id).cloned().collect();
        secrets.insert(*application_id, rest.into());
    }

    pub(crate) fn apply_revoked(&self, id: AccessTokenId, until: Option<Instant>) {
        let all = self.revoked.pin();
        match until {
            Some(until) => all.insert(id, until),
            None => all.remove(&id),
        };
    }

    /// When a grant was ended; `None`: it lives.
    pub(crate) fn apply_grant(&self, id: GrantId, ended_at: Option<Instant>) {
        let all = self.ended_grants.pin();
        match ended_at {
            Some(at) => all.insert(id, at),
            None => all.remove(&id),
        };
    }

    /// The database removes what belongs to an application together with it, without a word about each.
    pub(crate) fn forget_application(&self, id: ApplicationId) {
        let clients: Vec<ClientId> =
            self.by_id.pin().iter().filter(|(_, it)| it.application_id == id).map(|(id, _)| *id).collect();
        for client in clients {
            self.apply(client, None);
        }
        self.secrets.pin().remove(&id);
        self.secret_of.pin().retain(|_, application| *application != id);
    }
}

impl Verifier {
    /// A client by its identity, revoked or not.
    pub fn client(&self, id: ClientId) -> Option<Arc<Client>> {
        self.clients.by_id.pin().get(&id).map(Arc::clone)
    }

    /// Whether there is any client.
    pub fn has_clients(&self) -> bool {
        !self.clients.by_id.is_empty()
    }

    /// The live client that calls itself so.
    pub fn client_by_name(&self, client_id: &str) -> Option<Arc<Client>> {
        let id = *self.clients.by_name.pin().get(client_id)?;
        self.client(id)
    }

    /// Whether scripts of a live public client run there.
    pub fn is_origin(&self, origin: &str) -> bool {
        self.clients.origins.pin().contains_key(origin)
    }

    /// The live client of an application.
    pub fn client_of(&self, application: ApplicationId) -> Option<Arc<Client>> {
        let id = *self.clients.by_application.pin().get(&application)?;
        self.client(id)
    }

    /// The client secrets of an application, ended ones included.
    pub fn secrets_of(&self, application: ApplicationId) -> Arc<[SecretRecord]> {
        self.clients.secrets.pin().get(&application).cloned().unwrap_or_default()
    }

    /// Whether an application's calls are let through at all.
    pub fn is_active(&self, application: ApplicationId) -> bool {
        self.application(application).is_some_and(|it| match it.state {
            domain::ApplicationState::Active => true,
            domain::ApplicationState::Suspended => false,
        })
    }

    /// Whether a token is worth something: it lives, nobody ended it, nor its client, nor the application.
    pub fn honours(&self, token: &AccessToken, now: Instant) -> bool {
        self.is_active(token.application_id) && self.client_that_holds(token, now).is_ok()
    }

    /// The client of a token that lives, and that nobody ended, nor the consent it comes from, nor all of its client.
    pub(crate) fn client_that_holds(&self, token: &AccessToken, now: Instant) -> Result<Arc<Client>, Reason> {
        let is_ended = self.clients.revoked.pin().contains_key(&token.id)
            || token.grant_id.is_some_and(|id| self.clients.ended_grants.pin().contains_key(&GrantId(id)));
        if is_ended {
            return Err(Reason::CredentialRevoked);
        }
        let client = self.client(token.client_id).ok_or(Reason::CredentialUnknown)?;
        if !client.honours(token.issued_at) {
            return Err(Reason::CredentialRevoked);
        }
        if token.is_alive(now) { Ok(client) } else { Err(Reason::CredentialExpired) }
    }

    /// A minted secret was shown, and these are its hashes, the present pepper's first: it is kept by that one from now
    /// on.
    pub fn renew_hash(&self, secret: &SecretRecord, hashes: &[SecretHash]) {
        if let (SecretForm::Minted { hash }, Some(fresh)) = (&secret.form, hashes.first())
            && hash != fresh
        {
            self.note_stale_hash(secret.id, *fresh);
        }
    }

    /// Notes that a secret let a call through.
    pub(crate) fn note_use_of_secret(&self, secret: &SecretRecord, now: Instant) {
        self.note(secret.id, &secret.last_used, now);
    }

    /// Forgets that tokens were revoked which would be over by now.
    pub fn forget_revoked_tokens(&self, now: Instant) {
        self.clients.revoked.pin().retain(|_, expires_at| *expires_at > now);
        self.clients.ended_grants.pin().retain(|_, ended_at| now.since(*ended_at) < LONGEST_TOKEN);
    }
}
