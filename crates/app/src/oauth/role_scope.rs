//! Role scopes: granted to those who hold the role (AppDirect §2.8).

use domain::{Developer, OAuthScope, Partner, ScopeKind};
use oauth::OAuthError;

use super::authorize::Asked;
use crate::{App, Result};

impl App {
    /// What of the request this person can allow: role scopes that they do not hold are left out (AppDirect §2.8).
    pub(super) async fn grantable(
        &self,
        asked: &Asked,
        developer: &Developer,
    ) -> Result<Vec<String>, OAuthError> {
        self.only_held(asked.request.scopes.iter(), &asked.scopes, developer).await
    }

    /// Leaves out role scopes that a person does not hold.
    ///
    /// # Errors
    /// `access_denied` if nothing remains of what was there.
    pub(super) async fn only_held<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        scopes: &[OAuthScope],
        developer: &Developer,
    ) -> Result<Vec<String>, OAuthError> {
        let names: Vec<&str> = names.collect();
        let role_of = |name: &str| {
            let scope = scopes.iter().find(|scope| scope.name == name)?;
            (scope.kind == ScopeKind::Role).then(|| scope.role.clone().unwrap_or_default())
        };
        let held = if names.iter().any(|name| role_of(name).is_some()) {
            self.roles_of(developer).await?
        } else {
            Vec::new()
        };
        let kept: Vec<String> = names
            .iter()
            .filter(|name| role_of(name).is_none_or(|role| held.contains(&role)))
            .map(|&name| name.to_owned())
            .collect();
        if kept.is_empty() && !names.is_empty() {
            let error =
                OAuthError::access_denied("the person holds none of the roles that these scopes are for");
            return Err(error);
        }
        Ok(kept)
    }

    /// The roles of all partners that somebody is a member of.
    async fn roles_of(&self, developer: &Developer) -> Result<Vec<String>> {
        let filter = store::PartnerFilter { member: Some(developer.id), ..store::PartnerFilter::default() };
        let read = self.store.read();
        let partners = crate::every(|page| read.partners(&filter, page)).await?;
        Ok(partners.into_iter().flat_map(|partner: Partner| partner.roles).collect())
    }
}
