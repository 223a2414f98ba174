//! The real binary, with a working directory and an environment of its own.

use super::wait_for;
use std::{
    io::{BufRead, BufReader, Read},
    mem,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
};
use tokio::sync::{mpsc, oneshot};

/// A running `confab`. Dropping it kills it.
pub struct Process {
    pub id: u32,
    stdout: mpsc::UnboundedReceiver<String>,
    stderr: mpsc::UnboundedReceiver<String>,
    /// The part of `stderr` that has been read.
    logged: String,
    code: oneshot::Receiver<Option<i32>>,
    ended: bool,
}

/// A process's exit code and output.
#[derive(Debug)]
pub struct Exit {
    /// `None` if a signal killed it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Process {
    /// Starts the binary in `folder`, with only these settings.
    pub fn start(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_confab"));
        command.args(arguments);
        Self::spawn(command, folder, settings, [Stdio::piped(), Stdio::piped()])
    }

    /// Starts the server with the given standard output and standard error. Only piped output can be read.
    pub fn start_onto(outputs: [Stdio; 2], folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_confab")), folder, settings, outputs)
    }

    fn spawn(
        mut command: Command,
        folder: &Path,
        settings: &[(&str, &str)],
        [stdout, stderr]: [Stdio; 2],
    ) -> Self {
        let mut child = command
            .env_clear()
            .envs(settings.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .expect("the binary can be started");
        let id = child.id();
        let stdout = lines(child.stdout.take());
        let stderr = lines(child.stderr.take());
        let (end, code) = oneshot::channel();
        thread::spawn(move || end.send(child.wait().expect("a child process").code()));
        Self { id, stdout, stderr, logged: String::new(), code, ended: false }
    }

    /// Runs the binary to its end. If it starts serving instead, it is killed.
    pub async fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Exit {
        let mut process = Self::start(folder, arguments, settings);
        let mut stdout = String::new();
        while let Some(line) = wait_for("the process to end", process.stdout.recv()).await {
            if line.contains("ws://") {
                process.signal("KILL");
            }
            stdout = stdout + &line + "\n";
        }
        Exit { stdout, ..process.wait().await }
    }

    /// Starts the server on a free port and waits until it is ready.
    pub async fn serve(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> (Self, SocketAddr) {
        let settings = [&[("CONFAB_LISTEN", "127.0.0.1:0")], settings].concat();
        Self::start(folder, arguments, &settings).ready().await
    }

    /// Starts the server with a limit of the shell's `ulimit`, and waits until it is ready. A file cannot grow beyond a
    /// limit on its size, as on a full disk.
    pub async fn serve_within(limit: &str, folder: &Path, settings: &[(&str, &str)]) -> (Self, SocketAddr) {
        let mut command = Command::new("/bin/sh");
        let script = format!("trap '' XFSZ && ulimit {limit} && exec \"$0\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_confab")]);
        let settings = [&[("CONFAB_LISTEN", "127.0.0.1:0")], settings].concat();
        Self::spawn(command, folder, &settings, [Stdio::piped(), Stdio::piped()]).ready().await
    }

    /// Waits until the server is ready.
    async fn ready(mut self) -> (Self, SocketAddr) {
        let mut output = String::new();
        loop {
            let Some(line) = wait_for("the server to be ready", self.stdout.recv()).await else {
                panic!("{:?}", self.wait().await)
            };
            output += &line;
            // The last address that the server prints.
            if let Some((_, rest)) = line.split_once("ws://") {
                let address = rest.strip_suffix("/graphql").expect("the path of the endpoint");
                assert!(output.contains(&format!("http://{address}/graphql")), "{output}");
                let playground = format!("http://{address}/playground");
                assert!(output.contains(&playground) || output.contains("off"), "{output}");
                return (self, address.parse().expect("an address"));
            }
        }
    }

    /// Waits until the log contains `wanted`.
    pub async fn wait_for_log(&mut self, wanted: &str) {
        while !self.logged.contains(wanted) {
            let line = wait_for(wanted, self.stderr.recv()).await;
            self.logged += &line.unwrap_or_else(|| panic!("it never logged {wanted:?}:\n{}", self.logged));
            self.logged.push('\n');
        }
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        // `kill` is a builtin of every shell.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id)]).status();
        assert!(sent.expect("there is a shell").success(), "no process {}", self.id);
    }

    /// Waits for the process to exit.
    pub async fn wait(mut self) -> Exit {
        let code = wait_for("the process to end", &mut self.code).await.expect("it is waited for");
        self.ended = true;
        let mut stdout = String::new();
        rest("the end of its output", &mut self.stdout, &mut stdout).await;
        let mut stderr = mem::take(&mut self.logged);
        rest("the end of its log", &mut self.stderr, &mut stderr).await;
        Exit { code, stdout, stderr }
    }
}

/// Reads a stream line by line until it is closed.
fn lines(written: Option<impl Read + Send + 'static>) -> mpsc::UnboundedReceiver<String> {
    let (line, read) = mpsc::unbounded_channel();
    let Some(written) = written else { return read };
    thread::spawn(move || {
        for bytes in BufReader::new(written).split(b'\n').map_while(Result::ok) {
            let _ = line.send(String::from_utf8_lossy(&bytes).into_owned());
        }
    });
    read
}

/// Appends all remaining lines.
async fn rest(what: &str, lines: &mut mpsc::UnboundedReceiver<String>, text: &mut String) {
    while let Some(line) = wait_for(what, lines.recv()).await {
        *text += &line;
        text.push('\n');
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.ended {
            self.signal("KILL");
        }
    }
}
