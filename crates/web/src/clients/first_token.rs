//! The commands by which a client gets its first token, ready to be pasted.

use domain::{Client, ClientAuthMethod, GrantType};

/// The example of RFC 7636, Appendix B: good for one try by hand.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What is said about [`call`].
pub(crate) fn usage(client: &Client) -> &'static str {
    if client.allows_grant(GrantType::ClientCredentials) && client.confidential {
        "The answer holds the token. Send it with each call as “Authorization: Bearer” and the token."
    } else {
        "Try it by hand once: open the first address, sign in, take the code from the address that you end at, and put it in the place of CODE. Your program makes a new verifier for each sign-in."
    }
}

/// The commands.
pub(crate) fn call(public_url: &str, client: &Client, secret: Option<&str>) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let id = &client.client_id;
    let secret = secret.unwrap_or("SECRET");
    let scopes = if client.scopes.is_empty() { "SCOPE".to_owned() } else { client.scopes.join(" ") };
    let token = format!("{public_url}/oauth2/token");
    let proof = match client.token_endpoint_auth_method {
        ClientAuthMethod::ClientSecretBasic => format!("-u '{id}:{secret}'"),
        ClientAuthMethod::ClientSecretPost => format!("-d client_id={id} -d client_secret={secret}"),
        ClientAuthMethod::None => format!("-d client_id={id}"),
        ClientAuthMethod::PrivateKeyJwt => {
            "-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer -d client_assertion=JWT".to_owned()
        }
    };
    if client.allows_grant(GrantType::ClientCredentials) && client.confidential {
        return format!(
            "curl {proof} \\\n  -d grant_type=client_credentials \\\n  --data-urlencode 'scope={scopes}' \\\n  {token}"
        );
    }
    if client.allows_grant(GrantType::AuthorizationCode) {
        let back = client.redirect_uris.first().map_or("REDIRECT-URI", String::as_str);
        return format!(
            "{public_url}/oauth2/authorize?response_type=code&client_id={id}&redirect_uri={}&scope={}&state=try&code_challenge={CHALLENGE}&code_challenge_method=S256\n\ncurl {proof} \\\n  -d grant_type=authorization_code -d code=CODE \\\n  --data-urlencode 'redirect_uri={back}' \\\n  -d code_verifier={VERIFIER} \\\n  {token}",
            encode(back),
            encode(&scopes),
        );
    }
    format!("curl {proof} \\\n  -d grant_type=GRANT \\\n  --data-urlencode 'scope={scopes}' \\\n  {token}")
}
