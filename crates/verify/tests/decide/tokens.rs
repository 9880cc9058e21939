//! Tokens and clients' secrets, with what is known of them brought along.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use domain::{
    Accepted, AccessToken, ApiVersionDraft, Client, ClientDraft, ClientRules, ClientSecret, ClientType,
    Credential, CredentialId, CredentialState, KeyLocation, Material, Secret, SecretKind,
};
use keywright_verify::Reason::{self, *};
use keywright_verify::{Change, Decision, Evidence, GrantFacts, Known, Question};

use crate::world::{
    APPLICATION, Call, NOW, VERSION, World, get, get_with_key, id, issued, key, made, pepper,
};

const SERVER: &str = "https://desk.test";

/// What is known: one token and one chosen secret.
#[derive(Clone)]
struct Brought {
    token: Known<Arc<AccessToken>>,
    secret: Known<CredentialId>,
}

impl Evidence for Brought {
    fn token(&self, text: &str) -> Known<Arc<AccessToken>> {
        if text == "good" { self.token.clone() } else { Known::No(CredentialUnknown) }
    }

    fn chosen_secret(&self, _: &Client, _: &str) -> Known<CredentialId> {
        self.secret.clone()
    }

    fn is_this_server(&self, audience: &str) -> bool {
        audience == SERVER
    }

    fn names_this_server(&self, text: &str) -> bool {
        text == "a.jwt.of-ours"
    }
}

fn token() -> AccessToken {
    AccessToken {
        id: id(0xa00),
        hash: None,
        found_by_hash: false,
        client_id: id(0xb00),
        application_id: id(APPLICATION),
        developer_id: None,
        grant_id: Some(uuid::Uuid::from_u128(0xc)),
        scopes: vec!["orders".to_owned(), "stock".to_owned()],
        audience: Vec::new(),
        subject: "somebody".to_owned(),
        issued_at: NOW,
        expires_at: NOW + Duration::from_secs(50),
    }
}

fn client() -> Client {
    let rules = ClientRules { legacy_grants: &[], scopes: &[], by_administrator: true, imported: false };
    let draft = ClientDraft::of(ClientType::Custom);
    made(Client::create(id(0xb00), id(APPLICATION), "shop".to_owned(), draft, &rules, NOW).unwrap())
}

fn world(edit: impl FnOnce(&mut ApiVersionDraft)) -> World {
    let mut world = World::new();
    world.publish(VERSION, "/orders", |draft| {
        draft.accepted_credentials = vec![Accepted::Bearer];
        edit(draft);
    });
    tell(&world, client());
    world
}

fn tell(world: &World, client: Client) {
    world.verifier.apply(Change::Client(client.id, Some(Box::new(client))));
}

fn bearer() -> Call {
    get("/orders").with("authorization", "Bearer good")
}

fn with(change: impl FnOnce(&mut AccessToken)) -> Brought {
    let mut token = token();
    change(&mut token);
    Brought { token: Known::Yes(Arc::new(token)), secret: Known::No(CredentialUnknown) }
}

fn verdict(world: &World, call: &Call, brought: &Brought) -> Option<Reason> {
    match world.decide(call, brought) {
        Decision::Allowed(_) => None,
        Decision::Refused(refusal) => Some(refusal.reason),
        Decision::Undecided(question) => panic!("{question:?}"),
    }
}

#[test]
fn a_token_opens_and_says_for_whom() {
    let world = world(|_| {});
    let Decision::Allowed(verified) = world.decide(&bearer(), &with(|_| {})) else { panic!("refused") };
    assert_eq!(verified.credential_id(), Some(token().id.0));
    assert_eq!(verified.token().map(|token| token.subject.as_str()), Some("somebody"));
    assert_eq!(verified.application_id(), Some(id(APPLICATION)));
}

#[test]
fn what_is_not_known_is_asked_for_and_counted_once() {
    let world = world(|_| {});
    let unknown = Brought { token: Known::NotYet, ..with(|_| {}) };
    let asked = world.decide(&bearer(), &unknown);
    assert!(matches!(asked, Decision::Undecided(Question::Token(text)) if text == "good"));
    assert_eq!(world.verifier.take_usage(), []);
    assert_eq!(verdict(&world, &bearer(), &with(|_| {})), None);
    assert_eq!(world.verifier.take_usage().len(), 1);
    assert_eq!(format!("{:?}", Question::Token("kw_at_x".to_owned())), "Token(…)");
}

