//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2): a list of checks, one per rule, in the
//! order in which they have to come. Until the redirect URI is known to be the client's, what is wrong is shown on a
//! page of ours; after that the client is told by a redirect.

use std::collections::BTreeSet;

use crate::claims::ClaimsRequest;
use crate::pkce::Challenge;
use crate::response::{ResponseMode, ResponseType, Return};
use crate::scope::{self, Scopes};
use crate::{ErrorCode, OAuthError, Params, redirect_uri, resource};

/// What has to be known of a client to check its request.
#[derive(Clone, Copy, Debug)]
pub struct ClientView<'a> {
    /// Every URI it may be sent back to.
    pub redirect_uris: &'a [String],
    /// Whether it runs on somebody's own device, so that a loopback port may differ.
    pub native: bool,
    /// Whether PKCE may not be left out.
    pub require_pkce: bool,
    /// The scopes that it may ask for.
    pub scopes: &'a Scopes,
    /// Whether it has to name the scopes it wants.
    pub must_ask_for_scopes: bool,
    /// The response types that it may use.
    pub response_types: &'a [ResponseType],
}

/// What the server has on.
#[derive(Clone, Copy)]
pub struct ServerView<'a> {
    /// The issuer, for the `iss` of every answer (RFC 9207).
    pub issuer: &'a str,
    /// The response types that anybody may use.
    pub response_types: &'a [ResponseType],
    /// Whether a resource is one of ours.
    pub is_resource: &'a (dyn Fn(&str) -> bool + Sync),
}

/// Something that somebody is to be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prompt {
    /// Nothing at all.
    None,
    /// To sign in, even if they are.
    Login,
    /// To agree, even if they have.
    Consent,
    /// Which account to use.
    SelectAccount,
}

impl Prompt {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::None, "none"),
        (Self::Login, "login"),
        (Self::Consent, "consent"),
        (Self::SelectAccount, "select_account"),
    ];
}

/// A request that is in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How and where the answer goes.
    pub back: Return,
    /// What is to come back.
    pub response_type: ResponseType,
    /// What is asked for.
    pub scopes: Scopes,
    /// The APIs that the tokens are for.
    pub resources: Vec<String>,
    /// PKCE.
    pub challenge: Option<Challenge>,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
    /// What somebody is to be asked.
    pub prompt: BTreeSet<Prompt>,
    /// How long ago the sign-in may be, in seconds.
    pub max_age: Option<u64>,
    /// Who is expected, as far as the client knows.
    pub login_hint: Option<String>,
    /// An ID token of ours, unproven.
    pub id_token_hint: Option<String>,
    /// How somebody is to have signed in, best first.
    pub acr_values: Vec<String>,
    /// Single claims.
    pub claims: ClaimsRequest,
}

/// Why a request is not carried out, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The person, on a page of ours: it is not known whose redirect URI that is.
    Page(OAuthError),
    /// The client, by a redirect.
    Back(Return, OAuthError),
}

/// The client that a request names. Everything else depends on it.
///
/// # Errors
/// If there is none or more than one.
pub fn client_id(params: &Params) -> Result<&str, OAuthError> {
    params.require("client_id")
}

/// Checks a request.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(params: &Params, client: &ClientView<'_>, server: &ServerView<'_>) -> Result<Request, Refused> {
    let redirect_uri = the_redirect_uri_is_registered(params, client).map_err(Refused::Page)?;
    // From here on the client can be told, if need be by the default channel of a code.
    let response_type = params.get("response_type").ok().flatten().and_then(ResponseType::parse);
    let mode = ResponseMode::of_request(params, response_type);
    let back = Return {
        redirect_uri,
        mode: mode.clone().unwrap_or_else(|_| response_type.unwrap_or(ResponseType::CODE).default_mode()),
        state: params.get("state").ok().flatten().map(str::to_owned),
        issuer: server.issuer.to_owned(),
    };
    let found = params_are_single(params)
        .and_then(|()| the_response_type_is_on(params, client, server))
        .and_then(|response_type| mode.map(|_| response_type))
        .and_then(|response_type| {
            request_objects_are_not_taken(params)?;
            Ok(Request {
                back: back.clone(),
                response_type,
                challenge: Challenge::of_request(params, client.require_pkce && response_type.code)?,
                scopes: the_scopes_are_allowed(params, client, response_type)?,
                resources: the_resources_are_known(params, server)?,
                nonce: the_nonce_is_there_if_it_must(params, response_type)?,
                prompt: the_prompt_is_consistent(params)?,
                max_age: the_max_age_is_a_number(params)?,
                login_hint: params.get("login_hint")?.filter(|hint| hint.len() <= 254).map(str::to_owned),
                id_token_hint: params.get("id_token_hint")?.map(str::to_owned),
                acr_values: words(params, "acr_values")?,
                claims: ClaimsRequest::of_request(params)?,
            })
        });
    found.map_err(|error| Refused::Back(back, error))
}

