//! Pages of other sites.

use reqwest::Method;
use serde_json::json;

use super::{Client, password};
use crate::support::{Answer, both};

const THEIRS: &str = "https://portal.example.com";

both!(
    async fn only_pages_on_the_list_may_call(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let from = async |origin: &str, method: Method, path: &str| {
            let request = ada.request(method, path).header("origin", origin).header("content-type", "application/json");
            Answer::of(request.body("")).await
        };
        let preflight = async |origin: &str| {
            let request = ada
                .request(Method::OPTIONS, "/api/v2/applications")
                .header("origin", origin)
                .header("access-control-request-method", "POST");
            Answer::of(request).await.empty(204)
        };
        let logout = "/api/v2/developer/logout";
        let before = desk.changes().await;
        for origin in [THEIRS, "null", "https://portal.example.com.evil.test", "http://portal.example.com"] {
            let answer = from(origin, Method::POST, logout).await;
            assert_eq!(answer.header("access-control-allow-origin"), "");
            answer.refused(403, "Forbidden");
            assert_eq!(preflight(origin).await.header("access-control-allow-origin"), "");
            let read = from(origin, Method::GET, "/api/v2/developer/me").await.expect(200);
            assert_eq!(read.header("access-control-allow-credentials"), "");
            assert_eq!(read.header("cross-origin-resource-policy"), "same-origin");
        }
        let cross = ada.request(Method::POST, logout).header("sec-fetch-site", "cross-site");
        Answer::of(cross).await.refused(403, "Forbidden");
        desk.assert_nothing_happened(before).await;

        desk.admin.patch("/api/v1/portal", json!({"allowed_origins": ["*"]})).await.names("allowed_origins[0]");
        desk.admin.patch("/api/v1/portal", json!({"allowed_origins": [THEIRS]})).await.expect(200);
        let answer = preflight(THEIRS).await;
        assert_eq!(answer.header("access-control-allow-origin"), THEIRS);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(answer.header("access-control-allow-methods").contains("PATCH"));
        assert_eq!(answer.header("vary"), "Origin");
        let read = from(THEIRS, Method::GET, "/api/v2/developer/me").await.expect(200);
        assert_eq!(read.header("access-control-allow-origin"), THEIRS);
        assert_eq!(read.header("cross-origin-resource-policy"), "cross-origin");
        // A refusal can be read as well.
        let refused = from(THEIRS, Method::GET, "/api/v2/applications/x").await;
        assert_eq!(refused.header("access-control-allow-origin"), THEIRS);
        let mut again = ada.clone();
        let answer = again.sign_in(&password("ada")).await;
        assert!(answer.header("set-cookie").ends_with("; HttpOnly; Secure; SameSite=None"), "{answer:?}");
        from("https://portal.example.com.evil.test", Method::POST, logout).await.refused(403, "Forbidden");
        from("http://127.0.0.1:8080", Method::POST, logout).await.empty(204);
    }
);
