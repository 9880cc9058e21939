//! Reference pages that are committed and made from the code.

use std::fmt::Write as _;

use keywright_server as server;

#[test]
fn the_committed_api_document_is_the_one_that_is_served() {
    testkit::golden::compare("docs/reference/openapi.json", &format!("{}\n", server::openapi_json()));
}

#[test]
fn the_committed_routes_are_the_ones_that_are_served() {
    let mut page =
        "Made by crates/server/tests/it/reference.rs. `keywright routes` prints the same.\n".to_owned();
    for (listener, routes) in
        [("people and their tools", server::public_routes()), ("gateways", server::gateway_routes())]
    {
        writeln!(page, "\nThe listener for {listener}:\n").unwrap();
        for route in routes {
            writeln!(page, "{:<7} {:<55} {}", route.method, route.path, route.summary).unwrap();
        }
    }
    testkit::golden::compare("docs/reference/routes.txt", &page);
}
