//! `/sign-in/with/{slug}`: people who sign in elsewhere.

use std::time::Duration;

use app::Settings;
use serde_json::{Value, json};

use super::{Browser, attribute, tags};
use crate::provider::{Provider, key, settings};
use crate::support::{Answer, User, both, id};

pub(super) const REFUSED: &str = "You are not signed in";

/// Who is signed in in a browser, by the name at the top of the page.
async fn is_signed_in_as(browser: &Browser, name: &str) {
    let page = browser.open("/account").await.page(200, "Your account");
    assert!(page.text.contains(name), "{}", page.text);
}

/// With whom Alice is linked, as she sees it.
pub(super) async fn links(user: &User) -> Vec<Value> {
    let list = user.get("/api/v1/account/identities").await.expect(200).json();
    list["items"].as_array().unwrap().clone()
}

both!(
    async fn a_proven_address_links_once_and_then_the_subject_counts(desk, settings()) {
        let alice = desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "Alice@Example.com");
        let mut browser = Browser::new(&desk);
        let page = browser.open("/sign-in").await.page(200, "Sign in");
        let ways = tags(&page.text, "a").into_iter().filter(|it| it.contains("/sign-in/with/"));
        let ways: Vec<&str> = ways.map(|it| attribute(it, "href").unwrap()).collect();
        assert_eq!(ways, ["/sign-in/with/corp?as=developer"]);
        let sent = there.receives(&mut browser, ways[0]).await;
        assert_eq!((sent["response_type"].as_str(), sent["client_id"].as_str()), ("code", "desk"));
        assert_eq!(sent["redirect_uri"], "http://127.0.0.1:8080/sign-in/with/corp/callback");
        assert_eq!((sent["scope"].as_str(), sent["code_challenge_method"].as_str()), ("openid email profile", "S256"));
        assert!(!sent.contains_key("prompt"));
        let answer = browser.open(&there.back(&sent["state"])).await;
        answer.leads_to("/home");
        browser.keep_cookies(&answer);
        assert!(!browser.cookies.contains_key("kw_a"), "what was kept for the way back is taken away");
        is_signed_in_as(&browser, "alice@example.com").await;
        let asked = there.seen();
        let token = asked.iter().find(|it| it.path == "/token").unwrap();
        assert_eq!((token.form["code"].as_str(), token.form["grant_type"].as_str()), ("c1", "authorization_code"));
        assert_eq!(token.form["redirect_uri"], sent["redirect_uri"]);
        assert_eq!(token.form["code_verifier"].len(), 64);
        assert_eq!(token.authorization, "Basic ZGVzazphK3NlY3JldCtvZitvdXJz");
        let (subject, _) = desk.mails("alice@example.com").await.remove(0);
        assert_eq!(subject, "You can sign in with CORP now");

        // Whatever address the subject has from now on, or none.
        for email in ["other@example.com", ""] {
            there.knows("s1", email);
            let mut browser = Browser::new(&desk);
            there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
            is_signed_in_as(&browser, "alice@example.com").await;
        }
        let links = links(&alice).await;
        assert_eq!(links.len(), 1);
        assert_eq!((&links[0]["provider"], &links[0]["email"]), (&json!("CORP"), &json!("Alice@Example.com")));
        // What the provider says of itself, and its keys, are not asked for each time.
        assert!(!there.seen().iter().any(|it| it.path == "/jwks"));
    }
);

both!(
    async fn new_developers_are_made_under_the_rules_of_registration(desk, Settings { approve_developers: false, allowed_email_domains: vec!["example.com".to_owned()], ..settings() }) {
        let there = Provider::start(&desk, "corp", json!({})).await;
        let mut browser = Browser::new(&desk);
        let before = desk.changes().await;
        there.knows("s1", "grace@example.com");
        there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        desk.assert_nothing_happened(before).await;
        desk.admin.patch(&format!("/api/v1/identity-providers/{}", there.id), json!({"makes_developers": true})).await.expect(200);
        let before = desk.changes().await;
        there.knows("s2", "grace@elsewhere.test");
        there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        desk.assert_nothing_happened(before).await;

        there.knows("s1", "grace@example.com");
        let page = there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        assert!(page.text.contains("Your account waits for approval."), "{}", page.text);
        let found = desk.admin.get("/api/v1/developers?text=grace").await.expect(200).json();
        let grace = &found["items"][0];
        assert_eq!((&grace["name"], &grace["state"], &grace["email"]), (&json!("Ada L."), &json!("pending"), &json!("grace@example.com")));
        desk.admin.post(&format!("/api/v1/developers/{}/approve", id(grace)), Value::Null).await.expect(200);
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        is_signed_in_as(&browser, "grace@example.com").await;
        // Shut out here, they do not come in by way of there.
        desk.admin.post(&format!("/api/v1/developers/{}/revoke", id(grace)), Value::Null).await.expect(200);
        browser.open("/account").await.leads_to("/sign-in?next=%2Faccount");
        there.signs_in(&mut Browser::new(&desk), &there.door("developer")).await.page(400, REFUSED);
    }
);

