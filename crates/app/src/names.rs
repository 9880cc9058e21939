//! What people call things, for pages that show one thing beside others.

use std::collections::HashMap;

use domain::{
    Administrator, AdministratorId, Api, ApiId, ApiToken, ApiTokenId, ApiVersion, ApiVersionId, Application,
    ApplicationId, AuthStrategy, AuthStrategyId, Developer, DeveloperId, Gateway, GatewayId, Noun, Owner,
    Partner, PartnerId, Person, Plan, PlanId,
};
use uuid::Uuid;

use crate::{App, Result};

/// Of which things the names are wanted.
#[derive(Clone, Debug, Default)]
pub struct ToName {
    /// Applications.
    pub applications: Vec<ApplicationId>,
    /// APIs.
    pub apis: Vec<ApiId>,
    /// Third parties' gateways.
    pub gateways: Vec<GatewayId>,
    /// Versions of APIs: named after both.
    pub versions: Vec<ApiVersionId>,
    /// Plans.
    pub plans: Vec<PlanId>,
    /// Partners.
    pub partners: Vec<PartnerId>,
    /// Developers.
    pub developers: Vec<DeveloperId>,
    /// Auth strategies.
    pub strategies: Vec<AuthStrategyId>,
    /// Administrators.
    pub administrators: Vec<AdministratorId>,
    /// Tokens.
    pub tokens: Vec<ApiTokenId>,
}

impl ToName {
    /// The owner of an application, too.
    pub fn owner(&mut self, owner: Owner) {
        match owner {
            Owner::Partner(id) => self.partners.push(id),
            Owner::Developer(id) => self.developers.push(id),
        }
    }

    /// Somebody, too.
    pub fn person(&mut self, person: Person) {
        match person {
            Person::Developer(id) => self.developers.push(id),
            Person::Administrator(id) => self.administrators.push(id),
        }
    }
}

/// Names by id.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: HashMap<Uuid, String>,
    emails: HashMap<Uuid, String>,
    apis: HashMap<Uuid, Uuid>,
}

impl Names {
    /// The name of a thing; what stands for it if there is none any more.
    pub fn of(&self, id: impl Into<Uuid>) -> &str {
        self.names.get(&id.into()).map_or("(deleted)", String::as_str)
    }

    /// The name of a thing, if it is known.
    pub fn find(&self, id: impl Into<Uuid>) -> Option<&str> {
        self.names.get(&id.into()).map(String::as_str)
    }

    /// The address of a developer.
    pub fn email(&self, id: DeveloperId) -> &str {
        self.emails.get(&id.0).map_or("", String::as_str)
    }

    /// The name of an owner.
    pub fn owner(&self, owner: Owner) -> &str {
        match owner {
            Owner::Partner(id) => self.of(id),
            Owner::Developer(id) => self.of(id),
        }
    }

    /// The name of somebody.
    pub fn person(&self, person: Person) -> &str {
        match person {
            Person::Developer(id) => self.of(id),
            Person::Administrator(id) => self.of(id),
        }
    }

    /// The API that a version is one of.
    pub fn api_of(&self, id: ApiVersionId) -> Option<Uuid> {
        self.apis.get(&id.0).copied()
    }

    fn add<T: Noun>(&mut self, things: Vec<T>, name: impl Fn(&T) -> String) {
        self.names.extend(things.iter().map(|thing| (thing.id(), name(thing))));
    }
}

#[macros::boxed]
impl App {
    /// Names of things that the caller was shown. The ids come from what another use case answered, never from a
    /// request: nothing is checked here.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn names(&self, wanted: ToName) -> Result<Names> {
        let read = self.store.read();
        let mut names = Names::default();
        let ids = |ids: Vec<Uuid>| {
            let mut ids = ids;
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        macro_rules! add {
            ($list:ident, $noun:ty, $name:expr) => {
                if !wanted.$list.is_empty() {
                    let all: Vec<$noun> =
                        read.find_all(ids(wanted.$list.iter().map(|id| id.0).collect())).await?;
                    names.add(all, $name);
                }
            };
        }
        add!(applications, Application, |it| it.name.to_string());
        add!(apis, Api, |it| it.name.to_string());
        add!(gateways, Gateway, |it| it.name.to_string());
        add!(plans, Plan, |it| it.name.to_string());
        add!(partners, Partner, |it| it.name.to_string());
        add!(strategies, AuthStrategy, |it| it.name.to_string());
        add!(administrators, Administrator, |it| it.email.to_string());
        add!(tokens, ApiToken, |it| it.name.to_string());
        if !wanted.developers.is_empty() {
            let all: Vec<Developer> =
                read.find_all(ids(wanted.developers.iter().map(|id| id.0).collect())).await?;
            names.emails.extend(all.iter().map(|it| (it.id.0, it.email.to_string())));
            names.add(all, |it| it.name.to_string());
        }
        if !wanted.versions.is_empty() {
            let versions: Vec<ApiVersion> =
                read.find_all(ids(wanted.versions.iter().map(|id| id.0).collect())).await?;
            let apis: Vec<Api> =
                read.find_all(ids(versions.iter().map(|version| version.api_id.0).collect())).await?;
            names.apis.extend(versions.iter().map(|version| (version.id.0, version.api_id.0)));
            names.add(apis, |it| it.name.to_string());
            let named: Vec<(Uuid, String)> = versions
                .iter()
                .map(|version| (version.id.0, format!("{} {}", names.of(version.api_id), version.name)))
                .collect();
            names.names.extend(named);
        }
        Ok(names)
    }
}
