//! The configuration as a whole.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{BaselineName, Monitor, MonitorId, ReceiverName, Route, Routing};
use driftd_stats::LayoutOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layout::MonitorLayout;
use crate::monitor::{self, MonitorConfig};
use crate::place::Place;
use crate::problem::Problems;
use crate::read::{Skipped, read};
use crate::route::{self, RouteConfig};
use crate::schema::{check_bounds, schema_of};
use crate::tree::{At, Node, Source, Table, Value, merge, overrides, parse};
use crate::{
    ConfigErrors, EngineConfig, FilesConfig, HttpConfig, KafkaConfig, NotifyConfig, Problem, Receiver, RetentionConfig,
    StoreConfig, label, show, wire,
};

/// The annotated configuration that says every default. Loading it, or nothing at all, gives [`Config::default`].
pub const DEFAULT_TOML: &str = include_str!("../../../config/driftd.toml");

/// JSON Schema (draft 2020-12) of a configuration file, for editors.
#[must_use]
pub fn schema() -> serde_json::Value {
    schema_of::<Config>("driftd configuration")
}

/// A valid configuration. Only [`Config::load`] and [`Config::default`] make one.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Where results are kept.
    pub store: StoreConfig,
    /// Where records come from.
    pub kafka: KafkaConfig,
    /// How files are read, where they do not say so themselves.
    pub files: FilesConfig,
    /// The dashboard and the API.
    pub http: HttpConfig,
    /// How long what was counted and judged is kept.
    pub retention: RetentionConfig,
    /// When counts are written down, and by how many threads they are made.
    pub engine: EngineConfig,
    /// What holds for all receivers.
    pub notify: NotifyConfig,
    /// Monitors: each watches one model's traffic against one baseline. There is none by default.
    pub(crate) monitor: Vec<MonitorConfig>,
    /// Receivers, by distinct names, in the order of the texts. A receiver is a name and one kind: email, webhook, slack,
    /// pagerduty, alertmanager, command or log. There is none by default.
    #[serde(rename = "receiver")]
    pub receivers: Vec<Receiver>,
    /// Routes are tried in order; the first that matches is the last, unless it continues. There is none by default; where
    /// there are receivers there must be one without match, so that every incident is told to somebody.
    pub(crate) route: Vec<RouteConfig>,
    /// Monitors, by distinct names, in the order of the texts.
    #[serde(skip)]
    pub monitors: Vec<Monitor>,
    /// Routes, in the order in which they are tried.
    #[serde(skip)]
    pub routes: Vec<Route>,
    /// What is not wrong but likely not meant, such as a receiver that no route names.
    #[serde(skip)]
    pub notes: Vec<Problem>,
    /// How baselines are laid out, by monitor.
    #[serde(skip)]
    pub(crate) layouts: BTreeMap<MonitorId, MonitorLayout>,
}

impl Config {
    /// Reads `sources` in order, later ones over earlier ones, and the `DRIFTD__SECTION__KEY` variables of `env` over
    /// them all. Without any, this is the default.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the sources. Where a text is no TOML at all, nothing but that; and what
    /// is wrong with the relations of an item's keys only when each of them can be read.
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
        let mut skipped = Skipped::new();
        let schema = schema();
        check_bounds(&schema, &root, &mut skipped, &mut problems);
        let mut config: Self = read(&root, &schema, &mut skipped, &mut problems).unwrap_or_default();
        config.check(&At::root(&root), &skipped, &mut problems);
        problems.into_result().map(|()| config)
    }

    /// Checks relations between keys, and fills in what follows from them.
    fn check(&mut self, at: &At<'_>, skipped: &Skipped, problems: &mut Problems) {
        self.notify.check(&at.key("notify"), problems);
        self.http.check(&at.key("http"), problems);
        self.kafka.check(&at.key("kafka"), problems);
        let is_read = |item: &At<'_>| !skipped.contains(item.place());
        let (monitors, receivers, routes) = (at.key("monitor"), at.key("receiver"), at.key("route"));
        monitors.check_unique("monitor", problems);
        for (monitor, at) in self.monitor.iter_mut().zip(monitors.items().filter(is_read)) {
            if at.is_sound(problems)
                && let Some((monitor, layout)) = monitor.monitor(&self.notify, &at, problems)
            {
                self.layouts.insert(monitor.id.clone(), layout);
                self.monitors.push(monitor);
            }
        }
        self.kafka.check_dead_letters(&self.monitors, &at.key("kafka"), problems);
        self.retention.check(&self.monitors, &at.key("retention"), problems);
        receivers.check_unique("receiver", problems);
        for (receiver, at) in self.receivers.iter().zip(receivers.items().filter(is_read)) {
            receiver.check(&self.notify, &at, problems);
        }
        route::check_default(&self.route, &routes, &receivers, problems);
        route::check_receivers(&routes, &receivers, problems);
        for (route, at) in self.route.iter().zip(routes.items().filter(is_read)) {
            self.routes.push(route.route(&at, problems));
        }
        let mut notes = Problems::default();
        route::note(&self.route, &routes, &receivers, &self.monitors, &mut notes);
        wire::note_kafka(&self.kafka, &at.key("kafka"), &mut notes);
        for (receiver, at) in self.receivers.iter().zip(receivers.items().filter(is_read)) {
            wire::note_receiver(receiver, &at, &mut notes);
        }
        for monitor in monitors.items().filter(is_read) {
            if let Some(known) =
                self.monitors.iter().find(|known| monitor.key("name").text() == Some(known.id.as_str()))
            {
                monitor::note(known, &monitor, &mut notes);
            }
        }
        self.notes = notes.into_sorted();
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
        label::known(&self.monitors)
    }

    /// Who hears what, and where the links of messages lead.
    #[must_use]
    pub fn routing(&self) -> Routing {
        let external_url = self.notify.external_url.as_ref().map(ToString::to_string);
        Routing { routes: self.routes.clone(), external_url }
    }

    /// The monitors that compare with a version of the baseline `name`: those a new version is built for.
    pub fn monitors_of_baseline(&self, name: &BaselineName) -> impl Iterator<Item = &Monitor> {
        self.monitors.iter().filter(move |monitor| monitor.baseline.name() == name)
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
