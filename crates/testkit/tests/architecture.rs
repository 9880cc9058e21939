//! The ladder: which of our crates may use which, where each heavy dependency lives, and how long a file may be.
//!
//! To use a new crate from another one, change a table here, and say why in ARCHITECTURE.md.

// Clippy takes only the test functions themselves for tests, not what they call.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Our crates from the bottom of the ladder to the top, each with those that it may use.
const ARROWS: [(&str, &[&str]); 14] = [
    ("macros", &[]),
    ("domain", &[]),
    ("oauth", &["domain"]),
    ("verify", &["domain", "oauth"]),
    ("store", &["macros", "domain", "oauth", "verify"]),
    ("app", &["macros", "domain", "oauth", "verify", "store"]),
    ("outbound", &["domain", "app"]),
    ("edge", &["domain", "oauth", "app", "outbound"]),
    ("api", &["domain", "app", "edge"]),
    ("web", &["domain", "app", "edge"]),
    ("dialects", &["domain", "app", "outbound", "edge"]),
    ("server", &["domain", "oauth", "verify", "app", "edge", "api", "web", "dialects"]),
    ("keywright", &["domain", "oauth", "verify", "store", "app", "outbound", "server"]),
    ("testkit", &[]),
];

/// What people and their tools reach: together the home of what speaks HTTP.
const EDGES: &[&str] = &["edge", "api", "web", "dialects", "server"];

/// The crates that may use a heavy dependency. A star stands for the rest of the name.
const HOMES: [(&str, &[&str]); 16] = [
    ("aws-lc-rs", &["oauth"]),
    ("jsonwebtoken", &["oauth"]),
    ("webauthn_rp", &["app"]),
    ("sea-orm", &["store"]),
    ("sea-orm-migration", &["store"]),
    ("sqlx*", &["store"]),
    ("axum*", EDGES),
    ("askama*", &["api", "web", "server"]),
    ("utoipa*", &["edge", "api"]),
    ("hyper*", &["edge", "server"]),
    ("tower*", &["server"]),
    ("reqwest", &["outbound"]),
    ("lettre", &["outbound"]),
    ("clap*", &["keywright"]),
    ("tikv-jemallocator", &["keywright"]),
    ("syn", &["macros"]),
];

/// Crates whose rules do no I/O, and what they would need for it.
const PURE: [&str; 3] = ["domain", "oauth", "verify"];
const IMPURE: [&str; 3] = ["tokio", "getrandom", "rand"];

const LONGEST_FILE: usize = 450;

/// That `user` names `used` in its manifest, for more than its tests.
struct Use {
    user: String,
    used: String,
    features: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn uses() -> Vec<Use> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let mut uses = Vec::new();
    for package in list(&metadata["packages"]) {
        for dependency in list(&package["dependencies"]).iter().filter(|it| it["kind"] != "dev") {
            uses.push(Use {
                user: text(&package["name"]).replace("keywright-", ""),
                used: text(&dependency["name"]).replace("keywright-", ""),
                features: list(&dependency["features"]).iter().map(text).collect(),
            });
        }
    }
    uses
}

fn is_ours(name: &str) -> bool {
    ARROWS.iter().any(|(ours, _)| *ours == name)
}

/// The crates that may use it, if it is one of the heavy ones.
fn homes(name: &str) -> Option<&'static [&'static str]> {
    let is_meant = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    HOMES.iter().find(|(pattern, _)| is_meant(pattern)).map(|(_, homes)| *homes)
}

/// What is wrong with one use.
fn complaint(it: &Use) -> Option<String> {
    let Use { user, used, features } = it;
    let Some((_, allowed)) = ARROWS.iter().find(|(ours, _)| ours == user) else {
        return Some(format!("{user} has no line in the table of arrows"));
    };
    if is_ours(used) && !allowed.contains(&used.as_str()) {
        return Some(format!("{user} may not use {used}"));
    }
    if let Some(homes) = homes(used).filter(|homes| !homes.contains(&user.as_str())) {
        return Some(format!("{user} may not use {used}: its home is {}", homes.join(", ")));
    }
    if PURE.contains(&user.as_str()) && IMPURE.contains(&used.as_str()) {
        return Some(format!("{user} may not use {used}: its rules do no I/O"));
    }
    // deny.toml makes an exception for an advisory about the transport.
    if used == "lettre" && *features != ["builder"] {
        return Some(format!("{user} may use the builder of lettre, and nothing else of it: {features:?}"));
    }
    None
}

#[test]
fn arrows_point_down_and_heavy_dependencies_are_at_home() {
    let uses = uses();
    for (ours, _) in ARROWS {
        assert!(root().join("crates").join(ours).is_dir(), "{ours} is in the table and not in crates/");
    }
    let complaints: Vec<String> = uses.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(uses.iter().any(|it| it.user == "app" && it.used == "store"), "the manifests were not read");
}

#[test]
fn what_the_ladder_forbids_is_found() {
    let forbidden = [
        ("domain", "verify"),
        ("server", "store"),
        ("outbound", "store"),
        ("app", "server"),
        ("web", "api"),
        ("dialects", "web"),
        ("web", "utoipa"),
        ("keywright", "testkit"),
        ("app", "sea-orm"),
        ("keywright", "utoipa-axum"),
        ("server", "reqwest"),
        ("verify", "tokio"),
        ("stranger", "serde"),
        ("outbound", "lettre"),
    ];
    for (user, used) in forbidden {
        let it = Use { user: user.into(), used: used.into(), features: vec!["smtp-transport".into()] };
        assert!(complaint(&it).is_some(), "{user} → {used}");
    }
}

#[test]
fn files_are_short() {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root().join("crates")).unwrap().map(|it| it.unwrap().path().join("src")).collect();
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|it| it == "rs") {
                let lines = fs::read_to_string(&entry).unwrap().lines().count();
                assert!(lines <= LONGEST_FILE, "{} has {lines} lines: it has two subjects", entry.display());
                read += 1;
            }
        }
    }
    assert!(read > 100, "only {read} files were read");
}
