//! `/console/webhooks` and `/console/webhook-deliveries`

use serde_json::json;

use super::{Browser, error_of, secret};
use crate::support::{both, id};

const PATH: &str = "/console/webhooks";
const NEW: &str = "/console/webhooks/new";
const URL: &str = "https://gateway.example.com/hook";

both!(
    async fn an_endpoint_is_made_changed_stopped_and_deleted(desk) {
        let root = Browser::of_administrator(&desk).await;
        assert!(root.open(PATH).await.page(200, "Webhooks").text.contains("Create the first endpoint"));
        root.fill(NEW, NEW, &[("url", "ftp://x"), ("auth", "none")]).await.complains_about("url", "must");
        let page = root.fill(NEW, NEW, &[("url", URL), ("auth", "headers"), ("auth_headers", "X-Key")]).await.expect(400);
        assert!(error_of(&page, "auth_headers").contains("must be lines like"), "{}", page.text);
        let fields = [("url", URL), ("shape", "own"), ("auth", "basic"), ("auth_username", "kw"), ("auth_password", "hunter22"),
            ("event_types", "plan.created"), ("event_types", "plan.deleted")];
        let made = root.fill(NEW, NEW, &fields).await.page(200, "Your signing secret");
        let first = secret(&made);
        assert!(first.starts_with("whsec_"), "{first}");
        let endpoint = desk.admin.get("/api/v1/webhook-endpoints").await.expect(200).json()["items"][0].clone();
        assert_eq!(endpoint["event_types"], json!(["plan.created", "plan.deleted"]));
        let path = format!("{PATH}/{}", id(&endpoint));
        let shown = root.open(&path).await.page(200, URL);
        assert!(!shown.text.contains(&first) && !shown.text.contains("hunter22"), "{}", shown.text);

        // What it proves us by stays unless something else is chosen.
        let edit = format!("{path}/edit");
        root.fill(&edit, &edit, &[("url", URL), ("shape", "own"), ("description", "Gateway")]).await.leads_to(&format!("{path}?notice=saved"));
        let after = desk.admin.get(&format!("/api/v1/webhook-endpoints/{}", id(&endpoint))).await.expect(200).json();
        assert_eq!((&after["auth"]["username"], &after["event_types"]), (&json!("kw"), &json!(null)));
        let renew = format!("{path}/secret");
        let again = root.fill(&renew, &renew, &[("overlap_seconds", "3600")]).await.page(200, "Your signing secret");
        assert_ne!(secret(&again), first);
        assert!(root.open(&path).await.expect(200).text.contains("An older one ends in 1 hour"));

        let csrf = root.csrf().await;
        let csrf = [("csrf", csrf.as_str())];
        root.submit(&format!("{path}/disable"), &csrf).await.leads_to(&format!("{path}?notice=webhook_off"));
        let off = root.open(&path).await.expect(200);
        assert!(off.text.contains("Switched off") && !off.text.contains("/replay\""), "{}", off.text);
        root.submit(&format!("{path}/enable"), &csrf).await.leads_to(&format!("{path}?notice=webhook_on"));
        let delete = format!("{path}/delete");
        root.fill(&delete, &delete, &[("confirm", "yes")]).await.complains_about("confirm", "does not match");
        root.fill(&delete, &delete, &[("confirm", URL)]).await.leads_to(&format!("{PATH}?notice=deleted"));
    }
);

both!(
    async fn deliveries_are_seen_given_up_and_sent_again(desk) {
        let endpoint = json!({"url": URL, "event_types": ["plan.created"]});
        let endpoint = id(&desk.admin.make("/api/v1/webhook-endpoints", endpoint).await).to_owned();
        desk.plan("Gold", false).await;
        while desk.app.tell_webhooks().await.unwrap() {}
        let root = Browser::of_administrator(&desk).await;
        let delivery = desk.admin.get("/api/v1/webhook-deliveries").await.expect(200).json()["items"][0].clone();
        let list = "/console/webhook-deliveries";
        let path = format!("{list}/{}", id(&delivery));
        let page = root.open(&format!("{list}?endpoint={endpoint}&state=pending")).await.page(200, "Webhook deliveries");
        assert!(page.text.contains(&path), "{}", page.text);
        assert!(!root.open(&format!("{list}?state=delivered")).await.expect(200).text.contains(&path));
        assert!(!root.open(&format!("{list}?endpoint=x")).await.expect(200).text.contains(&path));
        let shown = root.open(&path).await.page(200, "plan.created");
        assert!(shown.text.contains("It was not tried yet") && shown.text.contains("Gold"), "{}", shown.text);
        root.fill(&path, &format!("{path}/cancel"), &[]).await.leads_to(&format!("{path}?notice=canceled"));
        root.fill(&path, &format!("{path}/replay"), &[]).await.leads_to(&format!("{path}?notice=replayed"));
        let replay = format!("{PATH}/{endpoint}/replay");
        root.fill(&replay, &replay, &[("since", "tomorrow")]).await.complains_about("since", "must be a day");
        root.fill(&replay, &replay, &[("since", "2026-11-23")]).await.leads_to(&format!("{PATH}/{endpoint}?notice=replayed"));
        // Nobody has this name; the page says that nothing was taken.
        let csrf = root.csrf().await;
        let tried = root.submit(&format!("{PATH}/{endpoint}/test"), &[("csrf", &csrf)]).await.page(200, "Test call");
        assert!(tried.text.contains("The receiver did not take it"), "{}", tried.text);
    }
);
