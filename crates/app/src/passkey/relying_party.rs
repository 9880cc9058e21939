//! What is asked of browsers for passkeys, and what is believed of their answers (Web Authentication Level 3, §7). This is
//! the only file that knows `webauthn_rp`, which does the verifying.

use std::num::NonZeroU32;

use domain::{Passkey, PasskeyDraft, Person};
use url::{Host, Url};
use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::auth::{
    AllowedCredentials, AuthenticationVerificationOptions, NonDiscoverableAuthenticationServerState,
    NonDiscoverableCredentialRequestOptions,
};
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialCreationOptions, PublicKeyCredentialUserEntity, RegistrationServerState,
    RegistrationVerificationOptions, UserHandle16,
};
use webauthn_rp::request::{
    AsciiDomain, Credentials as _, PublicKeyCredentialDescriptor, RpId, UserVerificationRequirement,
};
use webauthn_rp::response::auth::error::AuthCeremonyErr;
use webauthn_rp::response::auth::{DiscoverableAuthentication16, NonDiscoverableAuthentication16};
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, Backup, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthenticationServerState, DiscoverableCredentialRequestOptions,
    Registration,
};

use super::ticket::LIFETIME;
use crate::{Error, Result};

/// Keys as they are kept: none but these algorithms are asked for (EdDSA, ES256, ES384, RS256).
type Key = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;

/// Who asks: browsers bind passkeys to the host, and say to which origin they gave an answer.
#[derive(Debug)]
pub(super) struct RelyingParty {
    id: RpId,
    origin: String,
}

/// What is asked of a browser: what has to be known to believe the answer, and the options as JSON (§5.1).
pub(super) struct Asked {
    pub(super) state: Vec<u8>,
    pub(super) options: String,
}

/// An answer that is right.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) state: Vec<u8>,
    pub(super) synced: bool,
}

/// Why an answer is not believed.
#[derive(Debug)]
pub(super) enum Disbelief {
    /// It is not what was asked for; the reason is for the log.
    Wrong(String),
    /// The signature is right and its counter stands still or goes back: somebody else may have the key, too (§6.1.1).
    Copied,
}

