use super::{errors, load, monitor_errors};
use crate::Position;

#[test]
fn everything_wrong_is_said_at_once() {
    insta::assert_snapshot!(errors(r#"
[store]
url = "mysql://localhost/x"
[kafka]
brokers = ["localhost", "b:9092"]
groop = "x"
[http]
listen = "0.0.0.0:8080"
[engine]
checkpoint_bytes = "1KiB"
checkpoint_interval = 10

[[monitor]]
name = "flight delay"
topic = "a"
topics = ["b"]
format = "avro"
event_time = "ts"
pane = "fast"
windows = [{ name = "day", size = "1d" }]
segments = { max = 0 }
statistics = ["psi", "hellinger", "pzi"]
q = 2
[monitor.features]
age = { ignored = true, ks = { warn = 0.3, critical = 0.2 }, role = "target" }

[[route]]
match = { severity = "bad" }
receivers = ["nobody"]
"#), @r#"
    d.toml:3:7: store.url: names no database: write sqlite://driftd.db or postgres://user@host/database
    d.toml:5:12: kafka.brokers[#1]: "localhost" is not a broker: write host:port, such as localhost:9092
    d.toml:6:1: kafka.groop: unknown key; did you mean group?
    d.toml:8:10: http.listen: 0.0.0.0:8080 would let the network in without authentication: listen on 127.0.0.1 or [::1], behind a proxy that authenticates
    d.toml:10:20: engine.checkpoint_bytes: 1KiB is too little: give at least 1MiB
    d.toml:11:23: engine.checkpoint_interval: expected a duration, such as "15m"; found an integer
    d.toml:14:8: monitor[flight delay].name: "flight delay" is not a monitor name: use 1 to 128 letters, digits, '-', '_' or '.', starting with a letter or digit
    d.toml:17:10: monitor[flight delay].format: "avro" is not a choice: write one of json
    d.toml:18:14: monitor[flight delay].event_time: "ts" is not a JSON Pointer: it starts with '/', as in /features/dep_delay
    d.toml:19:8: monitor[flight delay].pane: "fast" is not a duration: write a number and a unit, such as 15m, 6h or 1d
    d.toml:21:12: monitor[flight delay].segments: by is missing: JSON Pointers to the labels.
    d.toml:21:20: monitor[flight delay].segments.max: 0 is out of range: choose 1 to 10000
    d.toml:22:35: monitor[flight delay].statistics[#3]: "pzi" is not a choice: did you mean psi?
    d.toml:23:5: monitor[flight delay].q: 2 is out of range: choose a number above 0 and at most 1
    d.toml:25:9: monitor[flight delay].features.age.ignored: unknown key; did you mean ignore?
    d.toml:25:69: monitor[flight delay].features.age.role: "target" is not a choice: write one of feature, prediction, label
    d.toml:28:22: route[#1].match.severity: "bad" is no severity: write one of warning, critical
    d.toml:29:14: route[#1].receivers[#1]: no receiver is named "nobody": defined are none
    "#);
}

#[test]
fn a_problem_has_its_parts() {
    let errors = load("[http]\nport = 80").unwrap_err();
    let problem = &errors.problems()[0];
    assert_eq!(problem.file, "d.toml");
    assert_eq!(problem.position, Some(Position { line: 2, column: 1 }));
    assert_eq!(problem.key, "http.port");
    assert_eq!(problem.message, "unknown key; known here: enabled, listen");
}

#[test]
fn broken_toml_is_all_that_is_said() {
    insta::assert_snapshot!(errors("[store\nurl = 3\n[http]\nlisten = \n[kafka]\nbogus = 1\n"), @"
    d.toml:1:7: not valid TOML: unclosed table, expected `]`
    d.toml:4:10: not valid TOML: string values must be quoted, expected literal string
    ");
    insta::assert_snapshot!(errors("a = 1\na = 2"), @"d.toml:2:1: not valid TOML: duplicate key");
}

#[test]
fn single_brackets_where_there_are_several() {
    insta::assert_snapshot!(errors("[monitor]\nname = 'x'"), @"d.toml:1:1: monitor: expected a list of tables; found one table: write [[monitor]] in double brackets");
}

#[test]
fn windows_must_fit_the_pane() {
    insta::assert_snapshot!(monitor_errors("pane = '15m'\nwindows = [{ name = 'a', size = '20m' }, { name = 'b', size = '1h', slide = '2h' }, { name = 'a', size = '1h' }]"), @r#"
    d.toml:6:12: monitor[flights].windows[a]: window "a": size 20m is not a positive multiple of the pane width 15m
    d.toml:6:42: monitor[flights].windows[b]: window "b": slide 2h is longer than size 1h, so some records would be in no window
    d.toml:6:94: monitor[flights].windows[a].name: window "a" is already defined at d.toml:6:21: rename one of them
    "#);
    insta::assert_snapshot!(monitor_errors("pane = '7h'"), @r#"d.toml:5:8: monitor[flights].pane: window "day": size 1d is not a positive multiple of the pane width 7h; that window is the default, write windows that suit the pane"#);
    insta::assert_snapshot!(monitor_errors("pane = '10ms'"), @"d.toml:5:8: monitor[flights].pane: a pane must be at least 1s wide and no wider than 366d; 10ms is not");
    insta::assert_snapshot!(monitor_errors("windows = []"), @"d.toml:5:11: monitor[flights].windows: is empty: name at least one");
}

#[test]
fn shapes_are_read_before_relations() {
    insta::assert_snapshot!(monitor_errors("windows = [{ name = 'a', size = '90m' }, { name = 'c', size = '1h', slide = 'x' }]"), @r#"d.toml:5:77: monitor[flights].windows[c].slide: "x" is not a duration: write a number and a unit, such as 15m, 6h or 1d"#);
    insta::assert_snapshot!(errors("[[monitor]]\nname = 'a'\nbaseline = 'a@v1'\n"), @r#"d.toml:1:1: monitor[a]: topic is missing: write topic = "…" or topics = ["…", "…"]"#);
    insta::assert_snapshot!(monitor_errors("topics = ['b']"), @"d.toml:1:1: monitor[flights]: has both topic and topics: write one of them");
}

#[test]
fn thresholds_and_judged_statistics_go_together() {
    insta::assert_snapshot!(monitor_errors("statistics = ['tv']\nthresholds = { js = { warn = 0.1, critical = 0.2 } }"), @r#"
    d.toml:5:15: monitor[flights].statistics[#1]: tv has no default thresholds: add thresholds.tv = { warn = …, critical = … }
    d.toml:6:21: monitor[flights].thresholds.js: js is not judged here: add "js" to statistics
    "#);
    insta::assert_snapshot!(monitor_errors("thresholds = { psi = { warn = -1, critical = inf }, ks = { warn = 0.1 }, kss = 1 }"), @"
    d.toml:5:31: monitor[flights].thresholds.psi.warn: -1 is out of range: choose at least 0
    d.toml:5:46: monitor[flights].thresholds.psi.critical: inf is not a finite number
    d.toml:5:58: monitor[flights].thresholds.ks: critical is missing: Effect from which the outcome is critical; never below `warn`.
    d.toml:5:74: monitor[flights].thresholds.kss: unknown key; did you mean ks?
    ");
    insta::assert_snapshot!(monitor_errors("[monitor.features.age]\nstatistics = ['linf']\npsi = { warn = 0.1, critical = 0.3 }"), @r#"
    d.toml:6:15: monitor[flights].features.age.statistics[#1]: linf has no default thresholds: add linf = { warn = …, critical = … }
    d.toml:7:7: monitor[flights].features.age.psi: psi is not judged here: add "psi" to statistics
    "#);
    insta::assert_snapshot!(monitor_errors("statistics = []\n[monitor.features.age]\nstatistics = []"), @"
    d.toml:5:14: monitor[flights].statistics: is empty: name at least one
    d.toml:7:14: monitor[flights].features.age.statistics: is empty: name at least one
    ");
}

#[test]
fn numbers_have_ranges() {
    insta::assert_snapshot!(monitor_errors("min_samples = 0\nq = 0\nsmoothing = { epsilon = 2 }\nincidents = { open_after = 0, repeat_interval = '0s' }\nbaseline_options = { bins = 1, cells = 5000, categories = 70000 }"), @"
    d.toml:5:15: monitor[flights].min_samples: 0 is out of range: choose 1 to 1000000000
    d.toml:6:5: monitor[flights].q: 0 is out of range: choose a number above 0 and at most 1
    d.toml:7:13: monitor[flights].smoothing: smoothing constant 2 must be finite, greater than 0 and at most 1
    d.toml:8:28: monitor[flights].incidents.open_after: 0 is out of range: choose 1 to 1000
    d.toml:8:49: monitor[flights].incidents.repeat_interval: must be longer than zero
    d.toml:9:29: monitor[flights].baseline_options.bins: 1 is out of range: choose 2 to 4096
    d.toml:9:40: monitor[flights].baseline_options.cells: 5000 is out of range: choose 16 to 4096
    d.toml:9:59: monitor[flights].baseline_options.categories: 70000 is out of range: choose 1 to 10000
    ");
    insta::assert_snapshot!(monitor_errors("min_samples = -5\nsmoothing = 'some'\nbaseline_options = { bins = { edges = [2, 1], equal_width = 3 } }"), @r#"
    d.toml:5:15: monitor[flights].min_samples: -5 is out of range: choose 1 to 1000000000
    d.toml:6:13: monitor[flights].smoothing: expected smoothing: { pseudo_count = 0.5 }, { epsilon = 1e-4 } or "none"; found text
    d.toml:7:29: monitor[flights].baseline_options.bins: names no single binning: write either equal_width or edges
    "#);
    insta::assert_snapshot!(monitor_errors("min_samples = 99999999999999999999\nbaseline_options.bins = { edges = [2, 1] }\nsmoothing = {}\nq = 'high'"), @"
    d.toml:5:15: monitor[flights].min_samples: 99999999999999999999 is out of range: choose 1 to 1000000000
    d.toml:6:25: monitor[flights].baseline_options.bins: bin edge number 1 (1) must be finite and greater than the one before it
    d.toml:7:13: monitor[flights].smoothing: names no single smoothing: write either pseudo_count or epsilon
    d.toml:8:5: monitor[flights].q: expected a number, such as 0.1; found text
    ");
}

#[test]
fn a_name_is_defined_once() {
    insta::assert_snapshot!(errors("[[monitor]]\nname = 'a'\ntopic = 'a'\nbaseline = 'a@v1'\n[[monitor]]\nname = 'a'\ntopics = []\nbaseline = 'a'"), @r#"
    d.toml:6:8: monitor[a].name: monitor "a" is already defined at d.toml:2:8: rename one of them
    d.toml:7:10: monitor[a].topics: is empty: name at least one
    d.toml:8:12: monitor[a].baseline: "a" is not a baseline version: write NAME@vN, such as flight-delay@v1
    "#);
}

#[test]
fn kafka_properties_that_are_driftds_or_secret() {
    insta::assert_snapshot!(errors("[kafka.properties]\n'group.id' = 'x'\n'bootstrap.servers' = 'x'\n'enable.auto.commit' = true\n'sasl.password' = 'hunter2'\n'ssl.key.password' = { env = 'a b' }\n'fetch.min.bytes' = [1]\n"), @r#"
    d.toml:2:14: kafka.properties."group.id": is set by driftd: use kafka.group
    d.toml:3:23: kafka.properties."bootstrap.servers": is set by driftd: use kafka.brokers
    d.toml:4:24: kafka.properties."enable.auto.commit": is set by driftd, which keeps its own offsets: leave it out
    d.toml:5:19: kafka.properties."sasl.password": is a secret: write { env = "VARIABLE" } or { file = "/path" } instead of its value
    d.toml:6:22: kafka.properties."ssl.key.password": env is not the name of an environment variable: use letters, digits and '_'
    d.toml:7:21: kafka.properties."fetch.min.bytes": expected text, a number, true or false, or a reference to a secret; found a list
    "#);
}

#[test]
fn keys_are_quoted_where_toml_quotes_them() {
    insta::assert_snapshot!(monitor_errors("[monitor.features.'air time']\nignor = true\n[monitor.features.'']\nx = 1"), @r#"
    d.toml:6:1: monitor[flights].features."air time".ignor: unknown key; did you mean ignore?
    d.toml:8:1: monitor[flights].features."".x: unknown key; known here: path, role, kind, ignore, statistics, bins, psi, ks, js, hellinger, tv, linf, wasserstein, chi_square, missing, unseen, out_of_range, non_finite
    "#);
}

#[test]
fn kafka_keys_have_ranges_and_relations() {
    insta::assert_snapshot!(errors("[kafka]\nstart = 'newest'\ndead_letter_topic = 'no good'\nfetch_bytes = '1kB'\ndrain_timeout = '0s'\n"), @r#"
    d.toml:2:9: kafka.start: "newest" is no start: write "earliest", "latest" or a time such as "2026-07-01T00:00:00Z"
    d.toml:3:21: kafka.dead_letter_topic: "no good" is not a topic: use 1 to 249 letters, digits, '.', '_' or '-'
    d.toml:4:15: kafka.fetch_bytes: 1kB is too little: give at least 1MiB
    d.toml:5:17: kafka.drain_timeout: must be longer than zero
    "#);
    insta::assert_snapshot!(errors("[kafka]\nstart = 1969-07-20T20:17:40Z\n"), @r#"d.toml:2:9: kafka.start: 1969-07-20T20:17:40Z is before 1970: brokers have no such timestamps, write "earliest""#);
    insta::assert_snapshot!(errors("[kafka]\nstart = 5\ndrain_timeout = '45s'\n"), @r#"
    d.toml:2:9: kafka.start: expected "earliest", "latest" or a time such as "2026-07-01T00:00:00Z"; found an integer
    d.toml:3:17: kafka.drain_timeout: 45s must be shorter than session.timeout.ms, which is 45s
    "#);
    insta::assert_snapshot!(errors("[kafka]\ndrain_timeout = '10s'\nproperties = { 'session.timeout.ms' = 10000 }\n"), @"d.toml:2:17: kafka.drain_timeout: 10s must be shorter than session.timeout.ms, which is 10s");
    insta::assert_snapshot!(errors("[kafka]\nproperties = { 'session.timeout.ms' = '6000' }\n"), @r#"d.toml:2:39: kafka.properties."session.timeout.ms": 6s must be longer than kafka.drain_timeout, which is 20s by default"#);
    insta::assert_snapshot!(errors("[kafka.properties]\n'auto.offset.reset' = 'latest'\n'group.protocol' = 'consumer'\n'queued.max.messages.kbytes' = 1"), @r#"
    d.toml:2:23: kafka.properties."auto.offset.reset": is set by driftd: use kafka.start
    d.toml:3:20: kafka.properties."group.protocol": is set by driftd, which takes and gives partitions one by one: leave it out
    d.toml:4:32: kafka.properties."queued.max.messages.kbytes": is set by driftd: use kafka.fetch_bytes
    "#);
    let slow = super::loaded("[kafka]\ndrain_timeout = '50s'\nproperties = { 'session.timeout.ms' = 60000 }\n");
    assert_eq!(slow.kafka.drain_timeout.to_string(), "50s");
}

#[test]
fn rejected_records_do_not_come_back() {
    insta::assert_snapshot!(errors(&format!("[kafka]\ndead_letter_topic = 'flights'\n{}", super::LEAST)), @r#"d.toml:2:21: kafka.dead_letter_topic: monitor "flights" reads topic "flights": choose another, or rejected records would come back for ever"#);
}

#[test]
fn what_is_kept_suffices_for_what_is_judged() {
    insta::assert_snapshot!(errors("[retention]\npartials = '59m'\nhistory = '23h'\n"), @r#"
    d.toml:2:12: retention.partials: 59m is too little: give at least 1h
    d.toml:3:11: retention.history: 23h is too little: give at least 1d, or "never"
    "#);
    insta::assert_snapshot!(errors("[retention]\nhistory = 90\n"), @r#"d.toml:2:11: retention.history: expected a duration such as "90d", or "never"; found an integer"#);
    insta::assert_snapshot!(errors("[retention]\nhistory = 'soon'\n"), @r#"d.toml:2:11: retention.history: "soon" is not a duration: write a number and a unit, such as 15m, 6h or 1d"#);
    let week = "windows = [{ name = 'day', size = '1d' }, { name = 'week', size = '7d' }]\n";
    insta::assert_snapshot!(errors(&format!("[retention]\nhistory = '6d'\n{}{week}", super::LEAST)), @r#"d.toml:2:11: retention.history: 6d is shorter than a window of monitor "flights": give at least 7d"#);
    assert!(load(&format!("[retention]\nhistory = '7d'\n{}{week}", super::LEAST)).is_ok());
}

#[test]
fn numbers_of_sections_have_ranges() {
    insta::assert_snapshot!(errors("[store]\nmax_connections = 1\n[engine]\nthreads = 257\nshutdown_timeout = '0s'\n[http]\nenabled = 'yes'"), @r#"
    d.toml:2:19: store.max_connections: 1 is out of range: choose 2 to 100
    d.toml:4:11: engine.threads: 257 is out of range: choose 0 to 256
    d.toml:5:20: engine.shutdown_timeout: must be longer than zero
    d.toml:7:11: http.enabled: expected true or false; found text
    "#);
}

#[test]
fn filters_are_texts() {
    insta::assert_snapshot!(monitor_errors("filter = { model = [], version = 3, name = 'x' }"), @"
    d.toml:5:20: monitor[flights].filter.model: is empty: name at least one
    d.toml:5:34: monitor[flights].filter.version: expected text in quotes, or a list of such texts; found an integer
    d.toml:5:37: monitor[flights].filter.name: unknown key; known here: model, version
    ");
    insta::assert_snapshot!(monitor_errors("filter = { model = '', version = ['3', 4] }"), @r#"
    d.toml:5:20: monitor[flights].filter.model: is empty: write a text, or leave the key out
    d.toml:5:40: monitor[flights].filter.version[#2]: expected text in quotes; found an integer
    "#);
}