/// It is always named, also where RFC 6749 §3.1.2.3 would let it be left out: OpenID Connect Core §3.1.2.1 wants that,
/// and two rules are one too many.
fn the_redirect_uri_is_registered(params: &Params, client: &ClientView<'_>) -> Result<String, OAuthError> {
    let asked = params.require("redirect_uri")?;
    match redirect_uri::find(client.redirect_uris, asked, client.native) {
        Some(_) => Ok(asked.to_owned()),
        None => Err(OAuthError::invalid_request(
            "redirect_uri is not one that is registered for this client; it must be the same text, character by character",
        )),
    }
}

/// RFC 6749 §3.1; RFC 8707 §2 makes the one exception.
fn params_are_single(params: &Params) -> Result<(), OAuthError> {
    params.must_be_single(&["resource"])
}

/// RFC 6749 §3.1.1 and §4.1.2.1.
fn the_response_type_is_on(
    params: &Params,
    client: &ClientView<'_>,
    server: &ServerView<'_>,
) -> Result<ResponseType, OAuthError> {
    let unsupported = || {
        OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            "response_type must be one that the metadata of this server list",
        )
    };
    let asked = ResponseType::parse(params.require("response_type")?).ok_or_else(unsupported)?;
    if !server.response_types.contains(&asked) {
        return Err(unsupported());
    }
    if !client.response_types.contains(&asked) {
        return Err(OAuthError::unauthorized_client("this client may not use this response_type"));
    }
    Ok(asked)
}

/// OpenID Connect Core §6: whoever does not take them says so with these codes.
fn request_objects_are_not_taken(params: &Params) -> Result<(), OAuthError> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.get(name)?.is_some() {
            return Err(OAuthError::new(
                code,
                format!("{name} is not supported; send the parameters themselves"),
            ));
        }
    }
    Ok(())
}

/// RFC 6749 §3.3, and OpenID Connect Core §3.1.2.1: whoever wants an ID token asks for `openid`.
fn the_scopes_are_allowed(
    params: &Params,
    client: &ClientView<'_>,
    response_type: ResponseType,
) -> Result<Scopes, OAuthError> {
    let chosen = scope::choose(Scopes::of_request(params)?, client.scopes, client.must_ask_for_scopes)?;
    if response_type.id_token && !chosen.contains("openid") {
        return Err(OAuthError::invalid_scope(
            "scope must have openid in it: the response_type asks for an ID token",
        ));
    }
    Ok(chosen)
}

fn the_resources_are_known(params: &Params, server: &ServerView<'_>) -> Result<Vec<String>, OAuthError> {
    let asked = resource::of_request(params)?;
    resource::must_be_known(&asked, server.is_resource)?;
    Ok(asked)
}

/// OpenID Connect Core §3.2.2.1: what comes back by the browser is bound to the browser. 512 characters are more than
/// any client sends.
fn the_nonce_is_there_if_it_must(
    params: &Params,
    response_type: ResponseType,
) -> Result<Option<String>, OAuthError> {
    let nonce = params.get("nonce")?;
    if response_type.id_token && nonce.is_none() {
        return Err(OAuthError::invalid_request("nonce is required with this response_type"));
    }
    if nonce.is_some_and(|nonce| nonce.len() > 512) {
        return Err(OAuthError::invalid_request("nonce must be at most 512 bytes"));
    }
    Ok(nonce.map(str::to_owned))
}

/// OpenID Connect Core §3.1.2.1: nothing else beside `none`.
fn the_prompt_is_consistent(params: &Params) -> Result<BTreeSet<Prompt>, OAuthError> {
    let mut prompts = BTreeSet::new();
    for word in words(params, "prompt")? {
        let known = Prompt::ALL.iter().find(|(_, name)| *name == word);
        let (prompt, _) = known.ok_or_else(|| {
            OAuthError::invalid_request("prompt must be none, login, consent or select_account")
        })?;
        prompts.insert(*prompt);
    }
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err(OAuthError::invalid_request("prompt must be none alone, or without none"));
    }
    Ok(prompts)
}

fn the_max_age_is_a_number(params: &Params) -> Result<Option<u64>, OAuthError> {
    let Some(text) = params.get("max_age")? else { return Ok(None) };
    let is_number = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    let number = is_number.then(|| text.parse().ok()).flatten();
    number.map(Some).ok_or_else(|| OAuthError::invalid_request("max_age must be a number of seconds"))
}

/// Words with spaces between them; at most ten are read.
fn words(params: &Params, name: &'static str) -> Result<Vec<String>, OAuthError> {
    Ok(params.get(name)?.unwrap_or_default().split_ascii_whitespace().take(10).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
