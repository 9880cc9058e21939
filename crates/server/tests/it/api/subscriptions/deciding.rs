//! What administrators decide, and what developers can still change.

use reqwest::Method;
use serde_json::json;

use super::{PATH, Shop, send};
use crate::support::{Answer, both, id, ids};
use crate::verifier;

both!(
    async fn developers_ask_administrators_decide_and_both_may_say_why(desk) {
        let shop = Shop::open(&desk).await;
        let (admin, alice) = (&desk.admin, &shop.alice);
        let mut wish = shop.wish(&shop.gold);
        wish["comment"] = json!(" We need\r\nmuch ");
        let made = alice.post(PATH, wish).await.expect(201);
        let subscription = made.json();
        let path = format!("{PATH}/{}", id(&subscription));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        let expected = json!({
            "id": id(&subscription), "application_id": shop.application, "api_version_id": shop.version,
            "plan_id": shop.gold, "requested_plan_id": null, "status": "pending",
            "request_comment": "We need\nmuch", "response_comment": "",
            "created_at": "2026-11-23T04:00:00Z", "updated_at": "2026-11-23T04:00:00Z",
        });
        assert_eq!(subscription, expected);
        assert_eq!(alice.get(&path).await.expect(200).json(), expected);

        let rejected = send(admin, &path, "reject", json!({"comment": "Too much"})).await.expect(200);
        assert_eq!((rejected.header("etag"), &rejected.json()["status"]), ("\"v2\"", &json!("rejected")));
        assert_eq!(alice.get(&path).await.json()["response_comment"], "Too much");
        let approved = send(admin, &path, "approve", json!({"comment": "Well then"})).await.expect(200).json();
        assert_eq!((&approved["status"], &approved["response_comment"]), (&json!("approved"), &json!("Well then")));
        assert_eq!(approved["request_comment"], "We need\nmuch");
        let revoked = send(admin, &path, "revoke", json!({})).await.expect(200).json();
        assert_eq!((&revoked["status"], &revoked["response_comment"]), (&json!("revoked"), &json!("")));

        admin.send(Method::DELETE, &path, &[("if-match", "\"v1\"")], None).await.problem(412, "stale");
        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
        for verb in ["approve", "reject", "revoke"] {
            send(admin, &path, verb, json!({})).await.problem(404, "not_found");
        }
        send(admin, &path, "change-plan", json!({"plan_id": shop.free})).await.problem(404, "not_found");
        admin.delete(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn a_decision_needs_no_body_but_a_body_must_be_json(desk) {
        let shop = Shop::open(&desk).await;
        let path = shop.subscribe(&shop.gold).await;
        let admin = &desk.admin;
        let approve = format!("{path}/approve");
        admin.send_text(Method::POST, &approve, "text/plain", "yes").await.problem(415, "unsupported_media_type");
        admin.send_text(Method::POST, &approve, "application/json", "{").await.problem(400, "malformed");
        admin.send(Method::POST, &approve, &[], None).await.expect(200);
        // As a form of no length, which some clients send.
        let form = "application/x-www-form-urlencoded";
        admin.send_text(Method::POST, &format!("{path}/revoke"), form, "").await.expect(200);
        admin.send(Method::POST, &approve, &[], None).await.expect(200);
    }
);

both!(
    async fn a_171_a_better_plan_waits_while_the_present_one_goes_on(desk) {
        let shop = Shop::open(&desk).await;
        let (admin, alice) = (&desk.admin, &shop.alice);
        let path = shop.subscribe(&shop.free).await;
        let plans = |answer: Answer| {
            let it = answer.expect(200).json();
            (it["status"].clone(), it["plan_id"].clone(), it["requested_plan_id"].clone())
        };
        let (free, gold, none) = (json!(shop.free), json!(shop.gold), json!(null));
        let approved = json!("approved");
        let to_gold = json!({"plan_id": shop.gold, "comment": "Growing"});

        let asked = send(alice, &path, "change-plan", to_gold.clone()).await;
        assert_eq!(asked.json()["request_comment"], "Growing");
        assert_eq!(plans(asked), (approved.clone(), free.clone(), gold.clone()));
        assert_eq!(ids(&admin.get(&format!("{PATH}?undecided=true")).await).len(), 1);
        // The owner cannot say yes to it, nor can the wish be turned into a fact by asking again.
        send(alice, &path, "approve", json!({})).await.problem(403, "forbidden");
        assert_eq!(plans(send(alice, &path, "change-plan", to_gold.clone()).await), (approved.clone(), free.clone(), gold.clone()));
        assert_eq!(plans(send(admin, &path, "reject", json!({"comment": "No"})).await), (approved.clone(), free.clone(), none.clone()));
        assert_eq!(ids(&admin.get(&format!("{PATH}?undecided=true")).await).len(), 0);
        send(admin, &path, "reject", json!({})).await.problem(409, "state");

        send(alice, &path, "change-plan", to_gold.clone()).await.expect(200);
        let free_again = send(alice, &path, "change-plan", json!({"plan_id": shop.free})).await;
        assert_eq!(plans(free_again), (approved.clone(), free.clone(), none.clone()));
        send(alice, &path, "change-plan", to_gold).await.expect(200);
        assert_eq!(plans(send(admin, &path, "approve", json!({})).await), (approved.clone(), gold.clone(), none.clone()));
        send(admin, &path, "approve", json!({})).await.problem(409, "state");
        // Down again needs nobody; an administrator's change needs nobody either.
        assert_eq!(plans(send(alice, &path, "change-plan", json!({"plan_id": shop.free})).await), (approved.clone(), free, none.clone()));
        assert_eq!(plans(send(admin, &path, "change-plan", json!({"plan_id": shop.gold})).await), (approved, gold, none));
    }
);

both!(
    async fn a_167_what_is_approved_is_what_was_seen(desk) {
        let shop = Shop::open(&desk).await;
        let path = shop.subscribe(&shop.gold).await;
        let platinum = desk.plan("Platinum", true).await;
        let offer = json!({"plan_ids": [shop.free, shop.gold, platinum]});
        desk.admin.patch(&format!("/api/v1/api-versions/{}", shop.version), offer).await.expect(200);
        let seen = desk.admin.get(&path).await.expect(200);
        send(&shop.alice, &path, "change-plan", json!({"plan_id": platinum})).await.expect(200);
        let before = desk.changes().await;
        let if_match = [("if-match", seen.header("etag"))];
        for verb in ["approve", "reject", "revoke"] {
            let url = format!("{path}/{verb}");
            desk.admin.send(Method::POST, &url, &if_match, None).await.problem(412, "stale");
        }
        let change = json!({"plan_id": shop.free});
        let url = format!("{path}/change-plan");
        shop.alice.send(Method::POST, &url, &if_match, Some(&change)).await.problem(412, "stale");
        shop.alice.send(Method::POST, &url, &[("if-match", "v1")], Some(&change)).await.names("If-Match");
        desk.assert_nothing_happened(before).await;
        let seen = desk.admin.get(&path).await.expect(200);
        assert_eq!((&seen.json()["status"], &seen.json()["plan_id"]), (&json!("pending"), &json!(platinum)));
        let if_match = [("if-match", seen.header("etag"))];
        desk.admin.send(Method::POST, &format!("{path}/approve"), &if_match, None).await.expect(200);
    }
);

both!(
    async fn a_170_what_an_administrator_revoked_stays_revoked(desk) {
        let shop = Shop::open(&desk).await;
        let path = shop.subscribe(&shop.free).await;
        send(&desk.admin, &path, "revoke", json!({"comment": "Abuse"})).await.expect(200);
        let before = desk.changes().await;
        send(&shop.alice, &path, "change-plan", json!({"plan_id": shop.free})).await.problem(409, "state");
        send(&shop.alice, &path, "change-plan", json!({"plan_id": shop.gold})).await.problem(409, "state");
        shop.alice.delete(&path).await.problem(409, "state");
        shop.alice.post(PATH, shop.wish(&shop.free)).await.problem(409, "already_subscribed");
        send(&desk.admin, &path, "revoke", json!({})).await.problem(409, "state");
        send(&desk.admin, &path, "reject", json!({})).await.problem(409, "state");
        desk.assert_nothing_happened(before).await;
        send(&desk.admin, &path, "approve", json!({})).await.expect(200);
        shop.alice.delete(&path).await.expect(204);

        // Who was refused may ask anew, and waits anew.
        let path = shop.subscribe(&shop.gold).await;
        send(&desk.admin, &path, "reject", json!({})).await.expect(200);
        send(&desk.admin, &path, "revoke", json!({})).await.problem(409, "state");
        send(&shop.alice, &path, "change-plan", json!({"plan_id": shop.free})).await.problem(409, "state");
        shop.alice.delete(&path).await.expect(204);
        assert_eq!(shop.alice.make(PATH, shop.wish(&shop.gold)).await["status"], "pending");
    }
);

both!(
    async fn the_gateway_knows_every_decision_at_once(desk) {
        let shop = Shop::open(&desk).await;
        let (admin, alice) = (&desk.admin, &shop.alice);
        let key = alice.key(&shop.application).await;
        let plan = || verifier::get(&desk, "/orders/1", &key).map(|verified| verified.plan().unwrap().to_owned());
        assert_eq!(plan(), Err("subscription_missing"));
        let path = shop.subscribe(&shop.gold).await;
        assert_eq!(plan(), Err("subscription_pending"));
        send(admin, &path, "reject", json!({})).await.expect(200);
        assert_eq!(plan(), Err("subscription_rejected"));
        send(admin, &path, "approve", json!({})).await.expect(200);
        assert_eq!(plan().as_deref(), Ok("Gold"));
        send(alice, &path, "change-plan", json!({"plan_id": shop.free})).await.expect(200);
        assert_eq!(plan().as_deref(), Ok("Free"));
        send(alice, &path, "change-plan", json!({"plan_id": shop.gold})).await.expect(200);
        assert_eq!(plan().as_deref(), Ok("Free"));
        send(admin, &path, "approve", json!({})).await.expect(200);
        assert_eq!(plan().as_deref(), Ok("Gold"));
        send(admin, &path, "revoke", json!({})).await.expect(200);
        assert_eq!(plan(), Err("subscription_revoked"));
        admin.delete(&path).await.expect(204);
        assert_eq!(plan(), Err("subscription_missing"));
    }
);
