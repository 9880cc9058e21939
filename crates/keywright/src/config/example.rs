//! `keywright.example.toml`, made from the table of settings.

use super::settings::{Preset, SECTIONS, SETTINGS, Setting};

/// How wide the comments are.
const WIDTH: usize = 96;

const HEAD: &str = "\
# Keywright's settings. None is needed; each line that is commented out shows the default, or an example
# where there is none. Save this as keywright.toml where Keywright is started, or name it by --config FILE
# or by the environment variable KEYWRIGHT_CONFIG. Environment variables go before this file, and flags
# before both. Relative paths begin where Keywright is started.
#
# `keywright config check` tells what is wrong, `keywright config show` where each value comes from.
";

/// The whole file: every setting with its help, commented out.
pub(crate) fn example() -> String {
    let mut text = HEAD.to_owned();
    for (section, help) in SECTIONS {
        text.push('\n');
        if !section.is_empty() {
            text.push_str(&format!("{}[{section}]\n", comment(help)));
        }
        let settings = SETTINGS.iter().filter(|setting| setting.section_and_name().0 == *section);
        text.push_str(&settings.map(entry).collect::<Vec<_>>().join("\n"));
    }
    text
}

fn entry(setting: &Setting) -> String {
    let (value, unset) = match setting.preset {
        Preset::Is(_) => (setting.default(), String::new()),
        Preset::Unset { meaning, example } => (setting.kind.read(example), format!(" Not set: {meaning}.")),
    };
    let help = comment(&format!("{}{unset}", setting.help));
    let expects = comment(&format!("Takes {}.", setting.kind.expects()));
    let variable = comment(&format!("Environment: {}", setting.variable()));
    format!("{help}{expects}{variable}#{} = {value}\n", setting.section_and_name().1)
}

/// The text as comment lines.
fn comment(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].len() + 1 + word.len() > WIDTH {
            lines.push(format!("# {word}"));
        } else {
            lines[last].push_str(&format!(" {word}"));
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::settings::Origin;
    use super::super::{Loaded, Sources, load};
    use super::*;

    fn load_file(text: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("keywright.toml"), text).unwrap();
        load(&Sources { folder: folder.path().to_owned(), ..Sources::default() }).unwrap()
    }

    #[test]
    fn the_example_as_it_is_changes_nothing() {
        assert!(load_file(&example()).settings.iter().all(|found| found.origin == Origin::Default));
    }

    #[test]
    fn the_example_with_every_setting_commented_in_loads_and_keeps_the_defaults() {
        let is_setting =
            |line: &str| line.starts_with('#') && !line.starts_with("# ") && line.contains(" = ");
        let commented_in = |line: &str| if is_setting(line) { line[1..].to_owned() } else { line.to_owned() };
        let text: Vec<_> = example().lines().map(commented_in).collect();
        for found in load_file(&text.join("\n")).settings {
            assert_eq!(found.origin.layer(), "file", "{}", found.setting.key);
            if let Preset::Is(_) = found.setting.preset {
                assert_eq!(found.value, found.setting.default(), "{}", found.setting.key);
            }
        }
    }

    #[test]
    fn no_line_is_too_long() {
        let long: Vec<_> = example().lines().filter(|line| line.len() > 110).map(str::to_owned).collect();
        assert!(long.is_empty(), "{long:?}");
    }
}
