//! Subscriptions: applications ask, administrators decide.

use std::collections::HashSet;

use domain::{
    Access, Api, ApiVersion, ApiVersionId, Application, ApplicationAction, ApplicationId, Invalid, Owner,
    Partner, Plan, PlanId, Resource, Subscription, SubscriptionCommand, SubscriptionId, SubscriptionStatus,
    Text, Transition,
};
use store::{Read, Tx};

use crate::bridge_work::BridgeEvent;
use crate::caller::application_for;
use crate::developer::own_id;
use crate::{App, Caller, Created, Error, Page, PageRequest, Result, SubscriptionFilter, expect_version};

const THIS: Resource = Resource::Subscriptions;

#[macros::boxed]
impl App {
    /// Subscriptions: all of them for administrators; those that wait for approvers; for developers those of applications
    /// that they may see.
    ///
    /// # Errors
    /// If the caller is nobody, lacks the scope, or may not see the application in the filter.
    pub async fn subscriptions(
        &self,
        caller: &Caller,
        mut filter: SubscriptionFilter,
        page: PageRequest,
    ) -> Result<Page<Subscription>> {
        if caller.is_approver() {
            filter.undecided = true;
        } else {
            filter.visible_to = caller.developer_or_administrator(THIS, Access::Read)?;
        }
        if let Some(application) = filter.application_id {
            application_for(self.store.read(), caller, application, THIS, ApplicationAction::View).await?;
        }
        Ok(self.store.read().subscriptions(&filter, page).await?)
    }

    /// All subscriptions of one of the developer's own applications, from the newest to the oldest, each with what it
    /// is a subscription to.
    ///
    /// # Errors
    /// If the caller is no developer, or the application is not theirs.
    pub async fn own_subscriptions(
        &self,
        caller: &Caller,
        application: ApplicationId,
    ) -> Result<Vec<(Subscription, ApiVersion, Api)>> {
        self.own_application(caller, application).await?;
        let read = self.store.read();
        let subscriptions = read.subscriptions_of(application).await?;
        let ids: HashSet<_> = subscriptions.iter().map(|it| it.api_version_id.0).collect();
        let versions: Vec<ApiVersion> = read.find_all(ids).await?;
        let ids: HashSet<_> = versions.iter().map(|version| version.api_id.0).collect();
        let apis: Vec<Api> = read.find_all(ids).await?;
        let with_all = |subscription: Subscription| {
            let version = versions.iter().find(|version| version.id == subscription.api_version_id)?;
            let api = apis.iter().find(|api| api.id == version.api_id)?;
            Some((subscription, version.clone(), api.clone()))
        };
        Ok(subscriptions.into_iter().filter_map(with_all).collect())
    }

    /// The subscriptions of some of the developer's own applications to a version.
    ///
    /// # Errors
    /// If the caller is no developer.
    pub async fn own_subscriptions_to(
        &self,
        caller: &Caller,
        version: ApiVersionId,
        applications: &[Application],
    ) -> Result<Vec<Subscription>> {
        let owner = Owner::Developer(own_id(caller)?);
        let own = applications.iter().filter(|application| application.owner == owner);
        let ids: Vec<ApplicationId> = own.map(|application| application.id).collect();
        Ok(self.store.read().subscriptions_to(version, &ids).await?)
    }

