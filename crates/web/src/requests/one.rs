//! `/requests/{id}`: what was asked, and everything that happened since; having the gateway told again.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Request, RequestId, RequestState, RequestStatus};
use uuid::Uuid;

use crate::cell::{Action, Cell, Tone};
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Event, Section, View};
use crate::visit::{Guest, Person, Sent, SignedIn, Visit};
use crate::{Pages, states};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/requests/{id}", "A request", show).post(
        "/requests/{id}/retry",
        "Have the gateway told again",
        retry,
    )
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<RequestId>, visit: Visit<SignedIn>) -> Answer {
    let story = app.request_story(&visit.caller, id).await?;
    let request = &story.request;
    let names = super::names(&app, std::slice::from_ref(request)).await?;
    let mut facts = vec![
        ("Asked", Cell::time(request.meta.created_at)),
        ("Asked by", Cell::text(Words::said(names.person(request.requester)))),
        (
            "Gateway",
            request.gateway_id.map_or_else(
                || Cell::text("none: an administrator answers"),
                |id| Cell::text(Words::said(names.of(id))),
            ),
        ),
    ];
    if names.find(request.application_id).is_some() {
        let path = format!("/applications/{}", request.application_id);
        let name = Words::said(names.of(request.application_id));
        let cell = if visit.caller.provider().is_some() { Cell::text(name) } else { Cell::link(path, name) };
        facts.insert(0, ("Application", cell));
    }
    facts.extend(said(request));
    facts.push(("Id", Cell::Copy(id.to_string())));
    let mut view = View::new(Place::Requests, super::title(&names, request))
        .crumb(super::list_path(&visit), "Requests")
        .badge(states::request(request.status()))
        .action_if(
            request.is_pending() && visit.caller.provider().is_none(),
            Action::link(format!("/requests/{id}/delete"), "Take back").danger(),
        );
    if let Some((tone, words)) = next(request.status()) {
        view = view.section(Section::note(tone, words));
    }
    if let (Some(approval), true) = (story.approval, visit.is_administrator()) {
        let action = Action::see(format!("/approvals/{approval}"), "See who decides");
        view = view.section(Section::words("It needs the approval of people.").action(action));
    }
    view = view.section(Section::facts(facts));
    for state in &request.states {
        let about = state.api_id.map_or("The application", |api| names.of(api));
        view = view.section(timeline(&visit, request, state, about));
    }
    view.show(&app, &visit).await
}

/// What was said about it.
fn said(request: &Request) -> Vec<(&'static str, Cell)> {
    let context = &request.context;
    let mut facts = Vec::new();
    if let Some(description) = context.description.as_deref().filter(|text| !text.is_empty()) {
        facts.push(("Description", Cell::text(Words::said(description))));
    }
    if let Some(uris) = context.redirect_uris.as_ref().filter(|uris| !uris.is_empty()) {
        facts.push((
            "Redirect addresses",
            Cell::Stack(uris.iter().map(|it| Cell::Code(it.clone())).collect()),
        ));
    }
    if !context.custom.is_empty() {
        let line = |(key, value): (&String, &String)| Cell::text(format!("{key}: {value}"));
        facts.push(("Besides", Cell::Stack(context.custom.iter().map(line).collect())));
    }
    facts
}

/// What comes next, if anything does.
fn next(status: RequestStatus) -> Option<(Tone, &'static str)> {
    match status {
        RequestStatus::New | RequestStatus::ApprovalPending => Some((
            Tone::Waits,
            "People have to approve it before the gateway is told. Until then it can be taken back.",
        )),
        RequestStatus::Approved => Some((Tone::Plain, "The gateway is being told.")),
        RequestStatus::DeliveryUnsuccessful => Some((
            Tone::Bad,
            "The gateway could not be told yet. It is tried again by itself for three days, and at once if you want.",
        )),
        RequestStatus::WaitingThirdParty => {
            Some((Tone::Waits, "The gateway knows, and has 30 days to answer."))
        }
        RequestStatus::Completed | RequestStatus::Failed | RequestStatus::Rejected => None,
    }
}

fn may_be_retried(status: RequestStatus) -> bool {
    match status {
        RequestStatus::Approved
        | RequestStatus::WaitingThirdParty
        | RequestStatus::DeliveryUnsuccessful
        | RequestStatus::Failed => true,
        RequestStatus::New
        | RequestStatus::ApprovalPending
        | RequestStatus::Completed
        | RequestStatus::Rejected => false,
    }
}

/// What happened with one API.
fn timeline(guest: &Guest, request: &Request, state: &RequestState, about: &str) -> Section {
    let event = |it: &domain::Trace| {
        let code = it.code.map(|code| words!("It answered {code}.", code));
        // What a gateway that was told says of it is no reason.
        let reason = Some(it.reason.clone()).filter(|reason| !reason.is_empty());
        let reason = reason.filter(|_| it.kind != domain::TraceKind::Delivered);
        let more: Vec<String> = code.map(String::from).into_iter().chain(reason).collect();
        Event::new(states::trace(it.kind), it.at, more.join(" "))
    };
    let section = Section::timeline(state.trace.iter().map(event).collect()).heading(words!(
        "{api}: {state}",
        api = about,
        state = Words::from(states::request(state.status).1)
    ));
    if !may_be_retried(state.status) || guest.caller.provider().is_some() {
        return section;
    }
    let again = Action::post(guest, format!("/requests/{}/retry", request.id), "Tell the gateway again");
    section.action(again.with("state", state.id.to_string()).about(Words::said(about)).quiet())
}

async fn retry(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<RequestId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let state = domain::parse_uuid(typed.text("state")).unwrap_or(Uuid::nil());
    app.retry_request(&visit.caller, id, state).await?;
    go_to(&format!("/requests/{id}"), Notice::Retried)
}