both!(
    async fn nobody_is_made_where_registering_is_switched_off(desk, Settings { sign_up: false, ..settings() }) {
        let there = Provider::start(&desk, "corp", json!({"makes_developers": true})).await;
        there.knows("s1", "grace@example.com");
        let before = desk.changes().await;
        there.signs_in(&mut Browser::new(&desk), &there.door("developer")).await.page(400, REFUSED);
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn who_never_read_our_mail_has_proven_the_address_there(desk, settings()) {
        let visitor = crate::support::visitor();
        desk.app.register(&visitor, "grace@example.com", "Grace").await.unwrap();
        let token = desk.token_in_last_mail("grace@example.com").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "grace@example.com");
        let mut browser = Browser::new(&desk);
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        is_signed_in_as(&browser, "grace@example.com").await;
        // What is still in the mailbox opens nothing any more.
        assert!(desk.app.verify_email(&visitor, &token, Some("seven wet otters juggle")).await.is_err());
    }
);

both!(
    async fn administrators_come_in_only_where_they_may(desk, settings()) {
        let root = desk.administrator().await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        let path = format!("/api/v1/identity-providers/{}", there.id);
        there.knows("s1", "root@example.com");
        let mut browser = Browser::new(&desk);
        // Neither as what they are, nor as a developer.
        browser.open(&there.door("administrator")).await.page(404, "There is nothing here");
        there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        desk.admin.patch(&path, json!({"administrators": true})).await.expect(200);
        there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        there.knows("s2", "other@example.com");
        there.signs_in(&mut browser, &there.door("administrator")).await.page(400, REFUSED);
        there.knows("s1", "root@example.com");
        let to_console = browser.open("/sign-in?next=%2Fconsole%2Fplans").await.page(200, "Sign in");
        assert!(to_console.text.contains("/sign-in/with/corp?as=administrator&#38;next=%2Fconsole%2Fplans"), "{}", to_console.text);
        let path_there = "/sign-in/with/corp?as=administrator&next=%2Fconsole%2Fplans";
        there.signs_in(&mut browser, path_there).await.leads_to("/console/plans");
        browser.open("/console").await.expect(200);
        assert_eq!(links(&root).await.len(), 1);

        // With roles, only who has one comes in; and who has one becomes one.
        let roles = json!({"claims": {"role": "groups", "roles": {"desk-admins": "administrator", "desk-looks": "auditor"}}});
        desk.admin.patch(&path, roles).await.expect(200);
        there.signs_in(&mut Browser::new(&desk), &there.door("administrator")).await.page(400, REFUSED);
        let grace = |groups: Value| json!({"sub": "s3", "email": "grace@example.com", "email_verified": true, "groups": groups});
        there.says(|it| it.claims = grace(json!(["staff"])));
        there.signs_in(&mut Browser::new(&desk), &there.door("administrator")).await.page(400, REFUSED);
        there.says(|it| it.claims = grace(json!(["staff", "desk-admins"])));
        let mut browser = Browser::new(&desk);
        there.signs_in(&mut browser, &there.door("administrator")).await.leads_to("/console");
        is_signed_in_as(&browser, "grace@example.com").await;
        // They have no password, and an empty one is none; and this is the last way in.
        let empty = desk.app.sign_in_administrator(&crate::support::visitor(), "grace@example.com", "", "test").await;
        assert!(empty.is_err());
        let page = browser.open("/account").await.expect(200);
        let unlink = tags(&page.text, "form").into_iter().filter_map(|it| attribute(it, "action"));
        let unlink = unlink.filter(|it| it.ends_with("/unlink")).collect::<Vec<_>>()[0].to_owned();
        let csrf = browser.csrf().await;
        let refused = browser.submit(&unlink, &[("csrf", &csrf)]).await.expect(409);
        assert!(refused.text.contains("only way in"), "{}", refused.text);
        there.says(|it| it.claims = grace(json!([])));
        there.signs_in(&mut Browser::new(&desk), &there.door("administrator")).await.page(400, REFUSED);
        // Another role there is another one here, from the sign-in on.
        there.says(|it| it.claims = grace(json!(["desk-looks"])));
        there.signs_in(&mut browser, &there.door("administrator")).await.leads_to("/console");
        browser.open("/console/identity-providers").await.expect(200);
        browser.open("/console/identity-providers/new").await.page(403, "This is not possible");
        // Somebody remains who may do everything.
        let rules = json!({"sub": "s1", "email": "root@example.com", "email_verified": true, "groups": "desk-looks"});
        there.says(|it| it.claims = rules);
        there.signs_in(&mut Browser::new(&desk), &there.door("administrator")).await.page(400, REFUSED);
        root.get("/api/v1/administrators").await.expect(200);
    }
);

