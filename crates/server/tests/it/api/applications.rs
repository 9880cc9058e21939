//! `/api/v1/applications`

use reqwest::Method;
use serde_json::json;

use crate::support::{Desk, User, both, id};

const PATH: &str = "/api/v1/applications";

/// A partner with alice as owner and carol as reader.
async fn partner(desk: &Desk, alice: &User, carol: &User) -> String {
    let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
    let path = format!("/api/v1/partners/{}/members", id(&partner));
    desk.admin.put(&format!("{path}/{}", alice.id), json!({"role": "OWNER"})).await.expect(200);
    desk.admin.put(&format!("{path}/{}", carol.id), json!({"role": "READ_ONLY"})).await.expect(200);
    id(&partner).to_owned()
}

both!(
    async fn a_developer_makes_changes_and_deletes_an_application(desk) {
        let alice = desk.developer("alice").await;
        let made = alice.post(PATH, json!({"name": "Shop", "description": "Sells"})).await.expect(201);
        let application = made.json();
        assert_eq!(application["owner"], json!({"developer": alice.id}));
        assert_eq!(application["state"], "active");
        let path = format!("{PATH}/{}", id(&application));
        assert_eq!(made.header("location"), path);
        assert_eq!(alice.get(&path).await.expect(200).json(), application);
        let changed = alice.patch(&path, json!({"name": "Shop 2"})).await.expect(200);
        assert_eq!((changed.header("etag"), &changed.json()["description"]), ("\"v2\"", &json!("Sells")));
        alice.post(PATH, json!({"name": "shop 2"})).await.problem(409, "taken");
        let stale = [("if-match", "\"v1\"")];
        alice.send(Method::DELETE, &path, &stale, None).await.problem(412, "stale");
        alice.delete(&path).await.expect(204);
        alice.get(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn wrong_input_is_named(desk) {
        let alice = desk.developer("alice").await;
        let before = desk.changes().await;
        let nobody = "00000000-0000-7000-8000-000000000000";
        alice.post(PATH, json!({"name": "x", "owner": {}})).await.names("owner");
        alice.post(PATH, json!({"name": "x", "owner": {"team": nobody}})).await.names("owner.team");
        alice.post(PATH, json!({"name": "x", "state": "active"})).await.names("state");
        alice.post(PATH, json!({"name": "x", "auth_strategy_id": nobody})).await.names("auth_strategy_id");
        alice.post(PATH, json!({"name": "x", "auth_strategy_id": "{x}"})).await.names("auth_strategy_id");
        desk.admin.post(PATH, json!({"name": "x"})).await.names("owner");
        desk.admin.post(PATH, json!({"name": "x", "owner": {"partner": nobody}})).await.names("owner.partner");
        desk.admin.post(PATH, json!({"name": "x", "owner": {"developer": nobody}})).await.names("owner.developer_id");
        alice.get(&format!("{PATH}?partner_id={nobody}&developer_id={nobody}")).await.names("developer_id");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn partners_applications_are_managed_by_the_partners_owners(desk) {
        let (alice, bob, carol) = (desk.developer("alice").await, desk.developer("bob").await, desk.developer("carol").await);
        let acme = partner(&desk, &alice, &carol).await;
        let new = json!({"name": "Shop", "owner": {"partner": acme}});
        bob.post(PATH, new.clone()).await.problem(404, "not_found");
        carol.post(PATH, new.clone()).await.problem(403, "forbidden");
        let shop = alice.make(PATH, new).await;
        let path = format!("{PATH}/{}", id(&shop));
        carol.get(&path).await.expect(200);
        carol.patch(&path, json!({"name": "x"})).await.problem(403, "forbidden");
        bob.get(&path).await.problem(404, "not_found");
        assert_eq!(bob.get(PATH).await.json()["items"], json!([]));
        assert_eq!(carol.get(PATH).await.json()["items"], json!([shop]));
        assert_eq!(alice.get(&format!("{PATH}?partner_id={acme}")).await.json()["items"], json!([shop]));
        // The name is taken at this owner only: another owner's names are nobody's business.
        bob.make(PATH, json!({"name": "Shop"})).await;
    }
);

both!(
    async fn a_163_the_table_of_roles_holds(desk) {
        let (alice, dev, reader) = (desk.developer("alice").await, desk.developer("dev").await, desk.developer("reader").await);
        let shop = alice.make(PATH, json!({"name": "Shop"})).await;
        let path = format!("{PATH}/{}", id(&shop));
        alice.put(&format!("{path}/members/{}", dev.id), json!({"role": "DEVELOPER"})).await.expect(200);
        alice.put(&format!("{path}/members/{}", reader.id), json!({"role": "READ_ONLY"})).await.expect(200);
        let before = desk.changes().await;
        for user in [&dev, &reader] {
            user.get(&path).await.expect(200);
            user.delete(&path).await.problem(403, "forbidden");
            user.put(&format!("{path}/members/{}", dev.id), json!({"role": "OWNER"})).await.problem(403, "forbidden");
            user.delete(&format!("{path}/members/{}", reader.id)).await.problem(403, "forbidden");
            user.post(&format!("{path}/transfer"), json!({"owner": {"developer": dev.id}})).await.problem(403, "forbidden");
            user.post(&format!("{path}/suspend"), json!({})).await.problem(403, "forbidden");
            user.post(&format!("{path}/credentials"), json!({"name": "k"})).await.problem(403, "forbidden");
        }
        reader.patch(&path, json!({"name": "x"})).await.problem(403, "forbidden");
        alice.post(&format!("{path}/suspend"), json!({})).await.problem(403, "forbidden");
        alice.post(&format!("{path}/resume"), json!({})).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
        dev.patch(&path, json!({"description": "mine"})).await.expect(200);
    }
);

both!(
    async fn a_149_strangers_and_other_developers_see_nothing(desk) {
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let shop = alice.make(PATH, json!({"name": "Shop"})).await;
        let path = format!("{PATH}/{}", id(&shop));
        let member = format!("{path}/members/{}", bob.id);
        let to_bob = json!({"owner": {"developer": bob.id}});
        let before = desk.changes().await;
        let wrong_scope = desk.token(&["partners:write", "applications:read"]).await;
        let after_token = desk.changes().await;
        assert_eq!(after_token, before + 1);
        let everything = |user: User| {
            let (path, member, to_bob) = (path.clone(), member.clone(), to_bob.clone());
            async move {
                vec![
                    user.patch(&path, json!({"name": "x"})).await,
                    user.delete(&path).await,
                    user.post(&format!("{path}/suspend"), json!({})).await,
                    user.post(&format!("{path}/resume"), json!({})).await,
                    user.post(&format!("{path}/transfer"), to_bob).await,
                    user.put(&member, json!({"role": "OWNER"})).await,
                    user.delete(&member).await,
                ]
            }
        };
        let nobody = desk.anonymous();
        nobody.get(PATH).await.problem(401, "unauthenticated");
        nobody.get(&path).await.problem(401, "unauthenticated");
        nobody.post(PATH, json!({"name": "x"})).await.problem(401, "unauthenticated");
        for answer in everything(nobody).await {
            answer.problem(401, "unauthenticated");
        }
        bob.get(&path).await.problem(404, "not_found");
        for answer in everything(bob.clone()).await {
            answer.problem(404, "not_found");
        }
        wrong_scope.get(&path).await.expect(200);
        for answer in everything(wrong_scope).await {
            answer.problem(403, "forbidden");
        }
        desk.assert_nothing_happened(after_token).await;
    }
);

both!(
    async fn an_application_is_transferred(desk) {
        let (alice, bob, carol) = (desk.developer("alice").await, desk.developer("bob").await, desk.developer("carol").await);
        let acme = partner(&desk, &alice, &carol).await;
        let shop = alice.make(PATH, json!({"name": "Shop"})).await;
        let path = format!("{PATH}/{}", id(&shop));
        let transfer = format!("{path}/transfer");
        alice.post(&transfer, json!({"owner": {"developer": alice.id}})).await.problem(409, "same_owner");
        alice.post(&transfer, json!({"owner": {"developer": bob.id}})).await.problem(403, "forbidden");
        let moved = alice.post(&transfer, json!({"owner": {"partner": acme}})).await.expect(200).json();
        assert_eq!(moved["owner"], json!({"partner": acme}));
        carol.get(&path).await.expect(200);
        carol.post(&transfer, json!({"owner": {"developer": carol.id}})).await.problem(403, "forbidden");
        desk.admin.post(&transfer, json!({"owner": {"developer": bob.id}})).await.expect(200);
        bob.get(&path).await.expect(200);
        alice.get(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn a_159_a_removed_member_is_out_at_once(desk) {
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let shop = alice.make(PATH, json!({"name": "Shop"})).await;
        let path = format!("{PATH}/{}", id(&shop));
        let member = format!("{path}/members/{}", bob.id);
        alice.put(&member, json!({"role": "DEVELOPER"})).await.expect(200);
        bob.get(&path).await.expect(200);
        alice.delete(&member).await.expect(200);
        bob.get(&path).await.problem(404, "not_found");
        alice.delete(&member).await.problem(404, "not_found");
    }
);
