//! Every page there is, looked at by an accessibility checker, and written to a folder if one is named.

use std::path::PathBuf;

use domain::AdministratorRole;
use serde_json::Value;

use super::axe;
use super::chromium::Chromium;
use crate::support::Desk;
use crate::web::every_page::{OPEN, pages_of};
use crate::web::guests::{is_about_ones_own, is_for_administrators, is_for_developers, is_for_providers};
use crate::world::World;

/// How wide, and whether dark.
pub const LOOKS: [(&str, u32, bool); 2] = [("light", 1280, false), ("dark-phone", 360, true)];
/// Only for those who look at the pictures.
const MORE_LOOKS: [(&str, u32, bool); 2] = [("dark", 1280, true), ("phone", 360, false)];

/// Where pictures go, if anybody wants them.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os("KEYWRIGHT_SCREENSHOTS").map(PathBuf::from)
}

pub async fn look_at_all(desk: &Desk, chromium: &Chromium) {
    let world = World::new(desk).await;
    let root = desk.administrator().await;
    let fresh = desk.developer("newcomer").await;
    let axe = axe();
    let mut complaints = Vec::new();
    let open: Vec<String> = OPEN.iter().map(|path| (*path).to_owned()).collect();
    let developers = pages_of(&world, |path| !is_for_administrators(path));
    let everybodys =
        |path: &str| !is_for_developers(path) && !is_for_providers(path) && !is_about_ones_own(path);
    let administrators = pages_of(&world, everybodys);
    let role = AdministratorRole::Provider { gateway_id: world.id("gateways").parse().unwrap() };
    let gateway = desk.administrator_as("gateway", role).await;
    let gateways = pages_of(&world, |path| is_for_providers(path) && !path.contains('{'));
    let auditor = desk.administrator_as("auditor2", AdministratorRole::Auditor).await;
    let still = ["/console/settings", "/console/administrators"].map(ToOwned::to_owned).into();
    let empty = ["/home", "/applications", "/partners", "/apis", "/invitation?token=x"];
    let empty: Vec<String> = empty.iter().map(|path| (*path).to_owned()).collect();
    let visits = [
        ("stranger", String::new(), open),
        ("newcomer", fresh.bearer.unwrap(), empty),
        ("developer", world.alice.bearer.clone().unwrap(), developers),
        ("administrator", root.bearer.unwrap(), administrators),
        ("provider", gateway.bearer.unwrap(), gateways),
        ("auditor", auditor.bearer.unwrap(), still),
    ];
    let more = if folder().is_some() { &MORE_LOOKS[..] } else { &[] };
    for (who, secret, paths) in visits {
        chromium.become_(&secret).await;
        for (look, width, dark) in LOOKS.iter().chain(more) {
            chromium.look(*width, *dark).await;
            for path in &paths {
                chromium.open(path).await;
                if LOOKS.iter().any(|(name, ..)| name == look) {
                    let at = format!("{who} {look} {path}");
                    complaints.extend(
                        check(chromium, &axe, *width).await.into_iter().map(|it| format!("{at}: {it}")),
                    );
                }
                if let Some(folder) = folder() {
                    picture(chromium, &world, &folder, &format!("{who}-{look}"), path).await;
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// What is wrong with the page that is shown.
pub async fn check(chromium: &Chromium, axe: &str, width: u32) -> Vec<String> {
    let mut complaints = Vec::new();
    let wide = chromium.run("return document.documentElement.scrollWidth").await.as_u64().unwrap();
    if wide > u64::from(width) {
        complaints.push(format!("it is {wide} wide"));
    }
    chromium.run(axe).await;
    let script = "const done = arguments[arguments.length - 1]; axe.run({resultTypes: ['violations']}).then((r) => done(r.violations.flatMap((v) => v.nodes.map((n) => v.id + ' ' + n.html.slice(0, 150)))))";
    if let Value::Array(found) = chromium.run_async(script).await {
        complaints.extend(found.iter().map(|it| it.as_str().unwrap_or_default().to_owned()));
    }
    complaints
}

/// Looks at the page that is shown in each look: at one that no address leads to, such as what comes after a form.
pub async fn look_at_this(chromium: &Chromium, name: &str) {
    let axe = axe();
    for (look, width, dark) in LOOKS.iter().chain(&MORE_LOOKS) {
        chromium.look(*width, *dark).await;
        let complaints = check(chromium, &axe, *width).await;
        assert!(complaints.is_empty(), "{name}, {look}: {complaints:?}");
        if let Some(folder) = folder() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{name}-{look}.png")), chromium.picture().await).unwrap();
        }
    }
    chromium.look(1280, false).await;
}

async fn picture(chromium: &Chromium, world: &World, folder: &std::path::Path, kind: &str, path: &str) {
    let name = world.unfill_path(path).replace('/', "_").replace(['?', '=', '{', '}'], "-");
    let folder = folder.join(kind);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), chromium.picture().await).unwrap();
}
