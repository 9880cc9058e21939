//! The rules of RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1 and their neighbours.

use super::*;
use crate::response::Answer;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A good request, changed.
fn request(changes: &[(&str, &str)]) -> Params {
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", "c1"),
        ("redirect_uri", "https://rp.test/cb"),
        ("scope", "openid email"),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
    pairs.into_iter().collect()
}

fn asked(params: &Params) -> Result<Request, Refused> {
    let all: Vec<ResponseType> =
        [ResponseType::CODE].into_iter().chain(ResponseType::IMPLICIT).chain(ResponseType::HYBRID).collect();
    asked_with(params, &all, true)
}

fn asked_with(
    params: &Params,
    server_types: &[ResponseType],
    require_pkce: bool,
) -> Result<Request, Refused> {
    let scopes = Scopes::parse("openid profile email read").unwrap();
    let client = ClientView {
        redirect_uris: &["https://rp.test/cb".to_owned()],
        native: false,
        require_pkce,
        scopes: &scopes,
        must_ask_for_scopes: true,
        response_types: server_types,
    };
    let is_resource = |resource: &str| resource == "https://api.test";
    check(
        params,
        &client,
        &ServerView { issuer: "https://desk.test", response_types: server_types, is_resource: &is_resource },
    )
}

#[track_caller]
fn page(params: &Params) -> OAuthError {
    match asked(params) {
        Err(Refused::Page(error)) => error,
        other => panic!("not a page: {other:?}"),
    }
}

#[track_caller]
fn back(changes: &[(&str, &str)]) -> OAuthError {
    match asked(&request(changes)) {
        Err(Refused::Back(back, error)) => {
            assert_eq!(back.redirect_uri, "https://rp.test/cb");
            error
        }
        other => panic!("not back: {other:?}"),
    }
}

#[test]
fn rfc6749_4_1_1_a_good_request_is_read_whole() {
    let found = asked(&request(&[
        ("resource", "https://api.test"),
        ("prompt", "login consent"),
        ("max_age", "60"),
        ("unknown", "x"),
    ]))
    .unwrap();
    assert_eq!(found.scopes.to_string(), "openid email");
    assert_eq!(found.back.state.as_deref(), Some("s1"));
    assert_eq!(found.max_age, Some(60));
    assert_eq!(found.prompt.into_iter().collect::<Vec<_>>(), [Prompt::Login, Prompt::Consent]);
    assert_eq!(found.resources, ["https://api.test"]);
}

#[test]
fn rfc6749_4_1_2_1_a_wrong_redirect_uri_is_shown_and_never_followed() {
    for uri in ["https://rp.test/cb/", "https://evil.test", ""] {
        assert_eq!(page(&request(&[("redirect_uri", uri)])).code, ErrorCode::InvalidRequest, "{uri}");
    }
    // Even if everything else is wrong, too.
    page(&request(&[("redirect_uri", "https://evil.test"), ("response_type", "x"), ("scope", "nope")]));
    let twice: Params = request(&[]).iter().chain([("redirect_uri", "https://rp.test/cb")]).collect();
    page(&twice);
}

#[test]
fn a_005_oidc_core_3_1_2_1_the_redirect_uri_is_required() {
    let without: Params = request(&[]).iter().filter(|(name, _)| *name != "redirect_uri").collect();
    assert!(page(&without).description.contains("redirect_uri"));
    assert!(client_id(&Params::default()).is_err());
}

