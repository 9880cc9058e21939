//! Forgetting, choosing and changing a password (A-131 … A-135).

use std::time::Duration;

use domain::Person;
use keywright_app::Caller;
use testkit::tasks::at_once;

use crate::harness::{Desk, PASSWORD, anonymous, counted, id_of, verdict};

const NEW: &str = "seven wet otters juggle";

both!(a_131_one_of_fifty_resets_wins_and_its_password_is_the_one);
async fn a_131_one_of_fifty_resets_wins_and_its_password_is_the_one(desk: Desk) {
    desk.person_with_password("ada").await;
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    let results = at_once(50, |n| {
        let (desk, token) = (desk.clone(), token.clone());
        async move {
            let password = format!("{n} wet otters juggle plums");
            desk.app.reset_password(&anonymous(), &token, &password).await.map(|()| password)
        }
    })
    .await;
    let verdicts = counted(&results);
    // Some may be told that too many passwords are being hashed; none may be told that it was done.
    let refused = verdicts.get("gone").unwrap_or(&0) + verdicts.get("unavailable").unwrap_or(&0);
    assert_eq!((verdicts.get("ok"), refused), (Some(&1), 49), "{verdicts:?}");
    let winner = results.into_iter().find_map(Result::ok).unwrap();
    desk.app.sign_in(&anonymous(), "ada@example.com", &winner, "test").await.unwrap();
    assert_eq!(desk.lines("developer.password_changed").await, 2);
}

both!(a_131_a_link_ends_by_time_by_use_and_by_the_next);
async fn a_131_a_link_ends_by_time_by_use_and_by_the_next(desk: Desk) {
    let ada = desk.person_with_password("ada").await;
    let ask = async || {
        desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
        desk.token_mailed_to("ada@example.com").await
    };
    let reset = async |token: &str| desk.app.reset_password(&anonymous(), token, NEW).await;
    let first = ask().await;
    let second = ask().await;
    assert_eq!(verdict(&reset(&first).await), "not_found");
    desk.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(verdict(&reset(&second).await), "gone");
    desk.clock.advance(Duration::from_secs(3_600));
    let third = ask().await;
    // Another way to a new password ends this one.
    desk.app.change_password(&ada, PASSWORD, NEW).await.unwrap();
    assert_eq!(verdict(&reset(&third).await), "not_found");
}

both!(a_134_a_new_password_signs_nobody_in_and_everybody_out);
async fn a_134_a_new_password_signs_nobody_in_and_everybody_out(desk: Desk) {
    let ada = desk.person_with_password("ada").await;
    let sign_in =
        async |password: &str| desk.app.sign_in(&anonymous(), "ada@example.com", password, "test").await;
    let (one, two) = (sign_in(PASSWORD).await.unwrap(), sign_in(PASSWORD).await.unwrap());
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    desk.app.reset_password(&anonymous(), &token, NEW).await.unwrap();
    for session in [one, two] {
        assert_eq!(verdict(&desk.app.identify(session.secret.expose()).await), "unauthenticated");
    }
    let admin = Caller::operator();
    assert!(desk.app.developer_sessions(&admin, id_of(&ada)).await.unwrap().is_empty());
    assert_eq!(desk.mails_to("ada@example.com").await[0].0, "Your password was changed");
    assert_eq!(verdict(&sign_in(PASSWORD).await), "unauthenticated");
    let session = sign_in(NEW).await.unwrap().session;
    assert_eq!(session.person, Person::Developer(id_of(&ada)));
}

both!(a_135_a_weak_password_is_refused_and_the_link_lives);
async fn a_135_a_weak_password_is_refused_and_the_link_lives(desk: Desk) {
    desk.person("ada").await;
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    for weak in ["1234567", "passwordpassword", "ada@example.com", "keywrightkeywright", &"a".repeat(2_000)] {
        assert_eq!(verdict(&desk.app.reset_password(&anonymous(), &token, weak).await), "invalid", "{weak}");
    }
    desk.app.reset_password(&anonymous(), &token, NEW).await.unwrap();
}

both!(a_password_is_the_same_on_every_keyboard);
async fn a_password_is_the_same_on_every_keyboard(desk: Desk) {
    let ada = desk.person("ada").await;
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    let (composed, decomposed) = ("sieben nasse \u{f6}tter", "sieben nasse o\u{308}tter");
    desk.app.reset_password(&anonymous(), &token, decomposed).await.unwrap();
    desk.app.sign_in(&anonymous(), "ada@example.com", composed, "test").await.unwrap();
    desk.app.change_password(&ada, composed, NEW).await.unwrap();
}
