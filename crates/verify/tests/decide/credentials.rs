//! How keys are found in a call, and which texts are a key.

use domain::secret::sha256;
use domain::{ApiKey, ForeignKey, KeyLocation, Material, Secret, SecretKind};
use keywright_verify::Reason::*;

use crate::world::{CREDENTIAL, Call, VERSION, World, get, get_with_key, id, issued, key, pepper};

const LEGACY: &str = "9fQ2-7xKp_Zr4Lm8Vt1Ws6Nc3";

fn header(name: &str) -> KeyLocation {
    KeyLocation::Header(name.to_owned())
}

fn query(name: &str) -> KeyLocation {
    KeyLocation::Query(name.to_owned())
}

fn passes(world: &World, call: &Call) -> bool {
    world.ask(call).is_ok()
}

#[test]
fn a_key_is_found_where_the_strategy_says_and_nowhere_else() {
    let mut world = World::new();
    let good = key(CREDENTIAL);
    let good = good.expose();
    let by_header = get("/orders").with("x-api-key", good);
    let by_bearer = get("/orders").with("authorization", format!("Bearer {good}"));
    let by_query = get(&format!("/orders?a=1&api_key={good}"));
    for (place, there, elsewhere) in [
        (header("x-api-key"), &by_header, [&by_bearer, &by_query]),
        (header("authorization"), &by_bearer, [&by_header, &by_query]),
        (query("api_key"), &by_query, [&by_header, &by_bearer]),
    ] {
        world.look_in(vec![place]);
        assert!(passes(&world, there));
        for call in elsewhere {
            assert_eq!(world.refusal(call), CredentialMissing);
        }
    }
    world.look_in(vec![header("x-api-key"), header("authorization"), query("api_key")]);
    assert!([&by_header, &by_bearer, &by_query].into_iter().all(|call| passes(&world, call)));
}

#[test]
fn bearer_is_a_scheme_in_any_case_and_others_are_not_looked_at() {
    let mut world = World::new();
    world.look_in(vec![header("authorization")]);
    let good = key(CREDENTIAL);
    let sent = |value: String| get("/orders").with("authorization", value);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert!(passes(&world, &sent(format!("{scheme} {}", good.expose()))), "{scheme}");
    }
    for other in
        [format!("Basic {}", good.expose()), good.expose().to_owned(), "Bearer".to_owned(), String::new()]
    {
        assert_eq!(world.refusal(&sent(other.clone())), CredentialMissing, "{other}");
    }
    for wrong in
        [format!("Bearer  {}", good.expose()), "Bearer ".to_owned(), format!("Bearer\t{}", good.expose())]
    {
        assert!(!passes(&world, &sent(wrong.clone())), "{wrong}");
    }
}

#[test]
fn a_178_more_than_one_credential_is_none() {
    let mut world = World::new();
    world.look_in(vec![header("x-api-key"), header("authorization"), query("api_key")]);
    let good = key(CREDENTIAL);
    let good = good.expose();
    let keyed = get_with_key("/orders");
    for call in [
        keyed.clone().with("x-api-key", "bad"),
        keyed.clone().with("x-api-key", good),
        keyed.clone().with("x-api-key", ""),
        keyed.clone().with("authorization", format!("Bearer {good}")),
        get("/orders?api_key=bad").with("x-api-key", good),
        get("/orders?api_key=").with("x-api-key", good),
        get(&format!("/orders?api_key={good}")).with("x-api-key", "bad"),
        get(&format!("/orders?api_key={good}&api_key={good}")),
    ] {
        assert_eq!(world.refusal(&call), CredentialAmbiguous);
    }
    // Another scheme is no credential of ours, so it is none that could contradict.
    assert!(passes(&world, &keyed.clone().with("authorization", "Basic YTpi")));
}

