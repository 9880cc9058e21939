//! Four eyes: who asked for something is not the one who approves it.

use domain::{Actor, Administrator, ApiTokenId, Developer, SubscriptionId};
use store::Read;

use crate::{App, Caller, Error, Result};

/// Whether who asked may approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FourEyes {
    /// Not as soon as there are two who decide: before that nobody else could.
    #[default]
    Auto,
    /// Never.
    Always,
    /// Whoever may approve may approve their own.
    Never,
}

/// What somebody did who asked for a subscription, or for the plan that it wants.
pub(crate) const ASKING: &[&str] = &[
    "subscription.requested",
    "subscription.created",
    "subscription.plan_change_requested",
    "subscription.plan_changed",
];

/// Somebody behind an actor: a person with several ways to come in is one and the same.
#[derive(Debug, PartialEq, Eq)]
enum Party {
    /// By the mail address, as developer or administrator or through a token of theirs.
    Person(String),
    /// A tool whose maker is not known, such as one made at the command line.
    Tool(ApiTokenId),
}

impl App {
    /// Whether four eyes are demanded now. Whoever is at the command line of the machine may do everything.
    pub(crate) async fn wants_four_eyes(&self, read: Read<'_>, caller: &Caller) -> Result<bool> {
        if matches!(caller.actor(), Actor::Operator | Actor::System) {
            return Ok(false);
        }
        match self.settings.four_eyes {
            FourEyes::Always => Ok(true),
            FourEyes::Never => Ok(false),
            FourEyes::Auto => Ok(read.count_deciders().await? >= 2),
        }
    }

    /// Whether somebody else than the caller asked for a subscription, or for the plan that it wants.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if not.
    pub(crate) async fn must_not_have_asked(
        &self,
        read: Read<'_>,
        caller: &Caller,
        id: SubscriptionId,
    ) -> Result<()> {
        if !self.wants_four_eyes(read, caller).await? {
            return Ok(());
        }
        let Some(asked) = read.last_actor(id.0, ASKING).await? else { return Ok(()) };
        let (asked, approves) = (party(read, asked).await?, party(read, caller.actor()).await?);
        if asked.is_some() && asked == approves {
            let message = "you have asked for this yourself; somebody else has to approve it";
            return Err(Error::Forbidden(message.to_owned()));
        }
        Ok(())
    }
}

async fn party(read: Read<'_>, actor: Actor) -> Result<Option<Party>> {
    let actor = match actor {
        Actor::Token(id) => match read.last_actor(id.0, &["token.created"]).await? {
            Some(maker @ Actor::Administrator(_)) => maker,
            // A tool that made a tool: it is told from others, and no further.
            _ => return Ok(Some(Party::Tool(id))),
        },
        other => other,
    };
    let email = match actor {
        Actor::Administrator(id) => read.find::<Administrator>(id).await?.map(|it| it.email),
        Actor::Developer(id) => read.find::<Developer>(id).await?.map(|it| it.email),
        Actor::System | Actor::Operator | Actor::Anonymous | Actor::Token(_) => None,
    };
    Ok(email.map(|email| Party::Person(email.unique_key())))
}
