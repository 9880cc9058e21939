//! What is still needed stays; what belonged to something goes with it.

use domain::{Owner, Person, SecretKind, Transition};
use keywright_store::{Error, OneTimeToken, Record};

use crate::harness::{Db, NOW, new};
use crate::sample::{self, Sample};

/// Removes something, or says why not.
async fn delete<T: Record>(db: &Db, thing: &T) -> Result<(), Error> {
    db.save(Transition::delete(thing.clone(), "thing.deleted")).await.map(drop)
}

async fn is_there<T: Record>(db: &Db, thing: &T) -> bool {
    db.store.read().find::<T>(thing.id()).await.unwrap().is_some()
}

fn is_reference<T>(result: Result<T, Error>) -> bool {
    match result {
        Err(Error::Reference) => true,
        Err(other) => panic!("{other:?}"),
        Ok(_) => false,
    }
}

both!(what_is_needed_stays);
async fn what_is_needed_stays(db: Db) {
    let it = Sample::save(&db).await;
    assert!(is_reference(delete(&db, &it.strategy).await));
    assert!(is_reference(delete(&db, &it.plan).await));
    assert!(is_reference(delete(&db, &it.api).await));
    assert!(is_reference(delete(&db, &it.version).await));
    assert!(is_reference(delete(&db, &it.partner).await));
    assert!(is_reference(delete(&db, &it.developer).await));
    let own =
        db.save(sample::application(Owner::Developer(it.developer.id), &it.strategy, "Own")).await.unwrap();
    let alone = db.save(it.partner.forget_member(it.developer.id, NOW)).await.unwrap();
    let left = db.save(it.application.remove_member(it.developer.id, NOW)).await.unwrap();
    assert!(is_reference(delete(&db, &it.developer).await));
    delete(&db, &own).await.unwrap();
    delete(&db, &it.developer).await.unwrap();
    delete(&db, &left).await.unwrap();
    delete(&db, &alone).await.unwrap();
}

both!(what_does_not_exist_cannot_be_pointed_at);
async fn what_does_not_exist_cannot_be_pointed_at(db: Db) {
    let it = Sample::save(&db).await;
    let ghost = domain::Application { id: new(), ..it.application.clone() };
    assert!(is_reference(db.save(sample::credential(&ghost, "Main", 2)).await));
    assert!(is_reference(db.save(sample::subscription(&ghost, &it.version, &it.plan)).await));
    let nobody = Owner::Developer(new());
    assert!(is_reference(db.save(sample::application(nobody, &it.strategy, "Own")).await));
    let no_api = domain::Api { id: new(), ..it.api.clone() };
    assert!(is_reference(db.save(sample::version(&no_api, &it.strategy, "v2")).await));
    let join = it.partner.set_member(new(), domain::PartnerRole::Owner, NOW).unwrap();
    assert!(is_reference(db.save(join).await));
    assert!(is_reference(db.save(sample::session(Person::Developer(new()), 1)).await));
}

both!(what_belongs_to_something_goes_with_it);
async fn what_belongs_to_something_goes_with_it(db: Db) {
    let it = Sample::save(&db).await;
    let text = r#"{"openapi":"3.1.0"}"#;
    let parsed = domain::openapi::parse(text).unwrap();
    let eve = db.save(sample::developer("eve@example.com")).await.unwrap();
    let session = db.save(sample::session(Person::Developer(eve.id), 5)).await.unwrap();
    let token = OneTimeToken {
        hash: sample::hash(6),
        kind: SecretKind::PasswordReset,
        developer_id: Some(eve.id),
        expires_at: NOW + std::time::Duration::from_secs(60),
        used_at: None,
    };
    let tx = db.tx().await;
    tx.put_one_time_token(&token).await.unwrap();
    tx.put_specification(it.version.id, Some((text, &parsed))).await.unwrap();
    tx.commit().await.unwrap();

    delete(&db, &it.application).await.unwrap();
    assert!(!is_there(&db, &it.credential).await && !is_there(&db, &it.subscription).await);
    delete(&db, &it.version).await.unwrap();
    assert_eq!(db.store.read().specification_text(it.version.id).await.unwrap(), None);
    delete(&db, &eve).await.unwrap();
    assert!(!is_there(&db, &session).await);
    let kept = db.store.read().one_time_token(SecretKind::PasswordReset, &[token.hash]).await.unwrap();
    assert!(kept.is_none());
    // Nothing of anybody else's went.
    assert!(is_there(&db, &it.partner).await && is_there(&db, &it.developer).await);
}
