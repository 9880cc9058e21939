//! Mails about subscriptions: to administrators that some wait, to whoever asked what was decided.

use std::time::Duration;

use domain::{Actor, Administrator, Developer, Email, Name, Subscription, SubscriptionCommand};
use store::{SubscriptionFilter, Tx};

use crate::four_eyes::ASKING;
use crate::mail::{greeting, greeting_line, plain_name};
use crate::{App, Caller, Names, PageRequest, Result, ToName};

/// Administrators get at most one mail in this time.
const BETWEEN_MAILS: Duration = Duration::from_secs(3_600);
/// Of each subscription they are told once in this time, as long as it waits.
const AGAIN: Duration = Duration::from_secs(24 * 3_600);
/// So many are told of at once.
const SOME: u64 = 50;

impl App {
    /// Tells administrators of subscriptions that wait for them: of all that have come, in one mail.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn tell_of_waiting(&self) -> Result<()> {
        let now = self.clock.now();
        let last = self.keys.marks().fingerprint("waiting-notice", &[]);
        if !self.settings.subscription_mails || self.store.attempt_waits(&last, now).await? {
            return Ok(());
        }
        let filter = SubscriptionFilter { undecided: true, ..SubscriptionFilter::default() };
        let waiting = self.store.read().subscriptions(&filter, PageRequest::first(SOME)).await?.items;
        let mut untold = Vec::new();
        for subscription in waiting {
            // What waits for another decision than yesterday is something else.
            let version = subscription.meta.version.to_be_bytes();
            let parts: [&[u8]; 2] = [subscription.id.0.as_bytes(), &version];
            let key = self.keys.marks().fingerprint("waiting-subscription", &parts);
            if self.store.take_attempt(&key, now, |_| AGAIN).await?.is_none() {
                untold.push(subscription);
            }
        }
        if untold.is_empty() || self.store.take_attempt(&last, now, |_| BETWEEN_MAILS).await?.is_some() {
            return Ok(());
        }
        let text = self.waiting_text(&untold).await?;
        let tx = self.begin(&Caller::system()).await?;
        for administrator in tx.read().all_deciders().await? {
            self.post(&tx, &administrator.email, "Subscriptions wait for you", text.clone()).await?;
        }
        self.commit(tx).await
    }

    async fn waiting_text(&self, waiting: &[Subscription]) -> Result<String> {
        let names = self.names_of(waiting).await?;
        let line = |it: &Subscription| {
            let application = plain_name(names.of(it.application_id), "an application");
            let plan = names.of(it.requested_plan_id.unwrap_or(it.plan_id));
            format!("{application}: {}, under the plan {plan}\n", names.of(it.api_version_id))
        };
        let lines: String = waiting.iter().map(line).collect();
        let url = &self.settings.public_url;
        let hello = greeting_line();
        Ok(format!(
            "{hello}\n\nthese subscriptions wait for a decision:\n\n{lines}\nDecide: {url}/console/approvals\n\n\
             You get at most one such mail an hour, and are reminded once a day.\n"
        ))
    }

    async fn names_of(&self, subscriptions: &[Subscription]) -> Result<Names> {
        let mut wanted = ToName::default();
        for it in subscriptions {
            wanted.applications.push(it.application_id);
            wanted.versions.push(it.api_version_id);
            wanted.plans.push(it.requested_plan_id.unwrap_or(it.plan_id));
        }
        self.names(wanted).await
    }

    /// Tells whoever asked for a subscription, or for another plan, what is decided, in the transaction that decides.
    /// Who decides on what they asked for themselves knows it.
    pub(crate) async fn tell_of_decision(
        &self,
        tx: &Tx,
        caller: &Caller,
        subscription: &Subscription,
        command: &SubscriptionCommand,
    ) -> Result<()> {
        let Some((word, what, comment)) = words(subscription, command) else { return Ok(()) };
        let Some(asked) = tx.read().last_actor(subscription.id.0, ASKING).await? else { return Ok(()) };
        if !self.settings.subscription_mails || asked == caller.actor() {
            return Ok(());
        }
        let Some((name, email)) = self.whom(tx, asked, subscription).await? else { return Ok(()) };
        let names = self.names_of(std::slice::from_ref(subscription)).await?;
        let hello = name.as_ref().map_or(greeting_line().to_owned(), greeting);
        let application = plain_name(names.of(subscription.application_id), "your application");
        let (api, url) = (names.of(subscription.api_version_id), &self.settings.public_url);
        let said = if comment.is_empty() { String::new() } else { format!("What was said: {comment}\n\n") };
        let text = format!(
            "{hello}\n\n{what}\n\nApplication: {application}\nAPI: {api}\n\n{said}See: {url}/subscriptions/{}\n",
            subscription.id
        );
        self.post(tx, &email, &format!("Your subscription was {word}"), text).await
    }

    /// Who is behind an actor, if it is a person who may still see the subscription.
    async fn whom(
        &self,
        tx: &Tx,
        actor: Actor,
        subscription: &Subscription,
    ) -> Result<Option<(Option<Name>, Email)>> {
        let read = tx.read();
        Ok(match actor {
            Actor::Developer(id) => {
                let sees: Option<Subscription> = read.find_visible(subscription.id, Some(id)).await?;
                let developer: Option<Developer> = read.find(id).await?;
                developer.filter(|_| sees.is_some()).map(|it| (Some(it.name), it.email))
            }
            Actor::Administrator(id) => read.find(id).await?.map(|it: Administrator| (None, it.email)),
            Actor::System | Actor::Operator | Actor::Anonymous | Actor::Token(_) => None,
        })
    }
}

/// A decision in a word and in a sentence, and what was said with it. No decision is told of otherwise.
fn words<'a>(
    before: &Subscription,
    command: &'a SubscriptionCommand,
) -> Option<(&'static str, &'static str, &'a str)> {
    let wants_plan = before.requested_plan_id.is_some();
    let (word, what, comment) = match command {
        SubscriptionCommand::Approve { comment } if wants_plan => {
            ("changed", "the plan that you asked for was approved: it counts from now on.", comment)
        }
        SubscriptionCommand::Approve { comment } => {
            ("approved", "your subscription was approved: calls are let through from now on.", comment)
        }
        SubscriptionCommand::Reject { comment } if wants_plan => {
            ("not changed", "the plan that you asked for was rejected: the present one goes on.", comment)
        }
        SubscriptionCommand::Reject { comment } => ("rejected", "your subscription was rejected.", comment),
        SubscriptionCommand::Revoke { comment } => {
            ("revoked", "your subscription was revoked: its calls are refused from now on.", comment)
        }
        SubscriptionCommand::ChangePlan { .. } => return None,
    };
    Some((word, what, comment.as_str()))
}