#[test]
fn a_007_rfc6749_3_1_no_parameter_is_there_twice() {
    for name in ["scope", "state", "nonce", "unknown"] {
        let twice: Params = request(&[("unknown", "1")]).iter().chain([(name, "x")]).collect();
        match asked(&twice) {
            Err(Refused::Back(_, error)) => assert_eq!(error.code, ErrorCode::InvalidRequest, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn rfc6749_3_1_1_the_response_type_is_required_and_one_that_is_on() {
    assert_eq!(back(&[("response_type", "")]).code, ErrorCode::InvalidRequest);
    for odd in ["none", "code code", "code  token", "CODE"] {
        assert_eq!(back(&[("response_type", odd)]).code, ErrorCode::UnsupportedResponseType, "{odd}");
    }
    let token = request(&[("response_type", "token")]);
    let Err(Refused::Back(back, error)) = asked_with(&token, &[ResponseType::CODE], true) else { panic!() };
    assert_eq!((error.code, back.mode), (ErrorCode::UnsupportedResponseType, ResponseMode::Fragment));
    assert_eq!(ResponseType::parse("token id_token code").unwrap().to_string(), "code id_token token");
}

#[test]
fn a_009_rfc9700_2_1_1_pkce_is_required_unless_the_client_may_leave_it_out() {
    assert!(back(&[("code_challenge_method", "plain")]).description.contains("code_challenge_method"));
    let without: Params =
        request(&[]).iter().filter(|(name, _)| !name.starts_with("code_challenge")).collect();
    assert!(
        matches!(asked(&without), Err(Refused::Back(_, error)) if error.description.contains("code_challenge"))
    );
    assert_eq!(asked_with(&without, &[ResponseType::CODE], false).unwrap().challenge, None);
}

#[test]
fn a_022_response_modes_are_those_that_are_advertised() {
    for mode in ["web_message", "query.jwt", "form_post.jwt", "x"] {
        assert_eq!(back(&[("response_mode", mode)]).code, ErrorCode::InvalidRequest, "{mode}");
    }
    assert_eq!(
        back(&[("response_type", "id_token token"), ("response_mode", "query")]).code,
        ErrorCode::InvalidRequest
    );
    let form = asked(&request(&[("response_mode", "form_post")])).unwrap();
    let Answer::Form { action, fields } = form.back.answer([("code", "x".to_owned())]) else { panic!() };
    assert_eq!(action, "https://rp.test/cb");
    assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code", "state", "iss"]);
}

#[test]
fn rfc9207_2_iss_is_in_answers_and_refusals() {
    let back = asked(&request(&[])).unwrap().back;
    let yes = back.answer([("code", "c&1".to_owned())]);
    assert_eq!(
        yes,
        Answer::Redirect("https://rp.test/cb?code=c%261&state=s1&iss=https%3A%2F%2Fdesk.test".to_owned())
    );
    let Answer::Redirect(no) = back.refusal(&OAuthError::access_denied("no")) else { panic!() };
    assert_eq!(
        no,
        "https://rp.test/cb?error=access_denied&error_description=no&state=s1&iss=https%3A%2F%2Fdesk.test"
    );
}

#[test]
fn oidc_core_6_request_objects_are_refused_by_their_own_codes() {
    for (name, code) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        assert_eq!(back(&[(name, "x")]).code.as_str(), code);
    }
}

#[test]
fn rfc6749_3_3_scopes_are_named_known_and_allowed() {
    assert_eq!(
        back(&[("scope", "")]).description,
        "this client must name the scopes it asks for; allowed: openid profile email read"
    );
    assert_eq!(back(&[("scope", "openid admin")]).code, ErrorCode::InvalidScope);
    assert_eq!(back(&[("response_type", "id_token"), ("scope", "read")]).code, ErrorCode::InvalidScope);
}

#[test]
fn oidc_core_3_2_2_1_a_nonce_is_required_where_the_browser_brings_tokens() {
    assert!(back(&[("response_type", "code id_token"), ("nonce", "")]).description.contains("nonce"));
    assert!(asked(&request(&[("nonce", "")])).is_ok());
    assert!(asked(&request(&[("nonce", &"n".repeat(384))])).is_ok());
    assert!(back(&[("nonce", &"n".repeat(1_000))]).description.contains("nonce"));
}

#[test]
fn oidc_core_3_1_2_1_prompt_none_stands_alone_and_max_age_is_a_number() {
    assert_eq!(back(&[("prompt", "none login")]).code, ErrorCode::InvalidRequest);
    assert_eq!(back(&[("prompt", "sometimes")]).code, ErrorCode::InvalidRequest);
    for odd in ["-1", "1.5", "x", "9999999999999"] {
        assert_eq!(back(&[("max_age", odd)]).code, ErrorCode::InvalidRequest, "{odd}");
    }
    assert_eq!(asked(&request(&[("max_age", "0")])).unwrap().max_age, Some(0));
}

#[test]
fn rfc8707_2_a_resource_is_one_that_is_known() {
    assert_eq!(back(&[("resource", "https://other.test")]).code, ErrorCode::InvalidTarget);
    assert_eq!(back(&[("resource", "orders")]).code, ErrorCode::InvalidTarget);
}

#[test]
fn oidc_core_3_1_2_1_hints_and_wishes_are_kept_or_left_out() {
    let found = asked(&request(&[
        ("login_hint", "a@b.test"),
        ("acr_values", "1 2 3 4 5 6 7 8 9 10 11"),
        ("ui_locales", &"x ".repeat(5_000)),
    ]))
    .unwrap();
    assert_eq!(found.login_hint.as_deref(), Some("a@b.test"));
    assert_eq!(found.acr_values.len(), 10);
}
