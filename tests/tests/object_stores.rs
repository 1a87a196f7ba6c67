//! Tables in object stores, read by the program itself from a real server of S3's interface and from one that refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use driftd_testkit::services::s3::S3;
use driftd_tests::live::driftd;
use insta::assert_snapshot;

const SECRET: &str = "a-secret-that-nobody-may-see";

/// A flat table that is always the same.
fn csv(rows: std::ops::Range<usize>) -> String {
    rows.fold("x,k\n".to_owned(), |mut text, i| {
        writeln!(text, "{},{}", i * 37 % 101, ["a", "b", "c"][i % 3]).unwrap();
        text
    })
}

fn check(folder: &Path, endpoint: &str, baseline: &str, current: &str) -> Output {
    let mut command = Command::new(driftd());
    command.args(["check", "--baseline", baseline, "--current", current]).current_dir(folder);
    command.env_clear().env("AWS_ENDPOINT_URL", endpoint).env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "tests").env("AWS_SECRET_ACCESS_KEY", SECRET).env("NO_COLOR", "1");
    command.output().unwrap()
}

/// What it said on standard error, which never is the secret.
fn said(output: &Output, folder: &Path) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains(SECRET) && !String::from_utf8_lossy(&output.stdout).contains(SECRET), "{said}");
    said.trim().replace(&format!("{}/", folder.display()), "")
}

#[test]
fn a_table_in_a_store_is_the_table_on_the_disk() {
    let server = match S3::start() {
        Ok(server) => server,
        Err(skip) => return skip.announce("a_table_in_a_store_is_the_table_on_the_disk"),
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), csv(0..600)).unwrap();
    server.make_bucket("data");
    server.put("data/whole.csv", csv(0..600).as_bytes());
    server.put("data/parts/_SUCCESS", b"");
    server.put("data/parts/year=2024/part-0.csv", csv(0..400).as_bytes());
    server.put("data/parts/year=2025/part-1.csv", csv(400..600).as_bytes());
    let flights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/flights/training-january.parquet");
    let parquet = std::fs::read(&flights).unwrap();
    server.put("data/flights.parquet", &parquet);
    let check = |baseline: &str, current: &str| check(folder.path(), &server.url(), baseline, current);
    for current in ["s3://data/whole.csv", "s3://data/parts", "s3://data/parts/", "s3://data/*/year=202?/part-*.csv"] {
        let output = check("train.csv", current);
        assert_eq!(output.status.code(), Some(0), "{current}: {}", said(&output, folder.path()));
        assert!(String::from_utf8_lossy(&output.stdout).contains("600 rows"), "{current}");
    }
    let output = check(flights.to_str().unwrap(), "s3://data/flights.parquet");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output, folder.path()));
    let refused = |current: &str| {
        let output = check("train.csv", current);
        assert_eq!(output.status.code(), Some(2), "{current}");
        said(&output, folder.path())
    };
    assert_snapshot!(refused("s3://data/nothing.csv"), @"error: s3://data/nothing.csv: no such object, and none below it; check the bucket and the name");
    assert_snapshot!(refused("s3://nowhere/whole.csv"), @"error: s3://nowhere/whole.csv: no such bucket; check its name, its region and the address of the store");
    assert_snapshot!(refused("s3:///whole.csv"), @"error: the s3:// address is not read: it names no bucket or host");
    assert_snapshot!(refused("https://example.com/a.csv?signature=0123"), @"error: the https:// address is not read: what stands before an @ or behind a ? could be a secret; name the object itself, by s3://, gs:// or az://, or download it");
    assert_snapshot!(refused("http://example.com/a.csv"), @"error: the http:// address is not read: without encryption only this machine is asked; say https://");
}

#[test]
fn credentials_that_are_refused_are_said_and_not_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            drop(stream.read(&mut request));
            let body = format!("<Error><Code>InvalidAccessKeyId</Code><Message>{SECRET}</Message></Error>");
            let head = format!("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            drop(stream.write_all(format!("{head}{body}").as_bytes()));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), csv(0..600)).unwrap();
    let output = check(folder.path(), &endpoint, "train.csv", "s3://data/whole.csv");
    assert_eq!(output.status.code(), Some(2));
    assert_snapshot!(said(&output, folder.path()), @"error: s3://data/whole.csv: access is refused; set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (and AWS_SESSION_TOKEN or AWS_ENDPOINT_URL where they are needed), or AWS_SKIP_SIGNATURE=true for a public bucket");
}
