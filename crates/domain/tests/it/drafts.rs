//! What somebody typed wrongly is named, all of it at once.

use keywright_domain::{
    AddressRules, AuthMethod, AuthStrategy, AuthStrategyDraft, Checks, Invalid, KeyLocation, Limit, Partner,
    PartnerDraft, Period, Plan, PlanDraft, Sealed,
};

use crate::sample::{NOW, id};

/// The wrong fields, as `field code`.
fn wrong<T>(result: Result<T, Invalid>) -> Vec<String> {
    let Err(invalid) = result else { return Vec::new() };
    invalid.fields().iter().map(|field| format!("{} {}", field.field, field.code)).collect()
}

fn partner(edit: impl FnOnce(&mut PartnerDraft)) -> Vec<String> {
    let mut draft = PartnerDraft { name: "Acme".to_owned(), ..PartnerDraft::default() };
    edit(&mut draft);
    wrong(Partner::create(id(2), draft, NOW))
}

fn plan(edit: impl FnOnce(&mut PlanDraft)) -> Vec<String> {
    let mut draft = PlanDraft { name: "Gold".to_owned(), ..PlanDraft::default() };
    edit(&mut draft);
    wrong(Plan::create(id(8), draft, NOW))
}

fn strategy(locations: Vec<KeyLocation>) -> Vec<String> {
    let draft = AuthStrategyDraft {
        name: "Keys".to_owned(),
        method: AuthMethod::KeyAuth { locations },
        bridge_key: None,
    };
    wrong(AuthStrategy::create(id(4), draft, false, &AddressRules::default(), NOW))
}

fn header(name: &str) -> KeyLocation {
    KeyLocation::Header(name.to_owned())
}

fn query(name: &str) -> KeyLocation {
    KeyLocation::Query(name.to_owned())
}

#[test]
fn checks_collect_every_error_and_keep_their_order() {
    let mut checks = Checks::new();
    assert_eq!(checks.take("a", Ok::<_, Invalid>(1)), Some(1));
    assert_eq!(checks.take("b", Err::<(), _>(Invalid::field("", "required", "must be there"))), None);
    assert_eq!(checks.take("c", Err::<(), _>(Invalid::field("[2]", "invalid", "must be fine"))), None);
    assert_eq!(checks.take("d", Err::<(), _>(Invalid::field("e", "invalid", "must be fine"))), None);
    checks.require(true, "f", "never", "is not said");
    checks.require(false, "g", "too_many", "must be fewer");
    let invalid = checks.build(|| -> Option<()> { panic!("nothing is made of wrong fields") }).unwrap_err();
    assert_eq!(invalid.to_string(), "b must be there; c[2] must be fine; d.e must be fine; g must be fewer");
    assert_eq!(Checks::new().build(|| Some("made")), Ok("made"));
}

#[test]
fn partners() {
    assert_eq!(partner(|_| {}), [""; 0]);
    assert_eq!(partner(|d| d.name = " \t ".to_owned()), ["name required"]);
    assert_eq!(partner(|d| d.name = "x".repeat(257)), ["name too_long"]);
    assert_eq!(partner(|d| d.name = "é".repeat(256)), [""; 0]);
    assert_eq!(partner(|d| d.description = "x".repeat(4_001)), ["description too_long"]);
    assert_eq!(partner(|d| d.description = "two\r\nlines\tand a tab".to_owned()), [""; 0]);
    assert_eq!(partner(|d| d.description = "a bell \u{7}".to_owned()), ["description invalid"]);
    assert_eq!(partner(|d| d.contact_email = Some(String::new())), ["contact_email required"]);
    assert_eq!(partner(|d| d.contact_email = Some("a@b@c.test".to_owned())), ["contact_email invalid"]);
    let all = partner(|d| {
        d.name.clear();
        d.contact_email = Some("nobody".to_owned());
        d.roles = vec!["fine".to_owned(), "not fine".to_owned()];
    });
    assert_eq!(all, ["name required", "contact_email invalid", "roles[1] invalid"]);
}

#[test]
fn roles_keep_their_order_and_lose_their_doubles() {
    let roles = ["b", "a", "b"].map(str::to_owned).to_vec();
    let draft = PartnerDraft { name: "Acme".to_owned(), roles, ..PartnerDraft::default() };
    assert_eq!(Partner::create(id(2), draft, NOW).unwrap().after().roles, ["b", "a"]);
    assert_eq!(partner(|d| d.roles = (0..51).map(|n| n.to_string()).collect()), ["roles too_many"]);
}

#[test]
fn plans() {
    let limit = |requests, per| Limit { requests, per };
    assert_eq!(
        plan(|d| d.limits = vec![limit(1, Period::Second), limit(i64::MAX as u64, Period::Day)]),
        [""; 0]
    );
    assert_eq!(plan(|d| d.limits = vec![limit(0, Period::Day)]), ["limits[0].requests out_of_range"]);
    assert_eq!(plan(|d| d.limits = vec![limit(u64::MAX, Period::Day)]), ["limits[0].requests out_of_range"]);
    let twice =
        plan(|d| d.limits = vec![limit(1, Period::Day), limit(1, Period::Hour), limit(2, Period::Day)]);
    assert_eq!(twice, ["limits[2].per duplicate"]);
    let six = plan(|d| d.limits = vec![limit(1, Period::Day); 6]);
    assert_eq!(six[0], "limits too_many");
}

