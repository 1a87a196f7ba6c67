//! The configuration as a whole.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{BaselineName, Monitor, MonitorId, ReceiverName, Route, Routing};
use driftd_stats::LayoutOptions;

use crate::layout::MonitorLayout;
use crate::problem::Problems;
use crate::raw::RawConfig;
use crate::read::Read;
use crate::tree::{Node, Place, Table, Value, merge, overrides, parse};
use crate::{
    ConfigErrors, EngineConfig, HttpConfig, KafkaConfig, NotifyConfig, Problem, Receiver, RetentionConfig, StoreConfig,
    check, show,
};

/// The annotated configuration that says every default. Loading it, or nothing at all, gives [`Config::default`].
pub const DEFAULT_TOML: &str = include_str!("../../../config/driftd.toml");

/// A text to read, and what to call it in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
}

impl Source {
    /// The text of `name`, which is its path as the user wrote it.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A valid configuration. Only [`Config::load`] and [`Config::default`] make one.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Config {
    /// Where results are kept.
    pub store: StoreConfig,
    /// Where records come from.
    pub kafka: KafkaConfig,
    /// The dashboard and the API.
    pub http: HttpConfig,
    /// How long what was counted and judged is kept.
    pub retention: RetentionConfig,
    /// When counts are written down, and by how many threads they are made.
    pub engine: EngineConfig,
    /// What holds for all receivers.
    pub notify: NotifyConfig,
    /// Monitors, by distinct names, in the order of the texts.
    pub monitors: Vec<Monitor>,
    /// Receivers, by distinct names, in the order of the texts.
    pub receivers: Vec<Receiver>,
    /// Routes, in the order in which they are tried.
    pub routes: Vec<Route>,
    /// What is not wrong but likely not meant, such as a receiver that no route names.
    pub notes: Vec<Problem>,
    pub(crate) layouts: BTreeMap<MonitorId, MonitorLayout>,
}

impl Config {
    /// Reads `sources` in order, later ones over earlier ones, and the `DRIFTD__SECTION__KEY` variables of `env` over
    /// them all. Without any, this is the default.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the sources. Where a text is no TOML at all, nothing but that.
    pub fn load(sources: &[Source], env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::default();
        let mut tree = Table::new();
        for (order, source) in (0u32..).zip(sources) {
            merge(&mut tree, parse(source, order, &mut problems));
        }
        if !problems.is_empty() {
            // What the parser saved from a broken text would be blamed for what it lost.
            problems.into_result()?;
            return Ok(Self::default());
        }
        overrides(&mut tree, env, &mut problems);
        // The root has no required keys, so nothing is ever said of its place.
        let root = Node { value: Value::Table(tree), place: Place::environment("") };
        let raw = RawConfig::read(&root, "", &mut problems).unwrap_or_default();
        let config = check::check(raw, &mut problems);
        problems.into_result().map(|()| config)
    }

    /// The monitor of that name.
    #[must_use]
    pub fn monitor(&self, id: &MonitorId) -> Option<&Monitor> {
        self.monitors.iter().find(|monitor| monitor.id == *id)
    }

    /// The receiver of that name.
    #[must_use]
    pub fn receiver(&self, name: &ReceiverName) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == *name)
    }

    /// Every label that some incident can have.
    #[must_use]
    pub fn labels(&self) -> BTreeSet<&str> {
        check::labels::known(&self.monitors)
    }

    /// Who hears what, and where the links of messages lead.
    #[must_use]
    pub fn routing(&self) -> Routing {
        let external_url = self.notify.external_url.as_ref().map(ToString::to_string);
        Routing { routes: self.routes.clone(), external_url }
    }

    /// The monitors that compare with a version of the baseline `name`: those a new version is built for.
    pub fn monitors_of_baseline(&self, name: &BaselineName) -> impl Iterator<Item = &Monitor> {
        self.monitors.iter().filter(move |monitor| monitor.baseline.name == *name)
    }

    /// How baselines for that monitor are laid out, feature by feature; `None` when there is no such monitor.
    #[must_use]
    pub fn layout(&self, monitor: &MonitorId) -> Option<&MonitorLayout> {
        self.layouts.get(monitor)
    }

    /// How baselines for that monitor are laid out where a feature has no bins of its own; the defaults when there is
    /// no such monitor.
    #[must_use]
    pub fn layout_for(&self, monitor: &MonitorId) -> LayoutOptions {
        self.layout(monitor).map(|layout| layout.options().clone()).unwrap_or_default()
    }

    /// The whole configuration as TOML, every default written out. It loads to the same configuration, but for a
    /// password in the address of a Postgres store, which is masked; other secrets are references anyway.
    #[must_use]
    pub fn effective_toml(&self) -> String {
        show::effective(self)
    }
}

/// JSON Schema (draft 2020-12) of a configuration file, for editors.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = RawConfig::schema();
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        object.insert("title".to_owned(), "driftd configuration".into());
    }
    schema
}
