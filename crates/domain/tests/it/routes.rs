//! Where versions may be published beside each other, and where not.

use keywright_domain::{ApiVersion, ApiVersionDraft, Route};

use crate::sample::{NOW, id};

fn route(hosts: &[&str], path_prefixes: &[&str], methods: &[&str]) -> Route {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Route { hosts: owned(hosts), path_prefixes: owned(path_prefixes), methods: owned(methods) }
}

#[test]
fn one_place_belongs_to_one_version() {
    let here = route(&[], &["/orders"], &[]);
    let named = route(&["api.example.com"], &["/orders"], &[]);
    let reads = route(&[], &["/orders"], &["GET", "HEAD"]);
    for (a, b, prefix) in [
        (&here, &here, Some("/orders")),
        (&here, &route(&[], &["/other", "/orders"], &[]), Some("/orders")),
        // Prefixes inside each other are told apart: the longer one wins.
        (&here, &route(&[], &["/orders/v2"], &[]), None),
        (&here, &route(&[], &["/"], &[]), None),
        // A named host goes before any host.
        (&here, &named, None),
        (&named, &named, Some("/orders")),
        (&named, &route(&["b.example.com", "api.example.com"], &["/orders"], &[]), Some("/orders")),
        (&named, &route(&["b.example.com"], &["/orders"], &[]), None),
        // Methods tell versions apart, unless one offers them all.
        (&reads, &route(&[], &["/orders"], &["POST"]), None),
        (&reads, &route(&[], &["/orders"], &["POST", "GET"]), Some("/orders")),
        (&reads, &here, Some("/orders")),
        // An upstream that ignores case could not tell these apart, whatever the method.
        (&here, &route(&[], &["/Orders"], &[]), Some("/orders")),
        (&reads, &route(&[], &["/ORDERS"], &["POST"]), Some("/orders")),
    ] {
        assert_eq!(a.collides_with(b), prefix, "{a:?} {b:?}");
        let back = b.collides_with(a).map(str::to_lowercase);
        assert_eq!(back.as_deref(), prefix, "{b:?} {a:?}");
    }
}

/// The wrong fields of a version, as `field code`.
fn wrong_fields(edit: impl FnOnce(&mut ApiVersionDraft)) -> Vec<String> {
    let mut draft = ApiVersionDraft::new("v1", "/orders", id(4));
    edit(&mut draft);
    match ApiVersion::create(id(40), id(41), draft, NOW) {
        Ok(_) => Vec::new(),
        Err(invalid) => invalid.fields().iter().map(|f| format!("{} {}", f.field, f.code)).collect(),
    }
}

#[test]
fn a_version_says_which_of_its_fields_are_wrong() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(wrong_fields(|_| {}), [""; 0]);
    assert_eq!(wrong_fields(|d| d.path_prefixes.clear()), ["path_prefixes required"]);
    assert_eq!(wrong_fields(|d| d.path_prefixes = texts(&["/a", "/b/"])), ["path_prefixes[1] invalid"]);
    assert_eq!(wrong_fields(|d| d.hosts = texts(&["a.test", "http://b"])), ["hosts[1] invalid"]);
    assert_eq!(wrong_fields(|d| d.methods = texts(&["get"])), ["methods[0] invalid"]);
    assert_eq!(wrong_fields(|d| d.required_roles = texts(&["gold", "a b"])), ["required_roles[1] invalid"]);
    assert_eq!(wrong_fields(|d| d.tags = vec!["x".to_owned(); 51]), ["tags too_many"]);
    let all_at_once = wrong_fields(|d| {
        d.name.clear();
        d.hosts = texts(&[""]);
        d.accepted_credentials.clear();
    });
    assert_eq!(all_at_once, ["name required", "hosts[0] invalid", "subscription_required conflict"]);
}

#[test]
fn two_spellings_of_one_prefix_are_not_one_version_s_either() {
    let draft = |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        wrong_fields(|d| d.path_prefixes = paths)
    };
    assert_eq!(draft(&["/orders", "/orders"]), [""; 0]);
    assert_eq!(draft(&["/orders", "/x", "/Orders"]), ["path_prefixes[2] duplicate"]);
}

#[test]
fn what_nobody_proves_cannot_be_demanded() {
    // A version without credentials is open to everybody: a role or a scope on it would only seem to protect.
    let open = |edit: fn(&mut ApiVersionDraft)| {
        wrong_fields(|d| {
            d.accepted_credentials.clear();
            d.subscription_required = false;
            edit(d);
        })
    };
    assert_eq!(open(|_| {}), [""; 0]);
    assert_eq!(open(|d| d.subscription_required = true), ["subscription_required conflict"]);
    assert_eq!(open(|d| d.required_roles = vec!["gold".to_owned()]), ["required_roles conflict"]);
    assert_eq!(open(|d| d.required_scopes = vec!["read".to_owned()]), ["required_scopes conflict"]);
}

#[test]
fn an_edited_version_keeps_what_was_not_edited() {
    let mut draft = ApiVersionDraft::new("v1", "/orders", id(4));
    draft.hosts = vec!["API.example.com".to_owned(), "api.example.com".to_owned()];
    let version = ApiVersion::create(id(40), id(41), draft, NOW).unwrap().into_parts().0;
    assert_eq!(version.route.hosts, ["api.example.com"]);
    let same = version.update(version.draft(), NOW).unwrap();
    assert_eq!(same.into_parts().2.details, serde_json::json!({}));
}
