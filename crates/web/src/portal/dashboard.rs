//! `/home`: a developer's first page: what there is, what waits, and what to do next.

use std::sync::Arc;

use app::{App, ApplicationFilter, PageRequest, SubscriptionFilter, ToName};
use axum::extract::State as Shared;

use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::frame::Place;
use crate::refused::Answer;
use crate::states;
use crate::view::{Section, Table, View};
use crate::visit::{Developer, Visit};
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/home", "A developer's first page", show)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let caller = &visit.caller;
    let page = PageRequest::first(10);
    let applications = app.applications(caller, ApplicationFilter::default(), page).await?.items;
    let subscriptions = app.subscriptions(caller, SubscriptionFilter::default(), page).await?.items;
    let mut wanted = ToName {
        applications: subscriptions.iter().map(|it| it.application_id).collect(),
        versions: subscriptions.iter().map(|it| it.api_version_id).collect(),
        plans: subscriptions.iter().map(|it| it.plan_id).collect(),
        ..ToName::default()
    };
    applications.iter().for_each(|it| wanted.owner(it.owner));
    let names = app.names(wanted).await?;

    let rows = applications.iter().map(|it| {
        let (tone, state) = states::application(it.state);
        vec![
            Cell::link_with(format!("/applications/{}", it.id), &it.name, Words::said(names.owner(it.owner))),
            Cell::badge((tone, state)),
            Cell::time(it.meta.created_at),
        ]
    });
    let applications_table = Table::new(
        "Applications",
        &["Application", "State", "Since"],
        rows.collect(),
        "An application is what calls APIs. It holds the keys, and it asks for the APIs it needs.",
    )
    .empty_action(Action::link("/applications/new", "Create an application"));
    let rows = subscriptions.iter().map(|it| {
        let (tone, status) = states::subscription(it);
        vec![
            Cell::link_with(
                format!("/subscriptions/{}", it.id),
                Words::said(names.of(it.api_version_id)),
                words!("for {name}", name = names.of(it.application_id)),
            ),
            Cell::text(Words::said(names.of(it.plan_id))),
            Cell::badge((tone, status)),
        ]
    });
    let subscriptions_table = Table::new(
        "Subscriptions",
        &["API", "Plan", "Status"],
        rows.collect(),
        "No application of yours may call anything yet. Choose an API, and subscribe.",
    )
    .empty_action(Action::link("/apis", "Look at the APIs"));
    let is_new = applications.is_empty() || subscriptions.is_empty();
    let name = app.own_name(caller).await?;
    View::new(Place::Home, words!("Hello, {name}", name))
        .section_if(is_new, || {
            Section::note(
                Tone::Plain,
                "Three steps to your first call: create an application, subscribe it to an API, and issue a key. The page of the API then shows the call to make.",
            )
        })
        .section(
            Section::table(applications_table)
                .heading("Your applications")
                .action(Action::link("/applications/new", "New application").quiet()),
        )
        .section(
            Section::table(subscriptions_table)
                .heading("What they may call")
                .action(Action::link("/apis", "All APIs").quiet()),
        )
        .show(&app, &visit)
        .await
}
