//! Clients, what tokens are made by, and tokens.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    AccessToken, Client, ClientDraft, ClientRules, ClientSecret, ClientType, Credential, CredentialDraft,
    CredentialKind, Instant, Material, Name, OAuthScope, Pepper, ScopeKind, Secret, SecretHash, SecretKind,
    SigningAlgorithm, SigningKey, TokenDefinition, TokenDefinitionDraft, Transition,
};
use keywright_store::{ClientFilter, Error, PageRequest};
use uuid::Uuid;

use crate::harness::{Db, NOW, new};
use crate::sample::Sample;

fn client(it: &Sample, client_id: &str, change: impl FnOnce(&mut ClientDraft)) -> Transition<Client> {
    let mut draft = ClientDraft::of(ClientType::Custom);
    change(&mut draft);
    let rules = ClientRules { legacy_grants: &[], scopes: &[], by_administrator: true, imported: false };
    Client::create(new(), it.application.id, client_id.to_owned(), draft, &rules, NOW).unwrap()
}

both!(a_client_is_read_as_it_was_saved);
async fn a_client_is_read_as_it_was_saved(db: Db) {
    let it = Sample::save(&db).await;
    let definition = db.store.read().all_token_definitions().await.unwrap().pop().unwrap();
    let change = client(&it, "https://client.example/", |draft| {
        draft.redirect_uris = vec!["https://app.example/back".to_owned()];
        draft.allowed_ips = vec!["192.0.2.0/24".to_owned(), "2001:db8::/32".to_owned()];
        draft.token_definition = Some(definition.id);
        draft.access_token_lifetime_s = Some(60);
        draft.requested_scopes_required = false;
    });
    let saved = db.save(change).await.unwrap();
    assert_eq!(db.store.read().find::<Client>(saved.id).await.unwrap(), Some(saved.clone()));
    assert_eq!(db.store.read().live_client(it.application.id).await.unwrap(), Some(saved.clone()));
    // A definition in use stays.
    let gone = Transition::delete(definition, "token_definition.deleted");
    assert!(matches!(db.save(gone).await, Err(Error::Reference)));
    let revoked = db.save(saved.revoke(NOW).unwrap()).await.unwrap();
    assert_eq!(db.store.read().find::<Client>(saved.id).await.unwrap(), Some(revoked));
    assert_eq!(db.store.read().live_client(it.application.id).await.unwrap(), None);
    // The application may have another one, but no other client may have this id, ever.
    let taken = db.save(client(&it, "https://client.example/", |_| {})).await;
    assert!(matches!(taken, Err(Error::Unique { field: "client_id" })), "{taken:?}");
    db.save(client(&it, "second", |_| {})).await.unwrap();
    let all = db.store.read().clients(&ClientFilter::default(), PageRequest::first(10)).await.unwrap();
    assert_eq!(all.items.len(), 2);
    let theirs = ClientFilter { visible_to: Some(it.developer.id), ..ClientFilter::default() };
    assert_eq!(db.store.read().clients(&theirs, PageRequest::first(10)).await.unwrap().items.len(), 2);
    let nobodys = ClientFilter { visible_to: Some(new()), ..ClientFilter::default() };
    assert_eq!(db.store.read().clients(&nobodys, PageRequest::first(10)).await.unwrap().items.len(), 0);
}

both!(an_application_has_one_live_client);
async fn an_application_has_one_live_client(db: Db) {
    let it = Sample::save(&db).await;
    db.save(client(&it, "first", |_| {})).await.unwrap();
    assert!(matches!(db.save(client(&it, "second", |_| {})).await, Err(Error::Unique { .. })));
}

both!(client_secrets_of_both_forms_are_credentials);
async fn client_secrets_of_both_forms_are_credentials(db: Db) {
    let it = Sample::save(&db).await;
    let secret = Secret::mint(SecretKind::ClientSecret, [3; 32]);
    let pepper = Pepper::new(&[7; 32]);
    let forms = [
        ClientSecret::minted(&secret, &pepper),
        ClientSecret::chosen(&Secret::imported("chosen"), "$argon2id$…".to_owned()),
    ];
    for form in forms {
        let draft = CredentialDraft { name: "Client secret".to_owned(), expires_at: None };
        let material = Material::ClientSecret(form);
        let change = Credential::issue(new(), it.application.id, draft, material, NOW).unwrap();
        let saved = db.save(change).await.unwrap();
        assert_eq!(db.store.read().find::<Credential>(saved.id).await.unwrap(), Some(saved));
    }
    let read = db.store.read();
    let kind = CredentialKind::ClientSecret;
    assert_eq!(read.credentials_of(it.application.id, kind).await.unwrap().len(), 2);
    assert_eq!(read.count_live_credentials(it.application.id, kind, NOW).await.unwrap(), 2);
    assert_eq!(read.count_live_credentials(it.application.id, CredentialKind::ApiKey, NOW).await.unwrap(), 1);
}

