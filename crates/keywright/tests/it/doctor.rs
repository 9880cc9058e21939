//! `keywright doctor`: what is well, what is not, and what to do.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::harness::{Place, Ran};
use crate::server::Server;

/// A place with ports of its own.
fn place() -> Place {
    let address = || format!("127.0.0.1:{}", testkit::process::free_port());
    Place::new()
        .variable("KEYWRIGHT_SERVER_LISTEN", &address())
        .variable("KEYWRIGHT_GATEWAY_LISTEN", &address())
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The check with this name.
fn check(ran: &Ran, name: &str) -> (String, String, String) {
    let report = report(ran);
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("{name} is not in {report}"));
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("message"), text("hint"))
}

/// Something is wrong, and this is what is said about it.
#[track_caller]
fn fails(place: &Place, name: &str, message: &str, hint: &str) {
    let ran = place.run("doctor --json");
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert_eq!(report(&ran)["ok"], false);
    let (status, said, advice) = check(&ran, name);
    assert_eq!(status, "fail", "{said}");
    assert!(said.contains(message) && advice.contains(hint), "{said}\n{advice}");
    assert!(ran.stderr.contains("not well"), "{}", ran.stderr);
}

#[test]
fn before_the_first_start_all_is_well_and_nothing_is_made() {
    let place = place();
    let ran = place.run("doctor --json");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert_eq!(check(&ran, "data folder").0, "warn");
    assert_eq!(check(&ran, "database").0, "warn");
    for name in ["master key", "clock", "mail", "listen", "gateway-listen"] {
        assert_eq!(check(&ran, name).0, "ok", "{name}");
    }
    assert!(!place.path("keywright-data").exists());
    assert!(place.run("doctor").answer().contains("warn data folder    ./keywright-data is not there yet\n"));
}

#[test]
fn a_running_server_is_well() {
    let database = testkit::postgres::database();
    for place in [place(), place().variable("KEYWRIGHT_DATABASE_URL", &database)] {
        let server = Server::start(&place);
        let ran = place.run(&format!("doctor --json --data-dir {}", place.path("keywright-data").display()));
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
        let all = report(&ran);
        for found in all["checks"].as_array().unwrap() {
            assert_eq!(found["status"], "ok", "{all}");
        }
        server.stop();
        let left: Vec<_> = fs::read_dir(place.path("keywright-data")).unwrap().collect();
        assert!(left.len() <= 2, "{left:?}");
    }
}

#[test]
fn a_port_is_free_ours_or_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = Place::new().variable("KEYWRIGHT_GATEWAY_LISTEN", &taken.to_string());
    let server = Server::start(&place);
    let ours = Place::new()
        .variable("KEYWRIGHT_SERVER_LISTEN", server.place("listen"))
        .variable("KEYWRIGHT_GATEWAY_LISTEN", server.place("gateway_listen"));
    let ran = ours.run("doctor --json");
    for name in ["listen", "gateway-listen"] {
        let (status, said, _) = check(&ran, name);
        assert!(status == "ok" && said.starts_with("a Keywright answers at "), "{said}");
    }
    server.stop();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    drop(std::thread::spawn(move || other.incoming().for_each(drop)));
    let theirs = Place::new().variable("KEYWRIGHT_SERVER_LISTEN", &address);
    fails(&theirs, "listen", &format!("cannot listen on {address}"), "choose with --listen ADDR");
}

#[test]
fn an_open_data_folder_is_told() {
    let place = place();
    place.run("migrate").answer();
    let folder = place.path("keywright-data");
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let ran = place.run("doctor --json");
    let (status, said, advice) = check(&ran, "data folder");
    assert_eq!((ran.status, status.as_str()), (0, "warn"), "{said}");
    assert!(advice.contains("chmod 700 "), "{advice}");
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    fails(&place, "data folder", "others may write to", "chmod 700 ");
}

