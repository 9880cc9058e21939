//! Who may ask.

use keywright_server::GatewayOptions;

use super::call::{Call, exchange};
use super::door::{Door, question};
use crate::support::both;

both!(
    async fn only_gateways_may_ask(desk) {
        let allowed_peers = vec!["10.0.0.0/8".parse().unwrap()];
        let door = Door::open_with(&desk, GatewayOptions { allowed_peers, ..GatewayOptions::default() }).await;
        door.ask(&door.good()).await.refused(403, "peer_unknown");
        let nobody = GatewayOptions { allowed_peers: Vec::new(), ..GatewayOptions::default() };
        let door = Door::open_with(&desk, nobody).await;
        door.ask(&door.good()).await.refused(403, "peer_unknown");
    }
);

both!(
    async fn a_191_spoof_without_a_proxy(desk) {
        let allowed_peers = vec!["10.0.0.0/8".parse().unwrap()];
        let door = Door::open_with(&desk, GatewayOptions { allowed_peers, ..GatewayOptions::default() }).await;
        for name in [
            "X-Forwarded-For",
            "X-Real-IP",
            "True-Client-IP",
            "CF-Connecting-IP",
            "X-Client-IP",
            "X_Forwarded_For",
        ] {
            let spoofed = question(&door.good()).header(name, "10.0.0.5");
            spoofed.send(door.address).await.refused(403, "peer_unknown");
        }
        let spoofed = question(&door.good()).header("Forwarded", "for=10.0.0.5");
        spoofed.send(door.address).await.refused(403, "peer_unknown");
    }
);

both!(
    async fn a_197_proxy_protocol_is_not_spoken(desk) {
        let door = Door::open(&desk).await;
        let line = b"PROXY TCP4 10.0.0.5 127.0.0.1 1 2\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
        let answer = exchange(door.address, line).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{answer:?}");
    }
);

both!(
    async fn every_gateway_sends_the_shared_secret(desk) {
        let secret = "correct horse battery staple";
        let options = GatewayOptions { shared_secret: Some(secret.to_owned()), ..GatewayOptions::default() };
        let door = Door::open_with(&desk, options).await;
        let asked = question(&door.good());
        let with = |value: &str| asked.clone().header("X-Keywright-Gateway-Secret", value);
        door.passed(&with(secret).send(door.address).await);
        for wrong in [
            asked.clone(),
            with(""),
            with("correct horse battery stapl"),
            with("correct horse battery staple."),
            with(&secret.to_uppercase()),
            with(secret).header("X-Keywright-Gateway-Secret", secret),
            with("wrong").header("X-Keywright-Gateway-Secret", secret),
        ] {
            wrong.send(door.address).await.refused(403, "gateway_secret_wrong");
        }
        // An alias is not the header, and nothing that a gateway sends.
        let alias = asked.clone().header("X_Keywright_Gateway_Secret", secret);
        alias.send(door.address).await.refused(403, "gateway_secret_wrong");
        let both = with(secret).header("X_Keywright_Gateway_Secret", secret);
        both.send(door.address).await.refused(403, "headers_ambiguous");
    }
);

both!(
    async fn an_empty_secret_opens_nothing(desk) {
        let options = GatewayOptions { shared_secret: Some(String::new()), ..GatewayOptions::default() };
        let door = Door::open_with(&desk, options).await;
        door.ask(&door.good()).await.refused(403, "gateway_secret_wrong");
        let empty = question(&door.good()).header("X-Keywright-Gateway-Secret", "");
        empty.send(door.address).await.refused(403, "gateway_secret_wrong");
        assert_eq!(Call::get("/healthz").send(door.address).await.status, 200);
    }
);
