//! Requests: what people ask of third parties' gateways, and what came of it.

mod ask;
mod delete;
mod list;
mod one;

use app::{App, Names, ToName};
use domain::{Request, RequestKind, RequestStatus};

use super::Pages;
use super::cell::Cell;
use super::field::{Choice, Field};
use super::refused::Refused;
use super::states;
use super::view::Table;
use super::visit::Guest;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = list::routes(pages);
    let pages = ask::routes(pages);
    let pages = one::routes(pages);
    delete::routes(pages)
}

/// Where the list is in which somebody finds it.
fn list_path(guest: &Guest) -> &'static str {
    match guest.caller.provider() {
        Some(_) => "/console/own-gateway",
        None if guest.is_administrator() => "/console/requests",
        None => "/requests",
    }
}

/// A status as it stands in an address.
pub(super) fn word(status: RequestStatus) -> &'static str {
    match status {
        RequestStatus::New => "new",
        RequestStatus::ApprovalPending => "approval_pending",
        RequestStatus::Approved => "approved",
        RequestStatus::DeliveryUnsuccessful => "delivery_unsuccessful",
        RequestStatus::WaitingThirdParty => "waiting_third_party",
        RequestStatus::Completed => "completed",
        RequestStatus::Failed => "failed",
        RequestStatus::Rejected => "rejected",
    }
}

/// The status that a list is narrowed down to.
pub(super) fn wanted(guest: &Guest) -> Option<RequestStatus> {
    let given = guest.query.given("status")?;
    states::REQUEST_STATUSES.into_iter().find(|status| word(*status) == given)
}

/// What narrows a list down to a status.
pub(super) fn status_field(wanted: Option<RequestStatus>) -> Field {
    let choice = |status| Choice::new(word(status), states::request(status).1).chosen(wanted == Some(status));
    let all = std::iter::once(Choice::new("", "All").chosen(wanted.is_none()));
    Field::select("status", "Status", all.chain(states::REQUEST_STATUSES.map(choice)).collect())
}

/// What things are called that requests are about.
pub(super) async fn names(app: &App, requests: &[Request]) -> Result<Names, Refused> {
    let mut names = ToName::default();
    for it in requests {
        names.applications.push(it.application_id);
        names.gateways.extend(it.gateway_id);
        names.apis.extend(it.states.iter().filter_map(|state| state.api_id));
        names.person(it.requester);
    }
    Ok(app.names(names).await?)
}

/// What the application of a request is called, or was to be called.
pub(super) fn application<'a>(names: &'a Names, request: &'a Request) -> &'a str {
    let asked = request.context.name.as_deref();
    names.find(request.application_id).or(asked).unwrap_or("(deleted)")
}

/// Requests, one in each row.
pub(super) async fn table(app: &App, requests: &[Request], of_others: bool) -> Result<Table, Refused> {
    let names = names(app, requests).await?;
    let rows = requests.iter().map(|it| {
        let (tone, status) = states::request(it.status());
        let about = states::request_kind(it.kind);
        let link =
            Cell::link_with(format!("/requests/{}", it.id), Words::said(application(&names, it)), about);
        let gateway = it.gateway_id.map_or_else(Words::default, |id| Words::said(names.of(id)));
        let mut row = vec![link, Cell::text(gateway)];
        if of_others {
            row.push(Cell::text(Words::said(names.person(it.requester))));
        }
        row.extend([Cell::badge((tone, status)), Cell::time(it.meta.created_at)]);
        row
    });
    let columns: &[&str] = if of_others {
        &["Application", "Gateway", "Asked by", "Status", "Asked"]
    } else {
        &["Application", "Gateway", "Status", "Asked"]
    };
    let empty = "Nothing was asked yet. Some APIs are opened by a gateway of somebody else: it is told what you ask for, and answers with the credentials.";
    Ok(Table::new("Requests", columns, rows.collect(), empty))
}

/// What was asked, in a line.
fn title(names: &Names, request: &Request) -> Words {
    let application = application(names, request);
    match request.kind {
        RequestKind::Create => words!("New application {application}", application),
        RequestKind::Increase => words!("More APIs for {application}", application),
        RequestKind::Decrease => words!("Fewer APIs for {application}", application),
        RequestKind::Update => words!("Change of {application}", application),
        RequestKind::Delete => words!("End of {application}", application),
        RequestKind::Subscribe => words!("Package for {application}", application),
        RequestKind::Unsubscribe => words!("End of the package of {application}", application),
    }
}