#[test]
fn a_token_is_worth_nothing_when_anything_that_it_hangs_on_ended() {
    let now = |change: fn(&mut AccessToken)| verdict(&world(|_| {}), &bearer(), &with(change));
    assert_eq!(now(|it| it.expires_at = NOW), Some(CredentialExpired));
    assert_eq!(now(|it| it.client_id = id(0xb01)), Some(CredentialUnknown));
    assert_eq!(now(|it| it.application_id = id(APPLICATION + 1)), Some(CredentialUnknown));

    let world = world(|_| {});
    let good = with(|it| it.issued_at = NOW + Duration::from_secs(5));
    let verdict = |brought: &Brought| verdict(&world, &bearer(), brought);
    assert_eq!(verdict(&good), None);
    let ended = made(client().end_tokens(NOW + Duration::from_secs(1)).unwrap());
    tell(&world, ended);
    assert_eq!((verdict(&good), verdict(&with(|_| {}))), (None, Some(CredentialRevoked)));
    tell(&world, made(client().revoke(NOW).unwrap()));
    assert_eq!(verdict(&good), Some(CredentialRevoked));
    tell(&world, client());
    let grant = domain::GrantId(uuid::Uuid::from_u128(0xc));
    world.verifier.apply(Change::Grant(grant, Some(GrantFacts { ended_at: Some(NOW) })));
    assert_eq!(verdict(&good), Some(CredentialRevoked));
    world.verifier.apply(Change::Grant(grant, Some(GrantFacts { ended_at: None })));
    assert_eq!(verdict(&good), None);
    let revoked = made(token().revoke(NOW));
    world.verifier.apply(Change::RevokedToken(revoked.id, Some(revoked)));
    assert_eq!(verdict(&good), Some(CredentialRevoked));
}

#[test]
fn rfc9068_4_a_token_is_for_this_api_or_for_nobody_in_particular() {
    for (accepted, named, refused) in [
        (&[][..], &[][..], None),
        (&[], &[SERVER], None),
        (&[], &["https://other.test"], Some(AudienceWrong)),
        (&[], &["https://other.test", SERVER], None),
        (&["https://api.test"], &[], Some(AudienceWrong)),
        (&["https://api.test"], &[SERVER], Some(AudienceWrong)),
        (&["https://api.test"], &["https://api.test"], None),
        (&["https://api.test", "urn:b"], &["urn:a", "urn:b"], None),
        (&["https://api.test"], &["https://api.test/"], Some(AudienceWrong)),
        (&["https://api.test"], &["HTTPS://api.test"], Some(AudienceWrong)),
    ] {
        let owned = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let world = world(|draft| draft.audiences = owned(accepted));
        let brought = with(|it| it.audience = owned(named));
        assert_eq!(verdict(&world, &bearer(), &brought), refused, "{accepted:?} {named:?}");
        for audience in accepted {
            assert!(world.verifier.is_audience(audience));
        }
        assert!(!world.verifier.is_audience("https://other.test"));
    }
}

#[test]
fn rfc6750_3_1_scopes_are_demanded_of_tokens_all_of_them() {
    for (demanded, is_enough) in [
        (&[][..], true),
        (&["orders"], true),
        (&["orders", "stock"], true),
        (&["orders", "prices"], false),
        (&["prices|orders"], true),
        (&["prices|cost", "orders"], false),
        (&["Orders"], false),
        (&["order"], false),
    ] {
        let owned: Vec<String> = demanded.iter().map(|it| (*it).to_owned()).collect();
        let world = world(|draft| draft.required_scopes = owned);
        let refused = (!is_enough).then_some(ScopeMissing);
        assert_eq!(verdict(&world, &bearer(), &with(|_| {})), refused, "{demanded:?}");
    }
}

