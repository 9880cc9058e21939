//! What the database is asked.

use domain::{ApplicationDraft, Owner};
use serde_json::json;

use super::Client;
use crate::support::{both, id};

both!(
    async fn an_application_and_a_key_cost_two_transactions(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let (before, _) = desk.load();
        let application = ada.application("Shop").await;
        let path = format!("/api/v2/applications/{application}/credentials");
        ada.post(&path, json!({"display_name": "Main"})).await.is(201, "credential_made");
        assert_eq!(desk.load().0 - before, 2);
    }
);

both!(
    async fn a_long_list_costs_as_many_statements_as_a_short_one(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let me = ada.get("/api/v2/developer/me").await.is(200, "developer");
        let owner = Owner::Developer(id(&me).parse().unwrap());
        let operator = app::Caller::operator();
        let statements = async |size: u32| {
            let before = desk.load().1;
            let page = ada.get(&format!("/api/v2/applications?page[size]={size}")).await.is(200, "applications");
            let found = page["data"].as_array().unwrap().len();
            (desk.load().1 - before, found)
        };
        let make = async |n: u32| {
            let draft = ApplicationDraft { name: format!("Shop {n}"), ..ApplicationDraft::default() };
            desk.app.create_application(&operator, draft, Some(owner), None).await.unwrap();
        };
        make(0).await;
        statements(1).await;
        let (few, one) = statements(500).await;
        for n in 1..500 {
            make(n).await;
        }
        let (many, all) = statements(500).await;
        assert_eq!((one, all), (1, 500));
        assert_eq!(few, many);
        assert!(many <= 8, "{many} statements");
    }
);
