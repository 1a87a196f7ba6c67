//! A database, a configuration and a consumer group: everything of driftd but its processes.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{end, finish};
use super::{History, Ledger, Ran, Site, Worker, driftd};

/// What a configuration says beyond where broker and database are.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys of `[kafka]`, as lines.
    pub kafka: String,
    /// Keys of `[engine]`, as lines.
    pub engine: String,
    /// The monitors; `{topic}` stands for the topic.
    pub monitors: String,
    /// Baselines to build first: name, and file in the site's folder.
    pub baselines: Vec<(String, PathBuf)>,
    /// Variables that the program is started with.
    pub environment: Vec<(String, String)>,
}

/// See the module.
#[derive(Debug)]
pub struct Deployment {
    name: String,
    config: PathBuf,
    folder: PathBuf,
    url: String,
    topic: String,
    environment: Vec<(String, String)>,
}

impl Settings {
    /// Checkpoints several times a second, a group that notices a killed member within three.
    #[must_use]
    pub fn new(monitors: impl Into<String>) -> Self {
        Self {
            kafka: "drain_timeout = \"2500ms\"\n\
                    properties = { \"session.timeout.ms\" = 3000, \"heartbeat.interval.ms\" = 500 }"
                .to_owned(),
            engine: "threads = 1\ncheckpoint_interval = \"400ms\"\nshutdown_timeout = \"20s\"".to_owned(),
            monitors: monitors.into(),
            baselines: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// With a baseline built from `file`.
    #[must_use]
    pub fn baseline(mut self, name: &str, file: &Path) -> Self {
        self.baselines.push((name.to_owned(), file.to_owned()));
        self
    }

    /// With the variable `name` in the program's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Deployment {
    pub(super) fn new(site: &Site, name: &str, url: &str, settings: &Settings) -> Self {
        let config = site.folder().join(format!("{name}.toml"));
        let text = format!(
            "[store]\nurl = {url:?}\n\n[kafka]\nbrokers = [{:?}]\ngroup = {:?}\n{}\n\n[http]\nlisten = \
             \"127.0.0.1:0\"\n\n[engine]\n{}\n\n{}",
            site.kafka.bootstrap(),
            format!("{}-{name}", site.topic()),
            settings.kafka,
            settings.engine,
            settings.monitors.replace("{topic}", site.topic()),
        );
        std::fs::write(&config, text).expect("a file of the test");
        let deployment = Self {
            name: name.to_owned(),
            config,
            folder: site.folder().to_owned(),
            url: url.to_owned(),
            topic: site.topic().to_owned(),
            environment: settings.environment.clone(),
        };
        deployment.run(&["migrate"]);
        for (baseline, file) in &settings.baselines {
            deployment.run(&["baseline", "build", baseline, &file.display().to_string()]);
        }
        deployment
    }

    /// The same group on the same store, whose configuration is what `change` makes of this one's.
    ///
    /// # Panics
    /// When there is nothing to change.
    #[must_use]
    pub fn configured(&self, name: &str, change: impl FnOnce(&str) -> String) -> Self {
        let before = std::fs::read_to_string(&self.config).expect("a file of the test");
        let after = change(&before);
        assert_ne!(after, before, "another configuration");
        let config = self.folder.join(format!("{name}.toml"));
        std::fs::write(&config, after).expect("a file of the test");
        Self {
            name: name.to_owned(),
            config,
            folder: self.folder.clone(),
            url: self.url.clone(),
            topic: self.topic.clone(),
            environment: self.environment.clone(),
        }
    }

    /// Runs a command of driftd to its end, with this configuration.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        finish(self.command().args(arguments).arg("--config").arg(&self.config))
    }

    /// Runs a command of driftd to whatever end, with this configuration; gives its exit code too.
    ///
    /// # Panics
    /// When a signal ended it.
    pub fn ended(&self, arguments: &[&str]) -> (i32, Ran) {
        end(self.command().args(arguments).arg("--config").arg(&self.config))
    }

    /// A daemon of this deployment.
    #[must_use]
    pub fn worker(&self, name: &str) -> Worker {
        let name = format!("{}-{name}", self.name);
        Worker::start(&name, &self.config, &self.folder, &self.environment)
    }

    /// The same with more variables in its environment.
    #[must_use]
    pub fn worker_with(&self, name: &str, variables: Vec<(String, String)>) -> Worker {
        let name = format!("{}-{name}", self.name);
        Worker::start(&name, &self.config, &self.folder, &[&self.environment[..], &variables].concat())
    }

    /// What `driftd history` says of `monitor`.
    #[must_use]
    pub fn history(&self, monitor: &str) -> History {
        History::of(&self.run(&["history", monitor, "--format", "json"]).stdout)
    }

    /// Walks `file` through `monitor`, into the store.
    pub fn replay(&self, monitor: &str, file: &Path) -> Ran {
        self.run(&["replay", "--monitor", monitor, &file.display().to_string()])
    }

    /// Where its database is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A look into the store.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::open(&self.url, &self.topic)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(driftd());
        command.current_dir(&self.folder).env_clear().env("NO_COLOR", "1").env("USER", "tests");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
