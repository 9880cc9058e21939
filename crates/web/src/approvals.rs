//! `/approvals/{id}`: what somebody has to decide on, and what was said.

use std::sync::Arc;

use app::{App, Asked, Names, ToName};
use axum::extract::State as Shared;
use domain::{Approval, ApprovalId, Approver, Invalid, Stage, StageKind};

use super::cell::{Cell, Tone};
use super::field::{Choice, Field};
use super::form::Form;
use super::frame::Place;
use super::notice::{Notice, go_to};
use super::refused::{Answer, Refused};
use super::view::{Section, Table, View};
use super::visit::{Guest, Person, Sent, Visit};
use super::{Pages, requests, states};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/approvals/{id}", "What somebody has to decide on", show).post(
        "/approvals/{id}",
        "Approve or reject",
        submit,
    )
}

fn path(approval: &Approval) -> String {
    format!("/approvals/{}", approval.id)
}

async fn names(app: &App, all: &[(Approval, Asked)]) -> Result<Names, Refused> {
    let mut wanted = ToName::default();
    for (approval, asked) in all {
        match asked {
            Asked::Request(request) => {
                wanted.applications.push(request.application_id);
                wanted.apis.extend(request.states.iter().filter_map(|state| state.api_id));
                wanted.person(request.requester);
            }
            Asked::Developer(developer) => wanted.developers.push(developer.id),
        }
        for stage in &approval.stages {
            stage.votes.iter().for_each(|vote| wanted.person(vote.person));
            if let StageKind::People { step, .. } = &stage.kind {
                for approver in &step.approvers {
                    if let Approver::Person(person) = approver {
                        wanted.person(*person);
                    }
                }
            }
        }
    }
    Ok(app.names(wanted).await?)
}

/// What it is about, in a line, and who asks.
fn about(names: &Names, asked: &Asked) -> (Words, String) {
    match asked {
        Asked::Request(request) => {
            let what = states::request_kind(request.kind);
            (
                words!(
                    "{what}: {application}",
                    what = Words::from(what),
                    application = requests::application(names, request)
                ),
                names.person(request.requester).to_owned(),
            )
        }
        Asked::Developer(developer) => {
            (words!("Account: {developer}", developer = developer.name), developer.email.to_string())
        }
    }
}

/// Approvals, one in each row.
///
/// # Errors
/// If the database is not available.
pub(super) async fn table(app: &App, approvals: &[(Approval, Asked)]) -> Result<Table, Refused> {
    let names = names(app, approvals).await?;
    let rows = approvals.iter().map(|(approval, asked)| {
        let (tone, state) = states::approval(approval.state);
        let (what, who) = about(&names, asked);
        vec![
            Cell::link(path(approval), what),
            Cell::text(who),
            Cell::badge((tone, state)),
            Cell::time(approval.meta.created_at),
        ]
    });
    let columns = &["What", "Asked by", "State", "Asked"];
    Ok(Table::new("Approvals", columns, rows.collect(), "Nothing waits for a decision."))
}

fn form(guest: &Guest, approval: &Approval) -> Form {
    let choices = vec![
        Choice::new("approve", "Approve").hint("What was asked for goes on its way."),
        Choice::new("reject", "Reject").hint("Nothing comes of it, and who asked is told."),
    ];
    Form::new(guest, path(approval), "Decide")
        .field(Field::radios("decision", "Decision", choices))
        .field(Field::area("comment", "Comment", "").hint("For the one who asked."))
        .cancel(if guest.is_administrator() { "/console/approvals" } else { "/requests" })
}

