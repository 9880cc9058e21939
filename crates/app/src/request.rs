//! Requests: people ask for applications at third parties' gateways, and for more or fewer APIs of theirs.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Access, Api, ApiId, Application, ApplicationAction, ApplicationDraft, ApplicationId, ApprovalId, Gateway,
    GatewayId, Invalid, Name, Owner, Partner, PartnerDraft, PartnerId, Person, Plan, PlanId, Provision,
    Request, RequestCommand, RequestContext, RequestId, RequestKind, RequestStatus, Resource, Text,
    Transition,
};
use store::Tx;
use uuid::Uuid;

use crate::application::strategy;
use crate::caller::application_for;
use crate::{
    ApiVersionFilter, App, Caller, Error, GatewayEvent, PageRequest, PartnerFilter, ProvisionFilter,
    RequestFilter, Result, Slice, Sliced,
};

pub(crate) const THIS: Resource = Resource::Requests;
/// The partner that owns what administrators ask for themselves.
const HOUSE: &str = "Administrators";
/// Statuses in which nobody outside knows of a request yet.
const PENDING: &[RequestStatus] = &[RequestStatus::New, RequestStatus::ApprovalPending];
/// How many APIs may be asked for at once.
const MAX_APIS: usize = 50;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// What.
    pub kind: RequestKind,
    /// What they say about it.
    pub context: RequestContext,
    /// For which application; none for a new one.
    pub application: Option<ApplicationId>,
    /// Which APIs.
    pub apis: Vec<ApiId>,
}

/// A request, and what is needed to tell what happened to it.
#[derive(Clone, Debug)]
pub struct RequestStory {
    /// The request.
    pub request: Request,
    /// What its APIs are called.
    pub api_names: BTreeMap<ApiId, String>,
    /// The approval that it needed, if it needed one.
    pub approval: Option<ApprovalId>,
}

/// What is asked for, with what there is already.
struct Wish {
    application: Application,
    provision: Provision,
    gateway_id: Option<GatewayId>,
    /// What the gateway is told of, one by one; none: of the application itself.
    apis: Vec<Option<ApiId>>,
}

impl App {
    /// Somebody asks for something. Without a policy the gateway is told at once.
    ///
    /// # Errors
    /// If the caller is no person, may not, a field is wrong, or the application's state forbids it.
    pub async fn make_request(&self, caller: &Caller, new: NewRequest) -> Result<Request> {
        caller.must_be_known()?;
        let requester =
            caller.person().ok_or_else(|| Error::Forbidden("only people ask; sign in as one".to_owned()))?;
        new.context.check()?;
        let mut tx = self.begin(caller).await?;
        let wish = match new.kind {
            RequestKind::Create | RequestKind::Subscribe => {
                self.new_application(&mut tx, caller, requester, &new).await?
            }
            RequestKind::Increase
            | RequestKind::Decrease
            | RequestKind::Update
            | RequestKind::Delete
            | RequestKind::Unsubscribe => self.existing_application(&mut tx, caller, requester, &new).await?,
        };
        let states = wish.apis.iter().map(|api| (self.new_id(), self.new_id(), *api)).collect();
        let change = Request::ask(
            (self.new_id(), new.kind),
            requester,
            wish.application.id,
            wish.gateway_id,
            new.context,
            states,
            tx.now(),
        );
        let request = tx.save(change).await?;
        let request = self.start_request(&mut tx, request).await?;
        self.commit(tx).await?;
        Ok(request)
    }

    /// Asks the people whom a policy wants to be asked; the gateway at once, if there are none.
    async fn start_request(&self, tx: &mut Tx, request: Request) -> Result<Request> {
        match self.stages_for(tx, request.kind).await? {
            Some(stages) => {
                let command = RequestCommand::AskForApproval;
                let request = tx.save(request.apply_to_all(&command, || self.new_id(), tx.now())?).await?;
                self.ask_for_approval(tx, &request, stages).await?;
                Ok(request)
            }
            None => self.approve_request(tx, request).await,
        }
    }

    /// All have said yes, or nobody was to be asked.
    pub(crate) async fn approve_request(&self, tx: &mut Tx, request: Request) -> Result<Request> {
        let command = RequestCommand::Approve;
        let request = tx.save(request.apply_to_all(&command, || self.new_id(), tx.now())?).await?;
        self.tell(tx, request).await
    }

