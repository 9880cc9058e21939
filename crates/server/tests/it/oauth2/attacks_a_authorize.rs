//! Group A: the authorization endpoint and consent.

use reqwest::Method;

use super::{Rp, confirm};
use crate::support::both;
use crate::web::Browser;

const SVG: &str = "\"><svg onload=alert(1)>{{7*7}}</script>";

both!(
    async fn a_001_a_002_a_005_only_the_registered_redirect_uri_is_gone_to(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        rp.code(&browser, &[]).await;
        for uri in [
            "https://rp.test/cb/", "https://rp.test/cb?x=1", "https://rp.test/cb#f", "https://rp.test/cb/../cb",
            "https://rp.test/cb/%2e%2e/cb", "https://rp.test/cb/%252e%252e/x", "https://rp.test/CB", "https://RP.test/cb",
            "HTTPS://rp.test/cb", "http://rp.test/cb", "https://rp.test:443/cb", "https://rp.test./cb",
            "https://sub.rp.test/cb", "//rp.test/cb", "/cb", "file:///cb", "", "https://rp.test@evil.test/cb",
            "https://rp.test\\@evil.test/cb", "https://evil.test\\.rp.test/cb", "https://rp.test%2f@evil.test",
            "https://rp.test%00.evil.test/cb", "https://rp.test\tevil", "https:rp.test/cb", "https:///rp.test/cb",
            "https://rp\u{3002}test/cb",
        ] {
            browser.open(&rp.request(&[("redirect_uri", uri)])).await.is_page(400);
        }
        browser.open(&rp.request(&[("client_id", "unknown")])).await.is_page(400);
        browser.open(&rp.request(&[("client_id", "")])).await.is_page(400);
    }
);

both!(
    async fn a_003_only_the_port_of_a_native_loopback_address_may_differ(desk) {
        let rp = Rp::with(&desk, "alice", |draft| {
            *draft = domain::ClientDraft::of(domain::ClientType::Native);
            draft.redirect_uris = vec!["http://127.0.0.1/cb".to_owned()];
            draft.scopes = vec!["openid".to_owned()];
            draft.trusted = true;
        })
        .await;
        let browser = Browser::of(&desk, &rp.owner);
        for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"] {
            let page = browser.open(&rp.request(&[("redirect_uri", uri), ("scope", "openid")])).await;
            assert_ne!(page.status, 400, "{uri}");
        }
        for uri in [
            "http://127.0.0.1:80@evil.test/cb", "http://127.0.0.1.evil.test/cb", "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1/cb?add=1", "http://localhost:1/cb", "http://[::1]:1/cb", "http://0x7f000001/cb",
        ] {
            browser.open(&rp.request(&[("redirect_uri", uri), ("scope", "openid")])).await.is_page(400);
        }
    }
);

both!(
    async fn a_006_clients_that_nobody_vouches_for_cannot_make_us_a_redirector(desk) {
        let rp = Rp::with(&desk, "alice", |draft| draft.trusted = false).await;
        let browser = Browser::of(&desk, &rp.owner);
        for changes in [("scope", "nope"), ("prompt", "none"), ("response_type", "x"), ("response_mode", "x")] {
            let page = browser.open(&rp.request(&[changes])).await;
            page.is_page_with("rp.test");
        }
    }
);

impl crate::support::Answer {
    fn is_page_with(&self, text: &str) {
        assert_eq!(self.status, 400, "{}", self.text);
        assert_eq!(self.header("location"), "");
        assert!(self.text.contains(text), "{}", self.text);
    }
}

both!(
    async fn a_007_no_parameter_is_there_twice(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        for twice in ["client_id=x", "redirect_uri=https%3A%2F%2Frp.test%2Fcb"] {
            browser.open(&format!("{}&{twice}", rp.request(&[]))).await.is_page(400);
        }
        for twice in ["scope=admin", "state=s2", "unknown=1&unknown=2"] {
            let back = browser.open(&format!("{}&{twice}", rp.request(&[]))).await.back();
            assert_eq!(back["error"], "invalid_request", "{twice}");
        }
        // One in the address and one in the form.
        let moved = browser.ask(Method::POST, &rp.request(&[]), &[], Some(&[("state", "s2")])).await;
        let back = browser.open(moved.header("location")).await.back();
        assert_eq!(back["error"], "invalid_request");
    }
);

both!(
    async fn a_009_pkce_is_neither_left_out_nor_weakened(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let odd = "a".repeat(129);
        for changes in [
            [("code_challenge", ""), ("code_challenge_method", "")],
            [("code_challenge", crate::oauth2::CHALLENGE), ("code_challenge_method", "plain")],
            [("code_challenge", crate::oauth2::CHALLENGE), ("code_challenge_method", "")],
            [("code_challenge", crate::oauth2::CHALLENGE), ("code_challenge_method", "S512")],
            [("code_challenge", &crate::oauth2::CHALLENGE[1..]), ("code_challenge_method", "S256")],
            [("code_challenge", &odd), ("code_challenge_method", "S256")],
        ] {
            let back = browser.open(&rp.request(&changes)).await.back();
            assert_eq!(back["error"], "invalid_request", "{changes:?}");
            assert!(back["error_description"].contains("code_challenge"), "{back:?}");
        }
    }
);

both!(
    async fn a_010_every_answer_says_who_answers(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let issuer = desk.anonymous().get("/.well-known/openid-configuration").await.expect(200).json();
        assert_eq!(issuer["authorization_response_iss_parameter_supported"], true);
        for changes in [("scope", "openid"), ("scope", "nope")] {
            assert_eq!(rp.come_back(&browser, &[changes]).await["iss"], issuer["issuer"].as_str().unwrap());
        }
    }
);