#[test]
fn rfc6750_3_1_an_operation_demands_scopes_of_its_own() {
    let operations =
        ["GET /orders/{id} orders:read", "POST /orders/{id}/cancel orders:cancel|admin", "GET /orders/open"];
    let world = world(|draft| {
        draft.required_scopes = vec!["orders".to_owned()];
        draft.operation_scopes = operations.iter().filter_map(|line| line.parse().ok()).collect();
    });
    let told = |method: &str, path: &str, scopes: &[&str]| {
        let call = get(path).by(method).with("authorization", "Bearer good");
        let brought = with(|it| it.scopes = scopes.iter().map(|it| (*it).to_owned()).collect());
        match world.decide(&call, &brought) {
            Decision::Allowed(_) => None,
            Decision::Refused(refusal) => {
                let challenge = refusal.challenge.as_deref().unwrap_or_default().to_owned();
                Some((refusal.reason, challenge))
            }
            Decision::Undecided(question) => panic!("{question:?}"),
        }
    };
    let lacks = |scope: &str| {
        Some((
            ScopeMissing,
            format!("Bearer realm=\"keywright\", error=\"insufficient_scope\", scope=\"{scope}\""),
        ))
    };
    assert_eq!(told("GET", "/orders/17", &["orders:read"]), None, "in the place of what the version demands");
    assert_eq!(told("GET", "/orders/17", &["orders"]), lacks("orders:read"));
    assert_eq!(told("HEAD", "/Orders/17/", &["orders"]).map(|it| it.0), Some(PathCase));
    assert_eq!(told("HEAD", "/orders/17/", &["orders"]), lacks("orders:read"));
    assert_eq!(told("POST", "/orders/17/CANCEL", &["orders"]), lacks("orders:cancel"));
    assert_eq!(told("POST", "/orders/17/cancel", &["admin"]), None);
    assert_eq!(told("GET", "/orders/open", &[]), None, "an operation may demand nothing");
    for (method, path) in [("GET", "/orders"), ("PUT", "/orders/17"), ("GET", "/orders/17/items")] {
        assert_eq!(told(method, path, &["orders"]), None, "{method} {path}");
        assert_eq!(told(method, path, &["orders:read"]), lacks("orders"), "{method} {path}");
    }
}

#[test]
fn a_client_that_is_bound_to_addresses_is_nothing_elsewhere() {
    let world = world(|_| {});
    let free = client();
    let draft = ClientDraft { allowed_ips: vec!["192.0.2.0/24".to_owned()], ..free.draft() };
    let state = (free.state, None);
    let bound = Client::restore((free.id, free.meta), free.application_id, "shop".to_owned(), draft, state);
    let bound = bound.unwrap();
    tell(&world, bound);
    let from = |address: &str| verdict(&world, &bearer().from(address), &with(|_| {}));
    assert_eq!(from("192.0.2.7"), None);
    assert_eq!(from("::ffff:192.0.2.7"), None);
    assert_eq!(from("192.0.3.7"), Some(AddressNotAllowed));
    assert_eq!(verdict(&world, &bearer(), &with(|_| {})), Some(AddressNotAllowed), "nobody knows from where");
}

#[test]
fn a_178_a_key_and_a_token_may_share_their_place() {
    let mut world = world(|draft| draft.accepted_credentials = vec![Accepted::ApiKey, Accepted::Bearer]);
    world.look_in(vec![KeyLocation::Header("authorization".to_owned())]);
    let by_key =
        get("/orders").with("authorization", format!("Bearer {}", key(crate::world::CREDENTIAL).expose()));
    assert_eq!(verdict(&world, &bearer(), &with(|_| {})), None);
    assert_eq!(verdict(&world, &by_key, &with(|_| {})), None);
    assert_eq!(
        verdict(&world, &by_key.with("authorization", "Bearer good"), &with(|_| {})),
        Some(CredentialAmbiguous)
    );
    world.look_in(vec![KeyLocation::Header("x-api-key".to_owned())]);
    let both = get_with_key("/orders").with("authorization", "Bearer good");
    assert_eq!(verdict(&world, &both, &with(|_| {})), Some(CredentialAmbiguous));
}

