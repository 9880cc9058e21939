//! What a request is about: the application that it makes or changes, and what there is of it already.

use std::collections::BTreeSet;

use domain::{
    Api, ApiId, Application, ApplicationAction, ApplicationDraft, ApplicationId, Gateway, GatewayId, Invalid,
    Name, Owner, Partner, PartnerDraft, PartnerId, Person, Plan, PlanId, Provision, RequestContext,
    RequestKind, RequestStatus, Text, Transition,
};
use store::{Read, Tx};

use crate::application::strategy;
use crate::caller::application_for;
use crate::gateway::may_look;
use crate::request::{NewRequest, THIS};
use crate::{ApiVersionFilter, App, Caller, Error, PageRequest, RequestFilter, Result, every};

/// The partner that owns what administrators ask for themselves.
const HOUSE: &str = "Administrators";
/// How many APIs may be asked for at once.
const MAX_APIS: usize = 50;

/// What is asked for, with what there is already.
pub(crate) struct RequestSubject {
    pub(crate) application: Application,
    pub(crate) provision: Provision,
    pub(crate) gateway_id: Option<GatewayId>,
    /// What the gateway is told of, one by one; none: of the application itself.
    pub(crate) apis: Vec<Option<ApiId>>,
}

#[macros::boxed]
impl App {
    /// The APIs that applications can be asked for at gateways, each with the gateway's name.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn apis_at_gateways(&self, caller: &Caller) -> Result<Vec<(Api, Name)>> {
        // Whose an API is is not hidden from those who may ask for it.
        may_look(caller)?;
        let read = self.store.read();
        let mut found = Vec::new();
        for gateway in every(|page| read.gateways(page)).await? {
            let apis: Vec<Api> = read.find_all(gateway.apis.keys().map(|id| id.0)).await?;
            for api in apis {
                if caller.developer().is_none() || is_on_offer(read, caller, api.id).await? {
                    found.push((api, gateway.name.clone()));
                }
            }
        }
        found.sort_by(|(a, _), (b, _)| a.name.as_str().cmp(b.name.as_str()));
        Ok(found)
    }

    /// Makes the application that is asked for, to be given APIs by the gateway.
    pub(crate) async fn new_application(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        requester: Person,
        new: &NewRequest,
    ) -> Result<RequestSubject> {
        let package = match new.kind {
            RequestKind::Subscribe => Some(package(tx, &new.context).await?),
            RequestKind::Create
            | RequestKind::Increase
            | RequestKind::Decrease
            | RequestKind::Update
            | RequestKind::Delete
            | RequestKind::Unsubscribe => None,
        };
        let asked = match package {
            Some((api, _)) => vec![api],
            None => distinct(&new.apis)?,
        };
        let gateway_id = self.gateway_of(tx, caller, &asked).await?;
        let owner = match requester {
            Person::Developer(id) => Owner::Developer(id),
            Person::Administrator(_) => Owner::Partner(self.house(tx).await?),
        };
        self.check_application_quota(tx, owner).await?;
        let draft = ApplicationDraft {
            name: new.context.name.clone().unwrap_or_default(),
            description: new.context.description.clone().unwrap_or_default(),
            ..ApplicationDraft::default()
        };
        let strategy = strategy(tx, None).await?;
        let change = Application::create(self.new_id(), draft, owner, strategy.id, tx.now())?;
        let application = tx.save(change).await?;
        let blank = Provision::create(self.new_id(), application.id, gateway_id, requester, tx.now());
        let provision = Provision {
            redirect_uris: new.context.redirect_uris.clone().unwrap_or_default(),
            custom: new.context.custom.clone(),
            package,
            ..blank.after().clone()
        };
        let provision = tx.save(Transition::create(provision, "provision.created")).await?;
        let apis = asked.into_iter().map(Some).collect();
        Ok(RequestSubject { application, provision, gateway_id, apis })
    }

    /// Loads the application that something else is asked for.
    pub(crate) async fn existing_application(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        requester: Person,
        new: &NewRequest,
    ) -> Result<RequestSubject> {
        let id = new
            .application
            .ok_or_else(|| Invalid::field("application", "required", "must be the id of an application"))?;
        let action = match new.kind {
            RequestKind::Update => ApplicationAction::Edit,
            RequestKind::Delete | RequestKind::Unsubscribe => ApplicationAction::Delete,
            RequestKind::Create | RequestKind::Increase | RequestKind::Decrease | RequestKind::Subscribe => {
                ApplicationAction::ManageSubscriptions
            }
        };
        let application = application_for(tx.read(), caller, id, THIS, action).await?;
        tx.lock_application(id).await?;
        let mut wish = match tx.read().provision_of(id).await? {
            Some(provision) => {
                RequestSubject { application, gateway_id: provision.gateway_id, provision, apis: Vec::new() }
            }
            None if new.kind == RequestKind::Increase => {
                // It had nothing to do with a gateway until now.
                let gateway_id = self.gateway_of(tx, caller, &distinct(&new.apis)?).await?;
                let change = Provision::create(self.new_id(), id, gateway_id, requester, tx.now());
                RequestSubject {
                    application,
                    gateway_id,
                    provision: tx.save(change).await?,
                    apis: Vec::new(),
                }
            }
            None => return Err(Error::conflict("no_provision", "the application is at no gateway")),
        };
        wish.apis = match new.kind {
            RequestKind::Increase => {
                let apis = distinct(&new.apis)?;
                if self.gateway_of(tx, caller, &apis).await? != wish.gateway_id {
                    return Err(Invalid::field(
                        "apis",
                        "invalid",
                        "must belong to the application's gateway",
                    )
                    .into());
                }
                if apis.iter().any(|api| wish.provision.api_ids.contains(api)) {
                    return Err(
                        Invalid::field("apis", "invalid", "must be APIs that it does not have yet").into()
                    );
                }
                apis.into_iter().map(Some).collect()
            }
            RequestKind::Decrease => {
                let apis = distinct(&new.apis)?;
                if !apis.iter().all(|api| wish.provision.api_ids.contains(api)) {
                    return Err(Invalid::field("apis", "invalid", "must be APIs that it has").into());
                }
                apis.into_iter().map(Some).collect()
            }
            RequestKind::Update => {
                check_update(&new.context)?;
                vec![None]
            }
            RequestKind::Unsubscribe if wish.provision.package.is_none() => {
                return Err(Invalid::field("application", "invalid", "must be a subscription").into());
            }
            // One by one, as they were granted; an application without any is told of by itself.
            RequestKind::Delete | RequestKind::Unsubscribe if wish.provision.api_ids.is_empty() => vec![None],
            RequestKind::Delete | RequestKind::Unsubscribe => {
                wish.provision.api_ids.iter().copied().map(Some).collect()
            }
            RequestKind::Create | RequestKind::Subscribe => Vec::new(),
        };
        self.must_not_be_asked(tx, id, &wish.apis).await?;
        Ok(wish)
    }

    /// Nothing is asked twice while the first is on its way.
    async fn must_not_be_asked(
        &self,
        tx: &Tx,
        application: ApplicationId,
        apis: &[Option<ApiId>],
    ) -> Result<()> {
        let open: &'static [RequestStatus] = &[
            RequestStatus::New,
            RequestStatus::ApprovalPending,
            RequestStatus::Approved,
            RequestStatus::WaitingThirdParty,
            RequestStatus::DeliveryUnsuccessful,
        ];
        let filter = RequestFilter {
            application_id: Some(application),
            statuses: Some(open),
            ..RequestFilter::default()
        };
        let read = tx.read();
        let others = every(|page| read.requests_page(&filter, page)).await?;
        let is_open =
            |state: &domain::RequestState| open.contains(&state.status) && apis.contains(&state.api_id);
        if others.iter().flat_map(|request| &request.states).any(is_open) {
            let message = "something is being asked about this already; wait for the answer or take it back";
            return Err(Error::conflict_in("apis", "asked_already", message));
        }
        Ok(())
    }

    /// The gateway that all these APIs belong to. To a developer an API that is not on offer is unknown.
    async fn gateway_of(&self, tx: &Tx, caller: &Caller, apis: &[ApiId]) -> Result<Option<GatewayId>> {
        let mut gateways = BTreeSet::new();
        for (i, id) in apis.iter().enumerate() {
            let unknown =
                || Invalid::field(format!("apis[{i}]"), "unknown", "must be an API that is on offer");
            let api: Api = tx.read().find(*id).await?.ok_or_else(unknown)?;
            if caller.developer().is_some() && !is_on_offer(tx.read(), caller, api.id).await? {
                return Err(unknown().into());
            }
            gateways.insert(tx.read().gateway_of_api(api.id).await?.map(|gateway: Gateway| gateway.id));
        }
        let mut gateways = gateways.into_iter();
        match (gateways.next(), gateways.next()) {
            (Some(gateway), None) => Ok(gateway),
            _ => Err(Invalid::field("apis", "invalid", "must all belong to one gateway").into()),
        }
    }

    /// The partner that owns what administrators ask for themselves.
    async fn house(&self, tx: &mut Tx) -> Result<PartnerId> {
        if let Some(partner) = tx.read().partner_named(&Name::parse(HOUSE)?).await? {
            return Ok(partner.id);
        }
        let description = "Owns what administrators ask for themselves.".to_owned();
        let draft = PartnerDraft { name: HOUSE.to_owned(), description, ..PartnerDraft::default() };
        Ok(tx.save(Partner::create(self.new_id(), draft, tx.now())?).await?.id)
    }
}

