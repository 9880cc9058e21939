//! Applications and what belongs to them: the same pages for developers and for administrators. What somebody may not do
//! is not offered, and refused by the use case.

mod activity;
mod create;
mod delete;
mod edit;
mod list;
mod members;
mod overview;
mod subscriptions;
mod transfer;

use app::{App, Names, Rights, ToName};
use domain::{Application, ApplicationId};

use super::Pages;
use super::cell::Action;
use super::frame::Place;
use super::refused::Refused;
use super::states;
use super::view::View;
use super::visit::Guest;
use edge::words::Words;

pub(super) use create::{owner, owners};
pub(super) use list::table;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = list::routes(pages);
    let pages = create::routes(pages);
    let pages = overview::routes(pages);
    let pages = edit::routes(pages);
    let pages = delete::routes(pages);
    let pages = transfer::routes(pages);
    let pages = members::routes(pages);
    let pages = subscriptions::routes(pages);
    activity::routes(pages)
}

/// An application, as a page needs it.
pub(super) struct Shown {
    pub(super) application: Application,
    pub(super) rights: Rights,
    pub(super) names: Names,
}

/// One of the pages about an application.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Credentials,
    Client,
    Subscriptions,
    Members,
    Usage,
    Activity,
}

impl Shown {
    /// Loads it.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub(super) async fn load(app: &App, guest: &Guest, id: ApplicationId) -> Result<Self, Refused> {
        let application = app.application(&guest.caller, id).await?;
        let rights = app.application_rights(&guest.caller, &application).await?;
        let mut wanted = ToName {
            developers: application.members.keys().copied().collect(),
            strategies: vec![application.auth_strategy_id],
            ..ToName::default()
        };
        wanted.owner(application.owner);
        let names = app.names(wanted).await?;
        Ok(Self { application, rights, names })
    }

    pub(super) fn path(&self) -> String {
        format!("/applications/{}", self.application.id)
    }

    /// What all pages about it begin with.
    pub(super) fn head(&self, guest: &Guest, tab: Tab) -> View {
        let path = self.path();
        let at = |part: &str| format!("{path}{part}");
        let (list, label) = list::above(guest);
        let view = View::new(Place::Applications, &self.application.name)
            .crumb(list, label)
            .badge(states::application(self.application.state));
        if guest.caller.is_approver() {
            return view;
        }
        view.tab(path.clone(), "Overview", tab == Tab::Overview)
            .tab(at("/credentials"), "Credentials", tab == Tab::Credentials)
            .tab(at("/client"), "OAuth", tab == Tab::Client)
            .tab(at("/subscriptions"), "Subscriptions", tab == Tab::Subscriptions)
            .tab(at("/members"), "Members", tab == Tab::Members)
            .tab(at("/usage"), "Usage", tab == Tab::Usage)
            .tab(at("/activity"), "Activity", tab == Tab::Activity)
    }

    /// A page about a part of it.
    pub(super) fn below(&self, guest: &Guest, title: impl Into<Words>) -> View {
        let (list, label) = list::above(guest);
        View::new(Place::Applications, title).crumb(list, label).crumb(self.path(), &self.application.name)
    }

    pub(super) fn edit_action(&self) -> Action {
        Action::link(format!("{}/edit", self.path()), "Edit").quiet()
    }
}
