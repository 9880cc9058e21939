//! `/console/administrators/invite` and `/administrator-invitation`

use domain::AdministratorRole;
use serde_json::json;

use super::{Browser, error_of};
use crate::support::{both, visitor};

const LIST: &str = "/console/administrators";
const INVITE: &str = "/console/administrators/invite";
const LINK: &str = "/administrator-invitation";
const EVE: &str = "eve@example.com";
const PASSWORD: &str = "seven wet otters juggle";

both!(
    async fn somebody_is_invited_on_a_page_and_chooses_a_password(desk) {
        let root = Browser::of_administrator(&desk).await;
        let page = root.fill(INVITE, INVITE, &[("email", EVE), ("role", "provider")]).await.expect(400);
        assert!(error_of(&page, "gateway_id").contains("a provider answers for one gateway"));
        root.fill(INVITE, INVITE, &[("email", "eve"), ("role", "auditor")]).await.complains_about("email", "must be");
        let sent = format!("{LIST}?notice=administrator_invited");
        root.fill(INVITE, INVITE, &[("email", EVE), ("role", "auditor")]).await.leads_to(&sent);
        let first = desk.token_in_last_mail(EVE).await;
        let list = root.open(LIST).await.page(200, "Administrators");
        assert!(list.text.contains(EVE) && list.text.contains("Send again"), "{}", list.text);
        let invited = root.fill(INVITE, INVITE, &[("email", EVE), ("role", "auditor")]).await.expect(409);
        assert!(error_of(&invited, "email").contains("is invited already"), "{}", invited.text);
        let resend = list.text.split("action=\"").find(|it| it.contains("/resend\"")).unwrap();
        let resend = resend.split('"').next().unwrap();
        root.fill(LIST, resend, &[]).await.leads_to(&sent);
        let token = desk.token_in_last_mail(EVE).await;

        let eve = Browser::new(&desk);
        eve.open(LINK).await.page(400, "This link is incomplete");
        let page = eve.open(&format!("{LINK}?token={token}")).await.page(200, "Choose your password");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert!(page.text.contains(EVE) && page.text.contains("as an auditor"), "{}", page.text);
        let unknown = eve.open(&format!("{LINK}?token={first}")).await.page(200, "Choose your password");
        assert!(!unknown.text.contains(EVE), "nobody is told whom a link was for");
        let before = desk.changes().await;
        let send = |token: &str, password: &'static str, repeat: &'static str| {
            let (eve, token) = (eve.clone(), token.to_owned());
            async move { eve.submit(LINK, &[("token", &token), ("password", password), ("repeat", repeat)]).await }
        };
        send(&token, EVE, EVE).await.complains_about("password", "Password is easy to guess");
        send(&token, PASSWORD, "seven").await.complains_about("repeat", "must be the same");
        send(&first, PASSWORD, PASSWORD).await.page(404, "This link does not work any more");
        desk.assert_nothing_happened(before).await;
        // What else is in the form changes nothing: the role is the one that was invited to.
        let fields = [("token", token.as_str()), ("password", PASSWORD), ("repeat", PASSWORD), ("role", "administrator"), ("email", "mallory@example.com")];
        let done = eve.submit(LINK, &fields).await;
        done.leads_to("/sign-in?notice=confirmed");
        assert_eq!(done.header("set-cookie"), "", "nobody is signed in by it");
        let session = desk.app.sign_in_administrator(&visitor(), EVE, PASSWORD, "test").await.unwrap();
        let all = desk.session(session.secret.expose()).get("/api/v1/administrators").await.expect(200).json();
        let made = all["items"].as_array().unwrap().iter().find(|it| it["email"] == EVE).unwrap();
        assert_eq!(made["role"], "auditor");
        send(&token, PASSWORD, PASSWORD).await.page(410, "This link does not work any more");
        eve.open(&format!("{LINK}?token={token}")).await.page(410, "This link does not work any more");
        assert!(!root.open(LIST).await.page(200, "Administrators").text.contains("Send again"));
    }
);

both!(
    async fn an_invitation_is_taken_back_on_the_page(desk) {
        let root = Browser::of_administrator(&desk).await;
        desk.admin.make("/api/v1/administrator-invitations", json!({"email": EVE, "role": "approver"})).await;
        let token = desk.token_in_last_mail(EVE).await;
        let auditor = Browser::of(&desk, &desk.administrator_as("looks", AdministratorRole::Auditor).await);
        let seen = auditor.open(LIST).await.page(200, "Administrators");
        assert!(seen.text.contains(EVE) && !seen.text.contains("/withdraw") && !seen.text.contains(INVITE), "{}", seen.text);
        let list = root.open(LIST).await.expect(200);
        let withdraw = list.text.split("action=\"").find(|it| it.contains("/withdraw\"")).unwrap();
        let withdraw = withdraw.split('"').next().unwrap();
        root.fill(LIST, withdraw, &[]).await.leads_to(&format!("{LIST}?notice=withdrawn"));
        let fields = [("token", token.as_str()), ("password", PASSWORD), ("repeat", PASSWORD)];
        Browser::new(&desk).submit(LINK, &fields).await.page(410, "This link does not work any more");
    }
);
