//! What is made of what is written, and how it is shown.

use driftd_model::{LabelName, Labels, Routing};
use driftd_stats::Binning;

use super::{EXAMPLE, LEAST, env, errors, load, loaded};
use crate::{Address, Channel, Config, Position, SecretRef, WebhookTemplate};

#[test]
fn a_problem_has_its_parts() {
    let errors = load("[http]\nport = 80").unwrap_err();
    let problem = &errors.problems()[0];
    assert_eq!((problem.file.as_str(), problem.key.as_str()), ("d.toml", "http.port"));
    assert_eq!(problem.position, Some(Position { line: 2, column: 1 }));
    assert_eq!(problem.message, "unknown key; known here: enabled, listen, probes, probes_features");
}

#[test]
fn layouts_are_by_monitor_and_feature() {
    let config = loaded(EXAMPLE);
    let id = &config.monitors[0].id;
    assert_eq!(config.layout_for(id).binning, Binning::EqualWidth(30));
    let layout = config.layout(id).unwrap();
    assert_eq!(layout.for_feature(&"air time".into()).binning, Binning::Edges(vec![0.0, 60.5, 120.0]));
    assert_eq!(layout.for_feature(&"distance".into()).cells, 512);
    let name = "other".parse().unwrap();
    assert_eq!(config.monitors_of_baseline(&name).map(|m| m.id.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(config.monitor(id).map(|m| m.topics.len()), Some(1));
    assert!(config.receiver(&"pager".parse().unwrap()).is_some());
}

#[test]
fn monitors_share_topics_and_topics_share_monitors() {
    let other =
        LEAST.replace("name = 'flights'", "name = 'other'").replace("topic = 'flights'", "topics = ['b', 'flights']");
    let config = loaded(&format!("{LEAST}filter = {{ version = '3' }}\n{other}"));
    let topics = |i: usize| config.monitors[i].topics.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((topics(0), topics(1)), (vec!["flights".to_owned()], vec!["b".to_owned(), "flights".to_owned()]));
    assert_eq!(config.monitors[0].filter.versions, ["3"]);
    assert!(config.monitors[1].filter.is_open());
    assert_eq!(loaded(&config.effective_toml()), config);
}

#[test]
fn labels_come_from_the_monitor_its_filter_and_the_environment() {
    for (keys, labels) in [
        ("", ""),
        ("labels = { team = 'ml' }", "team=ml"),
        (
            "labels.team = 'ml'\nfilter = { model = 'x', version = ['3'] }\n[notify]\nenvironment = 'prod'",
            "environment=prod model=x model_version=3 team=ml",
        ),
        ("filter = { model = ['x', 'y'], version = ['3', '3'] }", "model_version=3"),
    ] {
        let config = loaded(&format!("{LEAST}{keys}"));
        let found = config.monitors[0].labels.iter().map(|(name, value)| format!("{name}={value}"));
        assert_eq!(found.collect::<Vec<_>>().join(" "), labels, "{keys}");
    }
}

#[test]
fn limits_are_values_or_never() {
    for (value, volume) in [("1", Some(1.0)), ("0.25", Some(0.25)), ("'never'", None)] {
        let config = loaded(&format!("{LEAST}incidents = {{ least_volume = {value} }}"));
        assert_eq!(config.monitors[0].incidents.least_volume, volume);
    }
    assert_eq!(loaded(LEAST).monitors[0].incidents.least_volume, Some(0.1));
    let off = loaded(&format!("{LEAST}pipeline = {{ lag = 'never', stall = 'never', rejected = 'never' }}"));
    let rules = off.monitors[0].pipeline;
    assert_eq!((rules.lag, rules.stall, rules.rejected), (None, None, None));
    let slow = loaded("[kafka]\ndrain_timeout = '50s'\nproperties = { 'session.timeout.ms' = 60000 }\n");
    assert_eq!(slow.kafka.drain_timeout.to_string(), "50s");
}

#[test]
fn what_holds_for_all_receivers_may_be_empty_and_has_no_slash_at_its_end() {
    let variables = [("DRIFTD__NOTIFY__ENVIRONMENT", "prod"), ("DRIFTD__NOTIFY__EXTERNAL_URL", "http://x/d/")];
    let notify = Config::load(&[], env(variables)).unwrap().notify;
    assert_eq!(notify.environment.as_deref(), Some("prod"));
    assert_eq!(notify.external_url.map(|url| url.to_string()).as_deref(), Some("http://x/d"));
    assert_eq!(loaded("[notify]\nenvironment = ''\nexternal_url = ''\n"), Config::default());
}

#[test]
fn an_address_that_is_a_secret_is_kept_elsewhere() {
    let config = loaded(
        "[[receiver]]\nname = 'a'\nwebhook = { url = { file = '/run/secrets/url' }, template = 'teams' }\n\
         [[route]]\nreceivers = ['a']\n",
    );
    let Channel::Webhook(webhook) = &config.receivers[0].channel else { panic!("{config:?}") };
    assert_eq!(webhook.url, Address::Secret(SecretRef::File("/run/secrets/url".into())));
    assert_eq!((&webhook.template, &webhook.token), (&Some(WebhookTemplate::Teams), &None));
}

#[test]
fn the_routing_is_what_was_written() {
    let config = loaded(
        "[notify]\nexternal_url = 'https://drift.example.com/'\n[[receiver]]\nname = 'log'\nlog = {}\n\
         [[route]]\nmatch = { severity = '!=critical', team = '=~ml|data' }\nreceivers = ['log']\ncontinue = true\n\
         [[route]]\nreceivers = ['log']\n",
    );
    let routing = config.routing();
    assert_eq!(routing.external_url.as_deref(), Some("https://drift.example.com"));
    for (severity, team, matched) in
        [("warning", "data", [true, true]), ("critical", "data", [false, true]), ("warning", "database", [false, true])]
    {
        let label = |name: &str, value: &str| (name.parse::<LabelName>().unwrap(), value.to_owned());
        let labels: Labels = [label("severity", severity), label("team", team)].into_iter().collect();
        assert_eq!(routing.routes.iter().map(|route| route.matches(&labels)).collect::<Vec<_>>(), matched);
    }
    assert_eq!(loaded(LEAST).routing(), Routing::default());
}

#[test]
fn what_is_shown_loads_to_the_same() {
    let none = format!("{LEAST}smoothing = \"none\"");
    let odd = format!("{LEAST}[monitor.features.\"a\\\"b\\\\c\\n\\u007f é\"]\nignore = true");
    for text in ["", LEAST, EXAMPLE, &none, &odd] {
        let config = loaded(text);
        let shown = config.effective_toml();
        assert_eq!(loaded(&shown), config, "{shown}");
    }
}

#[test]
fn the_example_is_shown_with_every_default() {
    let config = loaded(EXAMPLE);
    assert_eq!(config.notes, []);
    let shown = config.effective_toml();
    assert!(shown == include_str!("shown.toml"), "shown.toml is not what is shown:\n{shown}");
}

#[test]
fn a_masked_password_does_not_pass_for_a_password() {
    let config = Config::load(&[], env([("DRIFTD__STORE__URL", "postgres://me:s3cret@db/drift")])).unwrap();
    let shown = config.effective_toml();
    assert!(shown.contains("postgres://me:***@db/drift"), "{shown}");
    insta::assert_snapshot!(errors(&shown), @"d.toml:2:7: store.url: has the masked password ***: write the real address, or set it by DRIFTD__STORE__URL");
}
