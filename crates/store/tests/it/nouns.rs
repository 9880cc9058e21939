//! Every noun, made, found, changed, listed and removed.

use std::fmt::Debug;
use std::slice;
use std::time::Duration;

use domain::{
    ApplicationState, CredentialDraft, DeveloperCommand, Owner, PartnerRole, Person, SpecificationSummary,
    SubscriptionCommand, Text, Transition,
};
use keywright_store::{
    ApiFilter, ApiVersionFilter, ApplicationFilter, CredentialFilter, DeveloperFilter, Error, PageRequest,
    PartnerFilter, Record, SubscriptionFilter,
};

use crate::harness::{Db, NOW, new};
use crate::sample::{self, Sample};

/// Makes it, changes it and removes it; after each it is read again. A change or removal of an old version is stale.
async fn lives<T: Record + PartialEq + Debug>(
    db: &Db,
    create: Transition<T>,
    update: impl Fn(&T) -> Transition<T>,
) -> T {
    let made = db.save(create).await.unwrap();
    assert_eq!(found(db, &made).await.as_ref(), Some(&made));
    let late = update(&made);
    let changed = db.save(update(&made)).await.unwrap();
    assert_ne!(changed, made);
    assert_eq!(changed.meta().version, made.meta().version + 1);
    assert_eq!(found(db, &made).await.as_ref(), Some(&changed));
    assert!(matches!(db.save(late).await, Err(Error::Stale)));
    let late = Transition::delete(made.clone(), "thing.deleted");
    assert!(matches!(db.save(late).await, Err(Error::Stale)));
    assert_eq!(found(db, &made).await.as_ref(), Some(&changed));
    changed
}

async fn dies<T: Record + PartialEq + Debug>(db: &Db, thing: T) {
    db.save(Transition::delete(thing.clone(), "thing.deleted")).await.unwrap();
    assert_eq!(found(db, &thing).await, None);
    let again = Transition::delete(thing, "thing.deleted");
    assert!(matches!(db.save(again).await, Err(Error::Stale)));
}

async fn found<T: Record>(db: &Db, thing: &T) -> Option<T> {
    let found = db.store.read().find::<T>(thing.id()).await.unwrap();
    let among: Vec<T> = db.store.read().find_all([thing.id(), new()]).await.unwrap();
    assert_eq!(among.len(), usize::from(found.is_some()));
    found
}

both!(people);
async fn people(db: Db) {
    let later = NOW + Duration::from_secs(60);
    let renamed = |it: &domain::Administrator| {
        let after = domain::Administrator { password_hash: "$argon2id$other".to_owned(), ..it.clone() };
        Transition::update(it, after, "administrator.changed", later)
    };
    let administrator = lives(&db, sample::administrator("Root@Example.com"), renamed).await;
    let by_email = domain::Email::parse("ROOT@example.com").unwrap();
    let read = db.store.read();
    assert_eq!(read.administrator_by_email(&by_email).await.unwrap().as_ref(), Some(&administrator));
    assert_eq!(read.count_administrators().await.unwrap(), 1);

    let verified = DeveloperCommand::Verify { approve: true };
    let developer =
        lives(&db, sample::developer("Ada@Example.com"), |it| it.apply(verified, later).unwrap()).await;
    let developer = db.save(developer.set_password("$argon2id$…".to_owned(), later)).await.unwrap();
    let by_email = domain::Email::parse("aDA@example.COM").unwrap();
    assert_eq!(read.developer_by_email(&by_email).await.unwrap().as_ref(), Some(&developer));
    let page = read.developers(&DeveloperFilter::default(), PageRequest::first(5)).await.unwrap();
    assert_eq!(page.items, slice::from_ref(&developer));

    for person in [Person::Developer(developer.id), Person::Administrator(administrator.id)] {
        let session = db.save(sample::session(person, 9)).await.unwrap();
        assert_eq!(read.session_by_hash(&[session.hash]).await.unwrap().as_ref(), Some(&session));
        assert_eq!(read.sessions_of(person).await.unwrap(), slice::from_ref(&session));
        db.store.touch_session(session.id, later).await.unwrap();
        let seen = read.session_by_hash(&[session.hash]).await.unwrap().unwrap();
        assert_eq!((seen.last_seen_at, seen.meta.version), (later, 1));
        dies(&db, session).await;
    }
    for person in [Person::Developer(developer.id), Person::Administrator(administrator.id)] {
        passkeys(&db, person).await;
    }
    dies(&db, developer).await;
    dies(&db, administrator).await;
}

