//! The master key: found, made once, and never guessed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::Place;

const KEY: &str = "keywright-data/master.key";

/// A place whose data folder was in use.
fn used() -> Place {
    let place = Place::new();
    place.run("token create --name test").answer();
    place
}

#[track_caller]
fn refused(place: &Place, message: &str, hint: &str) {
    for command in ["token list", "serve --listen 127.0.0.1:0 --gateway-listen 127.0.0.1:0"] {
        let ran = place.run(command);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
        assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn a_297_another_key_is_refused() {
    let place = used();
    fs::write(place.path(KEY), format!("{}\n", "1f".repeat(31) + "2e")).unwrap();
    refused(&place, "this database was written under another master key", "put the right master.key back");
}

#[test]
fn a_297_a_missing_key_is_not_made_anew() {
    let place = used();
    fs::remove_file(place.path(KEY)).unwrap();
    refused(
        &place,
        "master.key is missing, and the database was written under it",
        "put it back from your backup",
    );
    assert!(!place.path(KEY).exists());
}

#[test]
fn a_297_a_weak_key_is_refused_without_showing_it() {
    let place = used();
    for weak in ["changeme".to_owned(), "0".repeat(64), String::new()] {
        fs::write(place.path(KEY), &weak).unwrap();
        refused(&place, "master.key: the master key ", "put the right one back from your backup");
        let told = place.run("token list").stderr;
        assert!(weak.is_empty() || !told.contains(&weak), "{told}");
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let place = used();
    fs::set_permissions(place.path(KEY), Permissions::from_mode(0o644)).unwrap();
    refused(&place, "others may read the master key", "chmod 600 ");
}

#[test]
fn two_nodes_of_one_postgres_need_the_same_key() {
    let url = testkit::postgres::database();
    let node = || Place::new().variable("KEYWRIGHT_DATABASE_URL", &url);
    let first = node();
    first.run("token create --name test").answer();
    let second = node();
    refused(&second, "master.key is missing, and the database was written under it", "from another node");
    fs::create_dir_all(second.path("keywright-data")).unwrap();
    fs::copy(first.path(KEY), second.path(KEY)).unwrap();
    assert!(second.run("token list").answer().contains("test"));
}
