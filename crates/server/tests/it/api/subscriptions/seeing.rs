//! Who sees which subscriptions.

use reqwest::Method;
use serde_json::{Value, json};

use super::{MISSING, PATH, Shop, send};
use crate::support::{anonymous, both, id, ids};

both!(
    async fn a_149_strangers_and_other_developers_see_nothing(desk) {
        let shop = Shop::open(&desk).await;
        let path = shop.subscribe(&shop.gold).await;
        let bob = desk.developer("bob").await;
        let verbs = |path: &str| {
            let post = |verb: &str, body: Value| (Method::POST, format!("{path}/{verb}"), body);
            let decide = ["approve", "reject", "revoke"].map(|verb| post(verb, json!({})));
            (decide, post("change-plan", json!({"plan_id": shop.free})))
        };
        let (decide, change) = verbs(&path);
        let single = (Method::GET, path.clone(), json!(null));
        let list = (Method::GET, PATH.to_owned(), json!(null));
        let create = (Method::POST, PATH.to_owned(), shop.wish(&shop.free));
        let delete = (Method::DELETE, path.clone(), json!(null));
        let (reader, other) = (desk.token(&["subscriptions:read"]).await, desk.token(&["applications:write"]).await);
        let before = desk.changes().await;

        let writes = [&decide[..], &[create.clone(), change.clone(), delete.clone()]].concat();
        let all = [&writes[..], &[single.clone(), list]].concat();
        desk.anonymous().is_refused(&all, 401, "unauthenticated").await;
        other.is_refused(&all, 403, "forbidden").await;
        reader.is_refused(&writes, 403, "forbidden").await;
        bob.is_refused(&[&writes[..], &[single]].concat(), 404, "not_found").await;
        shop.alice.is_refused(&decide, 403, "forbidden").await;

        let missing = format!("{PATH}/{MISSING}");
        let unknown = anonymous(bob.get(&missing).await.problem(404, "not_found"));
        assert_eq!(anonymous(bob.get(&path).await.problem(404, "not_found")), unknown);
        let mut wish = shop.wish(&shop.free);
        let foreign = anonymous(bob.post(PATH, wish.clone()).await.problem(404, "not_found"));
        wish["application_id"] = json!(MISSING);
        assert_eq!(anonymous(bob.post(PATH, wish).await.problem(404, "not_found")), foreign);

        // neither lists nor filters give away what others have.
        for filter in [
            "".to_owned(),
            "?undecided=true".to_owned(),
            "?status=pending".to_owned(),
            format!("?plan_id={}", shop.gold),
            format!("?api_version_id={}", shop.version),
        ] {
            let page = bob.get(&format!("{PATH}{filter}")).await.expect(200).json();
            assert_eq!(page, json!({"items": [], "next_cursor": null}), "{filter}");
            assert_eq!(ids(&shop.alice.get(&format!("{PATH}{filter}")).await).len(), 1, "{filter}");
        }
        for application in [shop.application.as_str(), MISSING] {
            bob.get(&format!("{PATH}?application_id={application}")).await.problem(404, "not_found");
        }
        reader.get(&path).await.expect(200);
        assert_eq!(ids(&reader.get(PATH).await.expect(200)).len(), 1);
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn lists_are_filtered_and_come_in_pages(desk) {
        let shop = Shop::open(&desk).await;
        let bob = desk.developer("bob").await;
        let bobs = bob.application().await;
        let stock = desk.version("/stock", json!({"plan_ids": [shop.free, shop.gold]})).await;
        let mut made = Vec::new();
        for (application, version, plan) in [
            (&shop.application, &shop.version, &shop.free),
            (&shop.application, &stock, &shop.gold),
            (&bobs, &shop.version, &shop.gold),
            (&bobs, &stock, &shop.free),
        ] {
            let owner = if application == &bobs { &bob } else { &shop.alice };
            let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
            made.push(id(&owner.make(PATH, wish).await).to_owned());
        }
        send(&desk.admin, &format!("{PATH}/{}", made[2]), "reject", json!({})).await.expect(200);
        send(&bob, &format!("{PATH}/{}", made[3]), "change-plan", json!({"plan_id": shop.gold})).await.expect(200);
        for (filter, expected) in [
            (String::new(), &[3, 2, 1, 0][..]),
            (format!("application_id={bobs}"), &[3, 2]),
            (format!("api_version_id={stock}"), &[3, 1]),
            (format!("plan_id={}", shop.free), &[3, 0]),
            ("status=approved".to_owned(), &[3, 0]),
            ("status=pending".to_owned(), &[1]),
            ("status=rejected".to_owned(), &[2]),
            ("status=revoked".to_owned(), &[]),
            ("undecided=true".to_owned(), &[3, 1]),
            ("undecided=false".to_owned(), &[3, 2, 1, 0]),
            (format!("undecided=true&application_id={}", shop.application), &[1]),
        ] {
            let page = desk.admin.get(&format!("{PATH}?{filter}")).await.expect(200);
            assert_eq!(ids(&page), expected.iter().map(|&n: &usize| made[n].clone()).collect::<Vec<_>>(), "{filter}");
        }
        let first = desk.admin.get(&format!("{PATH}?limit=3")).await.expect(200);
        let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
        assert_eq!(ids(&desk.admin.get(&format!("{PATH}?limit=3&cursor={cursor}")).await), made[..1]);
        desk.admin.get(&format!("{PATH}?status=approved&cursor={cursor}")).await.names("cursor");
        // Somebody else's cursor shows no more than what one may see.
        assert_eq!(ids(&bob.get(&format!("{PATH}?limit=3&cursor={cursor}")).await), [""; 0]);
    }
);

both!(
    async fn a_version_with_subscriptions_cannot_be_deleted(desk) {
        let shop = Shop::open(&desk).await;
        let path = shop.subscribe(&shop.free).await;
        let version = format!("/api/v1/api-versions/{}", shop.version);
        desk.admin.delete(&version).await.problem(409, "in_use");
        shop.alice.delete(&path).await.expect(204);
        desk.admin.delete(&version).await.expect(204);
    }
);
