//! A value that is taken is refused by both engines, in the name of the same field.

use domain::{Owner, Person, Transition};
use keywright_store::{Error, Record};

use crate::harness::Db;
use crate::sample::{self, Sample};

/// The field that a thing is refused for.
async fn taken<T: Record>(db: &Db, transition: Transition<T>) -> &'static str {
    match db.save(transition).await {
        Err(Error::Unique { field }) => field,
        other => panic!("{} should be refused: {:?}", T::KIND, other.err()),
    }
}

both!(a_taken_value_is_named_after_its_field);
async fn a_taken_value_is_named_after_its_field(db: Db) {
    let it = Sample::save(&db).await;
    let person = Person::Developer(it.developer.id);
    db.save(sample::administrator("root@example.com")).await.unwrap();
    db.save(sample::api_token("CI", 3)).await.unwrap();
    db.save(sample::session(person, 3)).await.unwrap();

    assert_eq!(taken(&db, sample::administrator("ROOT@example.com")).await, "email");
    assert_eq!(taken(&db, sample::developer("Ada@Example.com")).await, "email");
    assert_eq!(taken(&db, sample::partner("ACME")).await, "name");
    assert_eq!(taken(&db, sample::auth_strategy("api key", false)).await, "name");
    assert_eq!(taken(&db, sample::auth_strategy("Second", true)).await, "is_default");
    assert_eq!(taken(&db, sample::plan("gold")).await, "name");
    assert_eq!(taken(&db, sample::api("orders")).await, "name");
    assert_eq!(taken(&db, sample::version(&it.api, &it.strategy, "V1")).await, "name");
    assert_eq!(taken(&db, sample::application(it.application.owner, &it.strategy, "SHOP")).await, "name");
    assert_eq!(
        taken(&db, sample::subscription(&it.application, &it.version, &it.plan)).await,
        "api_version_id"
    );
    assert_eq!(taken(&db, sample::credential(&it.application, "Other name", 1)).await, "value");
    assert_eq!(taken(&db, sample::api_token("Other name", 3)).await, "value");
    assert_eq!(taken(&db, sample::session(person, 3)).await, "value");
    let same_id = domain::Partner { name: domain::Name::parse("Other").unwrap(), ..it.partner.clone() };
    assert_eq!(taken(&db, Transition::create(same_id, "partner.created")).await, "id");
}

both!(what_may_be_the_same_elsewhere_is_not_refused);
async fn what_may_be_the_same_elsewhere_is_not_refused(db: Db) {
    let it = Sample::save(&db).await;
    let api = db.save(sample::api("Other")).await.unwrap();
    db.save(sample::version(&api, &it.strategy, "v1")).await.unwrap();
    let own = Owner::Developer(it.developer.id);
    let other = db.save(sample::application(own, &it.strategy, "Shop")).await.unwrap();
    db.save(sample::subscription(&other, &it.version, &it.plan)).await.unwrap();
    db.save(sample::credential(&other, "Main", 2)).await.unwrap();
    db.save(sample::auth_strategy("Second", false)).await.unwrap();
    db.save(sample::auth_strategy("Third", false)).await.unwrap();
}

both!(a_275_one_name_is_one_name_on_both_engines);
async fn a_275_one_name_is_one_name_on_both_engines(db: Db) {
    for (first, same) in [
        ("Café", "Cafe\u{301}"),
        ("Ärzte", "ÄRZTE"),
        ("Kelvin", "\u{212A}elvin"),
        ("Straße", "straße"),
        ("A B", "AB"),
        ("Omega", "ОMEGA"),
    ] {
        db.save(sample::partner(first)).await.unwrap();
        assert_eq!(taken(&db, sample::partner(same)).await, "name", "{first} {same}");
    }
    for different in ["Cafe", "Arzte", "Strasse", "AC"] {
        db.save(sample::partner(different)).await.unwrap_or_else(|error| panic!("{different}: {error}"));
    }
}
