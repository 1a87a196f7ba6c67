//! `driftd check`: exit codes, options, what a terminal shows.

use insta::assert_snapshot;
use serde_json::Value;

use crate::fixture::Fixture;
use crate::orders::Orders;

/// `train.csv` with `quiet.csv`, which is like it, and `moved.csv`, which is not.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.write("train.csv", Orders::usual(2000, 1).csv());
    fixture.write("quiet.csv", Orders::usual(1500, 2).csv());
    fixture.write("moved.csv", Orders::moved(1500, 3).without_amount(3).csv());
    fixture
}

fn feature<'a>(report: &'a Value, name: &str) -> &'a Value {
    let features = report["features"].as_array().unwrap();
    features.iter().find(|f| f["feature"] == name).unwrap_or_else(|| panic!("no feature {name} in {report:#}"))
}

fn names(report: &Value) -> Vec<&str> {
    report["features"].as_array().unwrap().iter().map(|f| f["feature"].as_str().unwrap()).collect()
}

#[test]
fn a_population_that_stayed_is_stable() {
    assert_snapshot!(fixture().run("check --baseline train.csv --current quiet.csv").shown(), @r#"
    exit 0
    --- out
    quiet.csv (1,500 rows) against train.csv (2,000 rows): none of 4 features drifted.

    FEATURE  KIND         OUTCOME       PSI      KS  MISSING  LEADING                    Q      N      M
    items    numeric      · stable  0.00615  0.0148      0 %  PSI 0.00615 (net 0.00149)  1  2,000  1,500
    age      numeric      · stable  0.00677  0.0208      0 %  KS 0.0208 (net 0)          1  2,000  1,500
    amount   numeric      · stable  0.00366  0.0177      0 %  KS 0.0177 (net 0)          1  2,000  1,500
    city     categorical  · stable  9.67e-4              0 %  PSI 9.67e-4 (net 0)        1  2,000  1,500

    note: column "ts" is not compared: column holds timestamps, not a feature
    "#);
}

#[test]
fn a_population_that_moved_is_drift() {
    assert_snapshot!(fixture().run("check --baseline train.csv --current moved.csv").shown(), @r#"
    exit 1
    --- out
    moved.csv (1,500 rows) against train.csv (2,000 rows): 3 of 4 features drifted.

    FEATURE  KIND         OUTCOME         PSI      KS  MISSING  LEADING                    Q      N      M
    city     categorical  ■ critical     2.24              0 %  PSI 2.24             < 1e-16  2,000  1,500
    age      numeric      ■ critical      1.4   0.467      0 %  PSI 1.4 (net 1.39)   < 1e-16  2,000  1,500
    amount   numeric      ■ critical  0.00294  0.0145     33 %  missing share 0.333  < 1e-16  2,000  1,000
    items    numeric      · stable     0.0038  0.0257      0 %  KS 0.0257 (net 0)      0.791  2,000  1,500

    What moved
      city: share of Faro fell from 33 % to 0 % and of (unseen: Berlin) rose from 0 % to 32 %
      age: share of (52.86, +inf) rose from 10 % to 47 % and of (-inf, 26.98] fell from 10 % to 0.33 %
      amount: share of missing values from 0 % to 33 %

    note: column "ts" is not compared: column holds timestamps, not a feature
    "#);
}

#[test]
fn markdown_fits_a_pull_request() {
    assert_snapshot!(fixture().run("check --baseline train.csv --current moved.csv --format markdown").shown(), @r#"
    exit 1
    --- out
    ## driftd check: critical

    moved.csv (1,500 rows) against train.csv (2,000 rows): 3 of 4 features drifted.

    | feature | outcome | statistic | value | net | warn / critical | q | n | m | what moved |
    |---|---|---|---:|---:|---|---:|---:|---:|---|
    | city | ■ critical | PSI | 2.24 |  | 0.1 / 0.25 | \< 1e-16 | 2,000 | 1,500 | share of Faro fell from 33 % to 0 % and of (unseen: Berlin) rose from 0 % to 32 % |
    | age | ■ critical | PSI | 1.4 | 1.39 | 0.1 / 0.25 | \< 1e-16 | 2,000 | 1,500 | share of (52.86, +inf) rose from 10 % to 47 % and of (-inf, 26.98\] fell from 10 % to 0.33 % |
    | amount | ■ critical | missing share | 0.333 |  | 0.05 / 0.2 | \< 1e-16 | 2,000 | 1,000 | share of missing values from 0 % to 33 % |
    | items | · stable | KS | 0.0257 | 0 | 0.1 / 0.2 | 0.791 | 2,000 | 1,500 |  |

    > column "ts" is not compared: column holds timestamps, not a feature

    Baseline `[ID]`
    "#);
}

#[test]
fn a_file_against_itself_scores_nothing() {
    let report = fixture().run("check --baseline train.csv --current train.csv --format json").ends(0).json();
    assert_eq!(report["outcome"], "stable");
    for name in names(&report) {
        let statistics = feature(&report, name)["statistics"].as_object().unwrap();
        for statistic in ["psi", "js", "tv", "linf", "hellinger", "missing"] {
            assert_eq!(statistics[statistic]["value"], 0.0, "{statistic} of {name}");
        }
    }
}

#[test]
fn equal_populations_stay_quiet() {
    let fixture = fixture();
    for seed in 100..140 {
        fixture.write("today.csv", Orders::usual(1000, seed).csv());
        fixture.run("check --baseline train.csv --current today.csv").ends(0);
    }
}

#[test]
fn a_default_of_another_kind_is_refused_as_a_plan_refuses_it() {
    let fixture = Fixture::with_baseline();
    let config = fixture.read("driftd.toml");
    fixture.write("driftd.toml", config + "[monitor.features]\nage = { default = \"none\" }\n");
    fixture.write("today.ndjson", Orders::usual(1000, 5).ndjson());
    let refused = fixture.run("check --monitor orders --baseline orders@v1 --current today.ndjson").refusal();
    assert_snapshot!(refused, @r#"error: monitor orders: feature "age" has the default "none", but baseline orders@v1 holds it as numeric; give a number"#);
    assert_eq!(fixture.run("replay --monitor orders today.ndjson").refusal(), refused);
    let of_a_file = fixture.run("check --monitor orders --baseline train.csv --current today.ndjson").refusal();
    assert_eq!(of_a_file, refused.replace("orders@v1", "train.csv"));
}

#[test]
fn too_few_values_are_no_verdict() {
    let fixture = fixture();
    fixture.write("few.csv", Orders::moved(49, 5).csv());
    let report = fixture.run("check --baseline train.csv --current few.csv --format json").ends(2).json();
    assert_eq!((&report["outcome"], &report["judged"]), (&"insufficient_data".into(), &0.into()));
    let lower = "check --baseline train.csv --current few.csv --min-samples 20 --format json";
    assert_eq!(fixture.run(lower).ends(1).json()["outcome"], "critical");
    let higher = "check --baseline train.csv --current moved.csv --min-samples 5000";
    assert_snapshot!(fixture.run(higher).shown(), @r#"
    exit 2
    --- out
    moved.csv (1,500 rows) against train.csv (2,000 rows): nothing could be judged.

    FEATURE  KIND         OUTCOME           PSI      KS  MISSING  LEADING                            Q      N      M
    age      numeric      ? too little      1.4   0.467      0 %  2000 baseline values, 5000 needed     2,000  1,500
    amount   numeric      ? too little  0.00294  0.0145     33 %  2000 baseline values, 5000 needed     2,000  1,000
    city     categorical  ? too little     2.24              0 %  2000 baseline values, 5000 needed     2,000  1,500
    items    numeric      ? too little   0.0038  0.0257      0 %  2000 baseline values, 5000 needed     2,000  1,500

    note: column "ts" is not compared: column holds timestamps, not a feature
    --- err
    error: nothing could be judged: 2000 baseline values, 5000 needed; compare more rows, or lower --min-samples (min_samples of a monitor)
    "#);
}

#[test]
fn bins_are_chosen() {
    let fixture = fixture();
    let report = fixture.run("check --baseline train.csv --current moved.csv --bins 5 --format json").ends(1).json();
    assert_eq!(feature(&report, "age")["statistics"]["psi"]["bins"], 5);
    assert_eq!(feature(&report, "age")["statistics"]["chi_square"]["df"], 4);
    let refusal =
        |bins| fixture.run(&format!("check --baseline train.csv --current quiet.csv --bins {bins}")).refusal();
    assert_snapshot!(refusal("1"), @"error: bins = 1 is out of range; choose 2 to 4096");
    assert_snapshot!(refusal("5000"), @"error: bins = 5000 is out of range; choose 2 to 4096");
    assert_snapshot!(refusal("ten"), @"
    error: invalid value 'ten' for '--bins <N>': invalid digit found in string

    For more information, try '--help'.
    ");
}

#[test]
fn statistics_are_chosen() {
    let fixture = fixture();
    let run = |list: &str| {
        fixture.run(&format!("check --baseline train.csv --current moved.csv --format json --statistics {list}"))
    };
    // A third of the amounts is gone, but the ones that are there are as they were.
    let shape = run("psi,ks").ends(1).json();
    assert_eq!(feature(&shape, "amount")["outcome"], "stable");
    assert_eq!(feature(&shape, "age")["outcome"], "critical");
    assert_eq!(feature(&shape, "age")["statistics"].as_object().unwrap().keys().collect::<Vec<_>>(), ["ks", "psi"]);
    let missing = run("missing").ends(1).json();
    assert_eq!(feature(&missing, "amount")["outcome"], "critical");
    assert_eq!(feature(&missing, "age")["outcome"], "stable");
    assert_snapshot!(run("psi,energy").refusal(), @"error: unknown drift statistic 'energy'; known are psi, ks, js, hellinger, tv, linf, wasserstein, chi_square, missing, mistyped, unseen, out_of_range, non_finite, lasting");
    // Shown, but without a threshold nothing decides, and that is not called stable.
    let ran = run("chi_square").ends(2);
    assert_snapshot!(ran.stderr, @"error: nothing could be judged: no chosen statistic with a threshold applies to this feature; name statistics with thresholds, such as psi,ks,missing");
    let shown = ran.json();
    let age = feature(&shown, "age");
    assert_eq!(
        (&age["outcome"], &age["reason"]),
        (&"not_comparable".into(), &"no chosen statistic with a threshold applies to this feature".into())
    );
    assert!(age["statistics"]["chi_square"]["value"].as_f64().unwrap() > 100.0);
}

#[test]
fn columns_are_left_out() {
    let fixture = fixture();
    let run = |list: &str| {
        fixture.run(&format!("check --baseline train.csv --current moved.csv --format json --ignore {list}"))
    };
    let report = run("age,city,amount").ends(0).json();
    assert_eq!(names(&report), ["items"]);
    // A typo must not pass for a column that was left out.
    let report = run("age,ctiy").ends(1).json();
    assert_eq!(names(&report), ["amount", "city", "items"]);
    assert!(
        report["notes"].to_string().contains("--ignore ctiy: neither side has such a column"),
        "{}",
        report["notes"]
    );
    assert_snapshot!(run("age,city,amount,items").refusal(), @"error: train.csv: no column can be monitored: ts (column holds timestamps, not a feature)");
}

#[test]
fn a_monitor_has_rules_of_its_own() {
    let fixture = fixture();
    fixture.write(
        "lax.toml",
        r#"
        [[monitor]]
        name = "lax"
        topic = "orders"
        event_time = "/ts"
        baseline = "orders@v1"
        pane = "1h"
        statistics = ["psi"]
        [monitor.features]
        age = { psi = { warn = 5.0, critical = 9.0 }, bins = 4 }
        city = { ignore = true }
        "#,
    );
    let check = "check --baseline train.csv --current moved.csv --format json";
    let report = fixture.run(&format!("{check} --config lax.toml --monitor lax")).ends(0).json();
    assert_eq!(names(&report), ["age", "amount", "items"]);
    let psi = &feature(&report, "age")["statistics"]["psi"];
    assert_eq!((&psi["critical"], &psi["bins"]), (&Value::from(9.0), &Value::from(4)));
    assert_snapshot!(fixture.run(&format!("{check} --config lax.toml --monitor strict")).refusal(), @"error: there is no monitor strict; the configuration has: lax");
    assert_snapshot!(fixture.run(&format!("{check} --monitor lax")).refusal(), @"error: there is no monitor lax: the configuration has none; add a [[monitor]] or pass --config");
    std::fs::rename(fixture.path("lax.toml"), fixture.path("driftd.toml")).unwrap();
    assert_eq!(fixture.run(&format!("{check} --monitor lax")).ends(0).json(), report);
}

#[test]
fn a_stored_baseline_serves_as_well_as_its_file() {
    let fixture = Fixture::with_baseline();
    fixture.write("moved.csv", Orders::moved(1500, 3).csv());
    let run =
        |baseline: &str, rest: &str| fixture.run(&format!("check --baseline {baseline} --current moved.csv {rest}"));
    let of_file = run("train.csv", "--format json --ignore ts").ends(1).json();
    for name in ["orders", "orders@v1"] {
        let stored = run(name, "--format json --ignore ts").ends(1).json();
        assert_eq!(stored["features"], of_file["features"]);
        assert_eq!(stored["baseline"]["name"], "orders@v1");
    }
    assert_snapshot!(run("orders", "--bins 5").refusal(), @"error: --bins cannot change a stored baseline: its bins are frozen");
    assert_snapshot!(run("order", "").refusal(), @"error: there is no baseline order; the store has: orders@v1");
    assert_snapshot!(run("orders@v7", "").refusal(), @"error: there is no baseline orders@v7; the store has: orders@v1");
    assert_snapshot!(run("orders@v", "").refusal(), @r#"error: "orders@v" is not a baseline version: write NAME@vN, such as flight-delay@v1"#);
}

#[test]
fn a_report_goes_to_a_file() {
    let fixture = fixture();
    let ran =
        fixture.run("check --baseline train.csv --current moved.csv --output report.md --format markdown").ends(1);
    assert_eq!((ran.out(), ran.stderr), (String::new(), String::new()));
    assert!(fixture.read("report.md").starts_with("## driftd check: critical\n"));
    assert_snapshot!(fixture.run("check --baseline train.csv --current moved.csv --output no/such/place.md").refusal(), @"
    error: writing no/such/place.md failed
      because: No such file or directory (os error 2)
    ");
}
