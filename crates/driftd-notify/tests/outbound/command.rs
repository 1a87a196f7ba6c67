//! Local programs.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use driftd_config::{Channel, CommandChannel};
use driftd_window::Span;
use tempfile::TempDir;

use crate::setup::{build, now, opened, outbound, outcome};

/// A program that is a script, in a folder of its own.
fn script(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    install(&path, &format!("#!/bin/sh\n{text}\n"));
    (folder, path)
}

/// Another process writes the file: one that this process has open for writing is "busy" to whoever runs it as long as a
/// child of another test, started meanwhile, has not yet let go of it.
fn install(path: &Path, text: &str) {
    let mut writer = Command::new("sh")
        .args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

async fn ask(program: &Path, args: &[&str], timeout: Span) -> String {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let channel = CommandChannel { program: program.display().to_string(), args, timeout };
    let said = match build(&outbound(&[]), Channel::Command(channel), &[]) {
        Ok(transport) => outcome(transport.deliver(&opened(), now()).await),
        Err(error) => format!("not built: {error}"),
    };
    said.replace(&program.display().to_string(), "PROGRAM")
}

async fn run(text: &str) -> String {
    let (_folder, path) = script(text);
    ask(&path, &[], Span::from_secs(20)).await
}

#[tokio::test]
async fn a_program_gets_the_message_its_arguments_and_few_variables() {
    let (folder, path) = script("cat >body; printf '%s\\n' \"$@\" >args; env >env");
    let there = format!("cd {}\n", folder.path().display());
    install(&path, &std::fs::read_to_string(&path).unwrap().replacen('\n', &format!("\n{there}"), 1));
    assert_eq!(ask(&path, &["--reason", "two words; $HOME"], Span::from_secs(20)).await, "delivered");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let body: serde_json::Value = serde_json::from_str(&read("body")).unwrap();
    assert_eq!((&body["version"], &body["driftd"]["monitor"]), (&"4".into(), &"flight-delay".into()));
    assert_eq!(read("args"), "--reason\ntwo words; $HOME\n");
    let mut variables: Vec<String> = read("env").lines().map(str::to_owned).collect();
    // The shell's own.
    variables.retain(|line| !["PWD=", "OLDPWD=", "SHLVL=", "_="].iter().any(|own| line.starts_with(own)));
    let (mut ours, theirs): (Vec<_>, Vec<_>) = variables.into_iter().partition(|line| line.starts_with("DRIFTD_"));
    assert!(
        theirs.iter().all(|line| ["PATH=", "HOME=", "LANG="].iter().any(|own| line.starts_with(own))),
        "{theirs:?}"
    );
    ours.sort();
    insta::assert_snapshot!(ours.join("\n"), @r#"
    DRIFTD_ENVIRONMENT=production
    DRIFTD_INCIDENT=428808045d0c
    DRIFTD_KEY=13d535a137af391a0b0c533c089b5ae4301d5d6c5cfa743f63bdbc348efa87dc
    DRIFTD_KIND=drift
    DRIFTD_MODEL=delay-gbm
    DRIFTD_MODEL_VERSION=3.2
    DRIFTD_MONITOR=flight-delay
    DRIFTD_REASON=opened
    DRIFTD_RECEIVER=ops
    DRIFTD_SEGMENT=carrier=UA
    DRIFTD_SENTENCE=flight-delay (carrier=UA): 2 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.
    DRIFTD_SEVERITY=critical
    DRIFTD_STATE=open
    DRIFTD_STATUS=firing
    DRIFTD_SUBJECT=[CRITICAL] flight-delay (carrier=UA): 2 features drifted
    "#);
}

#[tokio::test]
async fn how_a_program_ends_says_what_becomes_of_the_message() {
    let mut table = String::new();
    for text in [
        "exit 0",
        "echo fine; exit 0",
        "exit 1",
        "echo no such model >&2; exit 2",
        "echo later; exit 75",
        "kill -9 $$",
        "exec <&-; exit 0",
        "printf 'a\\033[31mb\\000c'; exit 3",
    ] {
        table += &format!("{text:?}: {}\n", run(text).await);
    }
    insta::assert_snapshot!(table, @r#"
    "exit 0": delivered
    "echo fine; exit 0": delivered
    "exit 1": permanent: receiver refused the message: PROGRAM ended with 1; a program that wants another try ends with 75
    "echo no such model >&2; exit 2": permanent: receiver refused the message: PROGRAM ended with 2: no such model; a program that wants another try ends with 75
    "echo later; exit 75": transient: receiver not reached: PROGRAM ended with 75, try again: later
    "kill -9 $$": transient: receiver not reached: PROGRAM was ended by signal 9
    "exec <&-; exit 0": delivered
    "printf 'a\\033[31mb\\000c'; exit 3": permanent: receiver refused the message: PROGRAM ended with 3: a [31mb c; a program that wants another try ends with 75
    "#);
}

#[tokio::test]
async fn a_program_that_talks_much_is_heard_to_its_end() {
    let said = run(
        "i=0; while [ $i -lt 20000 ]; do echo 'noise noise noise noise'; i=$((i+1)); done; echo the last word; exit 1",
    )
    .await;
    assert!(said.contains("the last word") && said.len() < 500, "{said}");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_its_children() {
    let (folder, path) = script("");
    let text = format!("#!/bin/sh\necho started\nsleep 1000 &\necho $! > {}/child\nwait\n", folder.path().display());
    install(&path, &text);
    let begun = Instant::now();
    let said = ask(&path, &[], Span::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_secs(15));
    insta::assert_snapshot!(said, @"transient: receiver not reached: PROGRAM took longer than 1 s and was killed: started");
    let child = std::fs::read_to_string(folder.path().join("child")).unwrap();
    assert!(ends(child.trim()), "the child lives on");
}

#[tokio::test]
async fn a_program_whose_delivery_is_cancelled_is_killed() {
    let (folder, path) = script("");
    let child = folder.path().join("child");
    let text = format!("#!/bin/sh\nsleep 1000 &\necho $! > {0}.new; mv {0}.new {0}\nwait\n", child.display());
    install(&path, &text);
    let patient = tokio::spawn(async move { ask(&path, &[], Span::from_secs(20)).await });
    let deadline = Instant::now() + Duration::from_secs(20);
    while !child.exists() {
        assert!(Instant::now() < deadline && !patient.is_finished());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    patient.abort();
    assert!(patient.await.unwrap_err().is_cancelled());
    assert!(ends(std::fs::read_to_string(&child).unwrap().trim()), "the child lives on");
}

/// Whether a process is gone, or is about to be: nobody but its parent may take what is left of it away.
fn ends(pid: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = state.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
        if matches!(state, None | Some('Z' | 'X')) {
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    false
}

#[tokio::test]
async fn what_a_program_leaves_running_is_not_waited_for() {
    let begun = Instant::now();
    assert_eq!(run("sleep 3 & exit 0").await, "delivered");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_program_that_cannot_be_run_is_named() {
    insta::assert_snapshot!(ask(Path::new("/none/program"), &[], Span::from_secs(1)).await, @"not built: receiver[ops].command.program: there is no program PROGRAM: write where it is");
    insta::assert_snapshot!(ask(Path::new("driftd-no-such-program"), &[], Span::from_secs(1)).await, @"permanent: receiver refused the message: there is no program PROGRAM: install it, or write where it is");
    let (_folder, path) = script("exit 0");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(ask(&path, &[], Span::from_secs(1)).await, @"permanent: receiver refused the message: PROGRAM may not be run: make it executable for driftd");
}
