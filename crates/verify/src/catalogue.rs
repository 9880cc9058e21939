//! Which API version a call is a call of.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::{
    Accepted, ApiVersion, ApiVersionId, AuthMethod, AuthStrategyId, KeyLocation, Period, Plan, PlanId, Route,
};

use crate::challenge::Challenges;
use crate::facts::CatalogueFacts;
use crate::limit::Limits;
use crate::operations::Operations;
use crate::{Method, Original, Reason};

/// All versions, arranged to be found by host and path; and the names of plans.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    named_hosts: HashMap<String, Paths>,
    any_host: Paths,
    plans: HashMap<PlanId, Terms>,
    /// Something is published nobody knows where: any call could be one of it.
    is_in_doubt: bool,
    /// Whom tokens can be for.
    pub(crate) audiences: HashSet<String>,
    /// How many rows could not be read.
    pub(crate) unreadable: usize,
}

/// What the check needs to know of a plan.
#[derive(Debug)]
pub(crate) struct Terms {
    /// Its name, fit for a header.
    pub(crate) name: Arc<str>,
    pub(crate) limits: Limits,
}

/// Path prefixes in lower case, each with its true spelling and the versions published there.
type Paths = HashMap<String, Published>;

#[derive(Debug)]
struct Published {
    prefix: String,
    versions: Vec<Arc<Version>>,
}

/// What the check needs to know of a version.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) id: ApiVersionId,
    /// Nobody knows what it demands: every call is refused.
    pub(crate) is_broken: bool,
    pub(crate) cors: bool,
    pub(crate) accepts: Vec<Accepted>,
    pub(crate) key_locations: Vec<KeyLocation>,
    pub(crate) required_roles: Vec<String>,
    required_scopes: Vec<String>,
    operations: Operations,
    pub(crate) audiences: Vec<String>,
    pub(crate) subscription_required: bool,
    pub(crate) challenges: Challenges,
    methods: Vec<String>,
}

impl Catalogue {
    pub(crate) fn new(facts: CatalogueFacts) -> Self {
        let strategies: HashMap<AuthStrategyId, &AuthMethod> =
            facts.strategies.iter().map(|strategy| (strategy.id, &strategy.method)).collect();
        let terms = |plan: Plan| {
            let name = header_text(plan.name.as_str()).into();
            (plan.id, Terms { name, limits: Limits::new(plan.limits) })
        };
        let plans = facts.plans.into_iter().map(terms).collect();
        let mut catalogue = Self { plans, unreadable: facts.unreadable, ..Self::default() };
        // First those that cannot be read: at their places they come before all others.
        for broken in facts.broken {
            match broken.route {
                Some(route) => catalogue.publish(Version::broken(broken.id, &route), &route),
                None => catalogue.is_in_doubt = true,
            }
        }
        let (known, broken): (Vec<_>, Vec<_>) = facts
            .versions
            .into_iter()
            .partition(|version| strategies.contains_key(&version.auth_strategy_id));
        for version in broken {
            catalogue.publish(Version::broken(version.id, &version.route), &version.route);
        }
        for version in known {
            if let Some(method) = strategies.get(&version.auth_strategy_id) {
                catalogue.audiences.extend(version.audiences.iter().cloned());
                let route = version.route.clone();
                catalogue.publish(Version::new(version, method), &route);
            }
        }
        catalogue
    }

    fn publish(&mut self, version: Version, route: &Route) {
        let version = Arc::new(version);
        for prefix in &route.path_prefixes {
            let add = |paths: &mut Paths| {
                let published = paths
                    .entry(prefix.to_ascii_lowercase())
                    .or_insert_with(|| Published { prefix: prefix.clone(), versions: Vec::new() });
                // Two spellings of one prefix are refused when they are saved; should they be here all the same, the
                // second is left out, and calls of it are refused.
                if published.prefix == *prefix {
                    published.versions.push(Arc::clone(&version));
                }
            };
            if route.hosts.is_empty() {
                add(&mut self.any_host);
            }
            for host in &route.hosts {
                add(self.named_hosts.entry(host.clone()).or_default());
            }
        }
    }