#[test]
fn whoever_starts_with_an_open_data_folder_is_warned() {
    let place = place();
    let said = |mode: u32| {
        let folder = place.path("keywright-data");
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        let ran = place.run(&format!("token create --name {mode:o}"));
        ran.done();
        ran.stderr
    };
    place.run("migrate").answer();
    for open in [0o755, 0o777, 0o701, 0o770] {
        let told = said(open);
        assert!(told.contains("others may reach into the data folder"), "{open:o}: {told}");
        assert!(told.contains("chmod 700"), "{told}");
    }
    // For a group that makes backups.
    for closed in [0o700, 0o750] {
        assert_eq!(said(closed), "", "{closed:o}");
    }
}

#[test]
fn a_lost_database_is_told_before_a_new_one_is_made() {
    let place = place();
    place.run("token create --name first").answer();
    for file in fs::read_dir(place.path("keywright-data")).unwrap().map(|entry| entry.unwrap().path()) {
        if file.file_name().is_some_and(|name| name != "master.key") {
            fs::remove_file(file).unwrap();
        }
    }
    let ran = place.run("doctor --json");
    let (status, said, advice) = check(&ran, "database");
    assert_eq!(status, "warn", "{said}");
    assert!(said.contains("is not there, but a master key is") && advice.contains("from your backup"));
    // Who only looks makes nothing.
    let ran = place.run("token list");
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("there is no database here"), "{}", ran.stderr);
    assert!(!place.path("keywright-data/keywright.db").exists());
    let ran = place.run("token create --name second");
    ran.done();
    assert!(ran.stderr.contains("there is a master key here and no database"), "{}", ran.stderr);
    assert!(ran.stderr.contains("put it back from your backup"), "{}", ran.stderr);
    // From now on it is as any other.
    let listed = place.run("token list");
    assert!(listed.answer().contains("second") && !listed.stdout.contains("first"));
}

#[test]
fn a_wrong_or_missing_master_key_is_told() {
    let place = place();
    place.run("token create --name first").answer();
    let key = place.path("keywright-data/master.key");
    fs::write(&key, "1f".repeat(31) + "2e").unwrap();
    fails(&place, "master key", "written under another master key", "from your backup");
    fs::remove_file(&key).unwrap();
    fails(&place, "master key", "master.key is missing", "from your backup");
    assert!(!key.exists());
}

#[test]
fn a_damaged_or_unreachable_database_is_told() {
    let place = place();
    place.run("migrate").answer();
    fs::write(place.path("keywright-data/keywright.db"), "no database".repeat(1000)).unwrap();
    fails(&place, "database", "cannot open the database", "restore your backup");
    let port = testkit::process::free_port();
    let place =
        place.variable("KEYWRIGHT_DATABASE_URL", &format!("postgres://kw:s3cret@127.0.0.1:{port}/kw"));
    fails(&place, "database", "postgres://kw:***@", "see that the server runs");
}

#[test]
fn a_database_that_is_not_migrated_is_told_and_left_alone() {
    let database = testkit::postgres::database();
    let place = place().variable("KEYWRIGHT_DATABASE_URL", &database);
    for _ in 0..2 {
        let ran = place.run("doctor --json");
        let (status, _, advice) = check(&ran, "database");
        assert_eq!((ran.status, status.as_str()), (0, "warn"), "{}", ran.stdout);
        assert!(advice.contains("keywright migrate"), "{advice}");
    }
    place.run("migrate").answer();
    assert_eq!(check(&place.run("doctor --json"), "database").0, "ok");
}

#[test]
fn a_mail_server_that_is_down_is_told() {
    let port = testkit::process::free_port().to_string();
    let place = place()
        .variable("KEYWRIGHT_MAIL_HOST", "127.0.0.1")
        .variable("KEYWRIGHT_MAIL_SECURITY", "plain")
        .variable("KEYWRIGHT_MAIL_PORT", &port);
    fails(&place, "mail", &format!("127.0.0.1, port {port} takes no mails"), "[mail]");
}