both!(
    async fn only_those_are_let_in_who_have_what_is_required(desk, settings()) {
        desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({"claims": {"required": {"groups": ["apis", "ops"]}}})).await;
        let alice = |groups: Value| json!({"sub": "s1", "email": "alice@example.com", "email_verified": true, "groups": groups});
        let mut browser = Browser::new(&desk);
        for groups in [Value::Null, json!([]), json!(["API"]), json!("x")] {
            there.says(|it| it.claims = alice(groups));
            there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        }
        there.says(|it| it.claims = alice(json!(["ops"])));
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        // Whoever is linked has to have it each time.
        there.says(|it| it.claims = alice(json!([])));
        there.signs_in(&mut Browser::new(&desk), &there.door("developer")).await.page(400, REFUSED);
        // What the ID token leaves out, the userinfo endpoint says: of the same person, or it counts for nothing.
        let claims = json!({"sub": "s1"});
        there.says(|it| it.claims = claims);
        let more = |subject: &str| json!({"sub": subject, "email": "alice@example.com", "email_verified": true, "groups": "apis"});
        there.says(|it| it.userinfo = more("s2"));
        there.signs_in(&mut Browser::new(&desk), &there.door("developer")).await.page(400, REFUSED);
        there.says(|it| it.userinfo = more("s1"));
        there.signs_in(&mut Browser::new(&desk), &there.door("developer")).await.leads_to("/home");
        assert_eq!(there.seen().last().unwrap().authorization, "Bearer at");
    }
);

both!(
    async fn a_039_a_provider_that_is_switched_off_ends_what_came_from_it(desk, settings()) {
        let alice = desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        let path = format!("/api/v1/identity-providers/{}", there.id);
        there.knows("s1", "alice@example.com");
        let mut browser = Browser::new(&desk);
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        let mut under_way = Browser::new(&desk);
        let sent = there.receives(&mut under_way, &there.door("developer")).await;
        desk.admin.patch(&path, json!({"enabled": false})).await.expect(200);
        browser.open("/home").await.leads_to("/sign-in?next=%2Fhome");
        under_way.open(&there.back(&sent["state"])).await.page(400, REFUSED);
        browser.open(&there.door("developer")).await.page(404, "There is nothing here");
        assert!(!browser.open("/sign-in").await.text.contains("/sign-in/with/"));
        // Alice's own sign-in has nothing to do with it.
        alice.get("/api/v1/account").await.expect(200);

        desk.admin.patch(&path, json!({"enabled": true})).await.expect(200);
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        let link = id(&links(&alice).await[0]).to_owned();
        let bob = desk.developer("bob").await;
        bob.delete(&format!("/api/v1/account/identities/{link}")).await.problem(404, "not_found");
        alice.delete(&format!("/api/v1/account/identities/{link}")).await.expect(204);
        browser.open("/home").await.leads_to("/sign-in?next=%2Fhome");
        assert!(links(&alice).await.is_empty());

        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        let people = desk.admin.get(&format!("{path}/identities")).await.expect(200).json();
        assert_eq!((&people["items"][0]["subject"], &people["items"][0]["developer_id"]), (&json!("s1"), &json!(alice.id)));
        let link = format!("{path}/identities/{}", id(&people["items"][0]));
        desk.admin.delete(&link).await.expect(204);
        desk.admin.delete(&link).await.problem(404, "not_found");
        browser.open("/home").await.leads_to("/sign-in?next=%2Fhome");
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        desk.admin.delete(&path).await.expect(204);
        browser.open("/home").await.leads_to("/sign-in?next=%2Fhome");
        assert!(links(&alice).await.is_empty());
    }
);

