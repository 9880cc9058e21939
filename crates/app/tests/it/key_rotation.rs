//! One master key is replaced by another while people and gateways go on: nothing is lost at any step (F-41).

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{MasterKey, MasterKeys, SecretKind, WebhookAuthDraft};
use keywright_app::{App, Caller, Claim, DroppedKeys, Lane, PageRequest, Resealing, Wanted};

use crate::harness::{Desk, PASSWORD, anonymous, master_key, verdict};
use crate::oauth::{client, quick, token};
use crate::shop::{Shop, named};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn second() -> MasterKey {
    MasterKey::new([9; 32].map(|byte: u8| byte ^ 3))
}

fn both_keys() -> MasterKeys {
    MasterKeys::from(&master_key()).and(second())
}

fn operator() -> Caller {
    Caller::operator()
}

/// Something of every kind that is sealed: mails, a webhook endpoint's secrets, signing keys, the secret of a create
/// that can be repeated.
async fn fill(desk: &Desk) -> Shop {
    let shop = Shop::open(desk).await;
    let mut hook = crate::webhooks::draft(None);
    hook.auth = Some(WebhookAuthDraft::Bearer { token: "s3same".to_owned() });
    desk.app.create_webhook_endpoint(&operator(), hook, None).await.unwrap();
    desk.app.tend_signing_keys().await.unwrap();
    for n in 0..120 {
        desk.app.register(&anonymous(), &format!("n{n}@example.com"), "N").await.unwrap();
    }
    shop
}

fn repeated() -> Caller {
    Caller { claim: Some(Claim { key: [1; 32], fingerprint: [2; 32] }), ..operator() }
}

/// Everything that is sealed opens.
async fn assert_all_opens(app: &App) {
    let mails = app.mails(&operator(), &keywright_app::MailFilter::default(), PageRequest::first(500)).await;
    let mails = mails.unwrap().items;
    assert!(mails.len() > 120 && mails.iter().all(|mail| mail.text != "(cannot be opened)"));
    let again = app.create_api_token(&repeated(), "CI", &["*:write".to_owned()], None).await.unwrap();
    assert!(again.replayed && again.secret.is_some());
    while app.tell_webhooks().await.unwrap() {}
    let wanted =
        [Lane::Prompt, Lane::Doubtful].map(|lane| Wanted { lane, endpoints: 9, each: 1, except: Vec::new() });
    for job in app.claim_webhooks(&wanted).await.unwrap() {
        let keywright_app::TargetAuth::Bearer(token) = &job.target.auth else { panic!("a bearer token") };
        assert_eq!(token.expose(), "s3same");
        assert!(job.target.secrets.iter().all(|secret| secret.expose().starts_with("whsec_")));
    }
    app.signing_key(domain::SigningAlgorithm::Es256).unwrap();
}

impl Desk {
    /// Another process over the same database, with these keys.
    async fn with_keys(&self, keys: impl Into<MasterKeys> + Send) -> Result<Arc<App>, keywright_app::Error> {
        let store = store::Store::open(self.url()).await.unwrap();
        App::start(store, keys, quick(), self.clock.clone()).await
    }

    /// Goes on for a moment: what nodes say of themselves is newer than what was done before.
    async fn a_moment_later(&self, nodes: &[&App]) {
        self.clock.advance(Duration::from_secs(1));
        for node in nodes {
            node.follow().await.unwrap();
            node.beat().await.unwrap();
        }
    }
}

