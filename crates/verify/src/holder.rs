//! Whose something is that a call carries, and whether it is worth something now.

use std::sync::Arc;

use domain::{Client, CredentialStatus, Instant, SecretForm, SecretHash, SecretKind};

use crate::authorization::{self, IdAndSecret};
use crate::catalogue::Version;
use crate::certificate::{self, Chain};
use crate::clients::SecretRecord;
use crate::decide::{Caller, Unproven};
use crate::decision::Shown;
use crate::facts::CertificateTerms;
use crate::snapshot::CredentialRecord;
use crate::{Evidence, Known, Question, Reason, Verifier, api_key};

impl Verifier {
    pub(crate) fn holder_of_key(&self, key: &[u8], now: Instant) -> Result<Caller, Reason> {
        let text = api_key::text(key).ok_or(Reason::CredentialUnknown)?;
        let peppers = self.peppers.load();
        let mut fresh = None;
        for pepper in peppers.each() {
            let hash = pepper.hash_presented_key(text).ok_or(Reason::CredentialUnknown)?;
            let fresh = *fresh.get_or_insert(hash);
            let found = self.known(&hash, now, |record| match record.certificate {
                None if hash != fresh => {
                    self.note_stale_hash(record.id, fresh);
                    Ok(())
                }
                None => Ok(()),
                Some(_) => Err(Reason::CredentialUnknown),
            });
            if let Some(holder) = found {
                return holder;
            }
        }
        Err(Reason::CredentialUnknown)
    }

    /// Whether a key is known, whichever pepper has hashed it.
    pub(crate) fn is_key(&self, key: &[u8]) -> bool {
        let Some(text) = api_key::text(key) else { return false };
        let peppers = self.peppers.load();
        let mut hashes = peppers.each().map_while(|pepper| pepper.hash_presented_key(text));
        hashes.any(|hash| self.credential(&hash, |_| ()).is_some())
    }

    pub(crate) fn holder_of_certificate(
        &self,
        presented: certificate::Presented,
        now: Instant,
    ) -> Result<Caller, Reason> {
        let found = self.known(&presented.fingerprint, now, |record| match record.certificate {
            Some(terms) => check_certificate(presented.chain, terms, now),
            None => Err(Reason::CredentialUnknown),
        });
        found.unwrap_or(Err(Reason::CredentialUnknown))
    }

    /// Whose a credential is, if it is worth something now and `fits`; `None` if there is none.
    fn known(
        &self,
        hash: &SecretHash,
        now: Instant,
        fits: impl FnOnce(&CredentialRecord) -> Result<(), Reason>,
    ) -> Option<Result<Caller, Reason>> {
        self.credential(hash, |record| {
            check_status(record.status(now))?;
            fits(record)?;
            self.note_use(record, now);
            let shown = Shown::Credential(record.id);
            Ok(Caller { application_id: record.application_id, shown, client: None })
        })
    }

    /// The client whose id and secret these are. A secret that was made here is compared by its fast hash; one that
    /// somebody chose is slow to compare, so that is asked for.
    pub(crate) fn holder_of_secret(
        &self,
        pair: &IdAndSecret,
        evidence: &impl Evidence,
        now: Instant,
    ) -> Result<Caller, Unproven> {
        let peppers = self.peppers.load();
        let hashes = peppers.hashes(SecretKind::ClientSecret, &pair.secret);
        let client = self.client_by_name(&pair.id).ok_or(Reason::CredentialUnknown)?;
        let secrets = self.secrets_of(client.application_id);
        if let Some(record) = secrets.iter().find(|record| record.is_minted_as(&hashes)) {
            check_status(record.status(now))?;
            self.renew_hash(record, &hashes);
            return Ok(self.holder(client, record, now));
        }
        let is_chosen = |record: &&SecretRecord| match record.form {
            SecretForm::Chosen { .. } => record.status(now).is_usable(),
            SecretForm::Minted { .. } => false,
        };
        if !secrets.iter().any(|record| is_chosen(&record)) {
            return Err(Reason::CredentialUnknown.into());
        }
        match evidence.chosen_secret(&client, &pair.secret) {
            // It may have been ended since it was compared.
            Known::Yes(id) => match secrets.iter().filter(is_chosen).find(|record| record.id == id) {
                Some(record) => Ok(self.holder(client, record, now)),
                None => Err(Reason::CredentialUnknown.into()),
            },
            Known::No(reason) => Err(reason.into()),
            Known::NotYet => Err(Unproven::Ask(Question::Secret(client, pair.secret.clone()))),
        }
    }

    fn holder(&self, client: Arc<Client>, record: &SecretRecord, now: Instant) -> Caller {
        self.note_use_of_secret(record, now);
        let (application_id, shown) = (client.application_id, Shown::Credential(record.id));
        Caller { application_id, shown, client: Some(client) }
    }

    /// The client that holds an access token, if the token is worth something now, and is for this API.
    pub(crate) fn holder_of_token(
        &self,
        version: &Version,
        value: &[u8],
        evidence: &impl Evidence,
        now: Instant,
    ) -> Result<Caller, Unproven> {
        let text = authorization::token(value).ok_or(Reason::CredentialMalformed)?;
        let token = match evidence.token(text) {
            Known::Yes(token) => token,
            Known::No(reason) => return Err(reason.into()),
            Known::NotYet => return Err(Unproven::Ask(Question::Token(text.to_owned()))),
        };
        let client = self.client_that_holds(&token, now)?;
        // RFC 9068 §4: a token that does not name this API is for another one.
        let is_meant = match version.audiences.as_slice() {
            [] => token.audience.is_empty() || token.audience.iter().any(|it| evidence.is_this_server(it)),
            known => token.audience.iter().any(|it| known.contains(it)),
        };
        if !is_meant {
            return Err(Reason::AudienceWrong.into());
        }
        let application_id = token.application_id;
        Ok(Caller { application_id, shown: Shown::Token(token), client: Some(client) })
    }

    /// Whether tokens can be for this audience: an API version names it.
    pub fn is_audience(&self, audience: &str) -> bool {
        self.catalogue.load().audiences.contains(audience)
    }
}

fn check_status(status: CredentialStatus) -> Result<(), Reason> {
    match status {
        CredentialStatus::Active | CredentialStatus::Rotating => Ok(()),
        CredentialStatus::Disabled => Err(Reason::CredentialDisabled),
        CredentialStatus::Expired => Err(Reason::CredentialExpired),
        CredentialStatus::Revoked => Err(Reason::CredentialRevoked),
    }
}

/// The time is ours to check: a gateway's clock and patience are its own.
fn check_certificate(chain: Chain, terms: CertificateTerms, now: Instant) -> Result<(), Reason> {
    if now < terms.not_before {
        return Err(Reason::CredentialNotYetValid);
    }
    match chain {
        Chain::Trusted => Ok(()),
        Chain::Expired if terms.allow_expired || terms.skip_chain => Ok(()),
        Chain::Untrusted if terms.skip_chain => Ok(()),
        Chain::Expired | Chain::Untrusted => Err(Reason::CredentialUntrusted),
    }
}
