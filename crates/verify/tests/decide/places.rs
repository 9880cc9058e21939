//! Which version a call is a call of.

use domain::{ApiVersionDraft, ApiVersionId};
use keywright_verify::Reason::*;

use crate::world::{VERSION, World, get, get_with_key, id};

/// Open versions at places: host or any, prefix.
fn published(places: &[(&str, &str)]) -> World {
    let mut world = World::new();
    world.publish_open(VERSION, "/nowhere", |_| {});
    for (n, (host, prefix)) in (1..).zip(places) {
        world.publish_open(VERSION + n, prefix, |draft| {
            draft.hosts.extend((*host != "*").then(|| (*host).to_owned()))
        });
    }
    world
}

fn nth(n: u64) -> ApiVersionId {
    id(VERSION + n)
}

#[test]
fn the_longest_prefix_of_whole_segments_wins() {
    let world = published(&[("*", "/"), ("*", "/orders"), ("*", "/orders/v2"), ("*", "/orders/v2/admin")]);
    for (target, n) in [
        ("/", 1),
        ("/other", 1),
        ("/ordersx", 1),
        ("/orders", 2),
        ("/orders/", 2),
        ("/orders?x=/orders/v2", 2),
        ("/orders/v1/admin", 2),
        ("/orders/v20", 2),
        ("/orders/v2", 3),
        ("/orders/v2/x/admin", 3),
        ("/orders/v2/admin", 4),
        ("/orders/v2/admin/x", 4),
    ] {
        assert_eq!(world.version(&get(target)), nth(n), "{target}");
    }
}

#[test]
fn without_a_root_the_rest_is_unknown() {
    let world = published(&[("*", "/orders")]);
    for target in ["/", "/order", "/ordersx", "/other/orders"] {
        assert_eq!(world.refusal(&get(target)), ApiUnknown, "{target}");
    }
}

#[test]
fn a_named_host_goes_before_any_host_however_short_its_prefix() {
    let world = published(&[("*", "/orders/v2"), ("a.example.com", "/orders"), ("b.example.com", "/")]);
    assert_eq!(world.version(&get("/orders/v2").at("a.example.com")), nth(2));
    assert_eq!(world.version(&get("/orders/v2").at("A.Example.COM:8443")), nth(2));
    assert_eq!(world.version(&get("/orders/v2").at("b.example.com")), nth(3));
    assert_eq!(world.version(&get("/orders/v2").at("c.example.com")), nth(1));
    // What a named host does not publish is looked for at any host.
    let world = published(&[("*", "/other"), ("a.example.com", "/orders")]);
    assert_eq!(world.version(&get("/other").at("a.example.com")), nth(1));
    assert_eq!(world.refusal(&get("/orders").at("b.example.com")), ApiUnknown);
    assert_eq!(world.refusal(&get("/orders").at("x.a.example.com")), ApiUnknown);
}

#[test]
fn a_prefix_in_another_case_is_refused_and_not_taken_for_a_shorter_one() {
    let world = published(&[("*", "/"), ("*", "/orders"), ("*", "/orders/Admin")]);
    for target in ["/Orders", "/ORDERS/7", "/orders/admin", "/orders/ADMIN/x", "/Orders/Admin"] {
        assert_eq!(world.refusal(&get(target)), PathCase, "{target}");
    }
    assert_eq!(world.version(&get("/orders/Admin/x")), nth(3));
    // Below the longest prefix, capitals are the upstream's own business.
    assert_eq!(world.version(&get("/orders/Seven")), nth(2));
    assert_eq!(world.version(&get("/Other")), nth(1));
}

#[test]
fn methods_tell_versions_at_one_place_apart() {
    let mut world = published(&[]);
    let only = |methods: &'static [&str]| {
        move |draft: &mut ApiVersionDraft| draft.methods = methods.iter().map(|m| (*m).to_owned()).collect()
    };
    world.publish_open(VERSION + 1, "/orders", only(&["GET", "HEAD"]));
    world.publish_open(VERSION + 2, "/orders", only(&["POST"]));
    world.publish_open(VERSION + 3, "/orders/all", |_| {});
    assert_eq!(world.version(&get("/orders")), nth(1));
    assert_eq!(world.version(&get("/orders").by("HEAD")), nth(1));
    assert_eq!(world.version(&get("/orders").by("POST")), nth(2));
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS"] {
        assert_eq!(world.refusal(&get("/orders").by(method)), MethodNotOffered, "{method}");
        assert_eq!(world.version(&get("/orders/all").by(method)), nth(3), "{method}");
    }
    // A longer prefix that does not offer the method hides the shorter one that does.
    world.publish_open(VERSION + 3, "/orders/all", only(&["POST"]));
    assert_eq!(world.refusal(&get("/orders/all")), MethodNotOffered);
}

#[test]
fn a_preflight_passes_where_browsers_may_call_and_nowhere_else() {
    let mut world = World::new();
    let preflight = get("/orders")
        .by("OPTIONS")
        .with("origin", "https://shop.example")
        .with("access-control-request-method", "GET");
    assert_eq!(world.refusal(&preflight), CredentialMissing);
    for methods in [vec![], vec!["GET".to_owned()]] {
        world.publish(VERSION, "/orders", |draft| {
            draft.cors = true;
            draft.methods = methods;
        });
        let verified = world.ask(&preflight).unwrap();
        assert_eq!((verified.api_version_id(), verified.application_id()), (id(VERSION), None));
        // It is a preflight only with both headers, and only by its method.
        assert_eq!(world.refusal(&get("/orders")), CredentialMissing);
        let by_get = preflight.clone().by("GET");
        assert_eq!(world.refusal(&by_get), CredentialMissing);
        let by_put = preflight.clone().by("PUT");
        assert!([CredentialMissing, MethodNotOffered].contains(&world.refusal(&by_put)));
    }
}

#[test]
fn options_that_is_no_preflight_is_a_call_like_any_other() {
    let mut world = World::new();
    world.publish(VERSION, "/orders", |draft| draft.cors = true);
    let options = get_with_key("/orders").by("OPTIONS");
    assert_eq!(world.version(&options), id(VERSION));
    assert_eq!(world.refusal(&get("/orders").by("OPTIONS").with("origin", "https://a")), CredentialMissing);
    world.publish(VERSION, "/orders", |draft| {
        draft.cors = true;
        draft.methods = vec!["GET".to_owned()];
    });
    assert_eq!(world.refusal(&options), MethodNotOffered);
    assert_eq!(world.refusal(&options.clone().with("origin", "https://a")), MethodNotOffered);
    // The version that does offer OPTIONS gets it, whichever was published first.
    world.publish_open(VERSION + 1, "/orders", |draft| draft.methods = vec!["OPTIONS".to_owned()]);
    assert_eq!(world.version(&options), id(VERSION + 1));
}