both!(
    async fn a_011_a_023_nothing_that_was_sent_becomes_markup(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let locales = "../../../../etc/passwd ".repeat(50);
        let odd = [
            ("state", SVG), ("nonce", SVG), ("login_hint", SVG), ("ui_locales", &locales), ("display", SVG),
            ("acr_values", SVG), ("unknown", SVG), ("prompt", "consent"),
        ];
        let page = browser.open(&rp.request(&odd)).await.page(200, "Allow “Shop”?");
        assert!(!page.text.contains("<svg onload"), "{}", page.text);
        // What SVG holds between its braces would be 49 if it were taken for a template.
        assert!(!page.text.contains("49%3C") && !page.text.contains(">49"), "{}", page.text);
        let form: Vec<(&str, &str)> = odd.iter().copied().chain([("response_mode", "form_post")]).collect();
        let question = browser.open(&rp.request(&form)).await.expect(200);
        let page = confirm(&browser, &question, "/oauth2/confirm").await.page(200, "One moment");
        assert!(!page.text.contains("<svg onload"), "{}", page.text);
        assert!(page.text.contains("action=\"https://rp.test/cb\""), "{}", page.text);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action https://rp.test;") && policy.contains("'sha256-"), "{policy}");
        let sign_in = Browser::new(&desk).open(&rp.request(&[("login_hint", SVG)])).await;
        let page = Browser::new(&desk).open(sign_in.header("location")).await.expect(200);
        assert!(!page.text.contains("<svg onload"), "{}", page.text);
    }
);

both!(
    async fn a_015_consent_comes_from_our_own_page_in_this_session(desk) {
        let rp = Rp::new(&desk).await;
        let bob = desk.developer("bob").await;
        let browser = Browser::of(&desk, &rp.owner);
        let others = Browser::of(&desk, &bob);
        let page = browser.open(&rp.request(&[])).await.expect(200);
        let before = desk.changes().await;
        // Somebody else's form, no token, and another site.
        confirm(&others, &page, "/oauth2/confirm").await.expect(403);
        let path = rp.request(&[]);
        let (_, request) = path.split_once('?').unwrap();
        browser.submit("/oauth2/confirm", &[("request", request)]).await.expect(403);
        let headers = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")];
        let fields = crate::web::hidden(&page.text, "/oauth2/confirm");
                let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.ask(Method::POST, "/oauth2/confirm", &headers, Some(&fields)).await.expect(403);
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_017_hints_are_ours_or_refused(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let token = rp.tokens(&browser, &[]).await["id_token"].as_str().unwrap().to_owned();
        let silent = [("prompt", "none"), ("id_token_hint", token.as_str())];
        assert!(rp.come_back(&browser, &silent).await.contains_key("code"));
        desk.clock.advance(std::time::Duration::from_secs(1200));
        assert!(rp.come_back(&browser, &silent).await.contains_key("code"), "an expired hint is a hint");
        let bob = desk.developer("bob").await;
        let others = Browser::of(&desk, &bob);
        assert_eq!(rp.come_back(&others, &silent).await["error"], "login_required");
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
        for odd in [none, "x", &token[..token.len() - 4]] {
            let back = rp.come_back(&browser, &[("prompt", "none"), ("id_token_hint", odd)]).await;
            assert_eq!(back["error"], "invalid_request", "{odd}");
        }
    }
);

both!(
    async fn a_018_a_019_no_script_of_another_site_reads_it_and_redirects_are_303(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        rp.code(&browser, &[]).await;
        let answer = browser.ask(Method::GET, &rp.request(&[]), &[("origin", "https://evil.test")], None).await;
        assert_eq!(answer.status, 303);
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
        browser.ask(Method::OPTIONS, &rp.request(&[]), &[("origin", "https://evil.test")], None).await.expect(405);
    }
);

both!(
    async fn a_021_long_requests_are_refused_and_leave_nothing_behind(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::new(&desk);
        browser.open(&rp.request(&[("state", &"s".repeat(9_000))])).await.expect(414);
        let long = browser.open(&rp.request(&[("state", &"s".repeat(1_000)), ("nonce", &"n".repeat(384))])).await;
        assert!(long.header("location").starts_with("/sign-in?"), "{}", long.text);
        for _ in 0..50 {
            assert_eq!(browser.open(&rp.request(&[])).await.header("set-cookie"), "");
        }
    }
);

both!(
    async fn a_022_answers_come_in_the_way_that_was_asked_for_or_not_at_all(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        for mode in ["web_message", "query.jwt", "form_post.jwt", "garbage"] {
            assert_eq!(rp.come_back(&browser, &[("response_mode", mode)]).await["error"], "invalid_request");
        }
        rp.code(&browser, &[]).await;
        let fragment = browser.open(&rp.request(&[("response_mode", "fragment")])).await;
        assert!(fragment.header("location").starts_with("https://rp.test/cb#code="));
        let form = browser.open(&rp.request(&[("response_mode", "form_post")])).await.page(200, "One moment");
        assert_eq!(form.header("location"), "");
        let fields = crate::web::hidden(&form.text, "https://rp.test/cb");
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code", "state", "iss"]);
    }
);

both!(
    async fn a_013_request_objects_are_not_taken(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        for (name, error) in [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")] {
            assert_eq!(rp.come_back(&browser, &[(name, "eyJhbGciOiJub25lIn0.e30.")]).await["error"], error);
        }
    }
);