#[test]
fn a_178_a_bearer_of_ours_beside_a_key_is_one_too_many() {
    let mut world = World::new();
    let keyed = get_with_key("/orders");
    let bearer = |text: &str| format!("Bearer {text}");
    let token = Secret::mint(SecretKind::AccessToken, [9; 32]);
    let other = key(CREDENTIAL + 1);
    for ours in [token.expose(), other.expose(), key(CREDENTIAL).expose()] {
        let call = keyed.clone().with("authorization", bearer(ours));
        assert_eq!(world.refusal(&call), CredentialAmbiguous, "{ours}");
        assert_eq!(world.refusal(&get("/orders").with("authorization", bearer(ours))), CredentialMissing);
    }
    let twice = keyed.clone().with("authorization", "Bearer a").with("authorization", "Bearer b");
    assert_eq!(world.refusal(&twice), CredentialAmbiguous);
    // What the upstream takes from somebody else is the upstream's business.
    for theirs in ["eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "kw_other", "opaque"] {
        assert!(passes(&world, &keyed.clone().with("authorization", bearer(theirs))), "{theirs}");
    }
    // An API that is open to everybody asks nobody.
    world.publish_open(VERSION, "/orders", |_| {});
    assert!(passes(&world, &keyed.with("authorization", bearer(token.expose()))));
}

#[test]
fn a_179_a_key_in_another_spelling_is_not_the_key() {
    let mut world = World::new();
    world.look_in(vec![header("x-api-key"), query("api_key")]);
    let good = key(CREDENTIAL);
    let good = good.expose();
    let full_width: String = good.chars().map(|c| if c == '0' { '\u{ff10}' } else { c }).collect();
    let spellings: Vec<Vec<u8>> = vec![
        format!(" {good}").into(),
        format!("{good} ").into(),
        format!("\t{good}").into(),
        format!("{good}\0").into(),
        format!("{good}\r\n").into(),
        format!("{good},{good}").into(),
        format!("\"{good}\"").into(),
        good.to_uppercase().into(),
        good.to_lowercase().into(),
        good.replace("kw_", "kw%5F").into(),
        good.replace('_', "-").into(),
        format!("{full_width}\u{ff10}").into(),
        good[..good.len() - 1].into(),
        format!("{good}A").into(),
        good.repeat(20_000).into(),
        b"\xff\xfe".to_vec(),
        Vec::new(),
    ];
    for spelling in spellings {
        let shown = String::from_utf8_lossy(&spelling[..spelling.len().min(80)]).into_owned();
        assert_eq!(
            world.refusal(&get("/orders").with("x-api-key", spelling)),
            CredentialUnknown,
            "{shown:?}"
        );
    }
    let encoded = format!("/orders?api_key=%6b{}", &good[1..]);
    assert_eq!(world.refusal(&get(&encoded)), CredentialUnknown);
}

#[test]
fn a_173_a_mistyped_key_is_not_even_looked_up() {
    let world = World::new();
    let mut mistyped = key(CREDENTIAL).expose().to_owned();
    let last = if mistyped.ends_with('A') { 'B' } else { 'A' };
    mistyped.pop();
    mistyped.push(last);
    // Somebody imported exactly this text by its SHA-256. If it were looked up it would be found.
    let hex: String = sha256(mistyped.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let imported = ApiKey::import(ForeignKey::Sha256 { hex, last4: String::new() }, &pepper()).unwrap();
    world.tell(&issued(CREDENTIAL + 1, world.application.id, Material::ApiKey(imported)));
    assert_eq!(world.refusal(&get("/orders").with("x-api-key", &mistyped)), CredentialUnknown);
}

#[test]
fn an_imported_key_opens_by_value_whether_it_came_as_value_or_as_hash() {
    let mut world = World::new();
    let hex: String = sha256(LEGACY.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    for (n, foreign) in [
        (1, ForeignKey::Value(Secret::imported(LEGACY))),
        (2, ForeignKey::Sha256 { hex: hex.clone(), last4: String::new() }),
    ] {
        let imported = ApiKey::import(foreign, &pepper()).unwrap();
        world = World::new();
        world.tell(&issued(CREDENTIAL + n, world.application.id, Material::ApiKey(imported)));
        let verified = world.ask(&get("/orders").with("x-api-key", LEGACY)).unwrap();
        assert_eq!(verified.credential_id(), Some(id(CREDENTIAL + n)));
    }
    // A stolen hash is no key.
    assert_eq!(world.refusal(&get("/orders").with("x-api-key", &hex)), CredentialUnknown);
}

#[test]
fn secrets_of_other_kinds_open_nothing() {
    let world = World::new();
    for kind in [SecretKind::ApiToken, SecretKind::Session, SecretKind::PasswordReset, SecretKind::Setup] {
        let secret = Secret::mint(kind, [9; 32]);
        assert_eq!(world.refusal(&get("/orders").with("x-api-key", secret.expose())), CredentialUnknown);
    }
}