/// An API without versions is on offer, and one with a version that the developer may see.
async fn is_on_offer(read: Read<'_>, caller: &Caller, api: ApiId) -> Result<bool> {
    let any = ApiVersionFilter { api_id: Some(api), visible_to: None };
    let theirs = ApiVersionFilter { api_id: Some(api), visible_to: caller.developer() };
    let one = PageRequest::first(1);
    Ok(!read.api_versions(&theirs, one).await?.items.is_empty()
        || read.api_versions(&any, one).await?.items.is_empty())
}

/// The package and the plan of a subscription: an API of ours, and a plan.
async fn package(tx: &Tx, context: &RequestContext) -> Result<(ApiId, PlanId)> {
    let (api, plan) = context
        .package
        .ok_or_else(|| Invalid::field("package", "required", "must be given, and a plan with it"))?;
    let found: Option<Plan> = tx.read().find(plan).await?;
    found.ok_or_else(|| Invalid::field("plan", "unknown", "must be an existing plan"))?;
    Ok((api, plan))
}

/// At least one API, each once.
fn distinct(apis: &[ApiId]) -> Result<Vec<ApiId>, Invalid> {
    let distinct: BTreeSet<ApiId> = apis.iter().copied().collect();
    if apis.is_empty() || apis.len() > MAX_APIS || distinct.len() != apis.len() {
        let message = format!("must be 1 to {MAX_APIS} APIs, each once");
        return Err(Invalid::field("apis", "invalid", message));
    }
    Ok(apis.to_vec())
}

/// Something must be other than before, and be right.
fn check_update(context: &RequestContext) -> Result<(), Invalid> {
    let mut checks = domain::Checks::new();
    if let Some(name) = &context.name {
        checks.take("name", Name::parse(name));
    }
    if let Some(description) = &context.description {
        checks.take("description", Text::parse(description));
    }
    let says = context.name.is_some() || context.description.is_some() || context.redirect_uris.is_some();
    checks.require(says, "name", "required", "must be given, or a description or redirect addresses");
    checks.build(|| Some(()))
}
