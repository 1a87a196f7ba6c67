//! The server's process and the talk with it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::{SmtpOptions, SmtpProtection};
use crate::services::python::PROGRAM;

const SERVER: &str = include_str!("server.py");
/// Longest wait for a word of the server.
const REPLY_TIMEOUT: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Process {
    port: u16,
    talk: Mutex<Talk>,
}

#[derive(Debug)]
struct Talk {
    child: Child,
    orders: Option<ChildStdin>,
    words: Receiver<Value>,
    mails: VecDeque<Value>,
    log: PathBuf,
}

impl Process {
    pub(super) fn start(modules: &Path, folder: &Path, options: SmtpOptions) -> Self {
        let (user, password) = options.login.unwrap_or_default();
        let tls = match options.protection {
            SmtpProtection::None => "none",
            SmtpProtection::Starttls => "starttls",
            SmtpProtection::Tls => "tls",
        };
        let settings = json!({"folder": folder, "tls": tls, "user": user, "password": password});
        let log = folder.join("log");
        let mut command = Command::new(PROGRAM);
        command.args(["-u", "-W", "ignore", "-c", SERVER]).arg(settings.to_string());
        command.env("PYTHONPATH", modules).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(&log).expect("a file in a new folder"));
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        let orders = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, words) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let word = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
                if sender.send(word).is_err() {
                    return;
                }
            }
        });
        let mut talk = Talk { child, orders, words, mails: VecDeque::new(), log };
        let port = talk.wait_for("port").as_u64().and_then(|port| u16::try_from(port).ok());
        Self { port: port.expect("the server names its port"), talk: Mutex::new(talk) }
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The next mail that nobody has asked for.
    pub(super) fn mail(&self) -> Value {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        match talk.mails.pop_front() {
            Some(mail) => mail,
            None => talk.wait_for("mail"),
        }
    }

    /// All mails that nobody has asked for: what the server took before it answers an order is among them.
    pub(super) fn mails(&self) -> Vec<Value> {
        self.order(&json!({}));
        self.talk.lock().unwrap_or_else(PoisonError::into_inner).mails.drain(..).collect()
    }

    pub(super) fn order(&self, order: &Value) {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(talk.orders.as_mut().unwrap(), "{order}").expect("the server listens to the test");
        talk.wait_for("done");
    }
}

impl Talk {
    /// The next word of that kind; mails that come before are kept.
    fn wait_for(&mut self, kind: &str) -> Value {
        loop {
            match self.words.recv_timeout(REPLY_TIMEOUT) {
                Ok(mut word) if word.get(kind).is_some() => return word[kind].take(),
                Ok(mut word) => self.mails.extend(word.get_mut("mail").map(Value::take)),
                Err(error) => panic!("the mail server says no {kind}: {}", self.last_words(error)),
            }
        }
    }

    fn last_words(&self, error: RecvTimeoutError) -> String {
        let mut text = String::new();
        if let Ok(mut log) = std::fs::File::open(&self.log) {
            drop(log.read_to_string(&mut text));
        }
        format!("{error}; {text}")
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // The end of its input is what the server ends at.
        self.orders = None;
        drop(self.child.wait());
    }
}
