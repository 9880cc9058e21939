//! Programs that end with the test, whatever happens to it.

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// A port on 127.0.0.1 that nobody uses, for a program that is about to be started. It is none of those that the system
/// gives to connections, or one of the many that tests make would take it before the program does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Tests run in several processes at once: each begins elsewhere.
    let start = std::process::id().wrapping_mul(997);
    loop {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(10_000 + start.wrapping_add(step) % 20_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A program that was started by a test. It is ended when this is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    watchdog: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program; what it prints goes to a file.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let watchdog = watch(child.id());
        Self { child, watchdog, log: log.to_owned() }
    }

    /// Waits until somebody listens on a port.
    ///
    /// # Panics
    /// If the program ends, or nobody listens within 20 seconds.
    pub fn wait_for_port(&mut self, port: u16) {
        assert!(self.listens_on(port), "the program ended:\n{}", self.log());
    }

    /// Waits until somebody listens on a port (`true`) or the program has ended (`false`).
    ///
    /// # Panics
    /// If neither happens within 20 seconds.
    pub fn listens_on(&mut self, port: u16) -> bool {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "port {port} stays closed:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The process itself.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
    }
}

/// Starts a shell that waits on a pipe from us. When we end without a word, as by `kill -9`, the pipe closes, and the
/// shell ends the program; if it is still the same one, and not another that got its number. The shell's process group
/// is its own: a Ctrl-C is for the test, and would end the shell before it could do its work.
fn watch(pid: u32) -> Child {
    const SCRIPT: &str = r#"began=$(ps -o lstart= -p "$1")
same() { [ -n "$began" ] && [ "$(ps -o lstart= -p "$1")" = "$began" ]; }
read -r _word && exit
same "$1" && kill -TERM "$1" && sleep 1
same "$1" && kill -KILL "$1"
exit 0"#;
    Command::new("/bin/sh")
        .args(["-c", SCRIPT, "sh", &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
        if let Some(mut pipe) = self.watchdog.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.watchdog.wait();
    }
}

impl Program {
    fn end(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        self.signal("TERM");
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
