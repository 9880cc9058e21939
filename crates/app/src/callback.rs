//! How a third party's gateway answers: it has done what was asked, or it will not. The id of the event says what is
//! answered, and never that somebody may: that is a right of administrators and of the gateway's own technical users.

use domain::{
    Access, Application, ApplicationDraft, ApplicationId, ExternalValues, Person, Provision, Request,
    RequestCommand, RequestKind, RequestState, RequestStatus, Transition,
};
use store::Tx;
use uuid::Uuid;

use crate::mail::greeting_line;
use crate::request::THIS;
use crate::{App, Caller, Error, Result};

/// What a gateway answers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The credentials that the application has there from now on; none: those that it had.
    pub credentials: Option<Vec<ExternalValues>>,
    /// Everything that was answered, as it was: the same again is no other answer.
    pub raw: Vec<u8>,
}

/// How many credentials a gateway may give an application.
const MAX_CREDENTIALS: usize = 20;
/// How often an answer is tried that is overtaken by another change of the same request: a gateway that answers at once
/// meets the note that it was told.
const TRIES: usize = 5;
const UNKNOWN: Error = Error::NotFound(ApplicationId::KIND);

#[macros::boxed]
impl App {
    /// A gateway has done what an event asked. The same answer again changes nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for developers; [`Error::NotFound`] if the event is unknown, of another application or of
    /// another gateway; [`Error::Conflict`] if it was answered otherwise; [`Error::Gone`] if its time is over.
    pub async fn answer_event(
        &self,
        caller: &Caller,
        application: ApplicationId,
        event: Uuid,
        answer: Answer,
    ) -> Result<()> {
        let mut tries = 1;
        loop {
            match self.answer_once(caller, application, event, &answer).await {
                Err(Error::Stale) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    async fn answer_once(
        &self,
        caller: &Caller,
        application: ApplicationId,
        event: Uuid,
        answer: &Answer,
    ) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        // Whoever answers the same at once comes one after the other.
        tx.lock_application(application).await?;
        let (request, state) = answerable(&tx, caller, event).await?;
        if request.application_id != application {
            return Err(UNKNOWN);
        }
        let hash = self.keys.marks().fingerprint("event-answer", &[&answer.raw]).to_vec();
        match state.status {
            RequestStatus::Completed if state.answer.as_ref() == Some(&hash) => return Ok(()),
            RequestStatus::Failed => return Err(Error::Gone("the time to answer this is over")),
            _ => {}
        }
        check(answer.credentials.as_deref())?;
        let command = RequestCommand::Complete { answer: hash };
        let request = tx.save(request.apply(state.id, command, self.new_id(), tx.now())?).await?;
        self.carry_out(&mut tx, &request, &state, answer.credentials.clone()).await?;
        self.mail_outcome(&tx, &request, "was done").await?;
        self.commit(tx).await
    }

    /// A gateway, or an administrator, changes an application there without being asked. No request is answered by it,
    /// and no API comes or goes.
    ///
    /// # Errors
    /// As [`App::answer_event`].
    pub async fn update_provisioned(
        &self,
        caller: &Caller,
        id: ApplicationId,
        draft: impl FnOnce(&mut ApplicationDraft) + Send,
        credentials: Option<Vec<ExternalValues>>,
    ) -> Result<()> {
        may_answer(caller)?;
        let mut tx = self.begin(caller).await?;
        tx.lock_application(id).await?;
        let (application, provision) = provisioned(&tx, id).await?;
        must_be_its_own(caller, provision.gateway_id)?;
        check(credentials.as_deref())?;
        let mut edited = application.draft();
        let before = (edited.name.clone(), edited.description.clone());
        draft(&mut edited);
        if (&edited.name, &edited.description) != (&before.0, &before.1) {
            tx.save(application.update(edited, tx.now())?).await?;
        }
        if let Some(credentials) = credentials {
            self.replace_external(&mut tx, id, provision.gateway_id, credentials).await?;
        }
        self.commit(tx).await
    }

    /// A gateway will not do what an event asked.
    ///
    /// # Errors
    /// As [`App::answer_event`].
    pub async fn refuse_event(&self, caller: &Caller, event: Uuid, reason: &str) -> Result<()> {
        let mut tries = 1;
        loop {
            match self.refuse_once(caller, event, reason).await {
                Err(Error::Stale) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    async fn refuse_once(&self, caller: &Caller, event: Uuid, reason: &str) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        let (request, state) = answerable(&tx, caller, event).await?;
        if state.status == RequestStatus::Failed {
            return Err(Error::Gone("the time to answer this is over"));
        }
        let command = RequestCommand::Refuse { reason: reason.to_owned() };
        let request = tx.save(request.apply(state.id, command, self.new_id(), tx.now())?).await?;
        self.refused(&mut tx, &request).await?;
        self.commit(tx).await
    }

    /// A gateway has taken note of what an event asks, and will do it later.
    ///
    /// # Errors
    /// As [`App::answer_event`].
    pub async fn accept_event(&self, caller: &Caller, event: Uuid) -> Result<()> {
        let mut tries = 1;
        loop {
            match self.accept_once(caller, event).await {
                Err(Error::Stale) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    async fn accept_once(&self, caller: &Caller, event: Uuid) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        let (request, state) = answerable(&tx, caller, event).await?;
        let command = RequestCommand::Delivered { code: None };
        tx.save(request.apply(state.id, command, self.new_id(), tx.now())?).await?;
        self.commit(tx).await
    }

    /// Whether the caller may answer events at all.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if not.
    pub fn may_answer_events(&self, caller: &Caller) -> Result<()> {
        may_answer(caller)
    }

    /// The application that an event is about, for a gateway that was not told it.
    ///
    /// # Errors
    /// As [`App::answer_event`].
    pub async fn application_of_event(&self, caller: &Caller, event: Uuid) -> Result<ApplicationId> {
        let tx = self.begin(caller).await?;
        let (request, _) = answerable(&tx, caller, event).await?;
        Ok(request.application_id)
    }

    /// Somebody said no to a request: an application that has nothing yet will not get anything.
    pub(crate) async fn refused(&self, tx: &mut Tx, request: &Request) -> Result<()> {
        if let Some(provision) = tx.read().provision_of(request.application_id).await?
            && matches!(request.kind, RequestKind::Create | RequestKind::Subscribe)
        {
            tx.save(provision.refuse(tx.now())).await?;
        }
        self.mail_outcome(tx, request, "was refused").await
    }

    /// What was asked is so now.
    async fn carry_out(
        &self,
        tx: &mut Tx,
        request: &Request,
        state: &RequestState,
        credentials: Option<Vec<ExternalValues>>,
    ) -> Result<()> {
        let id = request.application_id;
        let (application, provision) = provisioned(tx, id).await?;
        if let Some(credentials) = credentials {
            self.replace_external(tx, id, request.gateway_id, credentials).await?;
        }
        match request.kind {
            RequestKind::Create | RequestKind::Increase | RequestKind::Subscribe => {
                tx.save(provision.grant(state.api_id, tx.now())).await?;
            }
            RequestKind::Decrease => {
                if let Some(api) = state.api_id {
                    tx.save(provision.withdraw(api, tx.now())).await?;
                }
            }
            RequestKind::Update => {
                let mut draft = application.draft();
                draft.name = request.context.name.clone().unwrap_or(draft.name);
                draft.description = request.context.description.clone().unwrap_or(draft.description);
                tx.save(application.update(draft, tx.now())?).await?;
                if let Some(uris) = &request.context.redirect_uris {
                    tx.save(provision.redirect(uris.clone(), tx.now())).await?;
                }
            }
            RequestKind::Delete | RequestKind::Unsubscribe => {
                if request.status() == RequestStatus::Completed {
                    tx.save(Transition::delete(application, "application.deleted")).await?;
                } else if let Some(api) = state.api_id {
                    tx.save(provision.withdraw(api, tx.now())).await?;
                }
            }
        }
        Ok(())
    }

    /// Tells who asked what came of it. No credential is in it: those are shown where they are kept.
    pub(crate) async fn mail_outcome(&self, tx: &Tx, request: &Request, outcome: &str) -> Result<()> {
        // Administrators look for themselves.
        let Person::Developer(_) = request.requester else { return Ok(()) };
        let Some(to) = self.address_of(request.requester).await? else { return Ok(()) };
        let reasons = request.states.iter().filter_map(|state| state.trace.last());
        let reason = reasons.map(|trace| trace.reason.as_str()).find(|reason| !reason.is_empty());
        let reason = reason.map(|reason| format!("Reason: {reason}\n")).unwrap_or_default();
        let text = format!(
            "{}\n\nwhat you asked for {outcome}.\n\nRequest: {}\nApplication: {}\n{reason}\nLook at it: {}\n",
            greeting_line(),
            request.id,
            request.application_id,
            self.settings.public_url,
        );
        self.post(tx, &to, &format!("Your request {outcome}"), text).await
    }
}

/// Whether the caller may answer at all: administrators, their tools, and technical users of gateways.
fn may_answer(caller: &Caller) -> Result<()> {
    match caller.provider() {
        Some(_) => Ok(()),
        None => caller.must_administer(THIS, Access::Write),
    }
}

/// What is at no gateway is for administrators only; what is at another is unknown.
fn must_be_its_own(caller: &Caller, gateway: Option<domain::GatewayId>) -> Result<()> {
    match caller.provider() {
        Some(own) if gateway != Some(own) => Err(UNKNOWN),
        _ => Ok(()),
    }
}

/// The request and the state that an event is about, if the caller may answer it.
async fn answerable(tx: &Tx, caller: &Caller, event: Uuid) -> Result<(Request, RequestState)> {
    may_answer(caller)?;
    let request = tx.read().request_of_event(event).await?.ok_or(UNKNOWN)?;
    must_be_its_own(caller, request.gateway_id)?;
    let state = request.state_of_event(event).cloned().ok_or(UNKNOWN)?;
    Ok((request, state))
}

async fn provisioned(tx: &Tx, id: ApplicationId) -> Result<(Application, Provision)> {
    let application: Application = tx.read().find(id).await?.ok_or(UNKNOWN)?;
    let provision = tx.read().provision_of(id).await?.ok_or(UNKNOWN)?;
    Ok((application, provision))
}

fn check(credentials: Option<&[ExternalValues]>) -> Result<()> {
    let credentials = credentials.unwrap_or_default();
    let mut checks = domain::Checks::new();
    let message = format!("must have at most {MAX_CREDENTIALS} entries");
    checks.require(credentials.len() <= MAX_CREDENTIALS, "credentials", "too_many", &message);
    for (i, values) in credentials.iter().enumerate().take(MAX_CREDENTIALS) {
        checks.take(&format!("credentials[{i}]"), values.check());
    }
    Ok(checks.build(|| Some(()))?)
}
