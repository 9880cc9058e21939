//! Guessing passwords (P-15, A-102).

use std::time::Duration;

use keywright_app::{App, Caller, Error, Settings};
use testkit::tasks::at_once;

use crate::harness::{Desk, PASSWORD, anonymous, verdict};

async fn guess(app: &App, from: &str, password: &str) -> Result<(), Error> {
    let caller = Caller { address: Some(from.parse().unwrap()), ..anonymous() };
    app.sign_in(&caller, "ada@example.com", password, "test").await.map(drop)
}

fn wait(result: &Result<(), Error>) -> Option<u64> {
    match result {
        Err(Error::Limited { retry_after_s }) => Some(*retry_after_s),
        _ => None,
    }
}

both!(p_15_after_five_bad_tries_each_next_one_waits_longer);
async fn p_15_after_five_bad_tries_each_next_one_waits_longer(desk: Desk) {
    desk.person_with_password("ada").await;
    let here = async |password: &str| guess(&desk.app, "192.0.2.7", password).await;
    for _ in 0..5 {
        assert_eq!(verdict(&here("wrong").await), "unauthenticated");
    }
    for delay in [1_u64, 2, 4] {
        // Too early is no try: not even with the right password.
        for _ in 0..3 {
            assert!(wait(&here(PASSWORD).await).is_some_and(|wait| wait >= delay));
        }
        desk.clock.advance(Duration::from_secs(delay));
        assert_eq!(verdict(&here("wrong").await), "unauthenticated");
    }
    // The same network is one guesser; another one is not.
    assert!(wait(&guess(&desk.app, "192.0.2.200", PASSWORD).await).is_some());
    guess(&desk.app, "198.51.100.1", PASSWORD).await.unwrap();
    desk.clock.advance(Duration::from_secs(8));
    here(PASSWORD).await.unwrap();
    // A right one makes all forgotten.
    for _ in 0..5 {
        assert_eq!(verdict(&here("wrong").await), "unauthenticated");
    }
}

both!(p_15_guesses_at_once_do_not_outrun_the_counter);
async fn p_15_guesses_at_once_do_not_outrun_the_counter(desk: Desk) {
    desk.person_with_password("ada").await;
    let results = at_once(40, |_| {
        let app = desk.app.clone();
        async move { guess(&app, "192.0.2.7", "wrong").await }
    })
    .await;
    let compared = results.iter().filter(|result| wait(result).is_none()).count();
    assert!(compared <= 5, "{compared} guesses were compared");
}

/// On one engine, since each guess is hashed; that both count alike is asked of the store.
#[tokio::test(flavor = "multi_thread")]
async fn a_102_a_hundred_bad_tries_from_everywhere_close_the_account_until_a_reset() {
    let desk = Desk::sqlite(Settings::default()).await;
    desk.person_with_password("ada").await;
    // Each from a network that never asked before.
    for n in 0..100 {
        let result = guess(&desk.app, &format!("203.0.{n}.1"), "wrong").await;
        assert_eq!(verdict(&result), "unauthenticated", "{n}");
    }
    let closed = guess(&desk.app, "198.51.100.1", PASSWORD).await;
    assert!(wait(&closed).is_some_and(|wait| wait > 23 * 3600), "{closed:?}");
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    desk.app.reset_password(&anonymous(), &token, "seven wet otters juggle").await.unwrap();
    guess(&desk.app, "198.51.100.2", "seven wet otters juggle").await.unwrap();
}
