//! What the time or the size of an answer gives away.

use std::time::Instant;

use serde_json::json;

use crate::contract;
use crate::support::{User, both};
use crate::world::World;

/// How many samples of each kind: a few always, many if `KEYWRIGHT_TEST_LONG` is set.
fn samples() -> usize {
    if std::env::var_os("KEYWRIGHT_TEST_LONG").is_some() { 5_000 } else { 250 }
}

/// Welch's t of two rows of numbers.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let count = |row: &[f64]| f64::from(u32::try_from(row.len()).unwrap());
    let mean = |row: &[f64]| row.iter().sum::<f64>() / count(row);
    let variance = |row: &[f64]| {
        let mean = mean(row);
        row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count(row) - 1.0)
    };
    (mean(a) - mean(b)) / (variance(a) / count(a) + variance(b) / count(b)).sqrt()
}

/// Without the slowest tenth: what else the machine does shows there, and would hide everything.
fn typical(mut row: Vec<f64>) -> Vec<f64> {
    row.sort_by(f64::total_cmp);
    row.truncate(row.len() * 9 / 10);
    row
}

/// Whether two requests take the same time. A real difference shows each time, chance does not: three tries.
async fn assert_even(user_a: &User, path_a: &str, user_b: &User, path_b: &str) {
    let timed = async |user: &User, path: &str| {
        let started = Instant::now();
        let answer = user.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.text);
        started.elapsed().as_secs_f64()
    };
    let mut t = 0.0;
    for _ in 0..3 {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..samples() {
            a.push(timed(user_a, path_a).await);
            b.push(timed(user_b, path_b).await);
        }
        t = welch(&typical(a), &typical(b));
        if t.abs() < 4.5 {
            return;
        }
    }
    panic!("t = {t}: {path_a} and {path_b} can be told apart by their time");
}

#[test]
fn welch_tells_rows_apart() {
    let row = |base: f64| (0..100).map(|n| base + f64::from(n % 7)).collect::<Vec<f64>>();
    assert!(welch(&row(1.0), &row(1.0)).abs() < 1.0);
    assert!(welch(&row(1.0), &row(9.0)) < -20.0);
}

both!(
    async fn a_281_how_much_of_a_secret_is_right_does_not_show(desk) {
        let good = desk.admin.bearer.clone().unwrap();
        let flip = |at: usize| {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            desk.session(&String::from_utf8(bytes).unwrap())
        };
        // The first character after the prefix, and the last before the checksum.
        assert_even(&flip("kw_pat_".len()), "/api/v1/partners", &flip(good.len() - 7), "/api/v1/partners").await;

        for name in ["A", "B"] {
            desk.admin.make("/api/v1/partners", json!({"name": name})).await;
        }
        let page = desk.admin.get("/api/v1/partners?limit=1").await.expect(200).json();
        let cursor = page["next_cursor"].as_str().unwrap();
        let flip = |at: usize| {
            let digit = if &cursor[at..=at] == "0" { "1" } else { "0" };
            format!("/api/v1/partners?limit=1&cursor={}{digit}{}", &cursor[..at], &cursor[at + 1..])
        };
        assert_even(&desk.admin, &flip(32), &desk.admin, &flip(63)).await;
    }
);

both!(
    async fn a_282_what_exists_answers_no_later_than_what_does_not(desk) {
        let world = World::new(&desk).await;
        for kind in ["partners", "applications", "credentials"] {
            let path = |id: &str| format!("/api/v1/{kind}/{id}");
            let missing = path("00000000-0000-7000-8000-000000000000");
            assert_even(&world.bob, &path(world.id(kind)), &world.bob, &missing).await;
        }
    }
);

both!(
    async fn a_283_nothing_is_compressed(desk) {
        let world = World::new(&desk).await;
        let accept = [("accept-encoding", "gzip, deflate, br, zstd"), ("if-match", "*")];
        for operation in contract::operations() {
            let body = contract::body(&operation);
            let path = world.path(&operation);
            let answer = desk.admin.send(operation.method.clone(), &path, &accept, body.as_ref()).await;
            assert_eq!(answer.header("content-encoding"), "", "{operation}");
        }
    }
);