    /// Requests that the caller made; all of them for administrators, if they want.
    ///
    /// # Errors
    /// If the caller is nobody, or is no administrator and wants all.
    pub async fn requests(
        &self,
        caller: &Caller,
        kind: Option<RequestKind>,
        all: bool,
        slice: Slice,
    ) -> Result<Sliced<Request>> {
        caller.must_be_known()?;
        let requester = match caller.person() {
            Some(person) if !all => Some(person),
            _ => {
                caller.must_administer(THIS, Access::Read)?;
                None
            }
        };
        let filter = RequestFilter { kind, requester, ..RequestFilter::default() };
        Ok(self.store.read().requests(&filter, slice).await?)
    }

    /// A request with the names of its APIs and its approval, to tell what happened to it.
    ///
    /// # Errors
    /// As [`App::request`].
    pub async fn request_story(&self, caller: &Caller, id: RequestId) -> Result<RequestStory> {
        let request = self.request(caller, id).await?;
        let read = self.store.read();
        let ids = request.states.iter().filter_map(|state| state.api_id.map(|id| id.0));
        let apis = read.find_all::<Api>(ids.collect::<Vec<_>>()).await?;
        let approval = read.approval_of(request.id).await?.map(|approval| approval.id);
        let api_names = apis.into_iter().map(|api| (api.id, api.name.to_string())).collect();
        Ok(RequestStory { request, api_names, approval })
    }

