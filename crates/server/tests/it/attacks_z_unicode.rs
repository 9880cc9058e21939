//! Names that look alike, and ids that are spelt in other ways.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::contract;
use crate::support::{Desk, User, both};
use crate::world::World;

/// Each kind of thing whose name is unique, and for whom.
fn named(desk: &Desk, world: &World) -> Vec<(User, &'static str)> {
    let mut named =
        vec![(desk.admin.clone(), "/api/v1/partners"), (world.alice.clone(), "/api/v1/applications")];
    let described: Vec<String> =
        contract::operations().into_iter().map(|operation| operation.to_string()).collect();
    for path in ["/api/v1/apis", "/api/v1/plans"] {
        if described.contains(&format!("POST {path}")) {
            named.push((desk.admin.clone(), path));
        }
    }
    named
}

both!(
    async fn a_274_look_alike_names_are_taken(desk) {
        let world = World::new(&desk).await;
        for (user, path) in named(&desk, &world) {
            user.make(path, json!({"name": "Paypal desk"})).await;
            for alike in ["Paypal desk", " Paypal  desk ", "PAYPAL DESK", "Рaypal desk", "Ｐａｙｐａｌ desk", "Paypa1 desk", "paypaldesk"] {
                user.post(path, json!({"name": alike})).await.problem(409, "taken");
            }
            for hidden in ["Paypal\u{200b} desk", "Paypal\u{202e}ksed", "Pay\u{ad}pal desk", "Paypal\u{feff} desk", "\u{2066}Paypal desk", "Paypal desk\u{7f}", "Paypal\tdesk"] {
                user.post(path, json!({"name": hidden})).await.names("name");
            }
        }
    }
);

both!(
    async fn a_275_composed_and_folded_letters_are_one_on_both_databases(desk) {
        let world = World::new(&desk).await;
        for (user, path) in named(&desk, &world) {
            for (name, alike) in [("Café ÉTÉ", "cafe\u{301} e\u{301}te\u{301}"), ("Kelvin", "\u{212a}ELVIN"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ"), ("Ångström", "A\u{30a}ngstro\u{308}m")] {
                let made = user.make(path, json!({"name": name})).await;
                assert_eq!(made["name"], name);
                user.post(path, json!({"name": alike})).await.problem(409, "taken");
            }
            // What is typed differently is stored composed, and found.
            let made = user.make(path, json!({"name": "e\u{301}clair"})).await;
            assert_eq!(made["name"], "éclair");
        }
        let found = desk.admin.get("/api/v1/partners?name_contains=E%CC%81CLA").await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
    }
);

both!(
    async fn a_277_an_id_has_one_spelling(desk) {
        let world = World::new(&desk).await;
        // Approval policies are named by words, not by ids.
        let by_id = |one: &&contract::Operation| one.names_something() && !one.path.starts_with("/api/v1/approval-policies/");
        for operation in contract::operations().iter().filter(|one| one.method == Method::GET).filter(by_id) {
            let user = if operation.path.starts_with("/api/v1/account") { &world.alice } else { &desk.admin };
            let good = user.get(&world.path(operation)).await.expect(200);
            let upper = world.fill(operation, |kind| world.id(kind).to_uppercase());
            assert_eq!(user.get(&upper).await.expect(200).text, good.text, "{operation}");
            type Spell = fn(&str) -> String;
            let spellings: [Spell; 12] = [
                |id| format!("%7B{id}%7D"),
                |id| id.replace('-', ""),
                |id| format!("urn:uuid:{id}"),
                |id| format!("{id}%00"),
                |id| format!("{id}%20"),
                |id| format!("%20{id}"),
                |id| format!("{id}%c0%af"),
                |id| format!("{id}%ef%bc%8f"),
                |id| format!("{id}%u002f"),
                |id| format!("{id}%ff"),
                |id| id.replace('0', "%ef%bc%90"),
                |id| format!("{id};v=1"),
            ];
            for spell in spellings {
                let path = world.fill(operation, |kind| spell(world.id(kind)));
                user.get(&path).await.problem(404, "not_found");
            }
            for path in [good_path(&world, operation, "/"), good_path(&world, operation, "/.")] {
                user.get(&path).await.problem(404, "not_found");
            }
        }
    }
);

fn good_path(world: &World, operation: &contract::Operation, tail: &str) -> String {
    format!("{}{tail}", world.path(operation))
}

both!(
    async fn a_277_paths_are_not_tidied_up(desk) {
        // A client would tidy them itself, so this goes over a bare socket.
        for path in ["//api/v1/partners", "/api/v1//partners", "/api/v1/./partners", "/api/v1/x/../partners", "/API/v1/partners", "/api/v1/partners%2f", "/%61pi/v1/partners/..%2f..", "/api\\v1\\partners"] {
            let mut stream = tokio::net::TcpStream::connect(desk.url.strip_prefix("http://").unwrap()).await.unwrap();
            let bearer = desk.admin.bearer.as_deref().unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).await.unwrap();
            assert!(said.starts_with("HTTP/1.1 404 ") || said.starts_with("HTTP/1.1 400 "), "{path}: {said}");
        }
    }
);
