//! What somebody typed about a provider, and what is wrong with it.

use super::{ClaimRules, IdentityProvider, TokenAuth};
use crate::{AddressRules, Checks, IdentityProviderId, Invalid, Meta, Name, OutgoingUrl, Sealed};

/// What somebody typed about a provider.
#[derive(Clone, Debug)]
pub struct IdentityProviderDraft {
    /// See [`IdentityProvider::name`].
    pub name: String,
    /// See [`IdentityProvider::slug`].
    pub slug: String,
    /// See [`IdentityProvider::issuer`].
    pub issuer: String,
    /// See [`IdentityProvider::client_id`].
    pub client_id: String,
    /// See [`IdentityProvider::token_auth`].
    pub token_auth: TokenAuth,
    /// See [`IdentityProvider::client_secret`].
    pub client_secret: Option<Sealed>,
    /// See [`IdentityProvider::scopes`].
    pub scopes: Vec<String>,
    /// See [`IdentityProvider::developers`].
    pub developers: bool,
    /// See [`IdentityProvider::administrators`].
    pub administrators: bool,
    /// See [`IdentityProvider::makes_developers`].
    pub makes_developers: bool,
    /// See [`IdentityProvider::claims`].
    pub claims: ClaimRules,
    /// See [`IdentityProvider::enabled`].
    pub enabled: bool,
}

impl Default for IdentityProviderDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            slug: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            token_auth: TokenAuth::default(),
            client_secret: None,
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            developers: true,
            administrators: false,
            makes_developers: false,
            claims: ClaimRules::default(),
            enabled: true,
        }
    }
}

const MAX_ENTRIES: usize = 20;

impl IdentityProviderDraft {
    pub(super) fn check(
        self,
        id: IdentityProviderId,
        meta: Meta,
        rules: &AddressRules,
    ) -> Result<IdentityProvider, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let slug_fits = (1..=40).contains(&self.slug.len())
            && self.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let message = "must be 1 to 40 lower-case letters, digits and hyphens";
        checks.require(slug_fits, "slug", "invalid", message);
        checks.take("issuer", check_issuer(&self.issuer, rules));
        let id_fits =
            (1..=256).contains(&self.client_id.len()) && self.client_id.bytes().all(|b| b.is_ascii_graphic());
        checks.require(id_fits, "client_id", "invalid", "must have 1 to 256 visible ASCII characters");
        let needs_secret = self.token_auth != TokenAuth::None;
        let client_secret = self.client_secret.filter(|_| needs_secret);
        let fits = client_secret.is_some() == needs_secret;
        checks.require(fits, "client_secret", "required", "must be given for this way to prove who we are");
        let scopes = checks.take("scopes", check_scopes(self.scopes));
        let somebody = self.developers || self.administrators;
        let message = "must be true, or administrators must: it would be for nobody";
        checks.require(somebody, "developers", "required", message);
        let claims = checks.take("claims", self.claims.check());
        let (developers, administrators) = (self.developers, self.administrators);
        // Who makes nobody a developer anyway is not made to do so by a later change.
        let makes_developers = self.makes_developers && developers;
        let (slug, issuer, client_id) = (self.slug, self.issuer, self.client_id);
        let (token_auth, enabled) = (self.token_auth, self.enabled);
        checks.build(|| {
            Some(IdentityProvider {
                id,
                meta,
                name: name?,
                slug,
                issuer,
                client_id,
                token_auth,
                client_secret,
                scopes: scopes?,
                developers,
                administrators,
                makes_developers,
                claims: claims?,
                enabled,
            })
        })
    }
}

/// An address without query and fragment (OpenID Connect Discovery §2), kept as it was typed: it is compared letter by
/// letter (§4.3).
fn check_issuer(issuer: &str, rules: &AddressRules) -> Result<(), Invalid> {
    OutgoingUrl::parse(issuer, rules)?;
    if issuer.contains('?') || issuer.len() > 256 {
        return Err(Invalid::field("", "invalid", "must have at most 256 bytes and no query (?…)"));
    }
    Ok(())
}

