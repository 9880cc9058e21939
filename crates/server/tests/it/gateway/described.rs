//! What is believed of what a gateway says about a call.

use keywright_server::{Adapter, GatewayOptions};

use super::call::Call;
use super::door::{Door, question};
use crate::support::both;

both!(
    async fn each_gateway_speaks_its_own_headers(desk) {
        let door = Door::open(&desk).await;
        let asked = Call::get("/gateway/forward-auth?a=1").key(door.key());
        let caddy = asked
            .clone()
            .header("X-Forwarded-Uri", "/orders/1?full=yes")
            .header("X-Forwarded-Method", "GET")
            .header("X-Forwarded-Host", "api.example.com");
        door.passed(&caddy.send(door.address).await);
        // The host that the question itself is sent to says nothing.
        caddy.clone().without("X-Forwarded-Host").send(door.address).await.refused(403, "host_empty");
        caddy.clone().without("X-Forwarded-Method").send(door.address).await.refused(403, "method_unknown");
        caddy.clone().without("X-Forwarded-Uri").send(door.address).await.refused(403, "target_empty");
        asked.send(door.address).await.refused(403, "method_unknown");
    }
);

both!(
    async fn a_205_alias_headers(desk) {
        let door = Door::open(&desk).await;
        let good = question(&door.good());
        door.passed(&good.send(door.address).await);
        for (name, value) in [
            // Aliases.
            ("X_Original_Uri", "/orders"),
            ("X_Forwarded_Uri", "/orders"),
            ("X.Forwarded.Uri", "/orders"),
            ("x-forwarded_uri", "/orders"),
            ("X_Forwarded_For", "10.0.0.5"),
            ("X_Keywright_Application_Id", "admin"),
            ("X-Keywright_Plan", "gold"),
            // Said twice, in the same words or others.
            ("X-Original-URI", "/orders/1?full=yes"),
            ("x-original-uri", "/orders/2"),
            ("X-Original-Method", "GET"),
            ("X-Original-Host", "api.example.com"),
            // Said by two.
            ("X-Forwarded-Uri", "/orders/1"),
            ("X-Forwarded-Method", "GET"),
            ("X-Original-URL", "/orders/1"),
            ("X-Rewrite-URL", "/orders/1"),
        ] {
            let answer = good.clone().header(name, value).send(door.address).await;
            answer.refused(403, "headers_ambiguous");
        }
    }
);

both!(
    async fn a_205_only_the_set_of_the_configured_adapter(desk) {
        for (adapter, ours, theirs) in
            [(Adapter::Nginx, "Original", "Forwarded"), (Adapter::Forwarded, "Forwarded", "Original")]
        {
            let door = Door::open_with(&desk, GatewayOptions { adapter, ..GatewayOptions::default() }).await;
            let said = |call: Call, set: &str, path: &str| {
                call.header(&format!("X-{set}-Uri"), path)
                    .header(&format!("X-{set}-Method"), "GET")
                    .header(&format!("X-{set}-Host"), "api.example.com")
            };
            let asked = Call::get("/gateway/forward-auth").key(door.key());
            let both = said(said(asked.clone(), ours, "/orders"), theirs, "/nowhere");
            door.passed(&both.send(door.address).await);
            let both = said(said(asked.clone(), ours, "/nowhere"), theirs, "/orders");
            both.send(door.address).await.refused(403, "api_unknown");
            said(asked, theirs, "/orders").send(door.address).await.refused(403, "method_unknown");
        }
    }
);

both!(
    async fn a_206_planted_identity_headers_change_nothing(desk) {
        let door = Door::open(&desk).await;
        for name in keywright_server::IDENTITY {
            let planted = door.good().header(name.as_str(), "admin");
            let answer = door.ask(&planted).await;
            door.passed(&answer);
            assert_ne!(answer.header(name.as_str()), "admin");
            let planted = Call::get("/orders").header(name.as_str(), "admin");
            door.ask(&planted).await.refused(401, "credential_missing");
        }
    }
);

both!(
    async fn a_207_malformed_original_uri(desk) {
        let door = Door::open(&desk).await;
        let long = format!("/orders/{}", "a".repeat(9 * 1024));
        let longer = format!("/orders/{}", "a".repeat(64 * 1024));
        for target in [
            &b""[..],
            b"http://[::1",
            b"http://api.example.com/orders",
            b"//api.example.com/orders",
            b"*",
            b"orders",
            b"?x-api-key=1",
            b"/%zz",
            b"/orders/%",
            b"/orders/\x80",
            b"/orders/\xff",
            b"/orders/caf\xc3\xa9",
            b"/orders x",
            b"/orders HTTP/1.1",
            b"/orders\t",
            b"/orders/../orders",
            b"/orders/%2e%2e/orders",
            b"/orders//1",
            b"/orders/%2f",
            b"/orders/%5c",
            b"/orders\\1",
            b"/orders;x=1",
            b"/orders/%00",
            b"/orders/%0d%0aX-Keywright-Plan:%20gold",
            b"/%6frders",
            b"/orders/%ef%bc%8f",
            long.as_bytes(),
            longer.as_bytes(),
        ] {
            let answer = door.ask(&Call::get(target).key(door.key())).await;
            let shown = String::from_utf8_lossy(target);
            // A value may not end in a blank: the parser of HTTP takes it away.
            if target.ends_with(b"\t") {
                door.passed(&answer);
                continue;
            }
            assert!(matches!(answer.status, 403 | 431), "{shown:?}: {answer:?}");
            answer.names_nobody();
        }
        // A header cannot be split: what follows the line end would be the next header.
        let split = question(&Call::get("/orders\0").key(door.key())).send(door.address).await;
        assert_eq!(split.status, 400);
    }
);

both!(
    async fn a_209_query_or_fragment_in_path_rules(desk) {
        let door = Door::open(&desk).await;
        door.publish("/admin", |_| ()).await;
        let open = |draft: &mut domain::ApiVersionDraft| {
            draft.accepted_credentials.clear();
            draft.subscription_required = false;
        };
        door.publish("/public", open).await;
        assert_eq!(door.ask(&Call::get("/public?/admin")).await.status, 200);
        for target in ["/admin?x=/public", "/admin?/public/health", "/admin??/public", "/admin/x?/../public"] {
            door.ask(&Call::get(target)).await.refused(401, "credential_missing");
        }
        for (target, reason) in [
            ("/admin%23/public", "path_encoded_delimiter"),
            ("/admin%3f/public", "path_encoded_delimiter"),
            ("/admin#/public", "path_character"),
            ("/public#/../admin", "path_character"),
            ("/public?#/admin", "query_character"),
            ("/public/../admin", "path_dot_segment"),
            ("/public/..%2fadmin", "path_encoded_delimiter"),
        ] {
            door.ask(&Call::get(target)).await.refused(403, reason);
        }
    }
);
