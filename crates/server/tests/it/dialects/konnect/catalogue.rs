//! `/api/v2/portal`, `/api/v2/products`, their versions and documents, and `/api/v2/search`.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, fits, product};
use crate::support::{Answer, Desk, both, id};

/// `data`'s names, in order.
#[track_caller]
fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

both!(
    async fn a_portal_says_what_it_is(desk) {
        let nobody = Client::nobody(&desk);
        let portal = nobody.get("/api/v2/portal").await.is(200, "portal");
        assert_eq!(portal["is_public"], false);
        assert_eq!(portal["canonical_domain"], "127.0.0.1:8080");
        assert_eq!(portal, nobody.get("/api/v2/portal").await.is(200, "portal"));
        let change = json!({"name": "Acme", "headline": "Our APIs", "welcome": "Hello"});
        desk.admin.patch("/api/v1/portal", change).await.expect(200);
        let changed = nobody.get("/api/v2/portal").await.is(200, "portal");
        assert_eq!((&changed["name"], &changed["portal_id"]), (&json!("Acme"), &portal["portal_id"]));
        let look = nobody.get("/api/v2/portal/appearance").await.is(200, "appearance");
        assert_eq!(look["variables"]["catalog"]["primary_header"]["text"], "Our APIs");

        for path in ["logo", "catalog-cover"] {
            let picture = nobody.get(&format!("/api/v2/portal/{path}")).await.expect(200);
            assert_eq!(picture.header("content-type"), "image/png");
        }
        let jpeg = b"\xff\xd8\xff\xe0 and so on".to_vec();
        let put = desk.admin.send_text(Method::PUT, "/api/v1/portal/logo", "image/jpeg", jpeg.clone());
        put.await.expect(204);
        let request = nobody.request(Method::GET, "/api/v2/portal/logo");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "image/jpg");
        assert_eq!(answer.bytes().await.unwrap(), jpeg);
        let script = desk.admin.send_text(Method::PUT, "/api/v1/portal/logo", "image/png", "<svg/>").await;
        script.names("picture");
        desk.admin.delete("/api/v1/portal/logo").await.expect(204);
        desk.admin.delete("/api/v1/portal/logo").await.problem(404, "not_found");
    }
);

both!(
    async fn products_are_listed_filtered_and_found(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let (orders, version) = product(&desk, "Orders", json!({})).await;
        let (weather, _) = product(&desk, "Weather", json!({})).await;
        let page = ada.get("/api/v2/products").await.is(200, "products");
        assert_eq!(page["meta"]["page"], json!({"number": 1, "size": 10, "total": 2}));
        assert_eq!(names(&page), ["Weather", "Orders"]);
        assert_eq!(page["data"][1]["public_labels"], json!({"team": "core"}));
        assert_eq!(page["data"][1]["latest_version"], json!({"id": version, "name": "v1"}));
        let one = ada.get(&format!("/api/v2/products/{orders}")).await.is(200, "product");
        assert_eq!(one, page["data"][1]);
        for (query, found) in [
            ("filter[name]=Orders", vec!["Orders"]),
            ("filter[name]=orders", vec![]),
            ("filter%5Bname%5D%5Beq%5D=Weather", vec!["Weather"]),
            ("filter[name][contains]=EATH", vec!["Weather"]),
            ("filter[description][contains]=about", vec!["Weather", "Orders"]),
            ("filter[description]=About+Orders", vec!["Orders"]),
            (&format!("filter[id]={weather}"), vec!["Weather"]),
            ("page[size]=1&page[number]=2", vec!["Orders"]),
            ("page[size]=1&page[number]=3", vec![]),
            ("page[size]=&page[number]=", vec!["Weather", "Orders"]),
        ] {
            let page = ada.get(&format!("/api/v2/products?{query}")).await.is(200, "products");
            assert_eq!(names(&page), found, "{query}");
        }
        let actions = ada.get(&format!("/api/v2/products/{orders}/actions")).await.is(200, "actions");
        assert_eq!(actions["actions"], json!({"view": true, "register": true, "view_documentation": true}));

        let versions = ada.get(&format!("/api/v2/products/{orders}/versions?filter[name]=v1")).await.is(200, "versions");
        let config = &versions["data"][0]["registration_configs"][0];
        assert_eq!((&config["registration_enabled"], &config["registration_auto_approve"]), (&json!(true), &json!(false)));
        let path = format!("/api/v2/products/{orders}/versions/{version}");
        ada.get(&path).await.is(200, "version");
        ada.get(&format!("/api/v2/products/{weather}/versions/{version}")).await.refused(404, "Not Found");
        for part in ["spec", "spec/operations"] {
            ada.get(&format!("{path}/{part}")).await.empty(204);
        }
        let text = "openapi: 3.1.0\ninfo: {title: Orders, version: '1'}\npaths:\n  /a:\n    get: {tags: [x]}\n";
        let place = format!("/api/v1/api-versions/{version}/specification");
        let put = desk.admin.request(Method::PUT, &place).header("if-match", "*").header("content-type", "application/yaml");
        Answer::of(put.body(text)).await.expect(200);
        let spec = ada.get(&format!("{path}/spec")).await.is(200, "spec");
        assert_eq!(spec["content"], text);
        let operations = ada.get(&format!("{path}/spec/operations")).await.is(200, "operations");
        assert_eq!(operations["operations"][0]["method"], "get");

        ada.get("/api/v2/products/x/actions").await.refused(404, "Not Found");
        ada.get("/api/v2/products/x").await.wrong(&["path productId is_uuid"]);
        ada.get("/api/v2/products?filter[id]=x").await.wrong(&["query filter[id] is_uuid"]);
    }
);