    /// One subscription.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn subscription(&self, caller: &Caller, id: SubscriptionId) -> Result<Subscription> {
        subscription_for(self.store.read(), caller, id, ApplicationAction::View).await
    }

    /// Asks for an API version under a plan. It works at once if the plan needs no approval, or if an administrator
    /// asks and no four eyes are demanded.
    ///
    /// # Errors
    /// If the caller may not, the version or the plan is not on offer, or there is a subscription already.
    pub async fn subscribe(
        &self,
        caller: &Caller,
        application: ApplicationId,
        version: ApiVersionId,
        plan: PlanId,
        comment: &str,
    ) -> Result<Created<Subscription>> {
        self.ask(caller, application, version, PlanChoice::Plan(plan), comment).await
    }

    /// Asks for an API version under the first plan that it offers: for those who know nothing of plans. The
    /// application must authenticate in the way that the version demands.
    ///
    /// # Errors
    /// As [`App::subscribe`], or if the application authenticates otherwise or no plan is offered.
    pub async fn subscribe_under_first_plan(
        &self,
        caller: &Caller,
        application: ApplicationId,
        version: ApiVersionId,
    ) -> Result<Created<Subscription>> {
        self.ask(caller, application, version, PlanChoice::FirstPlan, "").await
    }

    async fn ask(
        &self,
        caller: &Caller,
        application: ApplicationId,
        version: ApiVersionId,
        wish: PlanChoice,
        comment: &str,
    ) -> Result<Created<Subscription>> {
        let comment = Text::parse(comment).map_err(|e| e.within("comment"))?;
        let id = self.new_id();
        let portal = self.portal().await?;
        let mut tx = self.begin(caller).await?;
        let application =
            application_for(tx.read(), caller, application, THIS, ApplicationAction::ManageSubscriptions)
                .await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let version = offered_version(&tx, caller, &application, version).await?;
        let plan = match wish {
            PlanChoice::Plan(plan) => offered_plan(&tx, &version, plan).await?,
            PlanChoice::FirstPlan => first_plan(&tx, &application, &version).await?,
        };
        if !version.open_for_subscriptions && caller.developer().is_some() {
            return Err(not_open());
        }
        let needs_approval = !portal.approves_subscriptions
            && version.needs_approval(&plan)
            && self.is_reviewed(tx.read(), caller).await?;
        let change =
            Subscription::request(id, application.id, version.id, plan.id, needs_approval, comment, tx.now());
        let subscription = match tx.save(change).await {
            Err(store::Error::Unique { .. }) => return Err(already_subscribed()),
            other => other?,
        };
        self.note_calls(&tx, None, Some(&subscription)).await?;
        self.commit(tx).await?;
        Ok(Created::new(subscription))
    }

    /// Says yes to a subscription, or to the plan that it wants: administrators only, and where four eyes are demanded
    /// not the one who asked.
    ///
    /// # Errors
    /// If the caller may not, the status does not allow it, or it is not at the expected version.
    pub async fn approve_subscription(
        &self,
        caller: &Caller,
        id: SubscriptionId,
        expected: Option<i64>,
        comment: &str,
    ) -> Result<Subscription> {
        self.decide(caller, id, expected, comment, |comment| SubscriptionCommand::Approve { comment }).await
    }

    /// Says no to a subscription, or to the plan that it wants: administrators only.
    ///
    /// # Errors
    /// As [`App::approve_subscription`].
    pub async fn reject_subscription(
        &self,
        caller: &Caller,
        id: SubscriptionId,
        expected: Option<i64>,
        comment: &str,
    ) -> Result<Subscription> {
        self.decide(caller, id, expected, comment, |comment| SubscriptionCommand::Reject { comment }).await
    }

    /// Stops a subscription: administrators only. Its calls are refused from now on.
    ///
    /// # Errors
    /// As [`App::approve_subscription`].
    pub async fn revoke_subscription(
        &self,
        caller: &Caller,
        id: SubscriptionId,
        expected: Option<i64>,
        comment: &str,
    ) -> Result<Subscription> {
        self.decide(caller, id, expected, comment, |comment| SubscriptionCommand::Revoke { comment }).await
    }

    /// Asks for another plan. Until it is approved, if it has to be, the present one goes on.
    ///
    /// # Errors
    /// If the caller may not, the plan is not on offer, or the status does not allow it.
    pub async fn change_plan(
        &self,
        caller: &Caller,
        id: SubscriptionId,
        expected: Option<i64>,
        plan: PlanId,
        comment: &str,
    ) -> Result<Subscription> {
        let comment = Text::parse(comment).map_err(|e| e.within("comment"))?;
        let tx = self.begin(caller).await?;
        let subscription =
            subscription_for(tx.read(), caller, id, ApplicationAction::ManageSubscriptions).await?;
        expect_version(&subscription, expected)?;
        let version: ApiVersion =
            tx.read().find(subscription.api_version_id).await?.ok_or(Error::NotFound(ApiVersionId::KIND))?;
        let plan = offered_plan(&tx, &version, plan).await?;
        let needs_approval = version.needs_approval(&plan) && self.is_reviewed(tx.read(), caller).await?;
        let command = SubscriptionCommand::ChangePlan { plan_id: plan.id, needs_approval, comment };
        self.take_up(tx, &subscription, command, None).await
    }

    /// Ends a subscription from the side of the application. Its calls are refused from now on. One that was revoked
    /// stays, unless an administrator removes it: whoever could remove it could ask anew and have it back.
    ///
    /// # Errors
    /// If the caller may not, or it is not at the expected version.
    pub async fn unsubscribe(
        &self,
        caller: &Caller,
        id: SubscriptionId,
        expected: Option<i64>,
    ) -> Result<()> {
        let tx = self.begin(caller).await?;
        let subscription =
            subscription_for(tx.read(), caller, id, ApplicationAction::ManageSubscriptions).await?;
        expect_version(&subscription, expected)?;
        if subscription.status == SubscriptionStatus::Revoked && caller.developer().is_some() {
            let message =
                "an administrator has revoked this subscription; only an administrator can delete it";
            return Err(Error::conflict("state", message));
        }
        self.note_calls(&tx, Some(&subscription), None).await?;
        self.save(tx, Transition::delete(subscription, "subscription.deleted")).await.map(drop)
    }

    async fn decide(
        &self,
        caller: &Caller,
        id: SubscriptionId,
        expected: Option<i64>,
        comment: &str,
        command: fn(Text) -> SubscriptionCommand,
    ) -> Result<Subscription> {
        let comment = Text::parse(comment).map_err(|e| e.within("comment"))?;
        let tx = self.begin(caller).await?;
        let subscription = subscription_for(tx.read(), caller, id, ApplicationAction::View).await?;
        let command = command(comment);
        if matches!(command, SubscriptionCommand::Revoke { .. }) {
            // That is no decision on something that waits.
            caller.must_administer(THIS, Access::Write)?;
        }
        caller.must_decide(THIS)?;
        expect_version(&subscription, expected)?;
        if matches!(command, SubscriptionCommand::Approve { .. }) {
            self.must_not_have_asked(tx.read(), caller, id).await?;
        }
        self.take_up(tx, &subscription, command, Some(caller)).await
    }

    async fn take_up(
        &self,
        mut tx: Tx,
        before: &Subscription,
        command: SubscriptionCommand,
        decides: Option<&Caller>,
    ) -> Result<Subscription> {
        let change = before.apply(command.clone(), tx.now())?;
        let after = tx.save(change).await?;
        self.note_calls(&tx, Some(before), Some(&after)).await?;
        if let Some(caller) = decides {
            self.tell_of_decision(&tx, caller, before, &command).await?;
        }
        self.commit(tx).await?;
        Ok(after)
    }

    /// Notes for the bridge that has made the application's client, if one has, that calls are let through from now on,
    /// or are not any more.
    async fn note_calls(
        &self,
        tx: &Tx,
        before: Option<&Subscription>,
        after: Option<&Subscription>,
    ) -> Result<()> {
        let calls = |it: &&Subscription| it.status == SubscriptionStatus::Approved;
        let (it, event) = match (before.filter(calls), after.filter(calls)) {
            (None, Some(after)) => (after, BridgeEvent::MayCall(after.api_version_id.into())),
            (Some(before), None) => (before, BridgeEvent::MayNotCall(before.api_version_id.into())),
            (None, None) | (Some(_), Some(_)) => return Ok(()),
        };
        self.note_for_bridge(tx, it.application_id, event).await
    }

    /// Whether what this caller asks for is looked at by somebody else, if it is such that needs approval.
    async fn is_reviewed(&self, read: Read<'_>, caller: &Caller) -> Result<bool> {
        Ok(caller.developer().is_some() || self.wants_four_eyes(read, caller).await?)
    }
}

