//! The layers, one over the other: defaults, the file, the environment, flags.

use std::path::PathBuf;

use toml::{Table, Value};

use super::settings::{Origin, SETTINGS, Setting};
use super::{Config, DatabaseUrl, Environment, file, rules};
use crate::output::{Failure, Problem};

/// What every layer but the defaults is read from.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The folder whose `keywright.toml` is read where no other file is named.
    pub(crate) folder: PathBuf,
    /// The file that the command line names.
    pub(crate) file: Option<PathBuf>,
    pub(crate) environment: Environment,
    pub(crate) flags: Vec<Flag>,
}

/// A setting made on the command line.
#[derive(Debug)]
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    pub(crate) value: String,
}

/// A value for a setting, and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) setting: &'static Setting,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl Found {
    /// The value as people may see it, or `None` if it is not set.
    pub(crate) fn shown(&self) -> Option<Value> {
        if self.setting.is_unset(&self.value) {
            None
        } else if self.setting.kind.is_secret() {
            let url = self.value.clone().try_into::<DatabaseUrl>();
            Some(Value::String(url.map_or_else(|_| "***".to_owned(), |url| url.to_string())))
        } else {
            Some(self.value.clone())
        }
    }

    fn check(&self) -> Result<(), Problem> {
        if self.setting.accepts(&self.value) {
            return Ok(());
        }
        let but = if self.setting.kind.is_secret() {
            String::new()
        } else {
            format!(", not {}", short(&self.value))
        };
        let (key, expects) = (self.setting.key, self.setting.kind.expects());
        Err(Problem::new(match &self.origin {
            Origin::File(..) => {
                format!("{}: {key} must be {expects}{but}", self.origin.place().unwrap_or_default())
            }
            origin => format!("{key} must be {expects}{but} ({origin})"),
        }))
    }
}

/// A wrong value as it is quoted in an error.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The configuration, and how it came to be.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// The file that was read, if there was one.
    pub(crate) file: Option<PathBuf>,
    /// Every setting with its value, in the order of the table.
    pub(crate) settings: Vec<Found>,
}

/// Reads all layers, or tells everything that is wrong with them.
pub(crate) fn load(sources: &Sources) -> Result<Loaded, Failure> {
    let file = file_to_read(sources);
    let (from_file, mut problems) = file.as_deref().map(file::read).unwrap_or_default();
    let (from_environment, unknown) = sources.environment.settings();
    problems.extend(unknown);

    let mut settings = defaults();
    for found in
        from_file.into_iter().chain(from_environment).chain(sources.flags.iter().filter_map(from_flag))
    {
        match found.check() {
            Ok(()) => replace(&mut settings, found),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::configuration(problems));
    }
    let config = assemble(&settings)?;
    rules::check(&config)?;
    Ok(Loaded { config, file, settings })
}

/// The file that the command line names, else the one that the environment names, else the usual one if it
/// is there.
fn file_to_read(sources: &Sources) -> Option<PathBuf> {
    let named = sources.file.clone().or_else(|| sources.environment.config_file().map(PathBuf::from));
    named.or_else(|| Some(sources.folder.join("keywright.toml")).filter(|usual| usual.exists()))
}

fn defaults() -> Vec<Found> {
    let default =
        |setting: &'static Setting| Found { setting, value: setting.default(), origin: Origin::Default };
    SETTINGS.iter().map(default).collect()
}

fn from_flag(flag: &Flag) -> Option<Found> {
    let setting = Setting::find(flag.key)?;
    Some(Found { setting, value: setting.read(&flag.value), origin: Origin::Flag(flag.name) })
}

fn replace(settings: &mut [Found], found: Found) {
    if let Some(lower) = settings.iter_mut().find(|lower| lower.setting.key == found.setting.key) {
        *lower = found;
    }
}

/// Puts the checked values into the structs. It fails only if table and structs disagree, which a test
/// would have seen.
fn assemble(settings: &[Found]) -> Result<Config, Failure> {
    let mut root = Table::new();
    for found in settings {
        let (section, name) = found.setting.section_and_name();
        let table = if section.is_empty() {
            Some(&mut root)
        } else {
            root.entry(section).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
        };
        table.and_then(|table| table.insert(name.to_owned(), found.value.clone()));
    }
    root.try_into().map_err(|error: toml::de::Error| Failure::failed(Problem::new(error.message())))
}

#[cfg(test)]
mod tests;