both!(
    async fn what_roles_and_privacy_keep_away_is_absent(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let (gold, version) = product(&desk, "Gold", json!({"required_roles": ["gold"]})).await;
        let (hidden, _) = product(&desk, "Hidden", json!({"private": true})).await;
        for product in [&gold, &hidden] {
            for part in ["", "/actions", "/versions", "/documents"] {
                ada.get(&format!("/api/v2/products/{product}{part}")).await.refused(404, "Not Found");
            }
        }
        let page = ada.get("/api/v2/products").await.is(200, "products");
        assert_eq!(names(&page), [""; 0]);
        let hits = ada.get("/api/v2/search/product-catalog?q=gold").await.is(200, "hits");
        assert_eq!(hits["meta"]["page"]["total"], 0);
        let application = ada.application("Shop").await;
        let path = format!("/api/v2/applications/{application}/registrations");
        ada.post(&path, json!({"product_version_id": version})).await.refused(404, "Not Found");

        let me = ada.get("/api/v2/developer/me").await.is(200, "developer");
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme", "roles": ["gold"]})).await;
        let member = format!("/api/v1/partners/{}/members/{}", id(&partner), id(&me));
        desk.admin.put(&member, json!({"role": "READ_ONLY"})).await.expect(200);
        let page = ada.get("/api/v2/products").await.is(200, "products");
        assert_eq!(names(&page), ["Gold"]);
        // The partner holds the role, an application of one's own does not.
        let actions = ada.get(&format!("/api/v2/products/{gold}/actions")).await.is(200, "actions");
        assert_eq!(actions["actions"]["register"], false);
    }
);