    /// The version that a call is a call of: a named host before any host, then the longest prefix.
    pub(crate) fn find(&self, original: &Original<'_>) -> Result<&Arc<Version>, Reason> {
        if self.is_in_doubt {
            return Err(Reason::Unreadable);
        }
        let path = original.path.as_str();
        let lower = if path.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(path.to_ascii_lowercase())
        } else {
            Cow::Borrowed(path)
        };
        let named = self.named_hosts.get(original.host.as_str());
        for paths in named.into_iter().chain([&self.any_host]) {
            if let Some(published) = longest(paths, path, &lower)? {
                return published.version(original.method).ok_or(Reason::MethodNotOffered);
            }
        }
        Err(Reason::ApiUnknown)
    }

    /// What a plan allows.
    ///
    /// # Errors
    /// If the plan cannot be read: nobody knows.
    pub(crate) fn plan(&self, id: PlanId) -> Result<&Terms, Reason> {
        self.plans.get(&id).ok_or(Reason::Unreadable)
    }

    /// Every limit there is: of which plan, over which period.
    pub(crate) fn limited(&self) -> impl Iterator<Item = (PlanId, Period)> {
        self.plans.iter().flat_map(|(id, plan)| plan.limits.periods().map(|period| (*id, period)))
    }
}

/// The longest published prefix of a path, cut at slashes. If a longer one matches but for capital letters, an upstream
/// that ignores case would take the call elsewhere than we believe: refused.
fn longest<'a>(paths: &'a Paths, path: &str, lower: &str) -> Result<Option<&'a Published>, Reason> {
    let mut end = lower.len();
    while let Some(head) = lower.get(..end) {
        let head = if head.is_empty() { "/" } else { head };
        if let Some(published) = paths.get(head) {
            let exact = published.prefix == "/" || path.get(..end) == Some(published.prefix.as_str());
            return if exact { Ok(Some(published)) } else { Err(Reason::PathCase) };
        }
        match head.rfind('/') {
            Some(slash) if end > 0 => end = slash,
            _ => break,
        }
    }
    Ok(None)
}

impl Published {
    /// The version that offers a method. A preflight may be meant for one that does not: browsers ask all of them.
    fn version(&self, method: Method) -> Option<&Arc<Version>> {
        let offering = self.versions.iter().find(|version| version.offers(method));
        offering.or_else(|| self.versions.iter().find(|version| version.cors && method == Method::Options))
    }
}

impl Version {
    fn new(version: ApiVersion, method: &AuthMethod) -> Self {
        let locations: &[KeyLocation] = match method {
            AuthMethod::KeyAuth { locations } => locations,
            // Their tokens are found elsewhere in a call; no place for a key is named.
            AuthMethod::ClientCredentials { .. }
            | AuthMethod::SelfManagedClientCredentials { .. }
            | AuthMethod::BridgedClientCredentials { .. } => &[],
        };
        Self {
            id: version.id,
            is_broken: false,
            cors: version.cors,
            challenges: Challenges::new(&version, locations),
            operations: Operations::new(&version.operation_scopes),
            accepts: version.accepted_credentials,
            key_locations: locations.to_vec(),
            required_roles: version.required_roles,
            required_scopes: version.required_scopes,
            audiences: version.audiences,
            subscription_required: version.subscription_required,
            methods: version.route.methods,
        }
    }

    fn broken(id: ApiVersionId, route: &Route) -> Self {
        Self {
            id,
            is_broken: true,
            cors: false,
            accepts: Vec::new(),
            key_locations: Vec::new(),
            required_roles: Vec::new(),
            required_scopes: Vec::new(),
            operations: Operations::default(),
            audiences: Vec::new(),
            subscription_required: true,
            challenges: Challenges::default(),
            methods: route.methods.clone(),
        }
    }

    /// What a token must carry for a call, and what is said to one that does not: as its operation says, else as the
    /// version does.
    pub(crate) fn demanded(&self, original: &Original<'_>) -> (&[String], &Arc<str>) {
        match self.operations.demand(original.method, original.path.as_str()) {
            Some(demand) => (&demand.scopes, &demand.challenge),
            None => (&self.required_scopes, &self.challenges.insufficient_scope),
        }
    }

    pub(crate) fn offers(&self, method: Method) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|offered| offered == method.as_str())
    }
}

/// Percent-encodes everything that could mean something in a header, and cuts at 256 bytes.
fn header_text(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b" -._~".contains(&byte);
        let needed = if plain { 1 } else { 3 };
        if text.len() + needed > 256 {
            break;
        }
        if plain {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_header_is_plain_ascii_of_bounded_length() {
        assert_eq!(header_text("Free example-1.0_~"), "Free example-1.0_~");
        assert_eq!(header_text("Free (für alle)\r\nX: y"), "Free %28f%C3%BCr alle%29%0D%0AX%3A y");
        assert_eq!(header_text(&"ü".repeat(200)).len(), 255, "no escape is cut in two");
    }
}