both!(
    async fn a_new_key_is_looked_for_and_not_too_often(desk, settings()) {
        desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "alice@example.com");
        let mut browser = Browser::new(&desk);
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        there.says(|it| it.key = key("k2"));
        there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        desk.clock.advance(Duration::from_secs(11));
        there.seen();
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        assert_eq!(there.seen().iter().filter(|it| it.path == "/jwks").count(), 1);
    }
);

both!(
    async fn who_comes_from_a_client_goes_back_to_it(desk, settings()) {
        let rp = crate::oauth2::Rp::new(&desk).await;
        let there = Provider::start(&desk, "corp", json!({"administrators": true})).await;
        there.knows("s1", "alice@example.com");
        let mut browser = Browser::new(&desk);
        let way = async |browser: &Browser, changes: &[(&str, &str)]| {
            let sent = browser.open(&rp.request(changes)).await.expect(303);
            let page = browser.open(sent.header("location")).await.page(200, "Sign in");
            let ways = tags(&page.text, "a").into_iter().filter_map(|it| attribute(it, "href"));
            let ways: Vec<String> = ways.filter(|it| it.starts_with("/sign-in/with/")).map(crate::web::unescape).collect();
            assert_eq!(ways.len(), 1, "administrators use no APIs: {ways:?}");
            ways[0].clone()
        };
        let path = way(&browser, &[]).await;
        let answer = there.signs_in(&mut browser, &path).await.expect(303);
        assert!(answer.header("location").starts_with("/oauth2/authorize?"), "{}", answer.header("location"));
        let asked = browser.open(answer.header("location")).await.expect(200);
        let back = crate::oauth2::confirm(&browser, &asked, "/oauth2/confirm").await.back();
        let tokens = rp.redeem(&back["code"]).await.expect(200).json();
        let told = oauth::jose::peek(tokens["id_token"].as_str().unwrap()).unwrap();
        assert!(told.contains_key("auth_time") && !told.contains_key("amr"), "how is not known: {told:?}");

        // A client that asks for a fresh sign-in gets one, there as well.
        desk.clock.advance(Duration::from_secs(300));
        let path = way(&browser, &[("prompt", "login")]).await;
        let sent = there.receives(&mut browser, &path).await;
        assert_eq!((sent["prompt"].as_str(), sent["max_age"].as_str()), ("login", "0"));
        browser.open(&there.back(&sent["state"])).await.page(400, REFUSED);
        let now = desk.clock.now().unix_seconds();
        there.says(|it| it.claims["auth_time"] = json!(now - 300));
        there.signs_in(&mut browser, &path).await.page(400, REFUSED);
        there.says(|it| it.claims["auth_time"] = json!(now));
        let answer = there.signs_in(&mut browser, &path).await.expect(303);
        let back: Answer = browser.open(answer.header("location")).await;
        assert!(back.back().contains_key("code"));
    }
);

both!(
    async fn a_provider_that_does_not_answer_is_not_waited_for_by_all(desk, settings()) {
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.says(|it| it.redirect = Some("/x".to_owned()));
        let browser = Browser::new(&desk);
        for _ in 0..5 {
            let page = browser.open(&there.door("developer")).await.page(502, REFUSED);
            assert!(page.text.contains("The identity provider cannot be asked") || page.text.contains("did not do its part"), "{}", page.text);
        }
        assert_eq!(there.seen().len(), 1);
        there.says(|it| it.redirect = None);
        desk.clock.advance(Duration::from_secs(5));
        browser.open(&there.door("developer")).await.expect(303);
    }
);

both!(
    async fn what_is_kept_opens_nothing(desk, settings()) {
        desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "alice@example.com");
        let mut browser = Browser::new(&desk);
        let sent = there.receives(&mut browser, &there.door("developer")).await;
        let kept = desk.everything_kept().await;
        let cookie = browser.cookies["kw_a"].as_str();
        for secret in [sent["state"].as_str(), sent["nonce"].as_str(), cookie, "a secret of ours"] {
            assert!(!kept.contains(secret), "{secret}");
        }
    }
);
