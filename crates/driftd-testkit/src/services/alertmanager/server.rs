//! The process of a server, and questions to it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends the server when nobody holds the pipe any more: a test process that is killed drops nothing.
const KEEPER: &str = r#"
trap '' INT TERM HUP
"$@" </dev/null & pid=$!
read -r _
kill -KILL "$pid"
wait "$pid"
"#;

/// How long a single answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// A server and its keeper.
#[derive(Debug)]
pub(super) struct Server {
    keeper: Child,
}

impl Server {
    /// Starts the program; it is not ready yet.
    pub(super) fn run(program: &Path, folder: &Path, port: u16, log: &Path) -> Self {
        let out = File::create(log).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(program);
        command.arg(format!("--config.file={}", folder.join("alertmanager.yml").display()));
        command.arg(format!("--storage.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        // No cluster, and no port for one.
        command.arg("--cluster.listen-address=");
        command.stdin(Stdio::piped()).stdout(out.try_clone().unwrap()).stderr(out);
        Self { keeper: command.spawn().unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// One request on a connection of its own. An answer without a body is `null`.
pub(super) fn ask(port: u16, method: &str, path: &str, body: &str) -> Result<serde_json::Value, String> {
    let said = exchange(port, method, path, body).map_err(|error| error.to_string())?;
    let (head, body) = said.split_once("\r\n\r\n").ok_or("no HTTP")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        return Err(said);
    }
    if body.trim().is_empty() {
        return Ok(serde_json::Value::Null);
    }
    serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))
}

/// In HTTP/1.0, so that the answer comes in one piece and ends with the connection.
fn exchange(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(ANSWER))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}
