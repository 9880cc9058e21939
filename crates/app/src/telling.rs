//! Telling a third party's gateway what is asked of it: by webhook, or by mail if it has none.

use domain::{
    Administrator, Api, Application, ApplicationId, Developer, Email, Gateway, GatewayId, Instant, Person,
    Request, RequestCommand, RequestKind, RequestState, RequestStatus, WebhookEvent, WebhookEventId,
};
use serde_json::{Value, json};
use store::{PageRequest, Read, Tx, WebhookDeliveryFilter};
use uuid::Uuid;

use crate::mail::greeting_line;
use crate::{App, Result};

/// What a gateway is told.
#[derive(Clone, Debug)]
pub struct GatewayEvent {
    /// Its identity: the gateway's answer names it.
    pub id: Uuid,
    /// What kind of event it is.
    pub kind: &'static str,
    /// When it was asked.
    pub at: Instant,
    /// For which application.
    pub application_id: ApplicationId,
    /// Which gateway; none: nobody in particular.
    pub gateway_id: Option<GatewayId>,
    /// What it says.
    pub data: Value,
}

/// The name of the event that tells a gateway of a request.
fn event_kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Create | RequestKind::Subscribe => "gateway.application_requested",
        RequestKind::Increase => "gateway.scope_increase_requested",
        RequestKind::Decrease | RequestKind::Delete | RequestKind::Unsubscribe => {
            "gateway.scope_decrease_requested"
        }
        RequestKind::Update => "gateway.update_requested",
    }
}

/// How telling went, as far as it is known in the same transaction.
enum Told {
    /// It is on its way by webhook.
    Queued,
    /// It was mailed.
    Mailed,
    /// There is nobody to be told.
    Nobody(&'static str),
}

/// What an event says of a request: who asks, for which application, for which API.
pub fn event_data(
    (request, state): (&Request, &RequestState),
    requester: &Value,
    application: (&str, &str, &[String]),
    api: Option<Value>,
    portal_url: &str,
) -> Value {
    let (name, description, redirect_uris) = application;
    json!({
        "request": {"id": request.id, "kind": request.kind, "state_id": state.id},
        "requester": requester,
        "application": {
            "id": request.application_id,
            "name": name,
            "description": description,
            "redirect_uris": redirect_uris,
        },
        "api": api,
        "package": request.context.package.map(|(api, plan)| json!({"api_id": api, "plan_id": plan})),
        "custom": request.context.custom,
        "gateway_id": request.gateway_id,
        "portal_url": portal_url,
    })
}

impl App {
    /// Tells the gateway of every state of a request that is approved and that it does not know of yet.
    pub(crate) async fn tell(&self, tx: &mut Tx, mut request: Request) -> Result<Request> {
        for state in request.states.clone() {
            if state.status != RequestStatus::Approved {
                continue;
            }
            let event = self.gateway_event(tx.read(), &request, &state).await?;
            let command = match self.send(tx, &event).await? {
                Told::Queued => continue,
                Told::Mailed => RequestCommand::Delivered { code: None },
                Told::Nobody(reason) => RequestCommand::Undelivered { code: None, reason: reason.to_owned() },
            };
            request = tx.save(request.apply(state.id, command, self.new_id(), tx.now())?).await?;
        }
        Ok(request)
    }

    /// Tells the gateway once more of one state: with the same event, so that it can tell that it knows it.
    pub(crate) async fn tell_again(&self, tx: &mut Tx, request: Request, event: Uuid) -> Result<Request> {
        let Some(state) = request.state_of_event(event).cloned() else { return Ok(request) };
        if self.requeue_event(tx, event).await? {
            return Ok(request);
        }
        let event = self.gateway_event(tx.read(), &request, &state).await?;
        let command = match self.send(tx, &event).await? {
            Told::Queued => return Ok(request),
            Told::Mailed => RequestCommand::Delivered { code: None },
            Told::Nobody(reason) => RequestCommand::Undelivered { code: None, reason: reason.to_owned() },
        };
        Ok(tx.save(request.apply(state.id, command, self.new_id(), tx.now())?).await?)
    }

    async fn send(&self, tx: &mut Tx, event: &GatewayEvent) -> Result<Told> {
        if self.queue_event(tx, event).await? > 0 {
            return Ok(Told::Queued);
        }
        let gateway: Option<Gateway> = match event.gateway_id {
            Some(id) => tx.read().find(id).await?,
            None => None,
        };
        let recipients = match &gateway {
            Some(gateway) => gateway.mail_to.iter().cloned().collect(),
            None => self.addresses(&self.consumption_approvers().await?).await?,
        };
        if recipients.is_empty() {
            return Ok(Told::Nobody(match gateway {
                Some(_) => "the gateway has no webhook endpoint that listens to this, and no mail address",
                None => "no gateway provisions this API, and nobody is in the group of approvers",
            }));
        }
        for recipient in recipients {
            self.mail_event(tx, &recipient, event).await?;
        }
        Ok(Told::Mailed)
    }

