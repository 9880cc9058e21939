//! An authenticator and the browser around it, as far as a server sees them: it makes passkeys and signs with them, and
//! says what is not so if a test wants that.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Where the desk is for those who use passkeys.
pub const ORIGIN: &str = "https://desk.example.com";
const HOST: &str = "desk.example.com";

/// Flags of what an authenticator says (WebAuthn §6.1).
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const MAY_BE_BACKED_UP: u8 = 8;
const IS_BACKED_UP: u8 = 16;
const HAS_CREDENTIAL: u8 = 64;

/// One passkey with all that belongs to it.
#[derive(Clone)]
pub struct Authenticator {
    pub key: Arc<KeyPair>,
    pub credential: Vec<u8>,
    pub handle: Vec<u8>,
    pub counter: u32,
    pub origin: String,
    pub host: String,
    pub verified: bool,
    pub synced: bool,
}

impl Authenticator {
    pub fn new() -> Self {
        Self {
            key: Arc::new(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()),
            credential: uuid::Uuid::now_v7().into_bytes().into_iter().chain([7; 16]).collect(),
            handle: Vec::new(),
            counter: 0,
            origin: ORIGIN.to_owned(),
            host: HOST.to_owned(),
            verified: true,
            synced: false,
        }
    }

    /// What a browser answers that was asked to make a passkey (WebAuthn §7.1).
    pub fn make(&mut self, options: &Value) -> String {
        self.handle = BASE64URL.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let mut said = self.said(HAS_CREDENTIAL);
        said.extend([0; 16]);
        said.extend(u16::try_from(self.credential.len()).unwrap().to_be_bytes());
        said.extend(&self.credential);
        said.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": said}, in CBOR.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(said.len()).unwrap());
        object.extend(said);
        let response = json!({
            "clientDataJSON": BASE64URL.encode(self.client_data("webauthn.create", options)),
            "attestationObject": BASE64URL.encode(object),
            "transports": ["internal"],
        });
        self.answer(&response)
    }

    /// What a browser answers that was asked to use one (WebAuthn §7.2).
    pub fn sign(&self, options: &Value) -> String {
        let (said, data) = (self.said(0), self.client_data("webauthn.get", options));
        let signed: Vec<u8> = said.iter().copied().chain(Sha256::digest(&data)).collect();
        let response = json!({
            "clientDataJSON": BASE64URL.encode(data),
            "authenticatorData": BASE64URL.encode(said),
            "signature": BASE64URL.encode(self.key.sign(&signed).unwrap()),
            "userHandle": BASE64URL.encode(&self.handle),
        });
        self.answer(&response)
    }

    fn answer(&self, response: &Value) -> String {
        let id = BASE64URL.encode(&self.credential);
        let answer = json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {}, "response": response,
        });
        answer.to_string()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    fn said(&self, more: u8) -> Vec<u8> {
        let mut flags = PRESENT | more;
        if self.verified {
            flags |= VERIFIED;
        }
        if self.synced {
            flags |= MAY_BE_BACKED_UP | IS_BACKED_UP;
        }
        let mut said = Sha256::digest(&self.host).to_vec();
        said.push(flags);
        said.extend(self.counter.to_be_bytes());
        said
    }

    /// As COSE writes ES256 keys (RFC 9053 §2.1 and §7.1.1).
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.der_bytes();
        assert_eq!((point.len(), point[0]), (65, 4));
        let mut key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        key.extend(&point[1..33]);
        key.extend(b"\x22\x58\x20");
        key.extend(&point[33..]);
        key
    }
}
