//! `/api/v1/subscriptions`

mod asking;
mod deciding;
mod seeing;

use serde_json::{Value, json};

use crate::support::{Answer, Desk, User, id};

const PATH: &str = "/api/v1/subscriptions";
const MISSING: &str = "00000000-0000-7000-8000-000000000000";

/// Alice has an application, and there is a version that offers a free plan and one that needs approval.
struct Shop {
    alice: User,
    application: String,
    free: String,
    gold: String,
    version: String,
}

impl Shop {
    async fn open(desk: &Desk) -> Self {
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let (free, gold) = (desk.plan("Free", false).await, desk.plan("Gold", true).await);
        let version = desk.version("/orders", json!({"plan_ids": [free, gold]})).await;
        Self { alice, application, free, gold, version }
    }

    fn wish(&self, plan: &str) -> Value {
        json!({"application_id": self.application, "api_version_id": self.version, "plan_id": plan})
    }

    /// Where the subscription is that Alice asks for.
    async fn subscribe(&self, plan: &str) -> String {
        format!("{PATH}/{}", id(&self.alice.make(PATH, self.wish(plan)).await))
    }
}

/// An application of a partner.
async fn application_of(desk: &Desk, partner: &str) -> String {
    let application = json!({"name": "Shop", "owner": {"partner": partner}});
    id(&desk.admin.make("/api/v1/applications", application).await).to_owned()
}

async fn send(user: &User, path: &str, verb: &str, body: Value) -> Answer {
    user.post(&format!("{path}/{verb}"), body).await
}