/// Which plan is wanted.
enum PlanChoice {
    Plan(PlanId),
    FirstPlan,
}

fn not_open() -> Error {
    Error::conflict_in(
        "api_version_id",
        "not_open",
        "this API version takes no new subscriptions at the moment",
    )
}

/// The first plan of a version, for an application that authenticates as the version demands.
async fn first_plan(tx: &Tx, application: &Application, version: &ApiVersion) -> Result<Plan> {
    if application.auth_strategy_id != version.auth_strategy_id {
        let message = "the application authenticates by another strategy than this API version demands";
        return Err(Error::conflict_in("api_version_id", "strategy_mismatch", message));
    }
    match version.plan_ids.first() {
        Some(id) => offered_plan(tx, version, *id).await,
        None => Err(not_open()),
    }
}

fn already_subscribed() -> Error {
    Error::conflict_in(
        "api_version_id",
        "already_subscribed",
        "the application has a subscription to this API version already; change the plan of that one, or delete it first",
    )
}

/// Loads a subscription for somebody who wants to do something with it: their right comes from its application.
async fn subscription_for(
    read: Read<'_>,
    caller: &Caller,
    id: SubscriptionId,
    action: ApplicationAction,
) -> Result<Subscription> {
    let developer = match caller.is_approver() {
        true => None,
        false => caller.developer_or_administrator(THIS, Access::Read)?,
    };
    let subscription: Subscription =
        read.find_visible(id, developer).await?.ok_or(Error::NotFound(SubscriptionId::KIND))?;
    let waits =
        subscription.status == SubscriptionStatus::Pending || subscription.requested_plan_id.is_some();
    if caller.is_approver() && !waits {
        return Err(Error::NotFound(SubscriptionId::KIND));
    }
    match application_for(read, caller, subscription.application_id, THIS, action).await {
        Ok(_) => Ok(subscription),
        Err(Error::NotFound(_)) => Err(Error::NotFound(SubscriptionId::KIND)),
        Err(error) => Err(error),
    }
}

