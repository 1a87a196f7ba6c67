//! `driftd config` and what else describes the program: schema, completions, help.

use insta::assert_snapshot;

use crate::fixture::{CONFIG, Fixture, finish};

#[test]
fn a_configuration_that_is_right() {
    let fixture = Fixture::new();
    assert_snapshot!(fixture.run("config check").shown(), @"
    exit 0
    --- out
    the configuration is valid: 0 monitors, 0 receivers
    --- err
    note: there is nothing to watch: `driftd run` needs a [[monitor]]
    ");
    fixture.write("driftd.toml", CONFIG);
    assert_snapshot!(fixture.run("config check").shown(), @"
    exit 0
    --- out
    the configuration is valid: 1 monitor, 0 receivers
    the largest seal is that of monitor orders: up to 7 kB of memory for every feature (3 windows of 1 segment)
    ");
    let wide = "windows = [{ name = \"day\", size = \"1d\" }, { name = \"week\", size = \"7d\" }]\n";
    let wide = CONFIG.replace("windows = [{ name = \"day\", size = \"1d\" }]\n", wide);
    fixture.write("driftd.toml", format!("{wide}segments = {{ by = [\"/city\"], max = 1000 }}\n"));
    assert_snapshot!(fixture.run("config check").ends(0).out(), @"
    the configuration is valid: 1 monitor, 0 receivers
    the largest seal is that of monitor orders: up to 11,022 kB of memory for every feature (5 windows of 1,002 segments)
    ");
    assert_snapshot!(fixture.run("config check --config nothing.toml").refusal(), @"error: there is no configuration file nothing.toml; check the path");
}

#[test]
fn every_problem_at_once_with_its_place() {
    let fixture = Fixture::new();
    fixture.write(
        "bad.toml",
        r#"[store]
url = "mysql://x"
[http]
listen = "0.0.0.0:8080"
[[monitor]]
name = "orders"
topic = "orders"
baseline = "orders@"
event_time = "ts"
pane = "1h"
windws = [{ name = "day", size = "1d" }]
windows = [{ name = "day", size = "90m" }]
min_samples = -3
[[route]]
receivers = ["nobody"]
"#,
    );
    let error = fixture.run("config check --config bad.toml").refusal();
    assert_snapshot!(error, @r#"
    error: bad.toml:2:7: store.url: names no database: write sqlite://driftd.db or postgres://user@host/database
    bad.toml:4:10: http.listen: 0.0.0.0:8080 would let the network in without authentication: listen on 127.0.0.1 or [::1], behind a proxy that authenticates
    bad.toml:8:12: monitor[orders].baseline: "orders@" is not a baseline version: write NAME@vN, such as flight-delay@v1
    bad.toml:9:14: monitor[orders].event_time: "ts" is not a JSON Pointer: it starts with '/', as in /features/dep_delay
    bad.toml:11:1: monitor[orders].windws: unknown key; did you mean windows?
    bad.toml:13:15: monitor[orders].min_samples: -3 is out of range: choose 1 to 1000000000
    bad.toml:15:14: route[#1].receivers[#1]: no receiver is named "nobody": defined are none
    "#);
    // Every command that reads it says the same.
    assert_eq!(fixture.run("history orders --config bad.toml").refusal(), error);
    fixture.write("broken.toml", "[store\nurl = 1\n");
    assert_snapshot!(fixture.run("config check --config broken.toml").refusal(), @"error: broken.toml:1:7: not valid TOML: unclosed table, expected `]`");
}

#[test]
fn what_passes_can_be_started() {
    let fixture = Fixture::new();
    let check = |text: &str, env: &[(&str, &str)]| {
        fixture.write("driftd.toml", format!("{CONFIG}{text}"));
        finish(fixture.command("config check").envs(env.iter().copied()))
    };
    let hook = "[[receiver]]\nname = \"bus\"\nwebhook = { url = \"https://example.com/hook\", secret = { env = \"HOOK\" }, \
                template = { file = \"none.jinja\" } }\n[[route]]\nreceivers = [\"bus\"]\n";
    let refused = |refusal: String, why: &str| assert!(refusal.contains(why), "{refusal}");
    let missing = "receiver[bus].webhook.secret: environment variable HOOK is not set";
    refused(check(hook, &[]).refusal(), missing);
    let key = [("HOOK", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
    refused(check(hook, &key).refusal(), "receiver[bus].webhook.template: file none.jinja cannot be read");
    // One call of the parser for every sign: on a stack as small as a daemon's this ended the process.
    fixture.write("none.jinja", format!("{{{{ {}1 }}}}", "-".repeat(40_000)));
    let deep =
        "receiver[bus].webhook.template: file none.jinja: line 1: an expression of more than 2000 words and signs";
    refused(check(hook, &key).refusal(), deep);
    let kafka = "[kafka.properties]\n\"sesion.timeout.ms\" = 6000\n";
    let unknown = "kafka.properties.\"sesion.timeout.ms\": librdkafka knows no such property";
    refused(check(kafka, &[]).refusal(), unknown);
    let tls = "[kafka.properties]\n\"security.protocol\" = \"ssl\"\n\"ssl.ca.location\" = \"none.pem\"\n";
    let refusal = check(tls, &[]).refusal();
    assert!(refusal.starts_with("error: kafka: Client creation error: ssl.ca.location failed:"), "{refusal}");
}

#[test]
fn later_files_and_the_environment_win() {
    let fixture = Fixture::new();
    fixture.write("a.toml", "[store]\nurl = \"sqlite://a.db\"\n[kafka]\ngroup = \"a\"\n");
    fixture.write("b.toml", "[store]\nurl = \"sqlite://b.db\"\n");
    let shown = fixture.run("config show --config a.toml --config b.toml").ends(0).out();
    assert!(shown.contains("url = \"sqlite://b.db\"") && shown.contains("group = \"a\""), "{shown}");
    let mut command = fixture.command("config show --config a.toml");
    let shown = finish(command.env("DRIFTD__STORE__URL", "sqlite://c.db")).ends(0).out();
    assert!(shown.contains("url = \"sqlite://c.db\""), "{shown}");
    let refused = |key: &str, value: &str| finish(fixture.command("config check").env(key, value)).refusal();
    assert_snapshot!(refused("DRIFTD__STOR__URL", "sqlite://c.db"), @"error: environment variable DRIFTD__STOR__URL: stor: unknown key; did you mean store?");
    assert_snapshot!(refused("DRIFTD__STORE__URL", "mysql://c"), @"error: environment variable DRIFTD__STORE__URL: store.url: names no database: write sqlite://driftd.db or postgres://user@host/database");
}

#[test]
fn what_is_shown_is_a_configuration_without_secrets() {
    let fixture = Fixture::new();
    let receiver = "\n[[receiver]]\nname = \"bus\"\nwebhook = { url = \"https://example.com/hook\", secret = { env = \"HOOK\" } }\n\
                    [[route]]\nreceivers = [\"bus\"]\n";
    fixture.write("driftd.toml", format!("{CONFIG}{receiver}"));
    let shown = finish(fixture.command("config show").env("HOOK", "whsec_c2VjcmV0")).ends(0).out();
    assert!(!shown.contains("c2VjcmV0") && shown.contains("HOOK"), "{shown}");
    fixture.write("again.toml", &shown);
    assert_eq!(fixture.run("config show --config again.toml").ends(0).out(), shown);
}

#[test]
fn the_schema_names_every_section() {
    let schema = Fixture::new().run("config schema").ends(0).json();
    let properties = schema["properties"].as_object().unwrap();
    for section in ["store", "kafka", "http", "engine", "notify", "monitor", "receiver", "route"] {
        assert!(properties.contains_key(section), "no {section} in the schema");
    }
}

#[test]
fn completions_know_every_command() {
    let fixture = Fixture::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = fixture.run(&format!("completions {shell}")).ends(0).out();
        for command in ["demo", "check", "baseline", "replay", "history", "incidents", "silences", "config", "migrate"]
        {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
    assert_snapshot!(fixture.run("completions tcsh").refusal(), @"
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    ");
}

#[test]
fn help_and_usage() {
    let fixture = Fixture::new();
    assert_snapshot!(fixture.run("--help").shown(), @"
    exit 0
    --- out
    Tells you when the population reaching your model is no longer the one it was trained on

    Usage: driftd [OPTIONS] <COMMAND>

    Commands:
      demo         Replay a year of real flights through the real engine and show what drifted; needs
                   nothing but this binary
      init         Begin with your own data: write a configuration for a file's columns, and build its
                   baseline
      run          The daemon: counts what passes through Kafka, judges it, and tells people
      serve        Serve what is in a store over HTTP, read only and without Kafka, so that readers
                   scale apart from the daemons
      ready        Ask the daemon beside whether it is ready, for probes that run a program: exit code 0
                   ready, 1 not and why
      produce      Send the rows of files to a topic as JSON, to try the daemon out
      check        Compare two data sets once: exit code 0 stable, 1 drift or lost columns, 2 error or
                   nothing judged
      baseline     Build, look at and activate baselines
      replay       Walk files with event times through a monitor: what would have alerted last quarter?
      history      Drift history of a monitor
      incidents    Incidents: what opened, why, and what became of it
      silences     Temporary mutes
      routes       Who hears of which incident
      receivers    Try the places notifications go to
      partitions   Partitions of topics: list them, set where one goes on, forget one that is gone
      topics       Topics: begin one anew
      frontier     How far a monitor is sealed and what it waits for, and to set it
      doctor       Look at everything driftd depends on: exit code 0 all well, 1 warnings, 2 something
                   does not work
      config       Check, show and describe the configuration
      migrate      Bring the store's schema up to date
      retain       Drop what is older than the configuration wants it kept; the daemon does so by itself
                   every hour
      completions  Print a completion script for your shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -v, --verbose...  Say more on standard error; twice for everything. DRIFTD_LOG takes a tracing
                        filter, DRIFTD_LOG_FORMAT text or json
      -h, --help        Print help
      -V, --version     Print version
    ");
    assert_snapshot!(fixture.run("--version").shown(), @"
    exit 0
    --- out
    driftd [VERSION]
    ");
    assert_snapshot!(fixture.run("chekc").refusal(), @"
    error: unrecognized subcommand 'chekc'

      tip: a similar subcommand exists: 'check'

    Usage: driftd [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(fixture.run("check --baseline a.csv").refusal(), @"
    error: the following required arguments were not provided:
      --current <FILE>...

    Usage: driftd check --baseline <FILE|NAME>... --current <FILE>...

    For more information, try '--help'.
    ");
    assert_eq!(fixture.run("").ends(2).out(), "");
    let commands = [
        "demo",
        "check",
        "baseline",
        "baseline build",
        "baseline list",
        "baseline show",
        "baseline diff",
        "baseline activate",
        "baseline export",
        "baseline import",
        "replay",
        "history",
        "incidents",
        "incidents list",
        "incidents show",
        "incidents ack",
        "incidents resolve",
        "silences",
        "silences list",
        "silences add",
        "silences expire",
        "config",
        "config check",
        "config show",
        "config schema",
        "migrate",
        "retain",
        "run",
        "produce",
        "ready",
        "partitions",
        "partitions list",
        "partitions reset",
        "partitions forget",
        "topics",
        "topics reset",
        "frontier",
        "frontier show",
        "frontier set",
        "doctor",
        "completions",
    ];
    for command in commands {
        let help = fixture.run(&format!("{command} --help")).ends(0).out();
        assert!(help.contains(&format!("Usage: driftd {command}")), "{help}");
    }
}

#[test]
fn a_store_is_brought_up_to_date() {
    let fixture = Fixture::with_monitor();
    assert_snapshot!(fixture.run("migrate").shown(), @"
    exit 0
    --- err
    the store's schema is now version 16: added 0001_stream, 0002_baselines, 0003_history, 0004_incidents, 0005_views, 0006_confirmed_ends, 0007_retention, 0008_tending, 0009_notification_log, 0010_alarms, 0011_segment_memories, 0012_known_topics, 0013_logs, 0014_upgrades, 0015_counted_plans, 0016_compressed_counts
    ");
    assert!(fixture.path("store.db").is_file());
    fixture.run("migrate").ends(0);
    let mut postgres = fixture.command("migrate");
    let refusal = finish(postgres.env("DRIFTD__STORE__URL", "postgres://driftd:hidden@127.0.0.1:1/driftd")).refusal();
    assert!(refusal.contains("driftd at 127.0.0.1:1 as driftd"), "{refusal}");
    assert!(!refusal.contains("hidden"), "{refusal}");
}