/// A second factor and a passkey, and with what somebody signed in.
async fn passkeys(db: &Db, person: Person) {
    let read = db.store.read();
    let begun = domain::Factor::begin(new(), person, vec![[1; 32], [2; 32]], NOW);
    let sealed = domain::Sealed(vec![3; 40]);
    let factor = lives(db, begun, |it| it.add_app(sealed.clone(), 7, NOW).unwrap()).await;
    let factor = db.save(factor.remove_app(NOW)).await.unwrap();
    assert_eq!(read.factor_of(person).await.unwrap().as_ref(), Some(&factor));
    // What is not sealed is not sealed anew.
    assert!(read.holders::<domain::Factor>(None, 5).await.unwrap().0.is_empty());
    let later = NOW + Duration::from_secs(60);
    let used = |it: &domain::Passkey| it.take(later, vec![1; 7], true, later).unwrap();
    let passkey = lives(db, sample::passkey(person, 5), used).await;
    assert_eq!(read.passkeys_of(person).await.unwrap(), slice::from_ref(&passkey));
    let called = read.passkey_called(&passkey.credential_id).await.unwrap();
    assert_eq!(called.as_ref(), Some(&passkey));
    assert_eq!(read.passkey_called(&[0; 16]).await.unwrap(), None);
    let again = db.save(sample::passkey(person, 5)).await;
    assert!(matches!(again, Err(Error::Unique { field: "credential_id" })), "{again:?}");
    dies(db, passkey).await;
    dies(db, factor).await;
    let proofs = [domain::Proof::Passkey, domain::Proof::PasswordAndPasskey, domain::Proof::PasswordAndCode];
    for proof in proofs {
        let session = db.save(domain::Session::proven_by(sample::session(person, 11), proof)).await.unwrap();
        assert_eq!(found(db, &session).await.map(|it| it.proof), Some(proof));
        dies(db, session).await;
    }
}

both!(tokens);
async fn tokens(db: Db) {
    let token = lives(&db, sample::api_token("CI", 3), |it| it.revoke(NOW).unwrap()).await;
    let read = db.store.read();
    assert_eq!(read.api_token_by_hash(&[token.hash]).await.unwrap().as_ref(), Some(&token));
    assert!(read.api_token_by_hash(&[sample::hash(4)]).await.unwrap().is_none());
    assert_eq!(read.api_tokens(PageRequest::first(5)).await.unwrap().items, slice::from_ref(&token));
    dies(&db, token).await;
}

both!(the_catalogue);
async fn the_catalogue(db: Db) {
    let read = db.store.read();
    let first = PageRequest::first(5);
    let strategy = lives(&db, sample::auth_strategy("Keys", false), |it| it.set_default(true, NOW)).await;
    assert_eq!(read.auth_strategies(first).await.unwrap().items, slice::from_ref(&strategy));
    assert_eq!(read.default_auth_strategy().await.unwrap().as_ref(), Some(&strategy));
    let dearer = |it: &domain::Plan| {
        it.update(domain::PlanDraft { limits: Vec::new(), needs_approval: true, ..it.draft() }, NOW).unwrap()
    };
    let plan = lives(&db, sample::plan("Gold"), dearer).await;
    assert_eq!(read.plans(first).await.unwrap().items, slice::from_ref(&plan));
    let fewer =
        |it: &domain::Api| it.update(domain::ApiDraft { tags: Vec::new(), ..it.draft() }, NOW).unwrap();
    let api = lives(&db, sample::api("Orders"), fewer).await;
    assert_eq!(read.apis(&ApiFilter::default(), first).await.unwrap().items, slice::from_ref(&api));
    let everything = |it: &domain::ApiVersion| {
        let mut draft = it.draft();
        (draft.deprecated, draft.private, draft.cors) = (true, true, true);
        draft.required_roles = vec!["gold".to_owned()];
        draft.required_scopes = vec!["orders:read".to_owned()];
        draft.plan_ids = vec![plan.id];
        draft.hosts = vec!["api.example.com".to_owned()];
        draft.methods = vec!["GET".to_owned()];
        it.update(draft, NOW).unwrap()
    };
    let version = lives(&db, sample::version(&api, &strategy, "v1"), everything).await;
    let of_api = ApiVersionFilter { api_id: Some(api.id), ..ApiVersionFilter::default() };
    assert_eq!(read.api_versions(&of_api, first).await.unwrap().items, slice::from_ref(&version));
    let of_other = ApiVersionFilter { api_id: Some(new()), ..ApiVersionFilter::default() };
    assert!(read.api_versions(&of_other, first).await.unwrap().items.is_empty());
    let version = specification(&db, version).await;
    dies(&db, version).await;
    dies(&db, api).await;
    dies(&db, plan).await;
    dies(&db, strategy).await;
}

