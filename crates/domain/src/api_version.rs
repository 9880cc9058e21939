//! Versions of APIs: what is called, where the gateway finds it, and what opens it.

use serde::{Deserialize, Serialize};

use crate::route::{parse_host, parse_method, parse_path_prefix};
use crate::text::parse_labels;
use crate::transition::noun;
use crate::{
    Accepted, ApiId, ApiVersionId, AuthStrategyId, Checks, Instant, Invalid, Meta, Name, OperationScopes,
    Plan, PlanId, Text, Transition,
};

/// One callable version of an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiVersion {
    /// Its identity.
    pub id: ApiVersionId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Which API it is a version of.
    pub api_id: ApiId,
    /// Unique among the API's versions, such as `v1`.
    pub name: Name,
    /// What is new in it, for people.
    pub description: Text,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Still works, but nobody should start with it.
    pub deprecated: bool,
    /// Not in the catalogue for those who hold no subscription.
    pub private: bool,
    /// Whether browsers' preflight requests pass without a credential.
    pub cors: bool,
    /// How its callers authenticate.
    pub auth_strategy_id: AuthStrategyId,
    /// What may be presented to open it; empty: it is open to callers without any.
    pub accepted_credentials: Vec<Accepted>,
    /// Roles that the calling application's partner must hold, all of them.
    pub required_roles: Vec<String>,
    /// Scopes that a token must carry, all of them; `a|b` stands for one of the two. Credentials without scopes, such as
    /// API keys, are not asked.
    pub required_scopes: Vec<String>,
    /// What a token must carry for single operations, in the place of `required_scopes`.
    pub operation_scopes: Vec<OperationScopes>,
    /// Whom a token must be for (RFC 8707, RFC 9068 §4), one of them; empty: nobody in particular, or this server.
    pub audiences: Vec<String>,
    /// Whether the application must hold an approved subscription.
    pub subscription_required: bool,
    /// The plans that a subscription may choose from.
    pub plan_ids: Vec<PlanId>,
    /// Whether developers may ask for a subscription. Those that are there go on.
    pub open_for_subscriptions: bool,
    /// Who decides about subscriptions that developers ask for.
    pub approval: SubscriptionApproval,
    /// Where the gateway finds it.
    pub route: Route,
    /// What is known of its specification, if it has one.
    pub specification: Option<SpecificationSummary>,
}

noun!(ApiVersion, ApiVersionId);

/// Who decides about subscriptions that developers ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionApproval {
    /// An administrator, if the plan says so.
    #[default]
    ByPlan,
    /// Nobody: they work at once.
    Automatic,
    /// An administrator, always.
    Manual,
}

/// Which calls at the gateway are calls of a version. The longest path prefix wins, a named host before any host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Host names in lower case, without port; empty: any host.
    pub hosts: Vec<String>,
    /// Path prefixes, matched on whole segments; at least one.
    pub path_prefixes: Vec<String>,
    /// Methods in capitals; empty: any that is known.
    pub methods: Vec<String>,
}

impl Route {
    /// The prefix at which a call could be a call of either; `None` if there is none. Prefixes that differ only by
    /// capital letters collide as well: upstreams that ignore case would take them for one.
    pub fn collides_with(&self, other: &Self) -> Option<&str> {
        let overlap = |a: &[String], b: &[String]| {
            a.is_empty() == b.is_empty() && (a.is_empty() || a.iter().any(|x| b.contains(x)))
        };
        let methods =
            self.methods.is_empty() || other.methods.is_empty() || overlap(&self.methods, &other.methods);
        let prefix = self.path_prefixes.iter().find_map(|prefix| {
            let same = other.path_prefixes.iter().find(|theirs| theirs.eq_ignore_ascii_case(prefix))?;
            (methods || same != prefix).then_some(prefix.as_str())
        })?;
        overlap(&self.hosts, &other.hosts).then_some(prefix)
    }
}

/// What is remembered of a specification beside its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecificationSummary {
    /// The title it gives itself.
    pub title: String,
    /// The format it says it is in, such as `openapi 3.1.0`.
    pub format: String,
    /// How many operations it describes.
    pub operations: usize,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}

