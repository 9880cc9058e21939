//! Audit lines in words.

use app::{App, AuditLine, Names, ToName};
use domain::{AdministratorId, ApiTokenId, DeveloperId};
use serde_json::Value;

use super::cell::Cell;
use super::moment;
use super::refused::Refused;
use edge::words;
use edge::words::Words;

/// What [`short`] shows.
pub(super) const SHORT: [&str; 4] = ["What", "Who", "When", "Details"];

/// The names of those who did it.
///
/// # Errors
/// If the database is not available.
pub(super) async fn names(app: &App, lines: &[AuditLine]) -> Result<Names, Refused> {
    let mut wanted = ToName::default();
    for line in lines {
        let Some(id) = line.actor_id else { continue };
        match line.actor_kind.as_str() {
            "developer" => wanted.developers.push(DeveloperId(id)),
            "administrator" => wanted.administrators.push(AdministratorId(id)),
            "token" => wanted.tokens.push(ApiTokenId(id)),
            _ => {}
        }
    }
    Ok(app.names(wanted).await?)
}

/// For those whose application it is about.
pub(super) fn short(line: &AuditLine, names: &Names) -> Vec<Cell> {
    vec![
        Cell::text(action(&line.action)),
        Cell::text(who(line, names)),
        Cell::Time(line.at.to_string(), moment::in_words(line.at)),
        Cell::text(changes(&line.details)),
    ]
}

/// `credential.issued` as `Credential issued`
pub(super) fn action(action: &str) -> Words {
    let words = action.replace(['.', '_'], " ");
    let mut characters = words.chars();
    let first: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    Words::known(&format!("{first}{}", characters.as_str()))
}

/// Who did it, for those who are no administrators: which administrator it was is not for them.
fn who(line: &AuditLine, names: &Names) -> Words {
    match line.actor_kind.as_str() {
        "administrator" => "An administrator".into(),
        "token" => "A tool of an administrator".into(),
        _ => actor(line, names),
    }
}

/// Who did it.
pub(super) fn actor(line: &AuditLine, names: &Names) -> Words {
    let name = line.actor_id.and_then(|id| names.find(id));
    match (line.actor_kind.as_str(), name) {
        ("system", _) => Words::said("Keywright"),
        ("operator", _) => "The command line".into(),
        ("anonymous", _) => "Somebody not signed in".into(),
        ("token", Some(name)) => words!("{name} (token)", name),
        ("administrator", Some(name)) => words!("{name} (administrator)", name),
        (_, Some(name)) => Words::said(name),
        ("developer", None) => "A deleted developer".into(),
        ("administrator", None) => "A deleted administrator".into(),
        ("token", None) => "A deleted token".into(),
        (kind, None) => words!("A deleted {kind}", kind),
    }
}

/// What changed, in a line: `name: a → b`.
pub(super) fn changes(details: &Value) -> String {
    let Some(members) = details.as_object() else { return String::new() };
    let changed = members.iter().filter_map(|(name, change)| {
        let (from, to) = (change.get("from")?, change.get("to")?);
        Some(format!("{}: {} → {}", name.replace('_', " "), value(from), value(to)))
    });
    changed.collect::<Vec<_>>().join("; ")
}

fn value(value: &Value) -> String {
    let text = match value {
        Value::Null => Words::from("nothing").into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > 80 { format!("{}…", text.chars().take(80).collect::<String>()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_read_well() {
        assert_eq!(action("api_version.specification_changed").as_str(), "Api version specification changed");
        let details = json!({"name": {"from": "a", "to": "b"}, "expires_at": {"from": null, "to": "2026"}});
        assert_eq!(changes(&details), "expires at: nothing → 2026; name: a → b");
        assert_eq!(changes(&json!({"id": "x"})), "");
    }
}
