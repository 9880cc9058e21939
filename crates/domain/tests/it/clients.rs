//! What a client's settings may be: the table of both systems, row by row.

use keywright_domain::{
    Client, ClientAuthMethod, ClientDraft, ClientType, GrantType, Instant, ScopeKind, TokenFormat,
};

use crate::sample::{NOW, id, made, rules, scopes};

const BACK: &str = "https://app.example/back";

/// A draft of a type that is right as it is.
fn draft(kind: ClientType) -> ClientDraft {
    let redirects = !matches!(kind, ClientType::NonInteractive | ClientType::Custom);
    let redirect_uris = if redirects { vec![BACK.to_owned()] } else { Vec::new() };
    let draft = ClientDraft { redirect_uris, ..ClientDraft::of(kind) };
    if kind != ClientType::Custom {
        return draft;
    }
    let grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    ClientDraft { grant_types, scopes: vec!["orders".to_owned()], ..draft }
}

/// A client as it may have been kept, whatever today's rules say.
fn edited(client: Client, edit: impl FnOnce(&mut ClientDraft)) -> Client {
    let mut draft = client.draft();
    edit(&mut draft);
    let (place, state) = ((client.id, client.meta), (client.state, client.revoked_epoch));
    Client::restore(place, client.application_id, client.client_id, draft, state).unwrap()
}

/// Which field is wrong and why; nothing if none is.
fn refusal(draft: ClientDraft) -> Vec<(String, &'static str)> {
    held_against(draft, None, |_| {})
}

fn held_against(
    draft: ClientDraft,
    before: Option<&Client>,
    change: impl FnOnce(&mut keywright_domain::ClientRules<'_>),
) -> Vec<(String, &'static str)> {
    let scopes = scopes();
    let mut rules = rules(&scopes);
    change(&mut rules);
    let result = match before {
        Some(before) => before.update(draft, &rules, NOW).map(drop).map_err(|error| match error {
            keywright_domain::Error::Invalid(invalid) => invalid,
            other => panic!("{other}"),
        }),
        None => Client::create(id(31), id(3), "c".to_owned(), draft, &rules, NOW).map(drop),
    };
    let wrong = result.err().map(|invalid| invalid.fields().to_vec()).unwrap_or_default();
    wrong.into_iter().map(|field| (field.field, field.code)).collect()
}

fn client(kind: ClientType) -> Client {
    let scopes = scopes();
    made(Client::create(id(31), id(3), "c".to_owned(), draft(kind), &rules(&scopes), NOW).unwrap())
}

fn grants(kind: ClientType, grant_types: &[GrantType]) -> Vec<(String, &'static str)> {
    let on = |rules: &mut keywright_domain::ClientRules<'_>| {
        (rules.legacy_grants, rules.by_administrator) = (&GrantType::LEGACY, true);
    };
    held_against(ClientDraft { grant_types: grant_types.to_vec(), ..draft(kind) }, None, on)
}

#[test]
fn every_type_begins_with_a_draft_that_is_right() {
    for kind in [
        ClientType::Web,
        ClientType::SinglePage,
        ClientType::Native,
        ClientType::NonInteractive,
        ClientType::Custom,
    ] {
        assert_eq!(refusal(draft(kind)), [], "{kind:?}");
    }
}

#[test]
fn a_type_fixes_its_grants() {
    use ClientType::{Custom, Native, NonInteractive, SinglePage, Web};
    use GrantType::{AuthorizationCode, ClientCredentials, Hybrid, Implicit, Password, RefreshToken};
    let fine: [(ClientType, &[GrantType]); 9] = [
        (Web, &[AuthorizationCode]),
        (Web, &[Password]),
        (Web, &[AuthorizationCode, Password, RefreshToken]),
        (SinglePage, &[Implicit]),
        (Native, &[AuthorizationCode, RefreshToken]),
        (NonInteractive, &[ClientCredentials]),
        (Custom, &[]),
        (Custom, &[Hybrid]),
        (Custom, &[ClientCredentials, AuthorizationCode]),
    ];
    for (kind, grant_types) in fine {
        assert_eq!(grants(kind, grant_types), [], "{kind:?} {grant_types:?}");
    }
    let refused: [(ClientType, &[GrantType], &str); 10] = [
        (Web, &[], "invalid"),
        (Web, &[Implicit], "invalid"),
        (Web, &[RefreshToken], "refresh_alone"),
        (SinglePage, &[Implicit, RefreshToken], "invalid"),
        (Native, &[RefreshToken], "invalid"),
        (Native, &[], "invalid"),
        (NonInteractive, &[], "invalid"),
        (NonInteractive, &[ClientCredentials, RefreshToken], "invalid"),
        (Custom, &[RefreshToken], "refresh_alone"),
        (Custom, &[ClientCredentials, RefreshToken], "refresh_alone"),
    ];
    for (kind, grant_types, code) in refused {
        let told = grants(kind, grant_types);
        assert!(told.contains(&("grant_types".to_owned(), code)), "{kind:?} {grant_types:?}: {told:?}");
    }
}

