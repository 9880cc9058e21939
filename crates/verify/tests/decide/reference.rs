//! The page of all decisions, made from the list of reasons.

use std::fmt::Write;

use keywright_verify::{BadRequestReason, Reason};

const HEAD: &str = "\
# Decisions of the gateway check

<!-- Made by `UPDATE_GOLDEN=1 cargo test -p keywright-verify --test decide reference` from the list of reasons. -->

A call that may pass is answered with 200, any other with one of these. Codes are stable; sentences may be improved.
";

#[test]
fn the_committed_page_is_what_the_reasons_say() {
    let mut page = HEAD.to_owned();
    let table = "| code | status | meaning |\n|---|---|---|";
    writeln!(page, "\n## The call may not pass\n\n{table}").unwrap();
    for reason in Reason::ALL {
        writeln!(page, "| `{}` | {} | {reason} |", reason.code(), reason.status()).unwrap();
    }
    let about = "Another server could read it differently, so it is refused and never repaired.";
    writeln!(page, "\n## What the gateway said about the call is not believed\n\n{about}\n\n{table}")
        .unwrap();
    for reason in BadRequestReason::ALL {
        let status = Reason::BadRequest(*reason).status();
        writeln!(page, "| `{}` | {status} | {reason} |", reason.code()).unwrap();
    }
    testkit::golden::compare("docs/reference/decisions.md", &page);
}
