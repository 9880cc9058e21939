//! The reference page of events, from the list that endpoints choose from.

use std::collections::BTreeSet;

use keywright_domain::{EVENT_TYPES, EventType};

const HEAD: &str = "\
# Events

<!-- Made by `UPDATE_GOLDEN=1 cargo test -p keywright-domain --test it events` from what the code does. -->

What [webhook endpoints](../guide/webhooks.md) can be told of. The body is

```json
{
  \"type\": \"credential.revoked\",
  \"timestamp\": \"2026-11-23T04:00:00.123456Z\",
  \"data\": {
    \"id\": \"0198c5e2-7d1a-7bcd-8f00-1234567890ab\",
    \"kind\": \"credential\",
    \"application_id\": \"0198c5e2-7d1a-7bcd-8f00-1234567890ac\",
    \"partner_id\": null,
    \"actor\": {\"kind\": \"administrator\", \"id\": \"0198c5e2-7d1a-7bcd-8f00-1234567890ad\"},
    \"details\": {\"state\": {\"from\": \"active\", \"to\": \"revoked\"}}
  }
}
```

`id` and `kind` say what it happened to, `actor` who did it. `details` holds what changed, `{\"field\": {\"from\": …, \"to\": …}}`, or the whole
of a thing that was made or removed; never a secret. What is emitted to gateways has `data` of its own.

";

#[test]
fn the_committed_page_lists_every_type() {
    let mut page = HEAD.to_owned();
    page.push_str("| type | when |\n|---|---|\n");
    for EventType { name, description } in EVENT_TYPES {
        page.push_str(&format!("| `{name}` | {description} |\n"));
    }
    testkit::golden::compare("docs/reference/events.md", &page);
}

#[test]
fn types_are_words_and_unique() {
    let names: BTreeSet<_> = EVENT_TYPES.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), EVENT_TYPES.len());
    for EventType { name, description } in EVENT_TYPES {
        let letters =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(name.split_once('.').is_some_and(|(noun, verb)| letters(noun) && letters(verb)), "{name}");
        assert!(description.ends_with('.'), "{name}");
    }
}

/// What is told of nouns must be an action that their rules take: a type that nothing brings about would never come.
#[test]
fn every_type_of_a_noun_is_written_in_its_rules() {
    let mut rules = String::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    folders.push(folders[0].join("../../app/src"));
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.file_name().unwrap() != "event_type.rs" {
                rules.push_str(&std::fs::read_to_string(entry).unwrap());
            }
        }
    }
    let emitted = ["gateway", "approval", "webhook"];
    for EventType { name, .. } in EVENT_TYPES {
        let noun = name.split('.').next().unwrap();
        assert!(emitted.contains(&noun) || rules.contains(&format!("\"{name}\"")), "{name} never happens");
    }
}