both!(f_41_everything_is_sealed_anew_however_often_it_is_interrupted, quick());
async fn f_41_everything_is_sealed_anew_however_often_it_is_interrupted(desk: Desk) {
    let shop = fill(&desk).await;
    let ci = desk.app.create_api_token(&repeated(), "CI", &["*:write".to_owned()], None).await.unwrap();
    let ci = ci.secret.unwrap();
    let at_command_line = desk.with_keys(both_keys()).await.unwrap();
    let operator = operator();
    for nobody in [anonymous(), shop.owner.clone(), Caller::system()] {
        let refused = at_command_line.add_master_key(&nobody, &second()).await;
        assert_eq!(verdict(&refused), "forbidden");
        assert_eq!(verdict(&at_command_line.drop_master_keys(&nobody).await), "forbidden");
    }
    assert_eq!(at_command_line.add_master_key(&operator, &second()).await.unwrap(), 2);
    at_command_line.use_newest_master_key(&operator).await.unwrap();

    // Stopped after one batch, then after two, and so on: at each stop all of it can be read, and nothing be dropped.
    let mut stops = 0;
    let last = loop {
        let mut batches = 0;
        let mut tell = |_: Resealing| {
            batches += 1;
            if batches > stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let sum = at_command_line.reseal_everything(&operator, &mut tell).await.unwrap();
        assert_all_opens(&desk.with_keys(both_keys()).await.unwrap()).await;
        let (_, now) = at_command_line.master_keys(&operator).await.unwrap();
        if now.left == 0 {
            break sum;
        }
        assert_eq!(verdict(&at_command_line.drop_master_keys(&operator).await), "still_sealed");
        stops += 1;
    };
    assert!(stops >= 3, "it was stopped {stops} times only");
    assert_eq!(last.lost, 0);

    let dropped = at_command_line.drop_master_keys(&operator).await.unwrap();
    assert_eq!(dropped, DroppedKeys { keys: vec![1], peppers: Vec::new() }, "its pepper is needed");
    assert_eq!(desk.with_keys(&master_key()).await.unwrap_err().code(), "wrong_master_key");
    let new = desk.with_app(desk.with_keys(&second()).await.unwrap());
    assert_all_opens(&new.app).await;
    assert!(new.opens("/orders", &shop.key), "a key from before opens what it opened");
    new.app.identify(ci.expose()).await.unwrap();
}

both!(secrets_outlive_the_pepper_that_hashed_them, quick());
async fn secrets_outlive_the_pepper_that_hashed_them(desk: Desk) {
    let shop = fill(&desk).await;
    let made = client(&desk.app, "Machine", |_| {}).await;
    let opaque = token(&desk.app, &made).await;
    let ci = desk.app.create_api_token(&repeated(), "CI", &["*:write".to_owned()], None).await.unwrap();
    let ci = ci.secret.unwrap();
    let session = {
        desk.person_with_password("grace").await;
        desk.app.sign_in(&anonymous(), "grace@example.com", PASSWORD, "test").await.unwrap()
    };
    let foreign = || domain::ForeignKey::Value(domain::Secret::imported("9fQ2-7xKp_Zr4Lm8Vt1Ws6Nc3"));
    let application = shop.application.id;
    desk.app.import_api_key(&operator(), application, named("Old"), foreign()).await.unwrap();

    let new = desk.with_app(desk.with_keys(both_keys()).await.unwrap());
    let (app, operator) = (&new.app, operator());
    app.add_master_key(&operator, &second()).await.unwrap();
    app.use_newest_master_key(&operator).await.unwrap();
    let hashed = |app: Arc<App>| async move {
        let (keys, _) = app.master_keys(&Caller::operator()).await.unwrap();
        keys.iter().map(|key| key.hashed).collect::<Vec<_>>()
    };
    let before = hashed(Arc::clone(app)).await;
    assert_eq!(before[1], 0, "{before:?}");

    // What was made before is known by its own pepper, and kept by the new one once it was shown.
    assert!(new.opens("/orders", &shop.key));
    assert!(!new.opens("/orders", &domain::Secret::mint(SecretKind::ApiKey, [1; 32])));
    app.identify(ci.expose()).await.unwrap();
    app.identify(session.secret.expose()).await.unwrap();
    assert!(app.live_access_token(&opaque.access_token).await.unwrap().is_some());
    token(app, &made).await;
    app.flush().await.unwrap();
    let after = hashed(Arc::clone(app)).await;
    assert_eq!(
        before[0] - after[0],
        3,
        "the key, the client secret and the token of administrators: {after:?}"
    );
    assert!(new.opens("/orders", &shop.key), "by its new hash");
    assert!(desk.with_keys(both_keys()).await.unwrap().identify(ci.expose()).await.is_ok());
    // Nobody gets a key that is somebody's, whichever pepper hashed it.
    let taken = app.import_api_key(&operator, application, named("Mine"), foreign()).await;
    assert_eq!(verdict(&taken), "invalid");
    // What never comes again holds its pepper for as long as it is worth something.
    let mut never = |_: Resealing| ControlFlow::Continue(());
    app.reseal_everything(&operator, &mut never).await.unwrap();
    let dropped = app.drop_master_keys(&operator).await.unwrap();
    assert_eq!(dropped, DroppedKeys { keys: vec![1], peppers: Vec::new() });
    for credential in app
        .credentials(&operator, keywright_app::CredentialFilter::default(), PageRequest::first(50))
        .await
        .map(|page| page.items)
        .unwrap_or_default()
    {
        if credential.name.as_str() == "Old" {
            app.revoke_credential(&operator, credential.id).await.unwrap();
        }
    }
    new.clock.advance(400 * DAY);
    let dropped = app.drop_master_keys(&operator).await.unwrap();
    assert_eq!(dropped, DroppedKeys { keys: Vec::new(), peppers: vec![1] });
    app.follow().await.unwrap();
    assert!(new.opens("/orders", &shop.key), "it is kept by the new pepper");
}

both!(a_key_is_used_once_every_node_has_it, quick());
async fn a_key_is_used_once_every_node_has_it(desk: Desk) {
    let shop = fill(&desk).await;
    desk.app.create_api_token(&repeated(), "CI", &["*:write".to_owned()], None).await.unwrap();
    let there = desk.another_node().await;
    let file = Arc::new(Mutex::new(MasterKeys::from(&master_key())));
    let read = Arc::clone(&file);
    there.app.read_master_keys_again_by(Box::new(move || Some(read.lock().unwrap().clone())));
    desk.a_moment_later(&[&there.app]).await;
    let operator = operator();
    let here = desk.with_keys(both_keys()).await.unwrap();
    assert_eq!(here.add_master_key(&operator, &second()).await.unwrap(), 2);
    assert_eq!(here.add_master_key(&operator, &second()).await.unwrap(), 2, "it is known");
    let third = here.add_master_key(&operator, &MasterKey::new([11; 32].map(|byte: u8| byte ^ 7))).await;
    assert_eq!(verdict(&third), "key_waits");
    desk.a_moment_later(&[&there.app]).await;
    assert_eq!(verdict(&here.use_newest_master_key(&operator).await), "nodes_lack_key");
    assert_eq!(verdict(&desk.app.use_newest_master_key(&operator).await), "key_not_held");

    // Somebody copies the file. Nothing is started anew.
    *file.lock().unwrap() = both_keys();
    desk.a_moment_later(&[&there.app]).await;
    here.use_newest_master_key(&operator).await.unwrap();
    assert!(here.does_a_node_lag().await.unwrap());
    let here = desk.with_app(here);
    let (_, fresh) = here.key(&shop.owner, &shop.application, "Fresh").await;
    assert_eq!(verdict(&here.app.drop_master_keys(&operator).await), "node_lags");
    desk.a_moment_later(&[&there.app]).await;
    assert!(!here.app.does_a_node_lag().await.unwrap());
    assert!(there.opens("/orders", &fresh) && there.opens("/orders", &shop.key));
    let (_, theirs) = there.key(&shop.owner, &shop.application, "Theirs").await;
    here.app.follow().await.unwrap();
    assert!(here.opens("/orders", &theirs));
    assert_all_opens(&there.app).await;
}