#[test]
fn auth_strategies() {
    assert_eq!(strategy(vec![header("X-API-Key"), header("authorization"), query("api_key")]), [""; 0]);
    assert_eq!(strategy(vec![]), ["method.locations out_of_range"]);
    assert_eq!(strategy((0..6).map(|n| query(&n.to_string())).collect()), ["method.locations out_of_range"]);
    assert_eq!(strategy(vec![header("a"), header("A")]), ["method.locations[1] duplicate"]);
    // A header and a parameter of one name are two places.
    assert_eq!(strategy(vec![header("key"), query("key")]), [""; 0]);
    for reserved in
        ["Host", "cookie", "Content-Length", "x-forwarded-host", "X-Keywright-Application", "upgrade"]
    {
        assert_eq!(strategy(vec![header(reserved)]), ["method.locations[0].header reserved"], "{reserved}");
    }
    for wrong in ["", "a b", "a_b", "ä", "a:b", "a\r\nb"] {
        assert_eq!(strategy(vec![header(wrong)]), ["method.locations[0].header invalid"], "{wrong:?}");
    }
    for wrong in ["", "a b", "a=b", "a&b", "a%20", "ä", "a[]"] {
        assert_eq!(strategy(vec![query(wrong)]), ["method.locations[0].query invalid"], "{wrong:?}");
    }
}

#[test]
fn a_header_s_case_does_not_count() {
    let draft = AuthStrategyDraft {
        name: "Keys".to_owned(),
        method: AuthMethod::KeyAuth { locations: vec![header("X-Api-Key")] },
        bridge_key: None,
    };
    let rules = AddressRules::default();
    let strategy = AuthStrategy::create(id(4), draft, true, &rules, NOW).unwrap().into_parts().0;
    assert_eq!(strategy.method, AuthMethod::default_key_auth());
}

fn bridged(bridge_url: &str, key: Option<&[u8]>) -> AuthStrategyDraft {
    AuthStrategyDraft {
        name: "Elsewhere".to_owned(),
        method: AuthMethod::BridgedClientCredentials {
            auth_methods: vec!["client_credentials".to_owned()],
            scopes: Vec::new(),
            issuer: "https://issuer.example.com".to_owned(),
            bridge_url: bridge_url.to_owned(),
            event_hooks: true,
        },
        bridge_key: key.map(|key| Sealed(key.to_vec())),
    }
}

#[test]
fn bridges_are_outside_and_have_a_key() {
    let rules = AddressRules::default();
    let told = |url: &str, key: Option<&[u8]>| {
        wrong(AuthStrategy::create(id(4), bridged(url, key), false, &rules, NOW))
    };
    assert_eq!(told("https://bridge.example.com/dcr/", Some(b"k")), [""; 0]);
    assert_eq!(told("https://bridge.example.com/dcr", None), ["method.api_key required"]);
    assert_eq!(told("https://127.0.0.1/", Some(b"k")), ["method.bridge_url blocked_address"]);
    assert_eq!(told("http://bridge.example.com/", Some(b"k")), ["method.bridge_url invalid"]);
    assert_eq!(told("https://bridge.example.com/?a=b", Some(b"k")), ["method.bridge_url invalid"]);
    let method =
        AuthMethod::SelfManagedClientCredentials { auth_methods: vec![], issuer: "http://x".to_owned() };
    let draft = AuthStrategyDraft { method, ..bridged("", None) };
    assert_eq!(wrong(AuthStrategy::create(id(4), draft, false, &rules, NOW)), ["method.issuer invalid"]);
}

#[test]
fn a_known_key_goes_to_no_other_bridge() {
    let rules = AddressRules::default();
    let draft = bridged("https://bridge.example.com/dcr/", Some(b"k"));
    let strategy = AuthStrategy::create(id(4), draft, false, &rules, NOW).unwrap().into_parts().0;
    // The slash at the end is not kept: paths are appended.
    assert_eq!(strategy.method.bridge_url(), Some("https://bridge.example.com/dcr"));
    let update = |url: &str, key: &[u8]| strategy.update(bridged(url, Some(key)), &rules, NOW);
    assert_eq!(wrong(update("https://bridge.example.com/dcr", b"k")), [""; 0]);
    assert_eq!(wrong(update("https://evil.example.com/dcr", b"k")), ["method.api_key required"]);
    assert_eq!(wrong(update("https://other.example.com/dcr", b"l")), [""; 0]);
    // A key without a bridge is not kept.
    let draft = AuthStrategyDraft { method: AuthMethod::default_key_auth(), ..strategy.draft() };
    assert_eq!(strategy.update(draft, &rules, NOW).unwrap().into_parts().0.bridge_key, None);
}