impl RelyingParty {
    /// The one that is reached at an address.
    ///
    /// # Errors
    /// Why browsers make no passkeys for this address, in words for people.
    pub(super) fn of(public_url: &str) -> std::result::Result<Self, &'static str> {
        const NO_NAME: &str = "Passkeys need a host name, and that of this desk is none to browsers.";
        let url = Url::parse(public_url).map_err(|_| NO_NAME)?;
        // An RP ID is a domain (§5.1.2).
        let host = match url.host() {
            Some(Host::Domain(host)) => host,
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
                return Err("Passkeys need a host name, and this desk is reached at an IP address.");
            }
            None => return Err(NO_NAME),
        };
        // Secure contexts only (§5): to browsers, that is what comes from the machine itself, too.
        let is_local = host == "localhost" || host.ends_with(".localhost");
        if url.scheme() != "https" && !is_local {
            return Err("Passkeys need HTTPS, and this desk is reached by plain HTTP.");
        }
        let domain = AsciiDomain::try_from(host.to_owned()).map_err(|_| NO_NAME)?;
        Ok(Self { id: RpId::Domain(domain), origin: url.origin().ascii_serialization() })
    }

    /// Asks for a new passkey that can be found without an address, behind a PIN, a finger or a face (§7.1). Somebody is
    /// called by their address in it; what they have already is not made again where it is.
    pub(super) fn to_add(&self, person: Person, called: &str, theirs: &[Passkey]) -> Result<Asked> {
        let handle = handle_of(person);
        let known = theirs.iter().map(descriptor).collect::<Result<Vec<_>>>()?;
        let user = PublicKeyCredentialUserEntity::from(&handle);
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.id, user, known);
        options.timeout = timeout();
        // It would keep authenticators out that do not know it, and we verify that users were verified in any case.
        options.extensions.cred_protect = CredProtect::None;
        let (server, client) = options.start_ceremony().map_err(defect)?;
        let mut options = serde_json::to_value(&client).map_err(defect)?;
        // For people, and to be shown only: PRECIS profiles (§5.4.1) are not for addresses.
        options["user"]["name"] = called.into();
        options["user"]["displayName"] = called.into();
        Ok(Asked { state: server.encode().map_err(defect)?, options: options.to_string() })
    }

    /// Believes in a new passkey (§7.1). Its attestation is not asked for, and not looked at.
    pub(super) fn added(&self, state: &[u8], answer: &str) -> std::result::Result<PasskeyDraft, Disbelief> {
        let state = RegistrationServerState::<16>::decode(state).map_err(wrong)?;
        let answer = Registration::from_json_relaxed(answer.as_bytes()).map_err(wrong)?;
        let origins = [self.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let added = state.verify(&self.id, &answer, &options).map_err(wrong)?;
        Ok(PasskeyDraft {
            credential_id: added.id().into_inner().to_vec(),
            public_key: added.static_state().encode().map_err(wrong)?,
            state: added.dynamic_state().encode().map_err(wrong)?.to_vec(),
            transports: added.transports().encode().map_err(wrong)?,
            synced: is_synced(added.dynamic_state()),
        })
    }

    /// Asks for any passkey for this desk (§7.2). Nothing in it says who has one.
    pub(super) fn to_sign_in(&self) -> Result<Asked> {
        let mut options = DiscoverableCredentialRequestOptions::passkey(&self.id);
        options.0.timeout = timeout();
        let (server, client) = options.start_ceremony().map_err(defect)?;
        let options = serde_json::to_string(&client).map_err(defect)?;
        Ok(Asked { state: server.encode().map_err(defect)?, options })
    }

    /// Asks for one of somebody's (§7.2).
    pub(super) fn to_prove(&self, theirs: &[Passkey]) -> Result<Asked> {
        let mut allowed = AllowedCredentials::with_capacity(theirs.len());
        for passkey in theirs {
            allowed.push(descriptor(passkey)?.into());
        }
        let mut options =
            NonDiscoverableCredentialRequestOptions::second_factor(&self.id, allowed).map_err(defect)?;
        options.options().timeout = timeout();
        // Each is used in one way, whatever was shown before.
        options.options().user_verification = UserVerificationRequirement::Required;
        let (server, client) = options.start_ceremony().map_err(defect)?;
        let options = serde_json::to_string(&client).map_err(defect)?;
        Ok(Asked { state: server.encode().map_err(defect)?, options })
    }

    /// Believes in an answer to [`Self::to_sign_in`] (§7.2): that the user handle is its owner's, too.
    pub(super) fn signed_in(
        &self,
        state: &[u8],
        answer: &str,
        by: &Passkey,
    ) -> std::result::Result<Signed, Disbelief> {
        let state = DiscoverableAuthenticationServerState::decode(state).map_err(wrong)?;
        let answer = DiscoverableAuthentication16::from_json_relaxed(answer.as_bytes()).map_err(wrong)?;
        let origins = [self.origin.as_str()];
        let handle = handle_of(by.person);
        let mut credential = credential(by, &handle)?;
        state.verify(&self.id, &answer, &mut credential, &verifying(&origins)).map_err(disbelief)?;
        signed(credential.dynamic_state())
    }

    /// Believes in an answer to [`Self::to_prove`].
    pub(super) fn proven(
        &self,
        state: &[u8],
        answer: &str,
        by: &Passkey,
    ) -> std::result::Result<Signed, Disbelief> {
        let state = NonDiscoverableAuthenticationServerState::decode(state).map_err(wrong)?;
        let answer = NonDiscoverableAuthentication16::from_json_relaxed(answer.as_bytes()).map_err(wrong)?;
        let origins = [self.origin.as_str()];
        let handle = handle_of(by.person);
        let mut credential = credential(by, &handle)?;
        state.verify(&self.id, &answer, &mut credential, &verifying(&origins)).map_err(disbelief)?;
        signed(credential.dynamic_state())
    }
}

