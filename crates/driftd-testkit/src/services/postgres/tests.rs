use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::services::wait_until;

fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[test]
fn a_server_comes_back_on_its_port_and_goes_with_its_value() {
    let postgres = match Postgres::start(PostgresOptions { fsync: false, ..PostgresOptions::default() }) {
        Ok(postgres) => postgres,
        Err(skip) => return skip.announce("a_server_comes_back_on_its_port_and_goes_with_its_value"),
    };
    let port = postgres.port();
    assert_ne!(postgres.database(), postgres.database());
    postgres.stop();
    assert!(!answers(port));
    postgres.start_again();
    assert!(answers(port));
    postgres.kill();
    postgres.start_again();
    postgres.database();
    drop(postgres);
    assert!(!answers(port));
}

/// Not a test by itself: run by the one below in a process of its own, which is killed.
#[test]
#[ignore = "holds a server until it is killed"]
fn hold_a_server() {
    let postgres = Postgres::shared().unwrap();
    drop(Write::write_all(&mut std::io::stderr(), format!("port {}\n", postgres.port()).as_bytes()));
    drop(std::io::stdin().read(&mut [0]));
}

#[test]
fn a_server_does_not_outlive_a_killed_process() {
    if let Err(skip) = Programs::find() {
        return skip.announce("a_server_does_not_outlive_a_killed_process");
    }
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "services::postgres::tests::hold_a_server"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufRead::lines(std::io::BufReader::new(holder.stderr.take().unwrap()));
    let port = said.find_map(|line| line.unwrap().strip_prefix("port ")?.parse().ok()).unwrap();
    assert!(answers(port));
    holder.kill().unwrap();
    holder.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    assert!(wait_until(deadline, || !answers(port)), "the server is still there");
}
