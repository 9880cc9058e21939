//! What a provider says of somebody, and what it counts for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{AdministratorRole, Checks, Invalid};

const MAX_ENTRIES: usize = 20;

/// Which claims of a provider count, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRules {
    /// Only who has one of the values in each of these is let in.
    pub required: BTreeMap<String, BTreeSet<String>>,
    /// Holds what somebody is called.
    pub name: String,
    /// Holds the mail address.
    pub email: String,
    /// Says, by `true` and nothing else, that the address was proven.
    pub email_verified: String,
    /// Holds the roles; none: the provider assigns none.
    pub role: Option<String>,
    /// What its values make of somebody in the console. If there are any, who has none of them is no administrator.
    pub roles: BTreeMap<String, MappedRole>,
}

impl Default for ClaimRules {
    fn default() -> Self {
        Self {
            required: BTreeMap::new(),
            name: "name".to_owned(),
            email: "email".to_owned(),
            email_verified: "email_verified".to_owned(),
            role: None,
            roles: BTreeMap::new(),
        }
    }
}

/// What a provider's word can make of somebody in the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappedRole {
    /// May do everything.
    Administrator,
    /// Decides on what waits for a decision.
    Approver,
    /// Sees everything and changes nothing.
    Auditor,
}

impl MappedRole {
    /// Every role that can be assigned from outside, the one that may do the most first. Technical users of gateways are
    /// made for one gateway each, and here.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Approver, Self::Auditor];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

impl From<MappedRole> for AdministratorRole {
    fn from(role: MappedRole) -> Self {
        match role {
            MappedRole::Administrator => Self::Administrator,
            MappedRole::Approver => Self::Approver,
            MappedRole::Auditor => Self::Auditor,
        }
    }
}

impl ClaimRules {
    /// Whether somebody of whom the provider says this is one of those whom it is for.
    pub fn admit(&self, claims: &Map<String, Value>) -> bool {
        self.required
            .iter()
            .all(|(name, allowed)| values(claims, name).iter().any(|value| allowed.contains(value)))
    }

    /// The mail address, if the provider says that it was proven.
    pub fn proven_email(&self, claims: &Map<String, Value>) -> Option<String> {
        let is_proven = claims.get(&self.email_verified) == Some(&Value::Bool(true));
        let email = claims.get(&self.email).and_then(Value::as_str);
        email.filter(|_| is_proven).map(str::to_owned)
    }

    /// What somebody is called.
    pub fn name_of(&self, claims: &Map<String, Value>) -> Option<String> {
        claims.get(&self.name).and_then(Value::as_str).map(str::to_owned)
    }

    /// Whether the provider says who is an administrator.
    pub fn assign_roles(&self) -> bool {
        self.role.is_some() && !self.roles.is_empty()
    }

    /// The role that the provider assigns: of several the one that may do the most.
    pub fn role_of(&self, claims: &Map<String, Value>) -> Option<MappedRole> {
        let found = values(claims, self.role.as_deref()?);
        found.iter().filter_map(|value| self.roles.get(value)).min().copied()
    }