    /// What waits for an answer: of the technical user's own gateway; of all for administrators. The oldest first.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn gateway_events(
        &self,
        caller: &Caller,
        statuses: &'static [RequestStatus],
    ) -> Result<Vec<GatewayEvent>> {
        if caller.provider().is_none() {
            caller.must_administer(THIS, Access::Read)?;
        }
        let read = self.store.read();
        let filter = RequestFilter { gateway_id: caller.provider(), ..RequestFilter::default() };
        // A request with one state that waits may be worse as a whole, so all that are not over are looked at.
        let slice = Slice { page: 0, limit: 500 };
        let mut events = Vec::new();
        for request in read.requests(&filter, slice).await?.items {
            for state in request.states.iter().filter(|state| statuses.contains(&state.status)) {
                events.push(self.gateway_event(read, &request, state).await?);
            }
        }
        events.reverse();
        Ok(events)
    }

    /// Requests of whomever that nobody outside knows of yet: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn pending_requests(
        &self,
        caller: &Caller,
        kind: Option<RequestKind>,
        slice: Slice,
    ) -> Result<Sliced<Request>> {
        caller.must_administer(THIS, Access::Read)?;
        let filter = RequestFilter { kind, statuses: Some(PENDING), ..RequestFilter::default() };
        Ok(self.store.read().requests(&filter, slice).await?)
    }

    /// Requests for an application: those that the caller made; all of them for administrators.
    ///
    /// # Errors
    /// If there is no such application, or the caller may not see it.
    pub async fn requests_of(
        &self,
        caller: &Caller,
        application: ApplicationId,
        slice: Slice,
    ) -> Result<Sliced<Request>> {
        application_for(self.store.read(), caller, application, THIS, ApplicationAction::View).await?;
        let requester = caller.developer().map(Person::Developer);
        let filter =
            RequestFilter { requester, application_id: Some(application), ..RequestFilter::default() };
        Ok(self.store.read().requests(&filter, slice).await?)
    }

    /// One request: for who made it, and for administrators.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn request(&self, caller: &Caller, id: RequestId) -> Result<Request> {
        may_see(caller, self.store.read().find(id).await?)
    }

    /// Takes a request back that nobody outside knows of yet.
    ///
    /// # Errors
    /// If it does not exist, the caller may not see it, or it is too late.
    pub async fn delete_request(&self, caller: &Caller, id: RequestId) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        let request = may_see(caller, tx.read().find(id).await?)?;
        if let Some(developer) = caller.developer()
            && request.requester != Person::Developer(developer)
        {
            return Err(Error::NotFound(RequestId::KIND));
        }
        if !request.is_pending() {
            return Err(Error::conflict("not_pending", "the request is on its way already"));
        }
        if matches!(request.kind, RequestKind::Create | RequestKind::Subscribe) {
            let application: Option<Application> = tx.read().find(request.application_id).await?;
            if let Some(application) = application {
                tx.save(Transition::delete(application, "application.deleted")).await?;
            }
        }
        tx.save(Transition::delete(request, "request.deleted")).await?;
        self.commit(tx).await
    }

    /// Has the gateway told again of one state of a request: who made it, and administrators. It is the same event.
    ///
    /// # Errors
    /// If it does not exist, the caller may not see it, there is no such state, or its status does not allow it.
    pub async fn retry_request(&self, caller: &Caller, id: RequestId, state: Uuid) -> Result<Request> {
        let mut tx = self.begin(caller).await?;
        let request = may_see(caller, tx.read().find(id).await?)?;
        let found = request
            .state(state)
            .ok_or_else(|| Invalid::field("state", "unknown", "must be the id of a state of this request"))?;
        let event_id = found.event_id;
        let change = request.apply(state, RequestCommand::Retry, self.new_id(), tx.now())?;
        let request = tx.save(change).await?;
        let request = self.tell_again(&mut tx, request, event_id).await?;
        self.commit(tx).await?;
        Ok(request)
    }

    /// Applications at gateways: those that the caller may see; all of them for administrators, if they want.
    ///
    /// # Errors
    /// If the caller is nobody, or is no administrator and wants all.
    pub async fn provisions(&self, caller: &Caller, all: bool, slice: Slice) -> Result<Sliced<Provision>> {
        caller.must_be_known()?;
        let mut filter = ProvisionFilter::default();
        match (caller.person(), caller.provider()) {
            (_, Some(gateway)) if !all => filter.gateway_id = Some(gateway),
            (Some(Person::Developer(developer)), _) if !all => filter.visible_to = Some(developer),
            (Some(person), _) if !all => filter.requester = Some(person),
            _ => caller.must_administer(THIS, Access::Read)?,
        }
        Ok(self.store.read().provisions(&filter, slice).await?)
    }

    /// What an application is at a gateway. The gateway's technical user sees it, too.
    ///
    /// # Errors
    /// If there is none or the caller may not see it.
    pub async fn provision(&self, caller: &Caller, id: ApplicationId) -> Result<(Application, Provision)> {
        caller.must_be_known()?;
        let read = self.store.read();
        let unknown = Error::NotFound(ApplicationId::KIND);
        let Some(gateway) = caller.provider() else {
            let application = application_for(read, caller, id, THIS, ApplicationAction::View).await?;
            let provision = read.provision_of(id).await?.ok_or(unknown)?;
            return Ok((application, provision));
        };
        let provision = read.provision_of(id).await?.filter(|it| it.gateway_id == Some(gateway));
        let (Some(provision), Some(application)) = (provision, read.find(id).await?) else {
            return Err(unknown);
        };
        Ok((application, provision))
    }

    /// Makes an application at the gateway of some APIs, or at none, without asking: administrators only. It can call at
    /// once; nobody is told.
    ///
    /// # Errors
    /// If the caller is no administrator, or a field is wrong.
    pub async fn make_provisioned(&self, caller: &Caller, new: NewRequest) -> Result<ApplicationId> {
        caller.must_administer(THIS, Access::Write)?;
        let requester =
            caller.person().ok_or_else(|| Error::Forbidden("only people ask; sign in as one".to_owned()))?;
        new.context.check()?;
        let mut tx = self.begin(caller).await?;
        let wish = self.new_application(&mut tx, caller, requester, &new).await?;
        let mut provision = wish.provision;
        for api in wish.apis {
            provision = tx.save(provision.grant(api, tx.now())).await?;
        }
        self.commit(tx).await?;
        Ok(wish.application.id)
    }

    /// Removes an application here and tells no gateway of it: administrators only.
    ///
    /// # Errors
    /// If the caller is no administrator, or there is no such application.
    pub async fn force_delete_provisioned(&self, caller: &Caller, id: ApplicationId) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        self.delete_application(caller, id, None).await
    }

    /// Gives up requests that a gateway has not answered for thirty days.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn expire_requests(&self) -> Result<()> {
        const LIFETIME: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);
        let waiting =
            [RequestStatus::WaitingThirdParty, RequestStatus::DeliveryUnsuccessful, RequestStatus::Approved];
        let before = self.clock.now() - LIFETIME;
        for request in self.store.read().requests_untouched_since(&waiting, before, 500).await? {
            let mut tx = self.begin(&Caller::system()).await?;
            let mut request = request;
            for state in request.states.clone() {
                let reason = "the gateway has not answered for 30 days".to_owned();
                let command = RequestCommand::Fail { reason };
                if waiting.contains(&state.status) {
                    request = tx.save(request.apply(state.id, command, self.new_id(), tx.now())?).await?;
                }
            }
            self.mail_outcome(&tx, &request, "was given up").await?;
            self.commit(tx).await?;
        }
        Ok(())
    }

    /// Makes the application that is asked for, to be given APIs by the gateway.
    async fn new_application(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        requester: Person,
        new: &NewRequest,
    ) -> Result<Wish> {
        let package = match new.kind {
            RequestKind::Subscribe => Some(package(tx, &new.context).await?),
            _ => None,
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
        Ok(Wish { application, provision, gateway_id, apis })
    }

    /// Loads the application that something else is asked for.
    async fn existing_application(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        requester: Person,
        new: &NewRequest,
    ) -> Result<Wish> {
        let id = new
            .application
            .ok_or_else(|| Invalid::field("application", "required", "must be the id of an application"))?;
        let action = match new.kind {
            RequestKind::Update => ApplicationAction::Edit,
            RequestKind::Delete | RequestKind::Unsubscribe => ApplicationAction::Delete,
            _ => ApplicationAction::ManageSubscriptions,
        };
        let application = application_for(tx.read(), caller, id, THIS, action).await?;
        tx.lock_application(id).await?;
        let mut wish = match tx.read().provision_of(id).await? {
            Some(provision) => {
                Wish { application, gateway_id: provision.gateway_id, provision, apis: Vec::new() }
            }
            None if new.kind == RequestKind::Increase => {
                // It had nothing to do with a gateway until now.
                let gateway_id = self.gateway_of(tx, caller, &distinct(&new.apis)?).await?;
                let change = Provision::create(self.new_id(), id, gateway_id, requester, tx.now());
                Wish { application, gateway_id, provision: tx.save(change).await?, apis: Vec::new() }
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
        let slice = Slice { page: 0, limit: 100 };
        let others = tx.read().requests(&filter, slice).await?.items;
        let is_open =
            |state: &domain::RequestState| open.contains(&state.status) && apis.contains(&state.api_id);
        if others.iter().flat_map(|request| &request.states).any(is_open) {
            let message = "something is being asked about this already; wait for the answer or take it back";
            return Err(Error::conflict("asked_already", message));
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
            if caller.developer().is_some() && !is_on_offer(tx, caller, api.id).await? {
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
        let filter = PartnerFilter { name_contains: Some(HOUSE.to_owned()), ..PartnerFilter::default() };
        let found = tx.read().partners(&filter, PageRequest::first(200)).await?.items;
        if let Some(partner) = found.iter().find(|partner| partner.name.as_str() == HOUSE) {
            return Ok(partner.id);
        }
        let description = "Owns what administrators ask for themselves.".to_owned();
        let draft = PartnerDraft { name: HOUSE.to_owned(), description, ..PartnerDraft::default() };
        Ok(tx.save(Partner::create(self.new_id(), draft, tx.now())?).await?.id)
    }
}

/// The request, for who made it and for administrators.
fn may_see(caller: &Caller, request: Option<Request>) -> Result<Request> {
    let unknown = Error::NotFound(RequestId::KIND);
    caller.must_be_known()?;
    match caller.developer() {
        Some(developer) => request.filter(|it| it.requester == Person::Developer(developer)).ok_or(unknown),
        None => {
            caller.must_administer(THIS, Access::Read)?;
            request.ok_or(unknown)
        }
    }
}

/// An API without versions is on offer, and one with a version that the developer may see.
async fn is_on_offer(tx: &Tx, caller: &Caller, api: ApiId) -> Result<bool> {
    let any = ApiVersionFilter { api_id: Some(api), visible_to: None };
    let theirs = ApiVersionFilter { api_id: Some(api), visible_to: caller.developer() };
    let one = PageRequest::first(1);
    Ok(!tx.read().api_versions(&theirs, one).await?.items.is_empty()
        || tx.read().api_versions(&any, one).await?.items.is_empty())
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
