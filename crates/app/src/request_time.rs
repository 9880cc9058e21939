//! Requests that a gateway leaves unanswered: it is reminded after a day, and after thirty nothing will come of it.

use std::time::Duration;

use domain::{Email, Gateway, Request, RequestCommand, RequestStatus};
use store::Tx;

use crate::mail::greeting_line;
use crate::{App, Caller, Result};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// After this time without an answer a gateway is reminded, once.
const REMINDED_AFTER: Duration = DAY;
/// Nobody is reminded of what is older than this: it was told long ago, or nobody was at work then.
const TOO_OLD_TO_REMIND: Duration = Duration::from_secs(4 * 24 * 3_600);
/// For how long a gateway may take to answer.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How many requests are looked at in one go.
const SOME: u64 = 500;
/// Statuses of a request in which a gateway still has to answer something.
const OPEN: [RequestStatus; 3] =
    [RequestStatus::WaitingThirdParty, RequestStatus::DeliveryUnsuccessful, RequestStatus::Approved];

impl App {
    /// Reminds gateways that have not answered for a day.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn remind_gateways(&self) -> Result<()> {
        let now = self.clock.now();
        let between = (now - TOO_OLD_TO_REMIND, now - REMINDED_AFTER);
        for request in self.store.read().requests_untouched(&OPEN, between, SOME).await? {
            let mut tx = self.begin(&Caller::system()).await?;
            let (mut request, mut is_late) = (request, false);
            for state in request.states.clone() {
                let waits = state.status == RequestStatus::WaitingThirdParty && !state.is_reminded();
                if waits && state.touched_at().is_some_and(|at| at <= between.1) {
                    let change = request.apply(state.id, RequestCommand::Remind, self.new_id(), tx.now())?;
                    request = tx.save(change).await?;
                    is_late = true;
                }
            }
            if is_late {
                self.mail_reminder(&tx, &request).await?;
                self.commit(tx).await?;
            }
        }
        Ok(())
    }

    async fn mail_reminder(&self, tx: &Tx, request: &Request) -> Result<()> {
        let text = format!(
            "{}\n\nsomething was asked of your gateway more than a day ago, and is not answered.\n\nRequest: \
             {}\nApplication: {}\nAsked at: {}\n\nWithout an answer it is given up 30 days after it was told.\n",
            greeting_line(),
            request.id,
            request.application_id,
            request.meta.created_at,
        );
        for to in self.who_answers_for(tx, request).await? {
            self.post(tx, &to, "A request waits for your gateway", text.clone()).await?;
        }
        Ok(())
    }

    /// The address of the gateway, otherwise its technical users, otherwise administrators.
    async fn who_answers_for(&self, tx: &Tx, request: &Request) -> Result<Vec<Email>> {
        if let Some(id) = request.gateway_id {
            let gateway: Option<Gateway> = tx.read().find(id).await?;
            if let Some(address) = gateway.and_then(|gateway| gateway.mail_to) {
                return Ok(vec![address]);
            }
            let mut users = tx.read().technical_users(id).await?;
            users.retain(|user| user.disabled_at.is_none());
            if !users.is_empty() {
                return Ok(users.into_iter().map(|user| user.email).collect());
            }
        }
        let all = tx.read().all_administrators().await?;
        Ok(all.into_iter().map(|administrator| administrator.email).collect())
    }

    /// Gives up requests that a gateway has not answered for thirty days.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn expire_requests(&self) -> Result<()> {
        let before = self.clock.now() - LIFETIME;
        // That it was reminded in between has not made it younger.
        let between = (domain::Instant::from_micros(0), before + TOO_OLD_TO_REMIND);
        for request in self.store.read().requests_untouched(&OPEN, between, SOME).await? {
            let mut tx = self.begin(&Caller::system()).await?;
            let (mut request, mut is_over) = (request, false);
            for state in request.states.clone() {
                if OPEN.contains(&state.status) && state.touched_at().is_none_or(|at| at <= before) {
                    let reason = "the gateway has not answered for 30 days".to_owned();
                    let command = RequestCommand::Fail { reason };
                    request = tx.save(request.apply(state.id, command, self.new_id(), tx.now())?).await?;
                    is_over = true;
                }
            }
            if is_over {
                self.mail_outcome(&tx, &request, "was given up").await?;
                self.commit(tx).await?;
            }
        }
        Ok(())
    }
}