    /// Every claim that is looked at.
    pub fn looked_at(&self) -> impl Iterator<Item = &str> {
        let fixed = [&self.name, &self.email, &self.email_verified];
        fixed.into_iter().chain(self.required.keys()).chain(&self.role).map(String::as_str)
    }
}

/// What a claim holds: one value or a list of them, each as text.
fn values(claims: &Map<String, Value>, name: &str) -> Vec<String> {
    fn text(value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
    match claims.get(name) {
        Some(Value::Array(list)) => list.iter().filter_map(text).collect(),
        Some(one) => text(one).into_iter().collect(),
        None => Vec::new(),
    }
}

impl ClaimRules {
    pub(super) fn check(self) -> Result<Self, Invalid> {
        let mut checks = Checks::new();
        for (field, name) in
            [("name", &self.name), ("email", &self.email), ("email_verified", &self.email_verified)]
        {
            checks.take(field, check_word(name));
        }
        let few = self.required.len() <= MAX_ENTRIES && self.roles.len() <= MAX_ENTRIES;
        checks.require(few, "required", "too_many", "must have at most 20 entries, and so must roles");
        for (name, allowed) in self.required.iter().take(MAX_ENTRIES) {
            checks.take("required", check_word(name));
            let some = (1..=50).contains(&allowed.len());
            checks.require(some, "required", "out_of_range", "must have 1 to 50 values for each claim");
            for value in allowed.iter().take(50) {
                checks.take("required", check_word(value));
            }
        }
        if let Some(role) = &self.role {
            checks.take("role", check_word(role));
        }
        let fits = self.role.is_some() || self.roles.is_empty();
        checks.require(fits, "role", "required", "must name the claim that holds the roles");
        for value in self.roles.keys().take(MAX_ENTRIES) {
            checks.take("roles", check_word(value));
        }
        checks.build(|| Some(self))
    }
}

/// The name of a claim, or a value of one.
fn check_word(word: &str) -> Result<(), Invalid> {
    let fits = (1..=256).contains(&word.len()) && !word.chars().any(char::is_control);
    let message = "must be words of 1 to 256 bytes without control characters";
    if fits { Ok(()) } else { Err(Invalid::field("", "invalid", message)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn words(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn only_who_has_one_value_of_each_required_claim_is_admitted() {
        let required =
            [("groups".to_owned(), words(&["apis", "ops"])), ("hd".to_owned(), words(&["corp.test"]))];
        let rules = ClaimRules { required: required.into(), ..ClaimRules::default() };
        assert!(rules.admit(&claims(json!({"groups": ["x", "ops"], "hd": "corp.test"}))));
        for no in [
            json!({}),
            json!({"groups": ["ops"]}),
            json!({"groups": [], "hd": "corp.test"}),
            json!({"groups": "ops,apis", "hd": "corp.test"}),
            json!({"groups": [["ops"]], "hd": "corp.test"}),
            json!({"groups": {"ops": true}, "hd": "corp.test"}),
            json!({"groups": ["OPS"], "hd": "corp.test"}),
        ] {
            assert!(!rules.admit(&claims(no.clone())), "{no}");
        }
        assert!(ClaimRules::default().admit(&Map::new()));
    }

    #[test]
    fn a_115_an_address_counts_only_if_it_was_proven() {
        let email = |value: Value| ClaimRules::default().proven_email(&claims(value));
        let proven = email(json!({"email": "a@b.test", "email_verified": true}));
        assert_eq!(proven.as_deref(), Some("a@b.test"));
        for verified in [json!(false), json!("true"), json!(1), json!(null), json!(["true"])] {
            assert_eq!(email(json!({"email": "a@b.test", "email_verified": verified})), None);
        }
        assert_eq!(email(json!({"email": "a@b.test"})), None);
        assert_eq!(email(json!({"email": ["a@b.test"], "email_verified": true})), None);
    }

    #[test]
    fn roles_come_from_the_claim_that_holds_them() {
        let roles = [("looks", MappedRole::Auditor), ("desk-admins", MappedRole::Administrator)];
        let roles = roles.map(|(value, role)| (value.to_owned(), role)).into();
        let rules = ClaimRules { role: Some("groups".to_owned()), roles, ..ClaimRules::default() };
        let role = |value: Value| rules.role_of(&claims(value));
        assert_eq!(role(json!({"groups": ["x", "desk-admins"]})), Some(MappedRole::Administrator));
        // Of several the one that may do the most.
        assert_eq!(role(json!({"groups": ["looks", "desk-admins"]})), Some(MappedRole::Administrator));
        assert_eq!(role(json!({"groups": ["looks"]})), Some(MappedRole::Auditor));
        assert_eq!(role(json!({"groups": "desk-admins"})), Some(MappedRole::Administrator));
        assert_eq!(role(json!({"groups": ["administrator"]})), None);
        assert_eq!(role(json!({"roles": ["desk-admins"]})), None);
        assert!(rules.assign_roles() && !ClaimRules::default().assign_roles());
    }
}
