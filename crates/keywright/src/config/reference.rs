//! The committed files that are made from the table of settings, and the test that they still are.
//! `UPDATE_GOLDEN=1 cargo test -p keywright reference` writes them anew.

use super::example::example;
use super::settings::{Preset, SECTIONS, SETTINGS, Setting};

const HEAD: &str = "\
# Configuration

<!-- Made from crates/keywright/src/config/settings.rs by `UPDATE_GOLDEN=1 cargo test -p keywright reference`. -->

Keywright starts without any configuration. What is set comes from four layers, each over the one before:

1. the defaults below;
2. a TOML file: `--config FILE`, else the one that `KEYWRIGHT_CONFIG` names, else `./keywright.toml` if it exists
   ([an example](../../keywright.example.toml));
3. environment variables, named below; lists are separated by commas;
4. the flags `--data-dir`, `--database-url`, `--listen` and `--gateway-listen`.

An empty text switches an optional setting off. An unknown key or variable is an error that names the nearest known
one (variables that begin with `KEYWRIGHT_TEST_`, and those that Kubernetes sets for a Service called keywright, are
left alone). `keywright config check` tells everything that is wrong, `keywright config show` where each value comes
from; neither shows a password. `KEYWRIGHT_LOG` is a log filter (`keywright=debug,sqlx=info`) that goes before
`log.level`. Relative paths begin in the folder that Keywright is started in.
";

fn reference() -> String {
    let mut text = HEAD.to_owned();
    for (section, help) in SECTIONS {
        let title = if section.is_empty() { "Top level".to_owned() } else { format!("`[{section}]`") };
        text.push_str(&format!("\n## {title}\n\n{help}\n"));
        let settings = SETTINGS.iter().filter(|setting| setting.section_and_name().0 == *section);
        settings.for_each(|setting| text.push_str(&entry(setting)));
    }
    text
}

fn entry(setting: &Setting) -> String {
    let default = match setting.preset {
        Preset::Is(_) => format!("`{}`", setting.default()),
        Preset::Unset { meaning, example } => format!("not set: {meaning} (example: `{example}`)"),
    };
    let takes = setting.kind.expects().replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "\n### `{}`\n\n{}\n\n- Takes {takes}.\n- Default: {default}.\n- Environment: `{}`.\n",
        setting.key,
        setting.help,
        setting.variable()
    )
}

#[test]
fn the_committed_files_are_what_the_table_says() {
    testkit::golden::compare("keywright.example.toml", &example());
    testkit::golden::compare("docs/reference/config.md", &reference());
}