#[test]
fn a_legacy_grant_is_refused_while_it_is_off() {
    for grant in GrantType::LEGACY {
        let draft = ClientDraft { grant_types: vec![grant], ..draft(ClientType::Custom) };
        assert_eq!(refusal(draft), [("grant_types".to_owned(), "legacy_grant_off")], "{grant:?}");
    }
}

#[test]
fn a_type_says_whether_a_secret_is_kept() {
    for (kind, keeps) in [
        (ClientType::Web, true),
        (ClientType::NonInteractive, true),
        (ClientType::SinglePage, false),
        (ClientType::Native, false),
    ] {
        assert_eq!(client(kind).confidential, keeps);
        let mut other = draft(kind);
        other.set_confidential(!keeps);
        assert!(refusal(other).contains(&("confidential".to_owned(), "invalid")), "{kind:?}");
    }
    let mut open =
        ClientDraft { grant_types: vec![GrantType::ClientCredentials], ..draft(ClientType::Custom) };
    open.set_confidential(false);
    assert_eq!(refusal(open.clone()), [("grant_types".to_owned(), "not_confidential")]);
    open.grant_types = vec![GrantType::AuthorizationCode];
    assert_eq!(refusal(open.clone()), []);
    open.require_pkce = false;
    assert_eq!(refusal(open), [("require_pkce".to_owned(), "invalid")]);
}

#[test]
fn the_policy_on_scopes_goes_one_way() {
    for kind in [ClientType::Web, ClientType::NonInteractive, ClientType::Native, ClientType::SinglePage] {
        let off = ClientDraft { requested_scopes_required: false, ..draft(kind) };
        let told = [("requested_scopes_required".to_owned(), "one_way")];
        assert_eq!(held_against(off.clone(), None, |rules| rules.by_administrator = true), told, "{kind:?}");
        assert_eq!(
            held_against(off.clone(), Some(&client(kind)), |rules| rules.by_administrator = true),
            told
        );
        let imported = |rules: &mut keywright_domain::ClientRules<'_>| {
            (rules.by_administrator, rules.imported) = (true, true);
        };
        assert_eq!(held_against(off.clone(), None, imported), []);
        // What is off may stay off, or be switched on.
        let old = edited(client(kind), |draft| draft.requested_scopes_required = false);
        assert_eq!(held_against(off, Some(&old), |_| {}), []);
        assert_eq!(held_against(draft(kind), Some(&old), |_| {}), []);
    }
    let off = ClientDraft { requested_scopes_required: false, ..draft(ClientType::Custom) };
    assert_eq!(refusal(off.clone()), [("requested_scopes_required".to_owned(), "one_way")]);
    assert_eq!(held_against(off, None, |rules| rules.by_administrator = true), []);
}

#[test]
fn a_type_can_be_left_for_custom_only_and_by_administrators_only() {
    let web = client(ClientType::Web);
    let to = |kind| ClientDraft { client_type: kind, ..web.draft() };
    let fixed = [("client_type".to_owned(), "fixed")];
    assert_eq!(held_against(to(ClientType::Custom), Some(&web), |_| {}), fixed);
    assert_eq!(held_against(to(ClientType::Custom), Some(&web), |rules| rules.by_administrator = true), []);
    let custom = client(ClientType::Custom);
    let back = ClientDraft { client_type: ClientType::NonInteractive, ..draft(ClientType::NonInteractive) };
    assert_eq!(held_against(back, Some(&custom), |rules| rules.by_administrator = true), fixed);
}

#[test]
fn scopes_are_known_and_fit_the_type() {
    let with = |kind, names: &[&str]| {
        let scopes = names.iter().map(|name| (*name).to_owned()).collect();
        refusal(ClientDraft { scopes, ..draft(kind) })
    };
    assert_eq!(with(ClientType::Web, &["openid", "ROLE_USER", "orders"]), []);
    assert_eq!(with(ClientType::Web, &["orders", "nothing"]), [("scopes[1]".to_owned(), "unknown")]);
    assert_eq!(with(ClientType::Web, &["ROLE_PARTNER"]), [("scopes[0]".to_owned(), "system_scope")]);
    assert_eq!(with(ClientType::Custom, &["ROLE_PARTNER"]), [("scopes[0]".to_owned(), "system_scope")]);
    assert_eq!(with(ClientType::NonInteractive, &["ROLE_PARTNER", "orders"]), []);
    assert_eq!(with(ClientType::NonInteractive, &["ROLE_USER"]), [("scopes[0]".to_owned(), "user_scope")]);
    assert_eq!(with(ClientType::NonInteractive, &["openid"]), [("scopes[0]".to_owned(), "user_scope")]);
    let both = with(ClientType::NonInteractive, &["ROLE_PARTNER", "ROLE_PARTNER_READ"]);
    assert_eq!(both, [("scopes".to_owned(), "one_system_scope")]);
}

