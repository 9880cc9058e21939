//! Requests: people ask for applications at third parties' gateways, and for more or fewer APIs of theirs.

use std::collections::BTreeMap;

use domain::{
    Access, Api, ApiId, Application, ApplicationAction, ApplicationId, ApprovalId, Invalid, Person,
    Provision, Request, RequestCommand, RequestContext, RequestId, RequestKind, RequestStatus, Resource,
    Transition,
};
use store::Tx;
use uuid::Uuid;

use crate::approval::Asked;
use crate::caller::application_for;
use crate::{
    App, Caller, Created, Error, GatewayEvent, Page, PageRequest, ProvisionFilter, RequestFilter, Result,
    Slice, Sliced, every,
};

pub(crate) const THIS: Resource = Resource::Requests;
/// Statuses in which nobody outside knows of a request yet.
const PENDING: &[RequestStatus] = &[RequestStatus::New, RequestStatus::ApprovalPending];

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

#[macros::boxed]
impl App {
    /// Somebody asks for something. Without a policy the gateway is told at once.
    ///
    /// # Errors
    /// If the caller is no person, may not, a field is wrong, or the application's state forbids it.
    pub async fn make_request(&self, caller: &Caller, new: NewRequest) -> Result<Created<Request>> {
        caller.must_be_known()?;
        if caller.developer().is_none() {
            caller.must_administer(THIS, Access::Write)?;
        }
        let requester =
            caller.person().ok_or_else(|| Error::Forbidden("only people ask; sign in as one".to_owned()))?;
        new.context.check()?;
        let id: RequestId = self.new_id();
        let mut tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
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
            (id, new.kind),
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
        Ok(Created::new(request))
    }

    /// Asks the people whom a policy wants to be asked; the gateway at once, if there are none.
    async fn start_request(&self, tx: &mut Tx, request: Request) -> Result<Request> {
        match self.stages_for(tx, request.kind).await? {
            Some(stages) => {
                let command = RequestCommand::AskForApproval;
                let request = tx.save(request.apply_to_all(&command, || self.new_id(), tx.now())?).await?;
                self.ask_for_approval(tx, &Asked::Request(request.clone()), stages).await?;
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

    /// Requests: one's own for developers; those to their gateway for technical users; all of them for administrators.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn request_list(
        &self,
        caller: &Caller,
        mut filter: RequestFilter,
        page: PageRequest,
    ) -> Result<Page<Request>> {
        if let Some(own) = caller.provider() {
            filter.gateway_id = Some(own);
        } else if let Some(developer) = caller.developer_or_administrator(THIS, Access::Read)? {
            filter.requester = Some(Person::Developer(developer));
        }
        Ok(self.store.read().requests_page(&filter, page).await?)
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
        let mut events = Vec::new();
        for request in every(|page| read.requests_page(&filter, page)).await? {
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

    /// One request: for who made it, for administrators, and for technical users of the gateway that is asked.
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
        let request = may_change(caller, tx.read().find(id).await?)?;
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
        let request = may_change(caller, tx.read().find(id).await?)?;
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
}

/// The request, for who made it and for administrators.
fn may_see(caller: &Caller, request: Option<Request>) -> Result<Request> {
    may(caller, Access::Read, request)
}

/// As [`may_see`], for those who want to do something with it.
fn may_change(caller: &Caller, request: Option<Request>) -> Result<Request> {
    may(caller, Access::Write, request)
}

fn may(caller: &Caller, access: Access, request: Option<Request>) -> Result<Request> {
    let unknown = Error::NotFound(RequestId::KIND);
    caller.must_be_known()?;
    if let (Some(own), Access::Read) = (caller.provider(), access) {
        return request.filter(|it| it.gateway_id == Some(own)).ok_or(unknown);
    }
    match caller.developer() {
        Some(developer) => request.filter(|it| it.requester == Person::Developer(developer)).ok_or(unknown),
        None => {
            caller.must_administer(THIS, access)?;
            request.ok_or(unknown)
        }
    }
}