/// What somebody typed about a version.
#[derive(Clone, Debug)]
pub struct ApiVersionDraft {
    /// See [`ApiVersion::name`].
    pub name: String,
    /// See [`ApiVersion::description`].
    pub description: String,
    /// See [`ApiVersion::tags`].
    pub tags: Vec<String>,
    /// See [`ApiVersion::deprecated`].
    pub deprecated: bool,
    /// See [`ApiVersion::private`].
    pub private: bool,
    /// See [`ApiVersion::cors`].
    pub cors: bool,
    /// See [`ApiVersion::auth_strategy_id`].
    pub auth_strategy_id: AuthStrategyId,
    /// See [`ApiVersion::accepted_credentials`].
    pub accepted_credentials: Vec<Accepted>,
    /// See [`ApiVersion::required_roles`].
    pub required_roles: Vec<String>,
    /// See [`ApiVersion::required_scopes`].
    pub required_scopes: Vec<String>,
    /// See [`ApiVersion::operation_scopes`].
    pub operation_scopes: Vec<OperationScopes>,
    /// See [`ApiVersion::audiences`].
    pub audiences: Vec<String>,
    /// See [`ApiVersion::subscription_required`].
    pub subscription_required: bool,
    /// See [`ApiVersion::plan_ids`].
    pub plan_ids: Vec<PlanId>,
    /// See [`ApiVersion::open_for_subscriptions`].
    pub open_for_subscriptions: bool,
    /// See [`ApiVersion::approval`].
    pub approval: SubscriptionApproval,
    /// See [`Route::hosts`].
    pub hosts: Vec<String>,
    /// See [`Route::path_prefixes`].
    pub path_prefixes: Vec<String>,
    /// See [`Route::methods`].
    pub methods: Vec<String>,
}

impl ApiVersionDraft {
    /// A version that opens to API keys of subscribed applications, at one path on any host.
    pub fn new(name: &str, path_prefix: &str, auth_strategy_id: AuthStrategyId) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            tags: Vec::new(),
            deprecated: false,
            private: false,
            cors: false,
            auth_strategy_id,
            accepted_credentials: vec![Accepted::ApiKey],
            required_roles: Vec::new(),
            required_scopes: Vec::new(),
            operation_scopes: Vec::new(),
            audiences: Vec::new(),
            subscription_required: true,
            plan_ids: Vec::new(),
            open_for_subscriptions: true,
            approval: SubscriptionApproval::ByPlan,
            hosts: Vec::new(),
            path_prefixes: vec![path_prefix.to_owned()],
            methods: Vec::new(),
        }
    }

    fn check(
        mut self,
        id: ApiVersionId,
        api_id: ApiId,
        meta: Meta,
        specification: Option<SpecificationSummary>,
    ) -> Result<ApiVersion, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        let tags = checks.take("tags", parse_labels(&self.tags));
        let required_roles = checks.take("required_roles", parse_labels(&self.required_roles));
        let required_scopes = checks.take("required_scopes", parse_labels(&self.required_scopes));
        let audiences = checks.take("audiences", parse_each(&self.audiences, parse_audience));
        let hosts = checks.take("hosts", parse_each(&self.hosts, parse_host));
        let path_prefixes = checks.take("path_prefixes", parse_prefixes(&self.path_prefixes));
        let methods = checks.take("methods", parse_each(&self.methods, parse_method));
        checks.require(
            !self.path_prefixes.is_empty(),
            "path_prefixes",
            "required",
            "must have at least one entry",
        );
        if self.accepted_credentials.is_empty() {
            self.check_open(&mut checks);
        }
        let operation_scopes = OperationScopes::check_all(self.operation_scopes, &self.path_prefixes);
        let operation_scopes = checks.take("operation_scopes", operation_scopes);
        drop_doubles(&mut self.accepted_credentials);
        drop_doubles(&mut self.plan_ids);
        checks.require(self.plan_ids.len() <= 50, "plan_ids", "too_many", "must have at most 50 entries");
        checks.build(|| {
            Some(ApiVersion {
                id,
                meta,
                api_id,
                name: name?,
                description: description?,
                tags: tags?,
                deprecated: self.deprecated,
                private: self.private,
                cors: self.cors,
                auth_strategy_id: self.auth_strategy_id,
                accepted_credentials: self.accepted_credentials,
                required_roles: required_roles?,
                required_scopes: required_scopes?,
                operation_scopes: operation_scopes?,
                audiences: audiences?,
                subscription_required: self.subscription_required,
                plan_ids: self.plan_ids,
                open_for_subscriptions: self.open_for_subscriptions,
                approval: self.approval,
                route: Route { hosts: hosts?, path_prefixes: path_prefixes?, methods: methods? },
                specification,
            })
        })
    }
}