/// Puts a specification beside a version and takes it away again.
async fn specification(db: &Db, version: domain::ApiVersion) -> domain::ApiVersion {
    let text = r#"{"openapi":"3.1.0","info":{"title":"Orders"},"paths":{"/o/{id}":{"get":{"tags":["a"]}}}}"#;
    let parsed = domain::openapi::parse(text).unwrap();
    let mut tx = db.tx().await;
    tx.put_specification(version.id, Some((text, &parsed))).await.unwrap();
    let version = tx.save(version.set_specification(Some(parsed.summary.clone()), NOW)).await.unwrap();
    tx.commit().await.unwrap();
    let read = db.store.read();
    let kept: Option<domain::ApiVersion> = read.find(version.id).await.unwrap();
    let summary: Option<SpecificationSummary> = kept.unwrap().specification;
    assert_eq!(summary.as_ref(), Some(&parsed.summary));
    assert_eq!(read.specification_text(version.id).await.unwrap().as_deref(), Some(text));
    assert_eq!(read.operations(version.id).await.unwrap(), Some(parsed.operations));
    let mut tx = db.tx().await;
    tx.put_specification(version.id, None).await.unwrap();
    let version = tx.save(version.set_specification(None, NOW)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store.read().specification_text(version.id).await.unwrap(), None);
    version
}

both!(partners_and_their_members);
async fn partners_and_their_members(db: Db) {
    let ada = db.save(sample::developer("ada@example.com")).await.unwrap();
    let ben = db.save(sample::developer("ben@example.com")).await.unwrap();
    let join = |it: &domain::Partner| it.set_member(ada.id, PartnerRole::Owner, NOW).unwrap();
    let partner = lives(&db, sample::partner("Acme"), join).await;
    let partner = db.save(partner.set_member(ben.id, PartnerRole::ReadOnly, NOW).unwrap()).await.unwrap();
    assert_eq!(found(&db, &partner).await.as_ref(), Some(&partner));
    db.save(sample::partner("Other")).await.unwrap();
    let read = db.store.read();
    let of_ben = PartnerFilter { member: Some(ben.id), ..PartnerFilter::default() };
    assert_eq!(read.partners(&of_ben, PageRequest::first(5)).await.unwrap().items, slice::from_ref(&partner));
    let partner = db.save(partner.remove_member(ben.id, NOW).unwrap()).await.unwrap();
    assert!(read.partners(&of_ben, PageRequest::first(5)).await.unwrap().items.is_empty());
    dies(&db, partner).await;
}

both!(applications_and_what_is_theirs);
async fn applications_and_what_is_theirs(db: Db) {
    let it = Sample::save(&db).await;
    let read = db.store.read();
    let first = PageRequest::first(5);
    let own = sample::application(Owner::Developer(it.developer.id), &it.strategy, "Shop");
    let suspend = |it: &domain::Application| it.set_state(ApplicationState::Suspended, NOW).unwrap();
    let own = lives(&db, own, suspend).await;
    let of = |owner| ApplicationFilter { owner: Some(owner), ..ApplicationFilter::default() };
    for owned in [&own, &it.application] {
        let filter = of(owned.owner);
        assert_eq!(read.applications(&filter, first).await.unwrap().items, slice::from_ref(owned));
        assert_eq!(read.count_applications(&filter).await.unwrap(), 1);
    }
    let rename = |it: &domain::Credential| {
        it.update(CredentialDraft { name: "Renamed".to_owned(), expires_at: None }, NOW).unwrap()
    };
    let credential = lives(&db, sample::credential(&own, "Second", 2), rename).await;
    let of_own = CredentialFilter { application_id: Some(own.id), ..CredentialFilter::default() };
    assert_eq!(read.credentials(&of_own, first).await.unwrap().items, slice::from_ref(&credential));
    let approve = |it: &domain::Subscription| {
        it.apply(SubscriptionCommand::Approve { comment: Text::parse("fine").unwrap() }, NOW).unwrap()
    };
    let subscription = lives(&db, sample::subscription(&own, &it.version, &it.plan), approve).await;
    let of_own = SubscriptionFilter { application_id: Some(own.id), ..SubscriptionFilter::default() };
    assert_eq!(read.subscriptions(&of_own, first).await.unwrap().items, slice::from_ref(&subscription));
    dies(&db, credential).await;
    dies(&db, subscription).await;
    let handed_over = own.transfer(Owner::Partner(it.partner.id), NOW).unwrap();
    assert!(matches!(db.save(handed_over).await, Err(Error::Unique { field: "name" })));
    dies(&db, own).await;
}