both!(what_means_something_to_the_server_is_there_from_the_beginning);
async fn what_means_something_to_the_server_is_there_from_the_beginning(db: Db) {
    let scopes = db.store.read().all_oauth_scopes().await.unwrap();
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name.as_str()).collect();
    for built_in in domain::BUILT_IN_SCOPES {
        assert!(names.contains(&built_in), "{names:?}");
    }
    assert!(scopes.iter().all(|scope| scope.kind == ScopeKind::Openid && scope.is_built_in()));
    let email = scopes.iter().find(|scope| scope.name == "email").unwrap();
    assert_eq!(email.claims.len(), 2);
    assert_eq!(db.store.read().find::<OAuthScope>(email.id).await.unwrap().as_ref(), Some(email));
    let definitions = db.store.read().all_token_definitions().await.unwrap();
    assert_eq!(definitions.len(), 1);
    assert!(definitions[0].is_default && definitions[0].algorithm == SigningAlgorithm::Es256);
    let named = db.store.read().token_definition_by_name(&Name::parse("DEFAULT").unwrap()).await.unwrap();
    assert_eq!(named.as_ref(), definitions.first());
}

both!(definitions_and_keys_are_read_as_they_were_saved);
async fn definitions_and_keys_are_read_as_they_were_saved(db: Db) {
    let draft = TokenDefinitionDraft {
        name: "Banking".to_owned(),
        issuer: Some("https://bank.example".to_owned()),
        audience: vec!["https://api.bank.example".to_owned()],
        algorithm: SigningAlgorithm::EdDsa,
        key_series: "banking".to_owned(),
        claims: [("who".to_owned(), "partner_name".to_owned())].into(),
    };
    let saved = db.save(TokenDefinition::create(new(), draft.clone(), NOW).unwrap()).await.unwrap();
    assert_eq!(db.store.read().find::<TokenDefinition>(saved.id).await.unwrap(), Some(saved));
    let again = db.save(TokenDefinition::create(new(), draft, NOW).unwrap()).await;
    assert!(matches!(again, Err(Error::Unique { field: "name" })), "{again:?}");

    let jwk = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"});
    let key = SigningKey::create(new(), "banking".to_owned(), SigningAlgorithm::EdDsa, jwk, vec![1, 2], NOW);
    let key = db.save(key).await.unwrap();
    assert_eq!(db.store.read().find::<SigningKey>(key.id).await.unwrap(), Some(key.clone()));
    let active = db.save(key.activate(true, NOW).unwrap()).await.unwrap();
    let retiring = db.save(active.retire(NOW).unwrap()).await.unwrap();
    assert_eq!(retiring.sealed_private, None);
    assert_eq!(db.store.read().all_signing_keys().await.unwrap(), [retiring]);
}

fn token(n: u8, expires_in: u64, found_by_hash: bool) -> AccessToken {
    AccessToken {
        id: new(),
        hash: Some(SecretHash::unnumbered([n; 32])),
        found_by_hash,
        client_id: new(),
        application_id: new(),
        developer_id: n.is_multiple_of(2).then(new),
        grant_id: n.is_multiple_of(2).then(Uuid::now_v7),
        scopes: vec!["a".to_owned(), "b".to_owned()],
        audience: vec!["https://api.example".to_owned()],
        subject: "somebody".to_owned(),
        issued_at: NOW,
        expires_at: NOW + Duration::from_secs(expires_in),
    }
}

