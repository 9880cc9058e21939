//! `/console/refused-calls`, `/applications/{id}/refused-calls`, `/refused-calls/{id}`

use super::Browser;
use crate::gateway::Call;
use crate::gateway::door::Door;
use crate::support::both;

both!(
    async fn a_page_says_why_and_what_to_do(desk) {
        let door = Door::open(&desk).await;
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let application = alice.application().await;
        let key = alice.key(&application).await;
        let of_application = format!("/applications/{application}/refused-calls");
        let (own, root) = (Browser::of(&desk, &alice), Browser::of_administrator(&desk).await);
        assert!(own.open(&of_application).await.page(200, "Shop").text.contains("No call was refused"));
        let refused = door.ask(&Call::get("/orders/<b>7").key(&key)).await;
        refused.refused(403, "path_character");
        let refused = door.ask(&Call::get("/orders/7").key(&key)).await;
        refused.refused(403, "subscription_missing");
        desk.app.flush().await.unwrap();
        let request = refused.header("x-keywright-request-id").to_owned();
        let path = format!("/refused-calls/{request}");

        let list = own.open(&of_application).await.page(200, "Shop");
        assert!(list.text.contains(&path) && list.text.contains("GET api.example.com/orders/7"), "{}", list.text);
        assert!(!list.text.contains("path_character"), "nobody knows whose it was: {}", list.text);
        let page = own.open(&path).await.page(200, "Why was this refused?");
        assert!(page.text.contains("The application is not subscribed to this API."), "{}", page.text);
        assert!(page.text.contains("Subscribe the application") && page.text.contains(&format!("/applications/{application}/subscriptions")));

        let all = root.open("/console/refused-calls").await.page(200, "Refused calls");
        assert!(all.text.contains("/orders/&#60;b&#62;7") && all.text.contains("path_character"), "{}", all.text);
        let found = root.open(&format!("/console/refused-calls?request={request}")).await.page(200, "Refused calls");
        assert!(found.text.contains(&path) && !found.text.contains("path_character"));
        let none = root.open("/console/refused-calls?request=nonsense").await.page(200, "Refused calls");
        assert!(!none.text.contains(&path));
        root.open(&path).await.page(200, "Why was this refused?");
        let stranger = Browser::of(&desk, &bob);
        stranger.open(&path).await.page(404, "There is nothing here");
        stranger.open(&of_application).await.page(404, "There is nothing here");
    }
);