#[test]
fn a_178_what_an_api_does_not_take_may_not_be_ours() {
    let world = world(|draft| draft.accepted_credentials = vec![Accepted::ApiKey]);
    let nothing = with(|_| {});
    let beside =
        |value: &str| verdict(&world, &get_with_key("/orders").with("authorization", value), &nothing);
    assert_eq!(beside("Bearer a.jwt.of-ours"), Some(CredentialAmbiguous));
    assert_eq!(beside("bearer a.jwt.of-ours"), Some(CredentialAmbiguous));
    assert_eq!(beside("Bearer a.jwt.of-theirs"), None);
    let text = Secret::mint(SecretKind::ClientSecret, [3; 32]);
    let pair = |password: &str| base64::prelude::BASE64_STANDARD.encode(format!("shop:{password}"));
    assert_eq!(beside(&format!("Basic {}", pair(text.expose()))), Some(CredentialAmbiguous));
    assert_eq!(beside(&format!("Basic {}", pair("theirs"))), None);
    assert_eq!(beside("Basic !"), None, "somebody else's scheme is somebody else's business");
    // The same the other way round: a key of ours beside a token.
    let mut world = self::world(|draft| draft.accepted_credentials = vec![Accepted::Bearer]);
    world.look_in(vec![
        KeyLocation::Header("x-api-key".to_owned()),
        KeyLocation::Query("api_key".to_owned()),
        KeyLocation::Header("authorization".to_owned()),
    ]);
    let ours = key(crate::world::CREDENTIAL);
    assert_eq!(verdict(&world, &bearer(), &nothing), None);
    assert_eq!(verdict(&world, &bearer().with("x-api-key", "theirs"), &nothing), None);
    assert_eq!(
        verdict(&world, &bearer().with("x-api-key", ours.expose()), &nothing),
        Some(CredentialAmbiguous)
    );
    let in_query = get(&format!("/orders?api_key={}", ours.expose())).with("authorization", "Bearer good");
    assert_eq!(verdict(&world, &in_query, &nothing), Some(CredentialAmbiguous));
}

fn secret(n: u64, material: ClientSecret) -> Credential {
    issued(n, id(APPLICATION), Material::ClientSecret(material))
}

fn basic(user: &str, password: &str) -> Call {
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"));
    get("/orders").with("authorization", format!("basic {pair}"))
}

#[test]
fn a_client_proves_itself_by_any_of_its_live_secrets() {
    let world = world(|draft| draft.accepted_credentials = vec![Accepted::Basic]);
    let text = Secret::mint(SecretKind::ClientSecret, [3; 32]);
    let minted = secret(0xd00, ClientSecret::minted(&text, &pepper()));
    let chosen = secret(0xd01, ClientSecret::chosen(&Secret::imported("chosen"), "phc".to_owned()));
    world.tell(&minted);
    let nothing = with(|_| {});
    let good = basic("shop", text.expose());
    assert_eq!(verdict(&world, &good, &nothing), None);
    assert_eq!(world.verifier.take_used(), [(id(0xd00), NOW)]);
    for wrong in [basic("shop", "wrong"), basic("Shop", text.expose()), basic("other", text.expose())] {
        assert_eq!(verdict(&world, &wrong, &nothing), Some(CredentialUnknown), "and nobody is asked");
    }
    world.tell(&chosen);
    let slow = Brought { secret: Known::NotYet, ..nothing.clone() };
    assert_eq!(verdict(&world, &good, &slow), None, "the fast one is compared first");
    let asked = world.decide(&basic("shop", "chosen"), &slow);
    assert!(matches!(asked, Decision::Undecided(Question::Secret(_, text)) if text == "chosen"));
    let found = Brought { secret: Known::Yes(id(0xd01)), ..nothing.clone() };
    assert_eq!(verdict(&world, &basic("shop", "chosen"), &found), None);
    // It was compared, and ended before the answer came.
    world.tell(&Credential { state: CredentialState::Revoked, ..chosen });
    assert_eq!(verdict(&world, &basic("shop", "chosen"), &found), Some(CredentialUnknown));
    world.tell(&Credential { state: CredentialState::Disabled, ..minted.clone() });
    assert_eq!(verdict(&world, &good, &nothing), Some(CredentialDisabled));
    world.tell(&minted);
    tell(&world, made(client().revoke(NOW).unwrap()));
    assert_eq!(verdict(&world, &good, &nothing), Some(CredentialUnknown));
}
