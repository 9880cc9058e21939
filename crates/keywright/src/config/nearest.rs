//! The known name that an unknown one was probably meant to be.

use strsim::normalized_damerau_levenshtein as likeness;

/// The key that is most like an unknown one: as a whole, or section with section and name with name, so that
/// `smtp.host` leads to `mail.host` and a bare `url` to `database.url`.
pub(super) fn nearest_key<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (section, name) = parts(unknown);
    nearest_by(known, |key| {
        let (known_section, known_name) = parts(key);
        let in_parts = 0.4 * likeness(section, known_section) + 0.6 * likeness(name, known_name);
        in_parts.max(likeness(unknown, key))
    })
}

fn parts(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

/// The environment variable that is most like an unknown one. What they all begin with does not count.
pub(super) fn nearest_variable(unknown: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let bare = |name: &str| name.trim_start_matches("KEYWRIGHT_").to_uppercase();
    nearest_by(known, |variable| likeness(&bare(unknown), &bare(variable)))
}

/// The first of those with the highest score.
fn nearest_by<T>(known: impl IntoIterator<Item = T>, score: impl Fn(&T) -> f64) -> Option<T> {
    let mut best = None;
    for candidate in known {
        let score = score(&candidate);
        if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::super::settings::{SETTINGS, Setting};
    use super::*;

    #[test]
    fn slips_lead_to_the_key_that_was_meant() {
        for (unknown, meant) in [
            ("server.lisen", "server.listen"),
            ("sever.listen", "server.listen"),
            ("datbase.url", "database.url"),
            ("smtp.host", "mail.host"),
            ("mail.password", "mail.password_file"),
            ("url", "database.url"),
            ("datadir", "data_dir"),
            ("server.data_dir", "data_dir"),
            ("limits.keys_per_app", "limits.keys_per_application"),
        ] {
            assert_eq!(
                nearest_key(unknown, SETTINGS.iter().map(|setting| setting.key)),
                Some(meant),
                "{unknown}"
            );
        }
    }

    #[test]
    fn slips_lead_to_the_variable_that_was_meant() {
        for (unknown, meant) in [
            ("KEYWRIGHT_DATABSE_URL", "KEYWRIGHT_DATABASE_URL"),
            ("KEYWRIGHT_DB_URL", "KEYWRIGHT_DATABASE_URL"),
            ("KEYWRIGHT_LISTEN", "KEYWRIGHT_SERVER_LISTEN"),
            ("KEYWRIGHT_SMTP_HOST", "KEYWRIGHT_MAIL_HOST"),
        ] {
            let known = SETTINGS.iter().map(Setting::variable);
            assert_eq!(nearest_variable(unknown, known).as_deref(), Some(meant), "{unknown}");
        }
    }
}
