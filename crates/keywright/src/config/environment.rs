//! The environment layer: `KEYWRIGHT_…` variables.

use std::ffi::OsString;

use super::load::Found;
use super::nearest::nearest_variable;
use super::settings::{Origin, SETTINGS, Setting};
use crate::output::Problem;

const PREFIX: &str = "KEYWRIGHT_";
const CONFIG: &str = "KEYWRIGHT_CONFIG";
const LOG: &str = "KEYWRIGHT_LOG";

/// The environment variables of this process, or of a test.
#[derive(Debug, Default)]
pub(crate) struct Environment(Vec<(String, OsString)>);

impl Environment {
    /// What this process was started with.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The configuration file to read.
    pub(crate) fn config_file(&self) -> Option<OsString> {
        self.get(CONFIG)
    }

    /// The log filter that overrides the configured level.
    pub(crate) fn log_filter(&self) -> Option<OsString> {
        self.get(LOG)
    }

    /// A variable that is set to something.
    fn get(&self, name: &str) -> Option<OsString> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.clone())
    }

    /// The settings made here. A name that nobody knows is told, since it is most likely a slip of the pen.
    pub(super) fn settings(&self) -> (Vec<Found>, Vec<Problem>) {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for (name, value) in &self.0 {
            match (SETTINGS.iter().find(|setting| setting.variable() == *name), value.to_str()) {
                (Some(setting), Some(text)) => found.push(Found {
                    setting,
                    value: setting.read(text),
                    origin: Origin::Environment(name.clone()),
                }),
                (Some(_), None) => problems.push(Problem::new(format!("{name} is not UTF-8 text"))),
                (None, _) if is_ours_otherwise(name, &value.to_string_lossy()) => {}
                (None, _) => problems.push(unknown(name)),
            }
        }
        (found, problems)
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    /// Keeps what begins with our prefix, in a stable order.
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        let ours = |(name, value): (OsString, OsString)| match name.into_string() {
            Ok(name) if name.starts_with(PREFIX) => Some((name, value)),
            _ => None,
        };
        let mut variables: Vec<_> = variables.into_iter().filter_map(ours).collect();
        variables.sort();
        Self(variables)
    }
}

/// Variables that are no settings and no mistakes either: our own other ones, and those that Kubernetes sets
/// in every pod for a Service whose name begins with `keywright` (`KEYWRIGHT_SERVICE_HOST`,
/// `KEYWRIGHT_PORT=tcp://…`, `KEYWRIGHT_PORT_8080_TCP_ADDR`).
fn is_ours_otherwise(name: &str, value: &str) -> bool {
    let service_link =
        ["_SERVICE_HOST", "_SERVICE_PORT", "_TCP", "_UDP"].iter().any(|part| name.contains(part))
            || (name.ends_with("_PORT") && value.contains("://"));
    matches!(name, CONFIG | LOG) || name.starts_with("KEYWRIGHT_TEST_") || service_link
}

fn unknown(name: &str) -> Problem {
    let known = SETTINGS.iter().map(Setting::variable).chain([CONFIG.to_owned(), LOG.to_owned()]);
    let problem = Problem::new(format!("unknown environment variable {name}"));
    match nearest_variable(name, known) {
        Some(nearest) => problem.hint(format!("the nearest known one is {nearest}")),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
    }

    #[test]
    fn only_our_variables_are_looked_at() {
        let (found, problems) =
            environment(&[("PATH", "/bin"), ("KEYWRIGHTS", "x"), ("keywright_x", "y")]).settings();
        assert!(found.is_empty() && problems.is_empty());
    }

    #[test]
    fn an_unknown_variable_names_the_nearest_and_never_its_value() {
        let (_, problems) = environment(&[("KEYWRIGHT_DATABSE_URL", "postgres://u:s3cret@h/d")]).settings();
        let problem = Problem::new("unknown environment variable KEYWRIGHT_DATABSE_URL")
            .hint("the nearest known one is KEYWRIGHT_DATABASE_URL");
        assert_eq!(problems, [problem]);
    }

    #[test]
    fn what_is_no_setting_and_no_mistake_is_left_alone() {
        let (found, problems) = environment(&[
            ("KEYWRIGHT_CONFIG", "x.toml"),
            ("KEYWRIGHT_LOG", "debug"),
            ("KEYWRIGHT_TEST_POSTGRES", "1"),
            ("KEYWRIGHT_SERVICE_HOST", "10.0.0.1"),
            ("KEYWRIGHT_SERVICE_PORT_HTTP", "8080"),
            ("KEYWRIGHT_PORT", "tcp://10.0.0.1:8080"),
            ("KEYWRIGHT_PORT_8080_TCP_PROTO", "tcp"),
            ("KEYWRIGHT_GATEWAY_SERVICE_HOST", "10.0.0.2"),
        ])
        .settings();
        assert!(found.is_empty());
        assert_eq!(problems, []);
    }

    #[test]
    fn lists_are_split_at_commas_and_empty_text_is_an_empty_list() {
        let (found, _) = environment(&[
            ("KEYWRIGHT_SERVER_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16"),
            ("KEYWRIGHT_GATEWAY_ALLOWED_PEERS", ""),
        ])
        .settings();
        let lists: Vec<_> = found.iter().map(|found| found.value.to_string()).collect();
        assert_eq!(lists, ["[]", "[\"10.0.0.1\", \"10.1.0.0/16\"]"]);
    }
}
