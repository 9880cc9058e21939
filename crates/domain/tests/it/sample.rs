//! Ids, a moment, and one of each noun, for the tests beside.

use std::str::FromStr;

use keywright_domain::{
    ApiKey, Application, ApplicationDraft, Approval, ApprovalSubject, Client, ClientDraft, ClientRules,
    ClientType, Credential, CredentialDraft, Developer, FlowStep, Instant, Material, Noun, OAuthScope,
    OAuthScopeDraft, Owner, Partner, PartnerDraft, Pepper, Person, Request, RequestContext, RequestKind,
    RequestStatus, ScopeKind, Secret, SecretKind, SigningAlgorithm, SigningKey, Stage, StageKind,
    Subscription, Text, Transition,
};

/// When everything here happens.
pub(crate) const NOW: Instant = Instant::from_micros(1_800_000_000_000_000);

/// The n-th id of any noun.
pub(crate) fn id<T: FromStr<Err: std::fmt::Debug>>(n: u32) -> T {
    format!("00000000-0000-7000-8000-{n:012x}").parse().unwrap()
}

/// What a transition leads to.
pub(crate) fn made<T: Noun>(transition: Transition<T>) -> T {
    transition.into_parts().0
}

pub(crate) fn developer() -> Developer {
    made(Developer::register(id(1), "ada@example.com", "Ada", None, NOW).unwrap())
}

pub(crate) fn partner() -> Partner {
    let draft = PartnerDraft { name: "Acme".to_owned(), ..PartnerDraft::default() };
    made(Partner::create(id(2), draft, NOW).unwrap())
}

pub(crate) fn application(owner: Owner) -> Application {
    let draft = ApplicationDraft { name: "Shop".to_owned(), ..ApplicationDraft::default() };
    made(Application::create(id(3), draft, owner, id(4), NOW).unwrap())
}

pub(crate) fn pepper() -> Pepper {
    Pepper::new(&[7; 32])
}

pub(crate) fn api_key(seed: u8) -> Material {
    let secret = Secret::mint(SecretKind::ApiKey, [seed; 32]);
    Material::ApiKey(ApiKey::minted(&secret, &pepper()))
}

pub(crate) fn credential() -> Credential {
    let draft = CredentialDraft { name: "Main key".to_owned(), expires_at: None };
    made(Credential::issue(id(5), id(3), draft, api_key(1), NOW).unwrap())
}

pub(crate) fn subscription(needs_approval: bool) -> Subscription {
    made(Subscription::request(id(6), id(3), id(7), id(8), needs_approval, Text::default(), NOW))
}

/// One scope of each kind, and two system scopes.
pub(crate) fn scopes() -> Vec<OAuthScope> {
    let kinds = [
        ("orders", ScopeKind::Plain),
        ("openid", ScopeKind::Openid),
        ("email", ScopeKind::Openid),
        ("ROLE_USER", ScopeKind::Role),
        ("ROLE_PARTNER", ScopeKind::System),
        ("ROLE_PARTNER_READ", ScopeKind::System),
    ];
    let scope = |(name, kind): (&str, ScopeKind)| {
        let draft = OAuthScopeDraft {
            name: name.to_owned(),
            kind,
            role: None,
            description: String::new(),
            claims: Vec::new(),
        };
        made(OAuthScope::create(id(30), draft, NOW).unwrap())
    };
    kinds.into_iter().map(scope).collect()
}

/// What a developer's draft is held against where no legacy grant is on.
pub(crate) fn rules(scopes: &[OAuthScope]) -> ClientRules<'_> {
    ClientRules { legacy_grants: &[], scopes, by_administrator: false, imported: false }
}

pub(crate) fn client() -> Client {
    let draft = ClientDraft::of(ClientType::NonInteractive);
    let client_id = "0f0e0d0c-0b0a-4908-8706-050403020100".to_owned();
    made(Client::create(id(31), id(3), client_id, draft, &rules(&scopes()), NOW).unwrap())
}

pub(crate) fn signing_key() -> SigningKey {
    let jwk = serde_json::json!({});
    made(SigningKey::create(id(32), "default".to_owned(), SigningAlgorithm::Es256, jwk, vec![1], NOW))
}

/// A request for as many APIs as statuses are given.
pub(crate) fn request(statuses: &[RequestStatus]) -> Request {
    let apis = (0..).zip(statuses).map(|(n, _)| (id(30 + n), id(40 + n), Some(id(50 + n)))).collect();
    let (requester, context) = (Person::Developer(id(1)), RequestContext::default());
    let mut request =
        made(Request::ask((id(12), RequestKind::Create), requester, id(3), Some(id(13)), context, apis, NOW));
    for (state, status) in request.states.iter_mut().zip(statuses) {
        state.status = *status;
    }
    request
}

/// An approval that Ada and Ben may decide.
pub(crate) fn approval(everyone: bool) -> Approval {
    let step = FlowStep { approvers: Vec::new(), everyone };
    let kind = StageKind::People { flow_id: id(14), step };
    let stage = Stage { id: id(15), kind, votes: Vec::new(), expires_at: None };
    made(Approval::ask(id(16), ApprovalSubject::Request(id(12)), vec![stage], NOW))
}
