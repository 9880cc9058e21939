//! What the documents point at exists, and nothing in the repository tells about the machine it was written on.

// Clippy takes only the test functions themselves for tests, not what they call.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// What is not part of the repository (see .gitignore), and git's own.
const NOT_OURS: [&str; 4] = [".git", "target", "keywright-data", "node_modules"];

/// How a path inside the repository begins when a document names it in backticks.
const OUR_PATHS: [&str; 5] = ["crates/", "docs/", "scripts/", "benches/", ".ci/"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every text file of the repository with what is in it.
fn files() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                files.push((path, text));
            }
        }
    }
    assert!(files.len() > 100, "only {} files were read", files.len());
    files
}

/// The text of a Markdown document without its fenced blocks, which hold examples.
fn prose(markdown: &str) -> String {
    let mut fenced = false;
    let is_prose = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    };
    markdown.lines().filter(is_prose).collect::<Vec<_>>().join("\n")
}

/// Targets of links into the repository, without their fragments: `[text](target#fragment)`.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains(':'))
}

/// Paths in backticks, up to the first part that stands for several: of `crates/app/src/<noun>.rs` the folder.
fn paths(prose: &str) -> impl Iterator<Item = &str> {
    let spans = prose.split('`').skip(1).step_by(2).filter_map(|span| span.split_whitespace().next());
    spans.filter(|span| OUR_PATHS.iter().any(|start| span.starts_with(start))).map(|span| {
        let span = span.split(':').next().unwrap_or(span);
        match span.find(['<', '*', '{', '…']) {
            Some(end) => span[..end].rsplit_once('/').map_or(span, |(folder, _)| folder),
            None => span,
        }
    })
}

#[test]
fn what_documents_point_at_exists() {
    let mut missing = Vec::new();
    for (document, text) in files() {
        if document.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let prose = prose(&text);
        let beside = document.parent().unwrap();
        let targets = links(&prose).map(|link| (link, beside.join(link)));
        for (name, target) in targets.chain(paths(&prose).map(|path| (path, root().join(path)))) {
            if !target.exists() {
                missing.push(format!("{}: {name}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn links_and_paths_are_found() {
    let markdown = "[a](b.md#c), [d](https://e), [f](#g), [h](../i \"j\")\n```\n[k](l)\n`docs/m`\n```\n\
        `docs/n.md`, `crates/o/<p>.rs`, `scripts/test -p q`, `cargo doc`, `benches/r.rs:12`";
    let prose = prose(markdown);
    assert_eq!(links(&prose).collect::<Vec<_>>(), ["b.md", "../i"]);
    assert_eq!(paths(&prose).collect::<Vec<_>>(), ["docs/n.md", "crates/o", "scripts/test", "benches/r.rs"]);
}

#[test]
fn nothing_tells_about_the_machine_it_was_written_on() {
    // Put together here, so that this file does not hold them.
    let words = ["work", "root"].map(|folder| format!("/{folder}/"));
    for (path, text) in files() {
        for (number, line) in text.lines().enumerate() {
            let told = words.iter().find(|word| {
                line.match_indices(word.as_str()).any(|(at, _)| {
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '>')
                })
            });
            assert!(told.is_none(), "{}:{}: {line}", path.display(), number + 1);
        }
    }
}
