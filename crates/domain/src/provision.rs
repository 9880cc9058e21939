//! Applications at third parties' gateways.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{ApiId, ApplicationId, GatewayId, Instant, Meta, Person, PlanId, ProvisionId, Transition};

/// What an application is at a third party's gateway. It is there before the gateway has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provision {
    /// Its identity.
    pub id: ProvisionId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Which application; it has one provision at most.
    pub application_id: ApplicationId,
    /// At which gateway; none: its APIs belong to nobody in particular.
    pub gateway_id: Option<GatewayId>,
    /// Who asked for it.
    pub requester: Person,
    /// Whether it can call.
    pub status: ProvisionStatus,
    /// The APIs that it may call there, in the order they were granted.
    pub api_ids: Vec<ApiId>,
    /// Where users of the application come back to, when they signed in at the gateway.
    pub redirect_uris: Vec<String>,
    /// What else was asked and answered.
    pub custom: BTreeMap<String, String>,
    /// The package that it subscribed to, if it is a subscription to one, and the plan.
    pub package: Option<(ApiId, PlanId)>,
}

noun!(Provision, ProvisionId, application = |p| Some(p.application_id));

/// Whether an application can call at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionStatus {
    /// The gateway has not answered yet.
    Inactive,
    /// It can.
    Live,
    /// Somebody said no.
    Rejected,
}

impl Provision {
    /// A new one, without APIs: those come with the gateway's answer.
    pub fn create(
        id: ProvisionId,
        application_id: ApplicationId,
        gateway_id: Option<GatewayId>,
        requester: Person,
        now: Instant,
    ) -> Transition<Self> {
        let provision = Self {
            id,
            meta: Meta::new(now),
            application_id,
            gateway_id,
            requester,
            status: ProvisionStatus::Inactive,
            api_ids: Vec::new(),
            redirect_uris: Vec::new(),
            custom: BTreeMap::new(),
            package: None,
        };
        Transition::create(provision, "provision.created")
    }

    /// The gateway has given it an API, or none in particular. It can call.
    pub fn grant(&self, api: Option<ApiId>, now: Instant) -> Transition<Self> {
        let mut after = Self { status: ProvisionStatus::Live, ..self.clone() };
        if let Some(api) = api.filter(|api| !self.api_ids.contains(api)) {
            after.api_ids.push(api);
        }
        Transition::update(self, after, "provision.granted", now)
    }

    /// The gateway has taken an API from it. Whatever else it has stays.
    pub fn withdraw(&self, api: ApiId, now: Instant) -> Transition<Self> {
        let mut after = Self { status: ProvisionStatus::Live, ..self.clone() };
        after.api_ids.retain(|granted| *granted != api);
        Transition::update(self, after, "provision.withdrawn", now)
    }

    /// Somebody said no. What it has already stays as it is.
    pub fn refuse(&self, now: Instant) -> Transition<Self> {
        let status = match self.status {
            ProvisionStatus::Inactive => ProvisionStatus::Rejected,
            status @ (ProvisionStatus::Live | ProvisionStatus::Rejected) => status,
        };
        Transition::update(self, Self { status, ..self.clone() }, "provision.refused", now)
    }

    /// Where users come back to is something else now.
    pub fn redirect(&self, redirect_uris: Vec<String>, now: Instant) -> Transition<Self> {
        Transition::update(self, Self { redirect_uris, ..self.clone() }, "provision.updated", now)
    }
}