/// What the passkey that gave an answer is called where it is kept.
pub(super) fn credential_of(answer: &str) -> Option<Vec<u8>> {
    let answer = NonDiscoverableAuthentication16::from_json_relaxed(answer.as_bytes()).ok()?;
    Some(answer.raw_id().into_inner().to_vec())
}

/// What authenticators know somebody as: an id that says nothing about them (§14.6.1).
fn handle_of(person: Person) -> UserHandle16 {
    let id = match person {
        Person::Developer(id) => id.0,
        Person::Administrator(id) => id.0,
    };
    match UserHandle16::decode(id.into_bytes()) {
        Ok(handle) => handle,
        Err(never) => match never {},
    }
}

fn descriptor(passkey: &Passkey) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>> {
    let id = CredentialId::<Vec<u8>>::decode(passkey.credential_id.clone()).map_err(defect)?;
    let transports = AuthTransports::decode(passkey.transports).map_err(defect)?;
    Ok(PublicKeyCredentialDescriptor { id, transports })
}

fn credential<'a>(
    passkey: &'a Passkey,
    handle: &'a UserHandle16,
) -> std::result::Result<AuthenticatedCredential<'a, 'a, 16, Key>, Disbelief> {
    let id = CredentialId::<&[u8]>::decode(&passkey.credential_id).map_err(wrong)?;
    let key = StaticState::<Key>::decode(&passkey.public_key).map_err(wrong)?;
    let state = passkey.state.as_slice().try_into().map_err(wrong)?;
    let state = DynamicState::decode(state).map_err(wrong)?;
    AuthenticatedCredential::new(id, handle, key, state).map_err(wrong)
}

/// Extensions that nobody asked for are no reason to say no (§7.2, step 23). What can be copied must have been so from
/// the beginning (step 19).
fn verifying<'a>(origins: &'a [&'a str]) -> AuthenticationVerificationOptions<'a, 'a, &'a str, &'a str> {
    AuthenticationVerificationOptions {
        allowed_origins: origins,
        error_on_unsolicited_extensions: false,
        ..AuthenticationVerificationOptions::default()
    }
}

fn signed(state: DynamicState) -> std::result::Result<Signed, Disbelief> {
    Ok(Signed { state: state.encode().map_err(wrong)?.to_vec(), synced: is_synced(state) })
}

fn is_synced(state: DynamicState) -> bool {
    matches!(state.backup, Backup::Exists)
}

/// As long as a ticket.
fn timeout() -> NonZeroU32 {
    u32::try_from(LIFETIME.as_millis()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

fn disbelief(error: AuthCeremonyErr) -> Disbelief {
    match error {
        AuthCeremonyErr::SignatureCounter => Disbelief::Copied,
        other => wrong(other),
    }
}

fn wrong(error: impl std::fmt::Display) -> Disbelief {
    Disbelief::Wrong(error.to_string())
}

fn defect(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("passkeys: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_hosts_that_browsers_trust() {
        let origin = |url: &str| RelyingParty::of(url).map(|it| (it.id.as_ref().to_owned(), it.origin));
        let is = |host: &str, origin: &str| Ok((host.to_owned(), origin.to_owned()));
        assert_eq!(origin("https://Desk.example.com"), is("desk.example.com", "https://desk.example.com"));
        assert_eq!(
            origin("https://desk.example.com:443/x"),
            is("desk.example.com", "https://desk.example.com")
        );
        assert_eq!(
            origin("https://desk.example.com:8443"),
            is("desk.example.com", "https://desk.example.com:8443")
        );
        assert_eq!(origin("http://localhost:8080"), is("localhost", "http://localhost:8080"));
        for (url, why) in [
            ("http://desk.example.com", "HTTPS"),
            ("http://localhost.example.com", "HTTPS"),
            ("http://127.0.0.1:8080", "IP address"),
            ("https://192.0.2.7", "IP address"),
            ("https://[2001:db8::1]:8443", "IP address"),
            ("https://[2001:db8::1]", "IP address"),
            ("https://", "host name"),
        ] {
            assert!(RelyingParty::of(url).unwrap_err().contains(why), "{url}");
        }
    }
}