/// Scope tokens (RFC 6749 §3.3); without `openid` it would be no sign-in (OpenID Connect Core §3.1.2.1).
fn check_scopes(scopes: Vec<String>) -> Result<Vec<String>, Invalid> {
    let mut checks = Checks::new();
    checks.require(scopes.len() <= MAX_ENTRIES, "", "too_many", "must have at most 20 entries");
    let mut checked = vec!["openid".to_owned()];
    for (i, scope) in scopes.into_iter().enumerate().take(MAX_ENTRIES) {
        let token = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
        let fits = (1..=128).contains(&scope.len()) && scope.bytes().all(token);
        checks.require(fits, &format!("[{i}]"), "invalid", "must be a word of visible ASCII characters");
        if !checked.contains(&scope) {
            checked.push(scope);
        }
    }
    checks.build(|| Some(checked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;

    fn draft() -> IdentityProviderDraft {
        IdentityProviderDraft {
            name: "Corp".to_owned(),
            slug: "corp".to_owned(),
            issuer: "https://login.corp.test".to_owned(),
            client_id: "desk".to_owned(),
            client_secret: Some(Sealed(vec![1])),
            ..IdentityProviderDraft::default()
        }
    }

    fn check(draft: IdentityProviderDraft) -> Result<IdentityProvider, Vec<String>> {
        let now = Instant::from_micros(1);
        let id = IdentityProviderId(uuid::Uuid::from_u128(1));
        let made = IdentityProvider::create(id, draft, &AddressRules::default(), now);
        let fields = |wrong: Invalid| wrong.fields().iter().map(|it| it.field.clone()).collect();
        made.map(|made| made.after().clone()).map_err(fields)
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(check(draft()).is_ok());
        let wrong = |edit: fn(&mut IdentityProviderDraft)| {
            let mut draft = draft();
            edit(&mut draft);
            check(draft).unwrap_err().join(" ")
        };
        assert_eq!(wrong(|it| it.name.clear()), "name");
        assert_eq!(wrong(|it| "Corp".clone_into(&mut it.slug)), "slug");
        assert_eq!(wrong(|it| it.client_id.clear()), "client_id");
        assert_eq!(wrong(|it| it.client_secret = None), "client_secret");
        assert_eq!(wrong(|it| it.developers = false), "developers");
        assert_eq!(wrong(|it| it.scopes = vec!["a b".to_owned()]), "scopes[0]");
        assert_eq!(wrong(|it| it.claims.email.clear()), "claims.email");
        let without_a_claim = |it: &mut IdentityProviderDraft| {
            it.claims.roles.insert("x".to_owned(), super::super::MappedRole::Administrator);
        };
        assert_eq!(wrong(without_a_claim), "claims.role");
        let required = |it: &mut IdentityProviderDraft| {
            it.claims.required.insert("hd".to_owned(), Default::default());
        };
        assert_eq!(wrong(required), "claims.required");
    }

    #[test]
    fn a_115_an_issuer_leads_nowhere_inside() {
        for issuer in [
            "",
            "http://login.corp.test",
            "https://localhost/realm",
            "https://127.0.0.1",
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://user@login.corp.test",
            "https://login.corp.test?tenant=1",
            "https://login.corp.test#x",
            "file:///etc/passwd",
        ] {
            let fields = check(IdentityProviderDraft { issuer: issuer.to_owned(), ..draft() });
            assert_eq!(fields.unwrap_err(), ["issuer"], "{issuer}");
        }
    }

    #[test]
    fn issuer_and_slug_stay_and_openid_is_always_asked_for() {
        let provider = check(IdentityProviderDraft { scopes: vec!["email".to_owned()], ..draft() }).unwrap();
        assert_eq!(provider.scopes, ["openid", "email"]);
        let change = |edit: fn(&mut IdentityProviderDraft)| {
            let mut draft = provider.draft();
            edit(&mut draft);
            provider.update(draft, &AddressRules::default(), Instant::from_micros(2))
        };
        assert!(change(|it| it.name.push('!')).is_ok());
        let other = change(|it| it.issuer.push('/')).unwrap_err();
        assert_eq!(other.fields()[0].field, "issuer");
        let other = change(|it| it.slug.push('2')).unwrap_err();
        assert_eq!(other.fields()[0].field, "slug");
        let off = change(|it| it.enabled = false).unwrap();
        assert_eq!(off.after().shuts_out(&provider), [super::super::Audience::Developer]);
    }
}
