//! `/console/identity-providers`

use serde_json::json;

use super::{Browser, error_of};
use crate::provider::{Provider, settings};
use crate::support::both;

const PATH: &str = "/console/identity-providers";
const NEW: &str = "/console/identity-providers/new";

/// What is typed into the form of a new one.
fn typed<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("name", "Corp"),
        ("slug", "corp"),
        ("issuer", "https://login.example.com"),
        ("client_id", "desk"),
        ("client_secret", "a secret of ours"),
        ("token_auth", "client_secret_post"),
        ("scopes", "openid, email groups"),
        ("developers", "on"),
        ("required", "groups = apis, ops\r\nhd=corp.test"),
        ("name_claim", "name"),
        ("email_claim", "email"),
        ("verified_claim", "email_verified"),
        ("role_claim", "groups"),
        ("roles", "desk-admins = administrator"),
        ("enabled", "on"),
    ];
    for change in changes {
        fields.retain(|(name, _)| *name != change.0);
        fields.push(*change);
    }
    fields
}

both!(
    async fn a_provider_is_set_up_and_changed_on_its_pages(desk, settings()) {
        let root = Browser::of_administrator(&desk).await;
        let page = root.open(NEW).await.page(200, "New identity provider");
        assert!(page.text.contains("http://127.0.0.1:8080/sign-in/with/WORD/callback"), "{}", page.text);
        for (change, field, said) in [
            (("issuer", "login.example.com"), "issuer", "must be a URL"),
            (("slug", "Corp"), "slug", "must be 1 to 40"),
            (("required", "groups"), "required", "must be lines like"),
            (("roles", "ops = root"), "roles", "must be lines like"),
            (("email_claim", ""), "email_claim", "must be words"),
            (("role_claim", ""), "role_claim", "must name the claim"),
        ] {
            let page = root.fill(NEW, NEW, &typed(&[change])).await.expect(400);
            assert!(error_of(&page, field).contains(said), "{field}: {}", error_of(&page, field));
            assert!(!page.text.contains("a secret of ours") && page.text.contains("openid, email groups"));
        }
        let made = root.fill(NEW, NEW, &typed(&[])).await.expect(303);
        let path = made.header("location").split('?').next().unwrap().to_owned();
        let api = path.replace("/console/", "/api/v1/");
        let shown = desk.admin.get(&api).await.expect(200).json();
        assert_eq!(shown["claims"]["required"], json!({"groups": ["apis", "ops"], "hd": ["corp.test"]}));
        assert_eq!(shown["claims"]["roles"], json!({"desk-admins": "administrator"}));
        assert_eq!((&shown["scopes"], &shown["token_auth"]), (&json!(["openid", "email", "groups"]), &json!("client_secret_post")));
        assert_eq!((&shown["administrators"], &shown["makes_developers"]), (&json!(false), &json!(false)));
        let page = root.open(&path).await.page(200, "Corp");
        assert!(page.text.contains("http://127.0.0.1:8080/sign-in/with/corp/callback"), "{}", page.text);
        assert!(page.text.contains("Nobody has signed in with it yet.") && !page.text.contains("a secret of ours"));
        assert!(root.open(PATH).await.page(200, "Identity providers").text.contains("https://login.example.com"));

        let fields = typed(&[("name", "Corp 2"), ("client_secret", ""), ("administrators", "on")]);
        root.fill(&path, &path, &fields).await.leads_to(&format!("{path}?notice=saved"));
        assert_eq!(desk.admin.get(&api).await.json()["administrators"], true);
        root.fill(&path, &path, &typed(&[("scopes", "a\\b")])).await.complains_about("scopes", "must be a word");

        let delete = format!("{path}/delete");
        root.fill(&delete, &delete, &[("confirm", "Corp")]).await.expect(400);
        root.fill(&delete, &delete, &[("confirm", "Corp 2")]).await.leads_to(&format!("{PATH}?notice=deleted"));
    }
);

both!(
    async fn a_check_says_what_is_wrong_and_people_are_seen(desk, settings()) {
        let alice = desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        let root = Browser::of_administrator(&desk).await;
        let path = format!("{PATH}/{}", there.id);
        let check = async || {
            let csrf = root.csrf().await;
            root.submit(&format!("{path}/check"), &[("csrf", &csrf)]).await.page(200, "CORP").text
        };
        let page = check().await;
        assert!(page.contains("It answers as it should.") && page.contains("/token</"), "{page}");
        there.says(|it| it.metadata = json!({"issuer": "https://other.test"}));
        let page = check().await;
        assert!(page.contains("It does not work: The discovery document names another issuer"), "{page}");
        there.says(|it| it.metadata = json!({}));

        there.knows("s1<b>", "alice@example.com");
        let mut browser = Browser::new(&desk);
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        let page = root.open(&path).await.page(200, "CORP").text;
        assert!(page.contains("s1&#60;b&#62;") && page.contains(&format!("/console/developers/{}", alice.id)), "{page}");
        let identity = desk.admin.get(&format!("/api/v1/identity-providers/{}/identities", there.id)).await.json();
        let unlink = format!("{path}/identities/{}/unlink", identity["items"][0]["id"].as_str().unwrap());
        let csrf = root.csrf().await;
        root.submit(&unlink, &[("csrf", &csrf)]).await.leads_to(&format!("{path}?notice=unlinked"));
        browser.open("/home").await.leads_to("/sign-in?next=%2Fhome");

        // And on the page of whom it is about.
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        let account = browser.open("/account").await.page(200, "Your account");
        assert!(account.text.contains("Where else you sign in"), "{}", account.text);
        let own = alice.get("/api/v1/account/identities").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let csrf = browser.csrf().await;
        let own = format!("/account/identities/{own}/unlink");
        browser.submit(&own, &[("csrf", &csrf)]).await.leads_to("/account?notice=unlinked");
        assert!(!browser.open("/account").await.page(200, "Your account").text.contains("Where else you sign in"));
    }
);
