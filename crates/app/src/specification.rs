//! Specifications as callers need them: with where their tokens come from.

use domain::openapi_security::{TokenSource, with_token_source};
use domain::{Accepted, ApiVersion, ApiVersionId, AuthMethod, AuthStrategy, openapi};
use serde_json::Value;

use crate::{App, Caller, Error, Result};

#[macros::boxed]
impl App {
    /// A version's specification as a document, with the authorization server named where it takes our tokens.
    ///
    /// # Errors
    /// If the caller may not see the version, or it has none.
    pub async fn specification_for_callers(&self, caller: &Caller, id: ApiVersionId) -> Result<Value> {
        let version = self.api_version(caller, id).await?;
        let text = self.store.read().specification_text(id).await?.ok_or(Error::NotFound("specification"))?;
        let read = tokio::task::spawn_blocking(move || openapi::document(&text)).await;
        let document = read.map_err(|e| Error::Internal(format!("specification thread: {e}")))?;
        // It was read when it was put.
        let document =
            document.ok_or_else(|| Error::Internal("a specification cannot be read".to_owned()))?;
        Ok(match self.token_source(&version).await? {
            Some(source) => with_token_source(document, &source),
            None => document,
        })
    }

    /// Where the tokens come from that open a version; `None` if it takes none of ours.
    async fn token_source(&self, version: &ApiVersion) -> Result<Option<TokenSource>> {
        if !version.accepted_credentials.contains(&Accepted::Bearer) {
            return Ok(None);
        }
        let strategy: Option<AuthStrategy> = self.store.read().find(version.auth_strategy_id).await?;
        let offered = match strategy.map(|strategy| strategy.method) {
            // Their clients are at another authorization server, whose addresses we do not know.
            Some(
                AuthMethod::BridgedClientCredentials { .. } | AuthMethod::SelfManagedClientCredentials { .. },
            ) => return Ok(None),
            Some(AuthMethod::ClientCredentials { scopes, .. }) => scopes,
            Some(AuthMethod::KeyAuth { .. }) | None => Vec::new(),
        };
        let demanded = version.operation_scopes.iter().flat_map(|it| &it.scopes);
        let demanded = version.required_scopes.iter().chain(demanded).flat_map(|scope| scope.split('|'));
        let mut names: Vec<String> = demanded.map(str::to_owned).chain(offered).collect();
        names.sort_unstable();
        names.dedup();
        let known = self.known_scopes();
        let about = |name: &String| {
            known.iter().find(|scope| scope.name == *name).map(|it| it.description.as_str().to_owned())
        };
        let scopes = names.into_iter().map(|name| {
            let about = about(&name).unwrap_or_default();
            (name, about)
        });
        let scopes = scopes.collect();
        let metadata = self.metadata();
        Ok(Some(TokenSource {
            authorization_url: metadata.authorization_endpoint,
            token_url: metadata.token_endpoint,
            scopes,
        }))
    }
}
