use super::{LEAST, env, load};
use crate::{Config, KafkaProperty, SecretRef, Source};

fn sources(texts: &[&str]) -> Vec<Source> {
    texts.iter().enumerate().map(|(i, text)| Source::new(format!("{}.toml", i + 1), *text)).collect()
}

#[test]
fn later_files_win_and_named_things_add_up() {
    let other = LEAST.replace("'flights'", "'other'");
    let config = Config::load(
        &sources(&[
            &format!("[kafka]\ngroup = 'one'\nbrokers = ['a:1', 'b:2']\nproperties = {{ x = '1', y = '2' }}\n{LEAST}"),
            &format!("[kafka]\nbrokers = ['c:3']\nproperties = {{ y = '3' }}\n{other}"),
        ]),
        [],
    )
    .unwrap();
    assert_eq!(config.kafka.group, "one");
    assert_eq!(config.kafka.brokers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["c:3"]);
    assert_eq!(config.kafka.properties["x"], KafkaProperty::Text("1".to_owned()));
    assert_eq!(config.kafka.properties["y"], KafkaProperty::Text("3".to_owned()));
    assert_eq!(config.monitors.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["flights", "other"]);
}

#[test]
fn problems_name_the_file_that_was_last_to_speak() {
    let errors = Config::load(
        &sources(&[
            "[http]\nlisten = 'x'\n[[monitor]]\nname = 'a'\n",
            &format!("[http]\nlisten = 'y'\n{LEAST}"),
            LEAST,
        ]),
        env([("DRIFTD__STORE__URL", "nowhere")]),
    );
    insta::assert_snapshot!(errors.unwrap_err(), @r#"
    1.toml:3:1: monitor[a]: baseline is missing: A baseline, made by `driftd baseline build flight-delay FILE`: NAME@vN for one version of it, or NAME for the newest version when driftd starts or reads its configuration again. Such as "flight-delay@v1".
    2.toml:2:10: http.listen: "y" is not an address and port: write digits, as in 127.0.0.1:8080 or [::1]:8080
    3.toml:2:8: monitor[flights].name: monitor "flights" is already defined at 2.toml:4:8: rename one of them
    environment variable DRIFTD__STORE__URL: store.url: names no database: write sqlite://driftd.db or postgres://user@host/database
    "#);
}

#[test]
fn variables_win_over_files_and_become_what_their_key_asks_for() {
    let config = Config::load(
        &sources(&["[store]\nurl = 'sqlite://a.db'\n"]),
        env([
            ("DRIFTD__STORE__URL", "postgres://me:secret@db/drift"),
            ("DRIFTD__KAFKA__BROKERS", "a:1, b:2"),
            ("DRIFTD__KAFKA__GROUP", "17"),
            ("DRIFTD__KAFKA__PROPERTIES__SECURITY_PROTOCOL", "SASL_SSL"),
            ("DRIFTD__KAFKA__PROPERTIES__SASL_PASSWORD", "hunter2"),
            ("DRIFTD__HTTP__LISTEN", "[::1]:9000"),
            ("DRIFTD__ENGINE__CHECKPOINT_BYTES", "2097152"),
            ("DRIFTD__ENGINE__CHECKPOINT_INTERVAL", "1m 30s"),
            ("DRIFTD__NOTIFY__ALLOW_COMMANDS", "true"),
            ("DRIFTD_LOG", "debug"),
            ("PATH", "/bin"),
        ]),
    )
    .unwrap();
    insta::assert_snapshot!(config.effective_toml(), @r#"
    [store]
    url = "postgres://me:***@db/drift"
    max_connections = 10
    migrate = "never"

    [kafka]
    brokers = ["a:1", "b:2"]
    group = "17"
    start = "earliest"
    unreadable_batch = "stop"
    fetch_bytes = "64MiB"
    drain_timeout = "5s"

    [kafka.properties]
    "sasl.password" = { env = "DRIFTD__KAFKA__PROPERTIES__SASL_PASSWORD" }
    "security.protocol" = "SASL_SSL"

    [files]
    delimiter = ""
    encoding = ""

    [http]
    enabled = true
    listen = "[::1]:9000"
    probes = ""
    probes_features = false

    [retention]
    partials = "2d"
    history = "never"

    [engine]
    threads = 0
    checkpoint_bytes = "2MiB"
    checkpoint_interval = "1m 30s"
    shutdown_timeout = "30s"

    [notify]
    allow_commands = true
    allow_link_local = false
    environment = ""
    external_url = ""
    "#);
    let password = SecretRef::Env("DRIFTD__KAFKA__PROPERTIES__SASL_PASSWORD".to_owned());
    assert_eq!(config.kafka.properties["sasl.password"], KafkaProperty::Secret(password));
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_variable_may_be_a_toml_list() {
    let config = Config::load(&[], env([("DRIFTD__KAFKA__BROKERS", r#"["a:1", "b:2"]"#)])).unwrap();
    assert_eq!(config.kafka.brokers.len(), 2);
    let config = Config::load(&[], env([("DRIFTD__KAFKA__PROPERTIES", r#"{ "a.b" = "c", d = 1, e = [] }"#)]));
    insta::assert_snapshot!(config.unwrap_err(), @"environment variable DRIFTD__KAFKA__PROPERTIES: kafka.properties.e: expected text, a number, true or false, or a reference to a secret; found a list");
    let config = Config::load(&[], env([("DRIFTD__KAFKA__BROKERS", " , ")]));
    insta::assert_snapshot!(config.unwrap_err(), @"environment variable DRIFTD__KAFKA__BROKERS: kafka.brokers: is empty: name at least one");
}

#[test]
fn wrong_variables_are_told_by_name() {
    let errors = Config::load(
        &[],
        env([
            ("DRIFTD__STORE", "sqlite://x.db"),
            ("DRIFTD__STORE__URI", "sqlite://x.db"),
            ("DRIFTD__MONITOR__FLIGHTS__PANE", "1h"),
            ("DRIFTD__ENGINE__CHECKPOINT_INTERVAL", "soon"),
            ("DRIFTD__NOTIFY__ALLOW_COMMANDS", "yes"),
            ("DRIFTD__KAFKA__BROKERS", "a:1, b"),
            ("DRIFTD__HTTP__LISTEN__PORT", "1"),
            ("DRIFTD____X", "1"),
        ]),
    );
    insta::assert_snapshot!(errors.unwrap_err(), @r#"
    environment variable DRIFTD__ENGINE__CHECKPOINT_INTERVAL: engine.checkpoint_interval: "soon" is not a duration: write a number and a unit, such as 15m, 6h or 1d
    environment variable DRIFTD__HTTP__LISTEN__PORT: http.listen: expected text in quotes; found a table
    environment variable DRIFTD__KAFKA__BROKERS: kafka.brokers[#2]: "b" is not a broker: write host:port, such as localhost:9092
    environment variable DRIFTD__MONITOR__FLIGHTS__PANE: a monitor cannot be set by environment variables: write [[monitor]] in a file
    environment variable DRIFTD__NOTIFY__ALLOW_COMMANDS: notify.allow_commands: expected true or false; found text
    environment variable DRIFTD__STORE: names no key: write DRIFTD__SECTION__KEY, such as DRIFTD__STORE__URL
    environment variable DRIFTD__STORE__URI: store.uri: unknown key; did you mean url?
    environment variable DRIFTD____X: names no key: write DRIFTD__SECTION__KEY, such as DRIFTD__STORE__URL
    "#);
}

#[test]
fn without_sources_there_are_the_defaults() {
    assert_eq!(Config::load(&[], []), Ok(Config::default()));
    assert_eq!(load("# nothing\n"), Ok(Config::default()));
}
