//! Where a browser is sent to sign in (OpenID Connect Core §3.1.2.1).

use crate::pkce::Challenge;

/// What a provider is asked.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where.
    pub endpoint: &'a str,
    /// What it knows us as.
    pub client_id: &'a str,
    /// Where it sends the browser back to.
    pub redirect_uri: &'a str,
    /// What for.
    pub scopes: &'a [String],
    /// Comes back with the answer (RFC 6749 §10.12).
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// What the code will be redeemed with (RFC 7636).
    pub verifier: &'a str,
    /// Whether they have to sign in anew there, even if they are signed in.
    pub fresh: bool,
}

impl Request<'_> {
    /// The address.
    pub fn url(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("state", self.state)
            .append_pair("nonce", self.nonce)
            .append_pair("code_challenge", Challenge::of(self.verifier).as_str())
            .append_pair("code_challenge_method", Challenge::METHOD);
        if self.fresh {
            // With `max_age` the ID token has to say when they signed in (§2, `auth_time`).
            query.append_pair("prompt", "login").append_pair("max_age", "0");
        }
        // RFC 6749 §3.1: an endpoint may have a query of its own, which is kept.
        let separator = if self.endpoint.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.endpoint, query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7636_appendix_b_the_challenge_is_sent_and_the_verifier_is_not() {
        let scopes = ["openid".to_owned(), "email".to_owned()];
        let request = Request {
            endpoint: "https://login.test/auth?tenant=1",
            client_id: "desk&x",
            redirect_uri: "https://desk.test/back",
            scopes: &scopes,
            state: "s1",
            nonce: "n1",
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            fresh: false,
        };
        let url = request.url();
        assert_eq!(
            url,
            "https://login.test/auth?tenant=1&response_type=code&client_id=desk%26x&redirect_uri=https%3A%2F%2Fdesk.test%2Fback&scope=openid+email&state=s1&nonce=n1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
        let fresh = Request { fresh: true, ..request }.url();
        assert_eq!(fresh, format!("{url}&prompt=login&max_age=0"));
    }
}