both!(
    async fn search_looks_where_it_is_told_to(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let (orders, _) = product(&desk, "Orders", json!({"name": "summer-release"})).await;
        product(&desk, "Weather", json!({})).await;
        let page = json!({"slug": "start", "title": "Start", "body": "About umbrellas"});
        desk.admin.make(&format!("/api/v1/apis/{orders}/documents"), page).await;
        let found = async |query: &str| {
            let page = ada.get(&format!("/api/v2/search/product-catalog?{query}")).await.is(200, "hits");
            let hits = page["data"].as_array().unwrap().iter();
            hits.map(|hit| hit["source"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("").await, ["Weather", "Orders"]);
        assert_eq!(found("q=ORDE&page[size]=12").await, ["Orders"]);
        assert_eq!(found("q=summer").await, [""; 0]);
        assert_eq!(found("q=summer&join=versions").await, ["Orders"]);
        assert_eq!(found("q=Umbrella&join=versions%2Cversions.documents").await, ["Orders"]);
        ada.get("/api/v2/search/applications").await.wrong(&["path indices enum"]);
        ada.get("/api/v2/search/product-catalog?join=x").await.wrong(&["query join enum"]);
    }
);

/// Pages about an API: one on top, one below it.
async fn documents(desk: &Desk, api: &str) -> (String, String) {
    let path = format!("/api/v1/apis/{api}/documents");
    let top = json!({"slug": "guide", "title": "Guide", "body": "# Guide\n\n- [x] *done*\n"});
    let top = id(&desk.admin.make(&path, top).await).to_owned();
    let below = json!({"slug": "auth", "title": "Auth", "body": "Use a key.", "parent_id": top});
    (top, id(&desk.admin.make(&path, below).await).to_owned())
}

both!(
    async fn documents_are_a_list_a_tree_and_pages(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let (api, _) = product(&desk, "Orders", json!({})).await;
        let (other, _) = product(&desk, "Other", json!({})).await;
        let (guide, auth) = documents(&desk, &api).await;
        let path = format!("/api/v2/products/{api}/documents");
        let list = ada.get(&path).await.is(200, "document_items");
        assert_eq!(list["meta"]["page"]["total"], 2);
        assert_eq!(list["data"][1]["parent_document_id"], json!(guide));

        let accept = async |path: &str, kind: &str| {
            let answer = Answer::of(ada.request(Method::GET, path).header("accept", kind)).await.expect(200);
            assert_eq!(answer.header("content-type"), kind);
            answer.json()
        };
        let tree = accept(&path, "application/vnd.konnect.document-tree+json").await;
        fits(&tree, "document_trees");
        assert_eq!(tree["meta"]["page"]["total"], 1);
        assert_eq!(tree["data"][0]["children"][0]["id"], json!(auth));

        let by_slug = ada.get(&format!("{path}/guide")).await.is(200, "document");
        assert_eq!(by_slug["content"], "# Guide\n\n- [x] *done*\n");
        assert_eq!(by_slug, ada.get(&format!("{path}/{guide}")).await.is(200, "document"));
        let nodes = accept(&format!("{path}/guide"), "application/vnd.konnect.document-nodes+json").await;
        fits(&nodes, "document_nodes");
        assert_eq!(nodes["content"]["children"][0]["type"], "heading");
        ada.get(&format!("{path}/nothing")).await.refused(404, "Not Found");
        ada.get(&format!("/api/v2/products/{other}/documents/{guide}")).await.refused(404, "Not Found");
        let product = ada.get(&format!("/api/v2/products/{api}")).await.is(200, "product");
        assert_eq!(product["document_count"], 2);
    }
);

both!(
    async fn a_public_portal_shows_its_catalogue_and_knows_no_applications(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let nobody = Client::nobody(&desk);
        let (api, version) = product(&desk, "Orders", json!({})).await;
        product(&desk, "Gold", json!({"required_roles": ["gold"]})).await;
        documents(&desk, &api).await;
        let application = ada.application("Shop").await;
        let catalogue = [
            ("/api/v2/products".to_owned(), "products"),
            (format!("/api/v2/products/{api}"), "product"),
            (format!("/api/v2/products/{api}/actions"), "actions"),
            (format!("/api/v2/products/{api}/versions"), "versions"),
            (format!("/api/v2/products/{api}/versions/{version}"), "version"),
            (format!("/api/v2/products/{api}/documents"), "document_items"),
            (format!("/api/v2/products/{api}/documents/guide"), "document"),
            ("/api/v2/search/product-catalog".to_owned(), "hits"),
        ];
        for (path, _) in &catalogue {
            nobody.get(path).await.refused(401, "Unauthorized");
        }
        desk.admin.patch("/api/v1/portal", json!({"is_public": true})).await.expect(200);
        for (path, schema) in &catalogue {
            nobody.get(path).await.is(200, schema);
        }
        let page = nobody.get("/api/v2/products").await.is(200, "products");
        assert_eq!(names(&page), ["Orders"]);
        for user in [&ada, &nobody] {
            for path in ["", "/auth-strategies", &format!("/{application}"), &format!("/{application}/credentials"),
                &format!("/{application}/registrations")] {
                user.get(&format!("/api/v2/applications{path}")).await.refused(404, "Not Found");
            }
            user.post("/api/v2/applications", json!({"name": "x"})).await.refused(404, "Not Found");
            let body = json!({"email": "new@example.com", "full_name": "New"});
            user.post("/api/v2/developer", body).await.wrong(&["body email invalid"]);
        }
        ada.get("/api/v2/developer/me").await.is(200, "developer");
    }
);
