//! Real gateways, with the very files of the guide.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use testkit::process::{Program, free_port};

/// Which gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
}

/// A gateway that runs. It ends with this value.
pub struct Front {
    pub address: SocketAddr,
    _program: Program,
    _folder: TempDir,
}

/// The folder of the guide.
pub fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/gateways")
}

impl Front {
    /// Starts a gateway that asks `keywright` before it lets anything through to `api`.
    pub fn start(kind: Kind, keywright: SocketAddr, api: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = match kind {
            Kind::Nginx => nginx(folder.path(), address, keywright, api, |text, _| text),
            Kind::Caddy => caddy(folder.path(), address, keywright, api),
        };
        Self::run(&mut command, folder, address)
    }

    /// Starts nginx with the file of the guide, changed before it is placed.
    pub fn nginx_with(
        keywright: SocketAddr,
        api: SocketAddr,
        change: impl FnOnce(String, SocketAddr) -> String,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = nginx(folder.path(), address, keywright, api, change);
        Self::run(&mut command, folder, address)
    }

    fn run(command: &mut Command, folder: TempDir, address: SocketAddr) -> Self {
        let mut program = Program::start(command, &folder.path().join("log"));
        program.wait_for_port(address.port());
        Self { address, _program: program, _folder: folder }
    }
}

/// The file of the guide.
fn of_guide(name: &str) -> String {
    std::fs::read_to_string(guide().join(name)).unwrap()
}

/// A file of the guide, with other places in it. Each is there once.
fn placed(name: &str, mut text: String, changes: &[(&str, String)]) -> String {
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {name}");
        text = text.replace(from, to);
    }
    text
}

fn nginx(
    folder: &Path,
    listen: SocketAddr,
    keywright: SocketAddr,
    api: SocketAddr,
    change: impl FnOnce(String, SocketAddr) -> String,
) -> Command {
    let at = |name: &str| folder.join(name).display().to_string();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = folders.iter().map(|name| format!("{name}_temp_path {};\n", at(name))).collect();
    let text = placed(
        "nginx.conf",
        change(of_guide("nginx.conf"), listen),
        &[
            ("http {", format!("http {{\naccess_log {};\n{folders}", at("access.log"))),
            ("127.0.0.1:8081", keywright.to_string()),
            ("127.0.0.1:9000", api.to_string()),
        ],
    );
    std::fs::write(at("nginx.conf"), text.replace("listen 80;", &format!("listen {listen};"))).unwrap();
    let globals = format!("daemon off; master_process off; pid {};", at("pid"));
    // Debian keeps nginx where only root looks.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("nginx");
    command.args(["-c", &at("nginx.conf"), "-p", &at(""), "-e", &at("error.log"), "-g", &globals]);
    command.env("PATH", path);
    command
}

fn caddy(folder: &Path, listen: SocketAddr, keywright: SocketAddr, api: SocketAddr) -> Command {
    let text = placed(
        "Caddyfile",
        of_guide("Caddyfile"),
        &[
            (":80 {", format!(":{} {{\n\tbind {}", listen.port(), listen.ip())),
            ("127.0.0.1:8081", keywright.to_string()),
            ("127.0.0.1:9000", api.to_string()),
        ],
    );
    let file = folder.join("Caddyfile");
    std::fs::write(&file, format!("{{\n\tadmin off\n}}\n{text}")).unwrap();
    let homes = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"].map(|name| (name, folder));
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).envs(homes);
    command
}