both!(what_a_developer_may_see);
async fn what_a_developer_may_see(db: Db) {
    let it = Sample::save(&db).await;
    let stranger = db.save(sample::developer("eve@example.com")).await.unwrap();
    let own = db.save(sample::application(Owner::Developer(stranger.id), &it.strategy, "Own")).await.unwrap();
    let private =
        it.version.update(domain::ApiVersionDraft { private: true, ..it.version.draft() }, NOW).unwrap();
    db.save(private).await.unwrap();
    let (read, first) = (db.store.read(), PageRequest::first(5));
    for (developer, sees, versions) in [(it.developer.id, it.application.id, 1), (stranger.id, own.id, 0)] {
        let seen = Some(developer);
        let filter = ApplicationFilter { visible_to: seen, ..ApplicationFilter::default() };
        let applications = read.applications(&filter, first).await.unwrap().items;
        assert_eq!(applications.iter().map(|a| a.id).collect::<Vec<_>>(), [sees]);
        let theirs = sees == it.application.id;
        let filter = CredentialFilter { visible_to: seen, ..CredentialFilter::default() };
        assert_eq!(read.credentials(&filter, first).await.unwrap().items.len(), usize::from(theirs));
        let filter = SubscriptionFilter { visible_to: seen, ..SubscriptionFilter::default() };
        assert_eq!(read.subscriptions(&filter, first).await.unwrap().items.len(), usize::from(theirs));
        let filter = ApiVersionFilter { visible_to: seen, ..ApiVersionFilter::default() };
        assert_eq!(read.api_versions(&filter, first).await.unwrap().items.len(), versions);
        assert_eq!(read.is_subscribed(developer, it.version.id).await.unwrap(), theirs);
    }
}

both!(the_last_use_of_many_credentials);
async fn the_last_use_of_many_credentials(db: Db) {
    let it = Sample::save(&db).await;
    let other = db.save(sample::credential(&it.application, "Second", 2)).await.unwrap();
    let used = NOW + Duration::from_secs(5);
    // More than one statement's worth; most are of credentials that are gone.
    let mut uses: Vec<_> = (0..1_200).map(|_| (new(), NOW)).collect();
    uses[700] = (it.credential.id, used);
    db.store.write_counters(&uses, &[], NOW).await.unwrap();
    db.store.write_counters(&[], &[], NOW).await.unwrap();
    let touched = found(&db, &it.credential).await.unwrap();
    assert_eq!((touched.last_used_at, touched.meta.version), (Some(used), 1));
    assert_eq!(found(&db, &other).await.unwrap().last_used_at, None);
    // A change made by somebody who read it earlier does not put the time back.
    db.save(it.credential.revoke(NOW).unwrap()).await.unwrap();
    assert_eq!(found(&db, &it.credential).await.unwrap().last_used_at, Some(used));
    let live = db
        .store
        .read()
        .count_live_credentials(it.application.id, domain::CredentialKind::ApiKey, NOW)
        .await
        .unwrap();
    assert_eq!(live, 1);
    let after_the_end = NOW + Duration::from_secs(3_600);
    let live = db
        .store
        .read()
        .count_live_credentials(it.application.id, domain::CredentialKind::ApiKey, after_the_end)
        .await
        .unwrap();
    assert_eq!(live, 0);
}

both!(nothing_is_kept_without_a_commit);
async fn nothing_is_kept_without_a_commit(db: Db) {
    let mut tx = db.tx().await;
    let partner = tx.save(sample::partner("Acme")).await.unwrap();
    assert_eq!(tx.read().find::<domain::Partner>(partner.id).await.unwrap().as_ref(), Some(&partner));
    drop(tx);
    assert_eq!(found(&db, &partner).await, None);
    assert_eq!(db.store.read().last_change().await.unwrap(), 0);
    // The connection that was used is in order.
    db.save(sample::partner("Acme")).await.unwrap();
}