#[test]
fn an_empty_list_of_a_custom_client_is_all_but_system_scopes() {
    let all = scopes();
    let open: Vec<String> =
        all.iter().filter(|it| it.kind != ScopeKind::System).map(|it| it.name.clone()).collect();
    let custom = edited(client(ClientType::Custom), |draft| {
        (draft.scopes, draft.grant_types) = (Vec::new(), Vec::new());
    });
    assert_eq!(custom.allowed_scopes(&all), open);
    assert_eq!(client(ClientType::Web).allowed_scopes(&all), [""; 0]);
    for grant in GrantType::ALL {
        assert!(custom.allows_grant(grant));
    }
    assert!(!client(ClientType::Web).allows_grant(GrantType::RefreshToken));
}

#[test]
fn persistent_sso_needs_openid() {
    let with = |kind, names: &[&str]| {
        let scopes = names.iter().map(|name| (*name).to_owned()).collect();
        refusal(ClientDraft { scopes, persistent_sso: true, ..draft(kind) })
    };
    assert_eq!(with(ClientType::Web, &["openid"]), []);
    assert_eq!(with(ClientType::Web, &["email"]), [("scopes".to_owned(), "openid_required")]);
    assert_eq!(with(ClientType::Custom, &["openid"]), []);
}

#[test]
fn a_035_only_administrators_leave_a_client_open_to_everything() {
    let open = ClientDraft { grant_types: Vec::new(), scopes: Vec::new(), ..draft(ClientType::Custom) };
    let told = [("grant_types".to_owned(), "required"), ("scopes".to_owned(), "required")];
    assert_eq!(refusal(open.clone()), told);
    assert_eq!(held_against(open.clone(), Some(&client(ClientType::Custom)), |_| {}), told);
    assert_eq!(held_against(open.clone(), None, |rules| rules.by_administrator = true), []);
    let was = edited(client(ClientType::Custom), |draft| {
        (draft.scopes, draft.grant_types) = (Vec::new(), Vec::new());
    });
    assert_eq!(held_against(open, Some(&was), |_| {}), []);
}

#[test]
fn allowed_addresses_are_single_ones_and_networks_of_both_kinds() {
    let with = |texts: &[&str]| ClientDraft {
        allowed_ips: texts.iter().map(|text| (*text).to_owned()).collect(),
        ..draft(ClientType::Web)
    };
    assert_eq!(refusal(with(&["192.0.2.7", "198.51.100.0/24", "2001:db8::/32", "::1"])), []);
    let bad = ["192.0.2.0/33", "192.0.2", "example.com", "", "*", "10.0.0.1/8"];
    for (text, code) in bad.iter().zip(["invalid", "invalid", "invalid", "invalid", "invalid", "host_bits"]) {
        assert_eq!(refusal(with(&[text])), [("allowed_ips[0]".to_owned(), code)], "{text}");
    }
    let scopes = scopes();
    let draft = with(&["192.0.2.0/24", "2001:db8::/32"]);
    let client = made(Client::create(id(31), id(3), "c".to_owned(), draft, &rules(&scopes), NOW).unwrap());
    let from = |address: &str| client.allows_address(address.parse().ok());
    assert!(from("192.0.2.255") && from("2001:db8::7") && from("::ffff:192.0.2.1"));
    assert!(!from("192.0.3.1") && !from("::1") && !from("unknown"));
    assert!(crate::clients::client(ClientType::Web).allows_address(None));
}

#[test]
fn lifetimes_keep_their_units_and_bounds() {
    let set = ClientDraft {
        access_token_lifetime_s: Some(60),
        id_token_lifetime_min: Some(12),
        refresh_token_lifetime_s: Some(120),
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        ..draft(ClientType::Web)
    };
    let scopes = scopes();
    let client = made(Client::create(id(31), id(3), "c".to_owned(), set, &rules(&scopes), NOW).unwrap());
    assert_eq!(client.access_token_lifetime().as_secs(), 60);
    assert_eq!(client.id_token_lifetime().as_secs(), 720);
    assert_eq!(client.refresh_token_lifetime().as_secs(), 120);
    let unset = crate::clients::client(ClientType::Custom);
    assert_eq!(unset.refresh_token_lifetime().as_secs(), 30 * 24 * 3_600);
    let refresh =
        |seconds| ClientDraft { refresh_token_lifetime_s: Some(seconds), ..draft(ClientType::Custom) };
    for seconds in [0, -1, 365 * 24 * 3_600 + 1] {
        assert_eq!(refusal(refresh(seconds)), [("refresh_token_lifetime_s".to_owned(), "out_of_range")]);
    }
    let without = ClientDraft { refresh_token_lifetime_s: Some(120), ..draft(ClientType::Web) };
    assert_eq!(refusal(without), [("refresh_token_lifetime_s".to_owned(), "no_refresh")]);
}

