//! What the gateway check is told beside what it holds itself: access tokens, and secrets that people chose.

use std::net::IpAddr;
use std::sync::Arc;

use domain::{AccessToken, Client, CredentialId, Instant};
use verify::{Evidence, Known, Question, Reason};

use crate::oauth::{AtHand, Guessed};
use crate::{App, Error};

/// What this node has in memory.
#[derive(Clone, Copy, Debug)]
pub struct InMemory<'a> {
    app: &'a App,
    now: Instant,
}

/// The same, and the answer to one question.
#[derive(Debug)]
pub struct FoundOut<'a> {
    memory: InMemory<'a>,
    answer: Answer,
}

#[derive(Debug)]
enum Answer {
    Token(Known<Arc<AccessToken>>),
    Secret(Known<CredentialId>),
}

#[macros::boxed]
impl App {
    /// What this node has in memory.
    pub fn in_memory(&self, now: Instant) -> InMemory<'_> {
        InMemory { app: self, now }
    }

    /// Finds out what the gateway check asks: one look into the database, or one slow hash, for which nobody comes back
    /// too often. `from` is where the call comes from. If it cannot be found out, that is the answer.
    pub async fn find_out(&self, question: Question, from: Option<IpAddr>, now: Instant) -> FoundOut<'_> {
        let answer = match question {
            Question::Token(text) => Answer::Token(self.find_out_token(&text, from, now).await),
            Question::Secret(client, secret) => {
                Answer::Secret(self.find_out_secret(&client, &secret, from, now).await)
            }
        };
        FoundOut { memory: self.in_memory(now), answer }
    }

    async fn find_out_token(
        &self,
        text: &str,
        from: Option<IpAddr>,
        now: Instant,
    ) -> Known<Arc<AccessToken>> {
        if self.guessing_stopped(Guessed::Tokens, from, now).is_some() {
            return Known::No(Reason::TooManyGuesses);
        }
        match self.kept_access_token(text).await {
            Ok(Some(token)) => Known::Yes(token),
            Ok(None) => {
                self.note_guess(Guessed::Tokens, from, now);
                Known::No(Reason::CredentialUnknown)
            }
            Err(error) => Known::No(unavailable(&error)),
        }
    }

    async fn find_out_secret(
        &self,
        client: &Client,
        secret: &str,
        from: Option<IpAddr>,
        now: Instant,
    ) -> Known<CredentialId> {
        let guessed = [Guessed::SecretOf(&client.client_id), Guessed::Secrets];
        if guessed.iter().any(|it| self.guessing_stopped(*it, from, now).is_some()) {
            return Known::No(Reason::TooManyGuesses);
        }
        match self.chosen_secret_of(client, secret, now).await {
            Ok(Some(id)) => Known::Yes(id),
            Ok(None) => {
                guessed.iter().for_each(|it| self.note_guess(*it, from, now));
                Known::No(Reason::CredentialUnknown)
            }
            Err(error) => Known::No(unavailable(&error)),
        }
    }
}

/// Nobody can tell what it is worth: the door stays shut.
fn unavailable(error: &Error) -> Reason {
    tracing::warn!(
        error = error.internal_detail().unwrap_or_default(),
        "a call was refused because what it carries cannot be looked up"
    );
    Reason::LookupFailed
}

impl Evidence for InMemory<'_> {
    fn token(&self, text: &str) -> Known<Arc<AccessToken>> {
        match self.app.token_at_hand(text) {
            AtHand::Token(token) => Known::Yes(token),
            AtHand::None => Known::No(Reason::CredentialUnknown),
            AtHand::Over => Known::No(Reason::CredentialExpired),
            AtHand::Kept => Known::NotYet,
        }
    }

    fn chosen_secret(&self, client: &Client, secret: &str) -> Known<CredentialId> {
        self.app.known_secret_of(client, secret, self.now).map_or(Known::NotYet, Known::Yes)
    }

    fn is_this_server(&self, audience: &str) -> bool {
        self.app.is_issuer(&self.app.issuance(), audience)
    }

    fn names_this_server(&self, text: &str) -> bool {
        let claims = oauth::jose::peek(text).unwrap_or_default();
        claims.get("iss").and_then(serde_json::Value::as_str).is_some_and(|it| self.is_this_server(it))
    }
}

impl Evidence for FoundOut<'_> {
    fn token(&self, text: &str) -> Known<Arc<AccessToken>> {
        match &self.answer {
            Answer::Token(known) => known.clone(),
            Answer::Secret(_) => self.memory.token(text),
        }
    }

    fn chosen_secret(&self, client: &Client, secret: &str) -> Known<CredentialId> {
        match &self.answer {
            Answer::Secret(known) => known.clone(),
            Answer::Token(_) => self.memory.chosen_secret(client, secret),
        }
    }

    fn is_this_server(&self, audience: &str) -> bool {
        self.memory.is_this_server(audience)
    }

    fn names_this_server(&self, text: &str) -> bool {
        self.memory.names_this_server(text)
    }
}