async fn view(
    app: &App,
    guest: &Guest,
    one: &(Approval, Asked),
    form: Option<Form>,
) -> Result<View, Refused> {
    let (approval, asked) = one;
    let names = names(app, std::slice::from_ref(one)).await?;
    let (what, who) = about(&names, asked);
    let mut facts = vec![("Asked by", Cell::text(who)), ("Asked", Cell::time(approval.meta.created_at))];
    match asked {
        Asked::Request(request) => {
            let apis = request.states.iter().filter_map(|state| state.api_id);
            let apis: Vec<String> = apis.map(|api| names.of(api).to_owned()).collect();
            facts.push(("APIs", Cell::tags(&apis)));
            let description = request.context.description.as_deref().unwrap_or_default();
            facts.push(("Description", Cell::text(Words::said(description))));
            if guest.is_administrator() && !guest.caller.is_approver() {
                facts.push((
                    "Request",
                    Cell::link(format!("/requests/{}", request.id), "What happened to it"),
                ));
            }
        }
        Asked::Developer(developer) => facts.push(("Name", Cell::text(&developer.name))),
    }
    facts.push(("Last comment", Cell::text(&approval.comment)));
    let (place, list) = match guest.is_administrator() {
        true => (Place::Approvals, ("/console/approvals", "Approvals")),
        false => (Place::Requests, ("/requests", "Requests")),
    };
    let rows = approval.stages.iter().enumerate().map(|(at, stage)| row(&names, approval, at, stage));
    let stages = Table::new("Steps", &["Step", "Who decides", "What was said", "State"], rows.collect(), "");
    let view = View::new(place, what)
        .crumb(list.0, list.1)
        .badge(states::approval(approval.state))
        .section(Section::facts(facts))
        .section(Section::table(stages).heading("Steps"));
    Ok(match form {
        Some(form) => view.section(Section::form(form).heading("Your decision")),
        None => view,
    })
}

/// One step.
fn row(names: &Names, approval: &Approval, at: usize, stage: &Stage) -> Vec<Cell> {
    let who = match &stage.kind {
        StageKind::External { .. } => Words::from("An outside system"),
        StageKind::People { step, .. } => {
            let name = |approver: &Approver| match approver {
                Approver::Person(person) => Words::said(names.person(*person)),
                Approver::Group(_) => Words::from("a group"),
            };
            let all: Vec<String> = step.approvers.iter().map(|it| name(it).into()).collect();
            let all = all.join(", ");
            if step.everyone { words!("All of: {all}", all) } else { words!("One of: {all}", all) }
        }
    };
    let vote = |vote: &domain::Vote| {
        let person = names.person(vote.person);
        Cell::text(if vote.yes { words!("{person}: yes", person) } else { words!("{person}: no", person) })
    };
    let votes = match stage.votes.is_empty() {
        true => Cell::nothing("nothing yet"),
        false => Cell::Stack(stage.votes.iter().map(vote).collect()),
    };
    let (tone, state) = match approval.stage() {
        Some(current) if current.id == stage.id => (Tone::Waits, "Is being decided"),
        _ if at < approval.at => (Tone::Good, "Approved"),
        _ if at == approval.at => states::approval(approval.state),
        _ => (Tone::Plain, "Not yet"),
    };
    vec![Cell::text((at + 1).to_string()), Cell::text(who), votes, Cell::badge((tone, state))]
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApprovalId>, visit: Visit<Person>) -> Answer {
    let one = app.approval(&visit.caller, id).await?;
    let form = app.may_vote(&visit.caller, &one.0).await?.then(|| form(&visit, &one.0));
    view(&app, &visit, &one, form).await?.show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApprovalId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let one = app.approval(&visit.caller, id).await?;
    let (yes, notice) = match typed.text("decision") {
        "approve" => (Some(true), Notice::Approved),
        "reject" => (Some(false), Notice::Rejected),
        _ => (None, Notice::Saved),
    };
    let done = match yes {
        Some(yes) => app.vote(&visit.caller, id, yes, &typed.lines("comment")).await.map(drop),
        None => Err(Invalid::field("decision", "required", "must be chosen").into()),
    };
    match done {
        // Who has decided may not be among those any more who may look at it.
        Ok(()) if visit.caller.is_approver() => go_to("/console/approvals", notice),
        Ok(()) if visit.is_administrator() => go_to(&path(&one.0), notice),
        Ok(()) => go_to("/requests", notice),
        Err(error) => {
            let (status, form) = form(&visit, &one.0).refused(&typed, error)?;
            view(&app, &visit, &one, Some(form)).await?.answer(status, &app, &visit).await
        }
    }
}