#[test]
fn refresh_tokens_of_public_clients_are_used_once() {
    let grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    let kept = |kind| ClientDraft {
        grant_types: grant_types.clone(),
        refresh_invalidate_on_use: false,
        refresh_issue_new_on_use: false,
        ..draft(kind)
    };
    assert_eq!(refusal(kept(ClientType::Web)), []);
    assert_eq!(
        refusal(kept(ClientType::Native)),
        [("refresh_invalidate_on_use".to_owned(), "rotation_required")]
    );
}

#[test]
fn keys_are_public_ones_that_we_can_verify_by() {
    let with = |jwks: serde_json::Value| {
        refusal(ClientDraft {
            token_endpoint_auth_method: ClientAuthMethod::PrivateKeyJwt,
            jwks: Some(jwks),
            ..draft(ClientType::Web)
        })
    };
    let key = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    assert_eq!(with(serde_json::json!({"keys": [key]})), []);
    let mut private = key.clone();
    private["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into();
    for (jwks, field) in [
        (serde_json::json!({"keys": [private]}), "jwks.keys[0]"),
        (serde_json::json!({"keys": [{"kty": "oct", "k": "AAAA"}]}), "jwks.keys[0]"),
        (
            serde_json::json!({"keys": [{"kty": "EC", "crv": "secp256k1", "x": "A", "y": "A"}]}),
            "jwks.keys[0]",
        ),
        (serde_json::json!({"keys": [{"kty": "RSA", "n": "AAAA", "e": "AQAB"}]}), "jwks.keys[0].n"),
        (serde_json::json!({"keys": []}), "jwks.keys"),
        (serde_json::json!([]), "jwks"),
    ] {
        let told = with(jwks);
        assert_eq!(told.first().map(|(field, _)| field.as_str()), Some(field));
    }
    let none =
        ClientDraft { token_endpoint_auth_method: ClientAuthMethod::PrivateKeyJwt, ..draft(ClientType::Web) };
    assert_eq!(refusal(none), [("jwks".to_owned(), "required")]);
}

#[test]
fn a_token_format_of_122_bits_is_for_custom_clients() {
    let uuid = |kind| ClientDraft { access_token_format: TokenFormat::Uuid, ..draft(kind) };
    assert_eq!(refusal(uuid(ClientType::Custom)), []);
    assert_eq!(refusal(uuid(ClientType::Web)), [("access_token_format".to_owned(), "invalid")]);
}

#[test]
fn only_administrators_vouch_for_a_client() {
    let trusted = ClientDraft { trusted: true, ..draft(ClientType::Web) };
    assert_eq!(refusal(trusted.clone()), [("trusted".to_owned(), "administrators_only")]);
    assert_eq!(held_against(trusted, None, |rules| rules.by_administrator = true), []);
}

#[test]
fn the_two_ways_to_send_a_secret_are_one() {
    use ClientAuthMethod::{ClientSecretBasic, ClientSecretPost, None as NoMethod, PrivateKeyJwt};
    let web = client(ClientType::Web);
    assert!(web.accepts(ClientSecretBasic) && web.accepts(ClientSecretPost));
    assert!(!web.accepts(NoMethod) && !web.accepts(PrivateKeyJwt));
    let native = client(ClientType::Native);
    assert!(native.accepts(NoMethod) && native.accepts(ClientSecretPost) && !native.accepts(PrivateKeyJwt));
    let by_key = edited(web, |draft| draft.token_endpoint_auth_method = PrivateKeyJwt);
    assert!(by_key.accepts(PrivateKeyJwt) && !by_key.accepts(ClientSecretBasic) && !by_key.accepts(NoMethod));
}

#[test]
fn tokens_from_before_the_epoch_are_worth_nothing() {
    let ended = made(client(ClientType::Web).end_tokens(NOW).unwrap());
    let later = Instant::from_micros(NOW.micros() + 1);
    assert!(!ended.honours(NOW) && ended.honours(later));
    let revoked = made(ended.revoke(later).unwrap());
    assert!(!revoked.honours(Instant::from_micros(NOW.micros() + 2)));
}
