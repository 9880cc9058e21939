//! The OpenAPI document against the server, by schemathesis: requests made from the schemas, right and wrong ones, and
//! every answer held to what the document says.

use std::process::Command;
use std::time::{Duration, Instant};

use app::Settings;

use crate::support::{Desk, Engine};
use crate::world::World;

/// Requests for each operation, roughly.
const EXAMPLES: &str = "4";

/// What schemathesis cannot know. A missing `If-Match` has a status of its own (RFC 6585 §3). And there is more to right
/// than a schema can say: cursors are signed, versions pass by, names must be free, ids must be of something.
const CONFIG: &str = r#"
[checks.missing_required_header]
expected-statuses = [428]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 410, 412, 422, 429]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_as_described() {
    let desk = Desk::start(Engine::Sqlite, Settings::default()).await;
    // Something to be found.
    World::new(&desk).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), CONFIG).unwrap();
    let mut command = Command::new(testkit::python::interpreter().with_file_name("schemathesis"));
    command
        .current_dir(folder.path())
        .arg("run")
        .arg(format!("{}/api/v1/openapi.json", desk.url))
        .args(["--header", &format!("Authorization: Bearer {}", desk.admin.bearer.as_deref().unwrap())])
        // One worker: CPython 3.11 cannot parse in two threads at once, and hypothesis parses.
        .args(["--max-examples", EXAMPLES, "--seed", "1", "--generation-database", "none", "--workers", "1"])
        .args(["--checks", "all", "--warnings", "off", "--no-color"]);
    let started = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed() < Duration::from_secs(900), "{:?}", started.elapsed());
    desk.anonymous().get("/readyz").await.expect(200);
}