/// The version, if this application may subscribe to it. To a developer a private one, and one whose roles the partner
/// does not hold, is as unknown as one that does not exist.
async fn offered_version(
    tx: &Tx,
    caller: &Caller,
    application: &Application,
    id: ApiVersionId,
) -> Result<ApiVersion, Error> {
    let unknown = || Invalid::field("api_version_id", "unknown", "must be an API version that is on offer");
    let version: ApiVersion = tx.read().find(id).await?.ok_or_else(unknown)?;
    if caller.developer().is_some() {
        let partner: Option<Partner> = match application.owner.partner() {
            Some(id) => tx.read().find(id).await?,
            None => None,
        };
        let held = partner.map(|partner| partner.roles).unwrap_or_default();
        let holds_all = version.required_roles.iter().all(|role| held.contains(role));
        if version.private || !holds_all {
            return Err(unknown().into());
        }
    }
    Ok(version)
}

async fn offered_plan(tx: &Tx, version: &ApiVersion, id: PlanId) -> Result<Plan, Error> {
    let unknown = || Invalid::field("plan_id", "unknown", "must be a plan that this API version offers");
    let plan: Option<Plan> = if version.plan_ids.contains(&id) { tx.read().find(id).await? } else { None };
    Ok(plan.ok_or_else(unknown)?)
}
