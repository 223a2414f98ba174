//! A PostgreSQL or Redis of the test's own, which the test may kill, stop and restart.

use super::{TIMEOUT, wait_for};
use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader, pipe},
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::Instant,
};

/// A database server. It keeps its port when it is restarted. Dropping it stops it.
pub struct Service {
    port: u16,
    /// The program and its arguments.
    command: Vec<String>,
    folder: TempDir,
    child: Option<Child>,
}

impl Service {
    /// Starts an empty PostgreSQL.
    pub async fn postgres() -> Self {
        Self::postgres_with(&[]).await
    }

    /// Starts an empty PostgreSQL with additional settings, each as `name=value`.
    pub async fn postgres_with(settings: &[&str]) -> Self {
        let folder = open_folder();
        let data = folder.path().join("postgres");
        fs::create_dir(&data).expect("a folder can be made");
        let owner = owner_for(&data);
        let bin = postgres_programs();
        let program = |name: &str| {
            let of_data = [bin.join(name).display().to_string(), "-D".into(), data.display().to_string()];
            [&owner[..], &of_data].concat()
        };
        let same_as_shared_server =
            ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        let init = [program("initdb"), same_as_shared_server.map(str::to_owned).into()].concat();
        let made = run(&init, folder.path()).output().expect("initdb can be started");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let mut command = program("postgres");
        let port_setting = format!("port={port}");
        let usual = [&*port_setting, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
        for setting in usual.iter().chain(settings) {
            command.extend(["-c".to_owned(), (*setting).to_owned()]);
        }
        Self { port, command, folder, child: None }.started().await
    }

    /// Starts an empty Redis without persistence.
    pub async fn redis() -> Self {
        let port = free_port();
        let port_text = port.to_string();
        let command =
            ["redis-server", "--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let command = command.map(str::to_owned).into();
        Self { port, command, folder: open_folder(), child: None }.started().await
    }

    async fn started(mut self) -> Self {
        self.start().await;
        self
    }

    /// Starts the server, repeatedly if necessary, and waits until it is ready.
    pub async fn start(&mut self) {
        let give_up = Instant::now() + TIMEOUT;
        loop {
            let mut log = self.spawn();
            let mut output = String::new();
            while let Some(line) = wait_for("a database server to be ready", log.recv()).await {
                if line.to_lowercase().contains("ready to accept connections") {
                    return;
                }
                output = output + &line + "\n";
            }
            // Processes of a killed PostgreSQL must have ended first.
            assert!(Instant::now() < give_up, "{} does not start:\n{output}", self.command.join(" "));
            self.ended();
        }
    }

    /// Starts the process. Returns the lines of its log.
    fn spawn(&mut self) -> mpsc::UnboundedReceiver<String> {
        let (log, writer) = pipe().expect("a pipe can be made");
        let mut command = run(&self.command, self.folder.path());
        let command = command.stdout(writer.try_clone().expect("a pipe can be shared")).stderr(writer);
        let child = command.spawn();
        self.child =
            Some(child.unwrap_or_else(|error| panic!("{}: {error}; make test installs it", self.command[0])));
        let (line, lines) = mpsc::unbounded_channel();
        thread::spawn(move || {
            for text in BufReader::new(log).lines().map_while(Result::ok) {
                let _ = line.send(text);
            }
        });
        lines
    }

    /// Sends a signal that does not end the process, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("the server runs").id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status();
        assert!(sent.expect("there is a shell").success(), "no process {id}");
    }

    /// Ends the process with a signal, and waits for its exit.
    pub fn end(&mut self, signal: &str) {
        self.signal(signal);
        self.ended();
    }

    fn ended(&mut self) {
        self.child.take().expect("the server runs").wait().expect("a child process");
    }

    /// Returns the URL of the database `postgres`.
    pub fn postgres_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub fn redis_url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Deletes all data of Redis.
    pub async fn flush(&self) {
        let mut redis = TcpStream::connect(("127.0.0.1", self.port)).await.expect("Redis listens");
        redis.write_all(b"FLUSHALL\r\n").await.expect("Redis listens");
        let mut answer = [0; 5];
        wait_for("Redis to flush", redis.read_exact(&mut answer)).await.expect("Redis answers");
        assert_eq!(&answer, b"+OK\r\n");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // SIGINT is a clean shutdown, which does not wait for clients. A process stopped by SIGSTOP must continue
            // first.
            let _ = Command::new("sh")
                .args(["-c", &format!("kill -CONT {0}; kill -INT {0}", child.id())])
                .status();
            let _ = child.wait();
        }
    }
}

fn run(command: &[String], folder: &Path) -> Command {
    let mut run = Command::new(&command[0]);
    // The current directory may not be accessible to the other user.
    run.args(&command[1..]).current_dir(folder).stdin(Stdio::null());
    run
}

/// Creates a folder that other users may traverse.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).expect("the folder is new");
    folder
}

/// Returns a port below the range of outgoing connections, so that it is still free after a restart.
fn free_port() -> u16 {
    let drawn = std::iter::repeat_with(|| 20_000 + rand::random::<u16>() % 12_000);
    let mut free = drawn.take(100).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a port is free")
}

/// Returns the folder with the programs of the newest installed PostgreSQL.
fn postgres_programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.max_by_key(|version| version.file_name().to_str().and_then(|v| v.parse::<u32>().ok()));
    newest.expect("PostgreSQL must be on this machine: `make test` installs it").path().join("bin")
}

/// PostgreSQL refuses to run as root. As root, gives the folder to the user `postgres` and returns a command prefix
/// that switches to this user; otherwise returns an empty prefix.
fn owner_for(data: &Path) -> Vec<String> {
    let is_root = fs::metadata("/proc/self").expect("it is there").uid() == 0;
    if !is_root {
        return Vec::new();
    }
    let users = fs::read_to_string("/etc/passwd").expect("it can be read");
    let user = users.lines().find_map(|line| line.strip_prefix("postgres:"));
    let mut fields = user.expect("there is a user postgres").split(':').skip(1);
    let mut id = || fields.next().and_then(|id| id.parse().ok());
    chown(data, id(), id()).expect("root may");
    ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"].map(str::to_owned).into()
}