    /// Puts an event into the outbox of webhooks. Answers how many endpoints are told.
    async fn queue_event(&self, tx: &mut Tx, event: &GatewayEvent) -> Result<usize> {
        // Without a gateway there is no endpoint whose business this is.
        let Some(gateway_id) = event.gateway_id else { return Ok(0) };
        let told = WebhookEvent {
            id: WebhookEventId(event.id),
            kind: event.kind.to_owned(),
            occurred_at: event.at,
            application_id: Some(event.application_id),
            gateway_id: Some(gateway_id),
            data: event.data.clone(),
        };
        Ok(tx.emit(told).await?)
    }

    /// Tells outside systems that one of them has to decide.
    pub(crate) async fn queue_approval_event(
        &self,
        tx: &mut Tx,
        application_id: Option<ApplicationId>,
        data: Value,
    ) -> Result<()> {
        let told = WebhookEvent {
            id: self.new_id(),
            kind: "approval.external_requested".to_owned(),
            occurred_at: tx.now(),
            application_id,
            gateway_id: None,
            data,
        };
        tx.emit(told).await?;
        Ok(())
    }

    /// Has an event that is in the outbox of webhooks sent again, unless it is being sent right now. Answers whether
    /// there is an endpoint that is told of it.
    async fn requeue_event(&self, tx: &mut Tx, event: Uuid) -> Result<bool> {
        let event_id = Some(WebhookEventId(event));
        let filter = WebhookDeliveryFilter { event_id, ..WebhookDeliveryFilter::default() };
        if tx.requeue_deliveries(&filter).await? > 0 {
            return Ok(true);
        }
        Ok(!tx.read().webhook_deliveries(&filter, PageRequest::first(1)).await?.items.is_empty())
    }

    /// What a gateway is told of a state of a request.
    pub(crate) async fn gateway_event(
        &self,
        read: Read<'_>,
        request: &Request,
        state: &RequestState,
    ) -> Result<GatewayEvent> {
        let application: Option<Application> = read.find(request.application_id).await?;
        let provision = read.provision_of(request.application_id).await?;
        let context = &request.context;
        let known = application.as_ref().map(|it| (it.name.as_str(), it.description.as_str()));
        let (name, description) = known.unwrap_or_default();
        let granted = provision.map(|it| it.redirect_uris).unwrap_or_default();
        let redirect_uris = context.redirect_uris.as_ref().unwrap_or(&granted);
        let api = match state.api_id {
            Some(id) => {
                let api: Option<Api> = read.find(id).await?;
                let gateway = read.gateway_of_api(id).await?;
                let reference = gateway.and_then(|it| it.apis.get(&id).cloned().flatten());
                Some(json!({"id": id, "name": api.map(|api| api.name), "external_ref": reference}))
            }
            None => None,
        };
        let said = (
            context.name.as_deref().unwrap_or(name),
            context.description.as_deref().unwrap_or(description),
            redirect_uris.as_slice(),
        );
        let requester = describe(read, request.requester).await?;
        Ok(GatewayEvent {
            id: state.event_id,
            kind: event_kind(request.kind),
            at: request.meta.created_at,
            application_id: request.application_id,
            gateway_id: request.gateway_id,
            data: event_data((request, state), &requester, said, api, &self.settings.public_url),
        })
    }

    /// An event as a mail, for those who have no webhook: everything that they need to do it and to answer.
    async fn mail_event(&self, tx: &Tx, to: &Email, event: &GatewayEvent) -> Result<()> {
        let mut text =
            format!("{}\n\nsomebody has asked for something that you provision.\n\n", greeting_line());
        text.push_str(&format!("event: {}\nevent id: {}\nasked at: {}\n", event.kind, event.id, event.at));
        lines(&mut text, "", &event.data);
        text.push_str("\nAnswer with the event id and the application id, as the documentation of the interface says.\n");
        self.post(tx, to, "Something was asked of your gateway", text).await
    }
}

/// Who asks, as far as a third party has to know.
async fn describe(read: Read<'_>, person: Person) -> Result<Value> {
    Ok(match person {
        Person::Developer(id) => {
            let developer: Option<Developer> = read.find(id).await?;
            let (name, email) = developer.map(|it| (it.name.to_string(), it.email.to_string())).unzip();
            json!({"kind": "developer", "id": id, "name": name, "email": email})
        }
        // Third parties have no business with an administrator's address.
        Person::Administrator(id) => {
            let administrator: Option<Administrator> = read.find(id).await?;
            json!({"kind": "administrator", "id": administrator.map_or(id, |it| it.id)})
        }
    })
}

/// Every value of a structure on a line of its own.
fn lines(text: &mut String, path: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                lines(text, &path, member);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| lines(text, path, item)),
        Value::Null => {}
        Value::String(value) => text.push_str(&format!("{path}: {value}\n")),
        other => text.push_str(&format!("{path}: {other}\n")),
    }
}
