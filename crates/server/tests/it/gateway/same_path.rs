//! Whatever path passes, gateway, Keywright and API see the same one.

use super::call::Call;
use super::door::Door;
use super::front::{Front, Kind};
use super::upstream::Upstream;
use crate::support::both;

/// These pass.
const PLAIN: &[&str] = &[
    "/",
    "/orders",
    "/orders/",
    "/orders/1?full=yes",
    "/orders/a%40b.example",
    "/orders/caf%C3%A9/%e6%97%a5",
    "/orders/%5B0%5D",
    "/orders/$metadata(1)",
    "/orders/a+b/c%20d",
    "/orders/~me/_x-y.json",
    "/orders?",
    "/orders?a=/../x&b=%2e%2e//&c=?",
    "/orders?a=[1]&b={2}|3",
    "/..a/a../...",
];

/// These do not, whatever key comes with them.
const AMBIGUOUS: &[&[u8]] = &[
    b"//",
    b"//orders",
    b"//evil.test/orders",
    b"/orders//1",
    b"/orders/./1",
    b"/orders/../admin",
    b"/orders/..",
    b"/..",
    b"/../../etc/passwd",
    b"/orders/%2e%2e/admin",
    b"/orders/.%2E/admin",
    b"/orders/%2e/1",
    b"/orders/..%2fadmin",
    b"/orders%2f..%2fadmin",
    b"/orders/..%5cadmin",
    b"/orders/..\\admin",
    b"/orders\\..\\admin",
    b"/orders/..;/admin",
    b"/orders;x=1/2",
    b"/orders/..%3b/admin",
    b"/orders/%252e%252e/admin",
    b"/orders/%25",
    b"/%6frders",
    b"/orders/%61dmin",
    b"/orders/%00",
    b"/orders/%0d%0ax",
    b"/orders/%23/x",
    b"/orders/%3f/x",
    b"/orders/%c0%af",
    b"/orders/%ef%bc%8f",
    b"/orders/%zz",
    b"/orders/%",
    b"/orders/%u002f",
    b"/orders/\xff",
    b"/orders/\x7f",
    b"*",
    b"orders",
];

/// These are written anew by one gateway or refused by the other. If they pass, it is in one spelling.
const REWRITTEN: &[&[u8]] = &[
    b"/orders/caf\xc3\xa9",
    b"/orders/{1}",
    b"/orders/<1>",
    b"/orders/\"1\"",
    b"/orders/a|b",
    b"/orders/a^b`c",
    b"/orders#/../admin",
    b"/orders/#x",
    b"/orders?a#b",
    b"/orders?caf\xc3\xa9",
    b"/orders /x",
    b"/orders\t1",
    b"http://api.example.com/orders",
    b"http://api.example.com",
    b"https://api.example.com//orders",
    b"/Orders/1",
    b"?a=1",
];

both!(
    async fn a_204_every_side_sees_the_same_path(desk) {
        let door = Door::open(&desk).await;
        // The widest door: everything that is believed passes.
        let version = door.publish("/", |_| ()).await;
        door.subscribe(&version).await;
        for kind in [Kind::Nginx, Kind::Caddy] {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, door.address, upstream.address);
            for target in PLAIN {
                let answer = Call::get(target).key(door.key()).send(front.address).await;
                assert_eq!(answer.status, 200, "{target} at {kind:?}: {answer:?}");
                assert_eq!(upstream.saw()["target"], *target, "{kind:?}");
                assert_eq!(door.said(), [*target], "{kind:?}");
            }
            for target in AMBIGUOUS {
                let answer = Call::get(target).key(door.key()).send(front.address).await;
                let shown = String::from_utf8_lossy(target);
                assert!(matches!(answer.status, 400 | 403 | 404), "{shown} at {kind:?}: {answer:?}");
                upstream.saw_nothing();
            }
            door.said();
            for target in REWRITTEN {
                let answer = Call::get(target).key(door.key()).send(front.address).await;
                let said = door.said();
                let shown = String::from_utf8_lossy(target);
                if answer.status == 200 {
                    let saw = upstream.saw();
                    assert_eq!(saw["target"].as_str().into_iter().collect::<Vec<_>>(), said, "{shown} at {kind:?}");
                }
                upstream.saw_nothing();
            }
        }
    }
);