both!(tokens_are_found_again_and_swept_when_they_are_over);
async fn tokens_are_found_again_and_swept_when_they_are_over(db: Db) {
    let tokens: Vec<Arc<AccessToken>> =
        (0..50).map(|n| Arc::new(token(n, u64::from(n) + 1, n == 7))).collect();
    db.store.insert_access_tokens(&tokens).await.unwrap();
    let tx = db.tx().await;
    tx.insert_access_token(&token(60, 3_600, false)).await.unwrap();
    tx.insert_access_token(&AccessToken { hash: None, ..token(61, 3_600, false) }).await.unwrap();
    tx.commit().await.unwrap();
    let read = db.store.read();
    assert_eq!(read.count_access_tokens().await.unwrap(), 51, "a JWT is not kept");
    let found = read.access_token(tokens[3].id).await.unwrap().unwrap();
    assert_eq!(found, *tokens[3]);
    let by_hash = read.access_token_by_hash(&[SecretHash::unnumbered([7; 32])]).await.unwrap().unwrap();
    assert_eq!(by_hash.id, tokens[7].id);
    assert!(read.access_token_by_hash(&[SecretHash::unnumbered([8; 32])]).await.unwrap().is_none());
    // In small batches, the oldest first.
    let at = NOW + Duration::from_secs(30);
    assert_eq!(db.store.sweep_access_tokens(at, 20).await.unwrap(), 20);
    assert_eq!(db.store.sweep_access_tokens(at, 20).await.unwrap(), 10);
    assert_eq!(db.store.sweep_access_tokens(at, 20).await.unwrap(), 0);
    assert_eq!(read.count_access_tokens().await.unwrap(), 21);
    assert!(read.access_token_by_hash(&[SecretHash::unnumbered([7; 32])]).await.unwrap().is_none());
}

both!(however_many_tokens_come_at_once_each_is_kept);
async fn however_many_tokens_come_at_once_each_is_kept(db: Db) {
    // One statement serves several numbers of rows: first with some left out, then filled, then the other way around.
    for count in [3, 4, 2, 1, 7, 8, 5, 33, 64, 1] {
        // The first of them has neither a person nor a grant.
        let tokens: Vec<Arc<AccessToken>> = (0..count).map(|n| Arc::new(token(n + 1, 60, false))).collect();
        db.store.insert_access_tokens(&tokens).await.unwrap();
        for token in tokens {
            assert_eq!(db.store.read().access_token(token.id).await.unwrap(), Some((*token).clone()));
        }
    }
    assert_eq!(db.store.read().count_access_tokens().await.unwrap(), 128);
}

both!(a_batch_is_kept_as_a_whole_or_not_at_all);
async fn a_batch_is_kept_as_a_whole_or_not_at_all(db: Db) {
    let twice = Arc::new(token(1, 60, false));
    let batch = [Arc::new(token(2, 60, false)), Arc::clone(&twice), twice];
    assert!(db.store.insert_access_tokens(&batch).await.is_err());
    assert_eq!(db.store.read().count_access_tokens().await.unwrap(), 0);
}

both!(f_054_an_assertion_is_used_once);
async fn f_054_an_assertion_is_used_once(db: Db) {
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let store = db.store.clone();
        tries.spawn(async move { store.use_assertion(&[5; 32], NOW).await.unwrap() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|won| *won).count(), 1);
    assert!(db.store.use_assertion(&[6; 32], NOW).await.unwrap());
    db.store.sweep_revoked_tokens(NOW).await.unwrap();
    assert!(
        db.store.use_assertion(&[5; 32], NOW).await.unwrap(),
        "it is forgotten when nobody would take it"
    );
}

both!(revoked_tokens_are_told_on_the_feed);
async fn revoked_tokens_are_told_on_the_feed(db: Db) {
    let before = db.store.read().last_change().await.unwrap();
    let token = token(1, 60, false);
    db.save(token.revoke(NOW)).await.unwrap();
    let told = db.store.load_changes(before).await.unwrap();
    assert!(!told.issuance);
    let [verify::Change::RevokedToken(id, Some(revoked))] = told.found.changes.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((*id, revoked.expires_at), (token.id, token.expires_at));
    assert!(matches!(db.save(token.revoke(NOW)).await, Err(Error::Unique { .. })));
    assert_eq!(db.store.sweep_revoked_tokens(Instant::from_micros(i64::MAX)).await.unwrap(), 1);
}

both!(a_change_of_what_tokens_are_made_by_is_told);
async fn a_change_of_what_tokens_are_made_by_is_told(db: Db) {
    let before = db.store.read().last_change().await.unwrap();
    let scope = db.store.read().all_oauth_scopes().await.unwrap().remove(0);
    let mut draft = scope.draft();
    draft.description = "Another".to_owned();
    db.save(scope.update(draft, NOW).unwrap()).await.unwrap();
    assert!(db.store.load_changes(before).await.unwrap().issuance);
}