impl ApiVersionDraft {
    /// A version that accepts no credentials is open to everybody: nothing can be demanded of callers whom nobody
    /// knows.
    fn check_open(&self, checks: &mut Checks) {
        for (demanded, field) in [
            (self.subscription_required, "subscription_required"),
            (!self.required_roles.is_empty(), "required_roles"),
            (!self.required_scopes.is_empty(), "required_scopes"),
            (!self.operation_scopes.is_empty(), "operation_scopes"),
            (!self.audiences.is_empty(), "audiences"),
        ] {
            let message =
                "cannot be demanded by a version that accepts no credentials: nobody could prove it";
            checks.require(!demanded, field, "conflict", message);
        }
    }
}

impl ApiVersion {
    /// A new version.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: ApiVersionId,
        api_id: ApiId,
        draft: ApiVersionDraft,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, api_id, Meta::new(now), None)?, "api_version.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> ApiVersionDraft {
        ApiVersionDraft {
            name: self.name.to_string(),
            description: self.description.as_str().to_owned(),
            tags: self.tags.clone(),
            deprecated: self.deprecated,
            private: self.private,
            cors: self.cors,
            auth_strategy_id: self.auth_strategy_id,
            accepted_credentials: self.accepted_credentials.clone(),
            required_roles: self.required_roles.clone(),
            required_scopes: self.required_scopes.clone(),
            operation_scopes: self.operation_scopes.clone(),
            audiences: self.audiences.clone(),
            subscription_required: self.subscription_required,
            plan_ids: self.plan_ids.clone(),
            open_for_subscriptions: self.open_for_subscriptions,
            approval: self.approval,
            hosts: self.route.hosts.clone(),
            path_prefixes: self.route.path_prefixes.clone(),
            methods: self.route.methods.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: ApiVersionDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let after = draft.check(self.id, self.api_id, self.meta, self.specification.clone())?;
        Ok(Transition::update(self, after, "api_version.updated", now))
    }

    /// Whether somebody has to approve a developer's subscription under a plan.
    pub fn needs_approval(&self, plan: &Plan) -> bool {
        match self.approval {
            SubscriptionApproval::ByPlan => plan.needs_approval,
            SubscriptionApproval::Automatic => false,
            SubscriptionApproval::Manual => true,
        }
    }

    /// Notes another specification, or none. Its text is kept elsewhere.
    pub fn set_specification(&self, summary: Option<SpecificationSummary>, now: Instant) -> Transition<Self> {
        let after = Self { specification: summary, ..self.clone() };
        Transition::update(self, after, "api_version.specification_changed", now)
    }
}

fn drop_doubles<T: Copy + PartialEq>(list: &mut Vec<T>) {
    let mut seen = Vec::with_capacity(list.len());
    list.retain(|item| {
        let first = !seen.contains(item);
        seen.push(*item);
        first
    });
}

/// An audience as token definitions and `resource` parameters have them.
fn parse_audience(text: &str) -> Result<String, Invalid> {
    let fits = (1..=500).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Invalid::field("", "invalid", "must have 1 to 500 visible ASCII characters"))
    }
}

/// Checks each prefix. Two that differ only by capital letters are refused: upstreams that ignore case would take them
/// for one.
fn parse_prefixes(texts: &[String]) -> Result<Vec<String>, Invalid> {
    let prefixes = parse_each(texts, parse_path_prefix)?;
    for (i, text) in texts.iter().enumerate() {
        let mut earlier = texts.iter().take(i);
        if earlier.any(|other| other != text && other.eq_ignore_ascii_case(text)) {
            let message = "must not differ from an earlier one by capital letters only";
            return Err(Invalid::field(format!("[{i}]"), "duplicate", message));
        }
    }
    Ok(prefixes)
}

/// Checks each entry, drops doubles, and names a wrong one as `[i]`.
fn parse_each(texts: &[String], parse: fn(&str) -> Result<String, Invalid>) -> Result<Vec<String>, Invalid> {
    if texts.len() > 50 {
        return Err(Invalid::field("", "too_many", "must have at most 50 entries"));
    }
    let mut parsed = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        let value = parse(text).map_err(|e| e.within(&format!("[{i}]")))?;
        if !parsed.contains(&value) {
            parsed.push(value);
        }
    }
    Ok(parsed)
}
