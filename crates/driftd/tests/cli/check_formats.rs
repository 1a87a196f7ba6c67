//! `driftd check`: the contract of its JSON, one answer for every format of file, a page that needs nothing else.

use serde_json::Value;

use crate::fixture::Fixture;
use crate::orders::Orders;

/// Both populations in every format.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    for (name, orders) in [("train", Orders::usual(2000, 1)), ("today", Orders::moved(1500, 3).without_amount(3))] {
        fixture.write(&format!("{name}.csv"), orders.csv());
        fixture.write(&format!("{name}.ndjson"), orders.ndjson());
        fixture.write(&format!("{name}.parquet"), orders.parquet());
    }
    fixture
}

#[test]
fn every_format_of_the_same_rows_gives_the_same_numbers() {
    let fixture = fixture();
    let mut first = None;
    for baseline in ["csv", "ndjson", "parquet"] {
        for current in ["csv", "ndjson", "parquet"] {
            let check = format!("check --baseline train.{baseline} --current today.{current} --format json");
            let report = fixture.run(&check).ends(1).json();
            // NDJSON has its keys in the order of its own; a feature is found by its name.
            let mut features = report["features"].as_array().unwrap().clone();
            features.sort_by_key(|f| f["feature"].as_str().unwrap().to_owned());
            match &first {
                None => first = Some(features),
                Some(first) => assert_eq!(&features, first, "{check}"),
            }
        }
    }
}

#[test]
fn the_json_is_as_agreed() {
    let fixture = fixture();
    let report = fixture.run("check --baseline train.csv --current today.csv --format json").ends(1).json();
    assert_eq!(report["schema"], "driftd.check/1");
    assert_eq!(report["outcome"], "critical");
    assert_eq!(report["baseline"]["name"], "train.csv");
    assert_eq!(report["baseline"]["rows"], 2000);
    assert_eq!(report["baseline"]["hash"].as_str().unwrap().len(), 64);
    assert_eq!(report["current"], serde_json::json!({"name": "today.csv", "rows": 1500}));
    for feature in report["features"].as_array().unwrap() {
        keys(feature, &["feature", "kind", "moved", "outcome", "reason", "rows", "statistics"]);
        let rows = ["baseline", "current", "missing_baseline", "missing_current", "nan_current", "inf_current"];
        keys(&feature["rows"], &rows);
        for moved in feature["moved"].as_array().unwrap() {
            assert!(moved["bin"].is_string());
            assert!(
                [&moved["before"], &moved["after"]].iter().all(|share| (0.0..=1.0).contains(&share.as_f64().unwrap()))
            );
        }
        for (name, statistic) in feature["statistics"].as_object().unwrap() {
            let value = statistic["value"].as_f64().unwrap_or_else(|| panic!("{name} has no value"));
            assert!(value.is_finite() && value >= 0.0, "{name} is {value}");
            for p in ["p_value", "q_value"].iter().filter_map(|p| statistic.get(*p)) {
                assert!((0.0..=1.0).contains(&p.as_f64().unwrap()), "{name}: {p}");
            }
        }
    }
    let of = |name: &str| report["features"].as_array().unwrap().iter().find(|f| f["feature"] == name).unwrap();
    let numeric = &of("age")["statistics"];
    keys(&numeric["psi"], &["value", "bins", "p_value", "q_value", "warn", "critical"]);
    keys(&numeric["ks"], &["value", "certified_error", "p_value"]);
    keys(&numeric["wasserstein"], &["value", "normalized"]);
    keys(&numeric["chi_square"], &["value", "df", "p_value", "cramers_v"]);
    keys(numeric, &["psi", "ks", "js", "hellinger", "tv", "linf", "wasserstein", "chi_square", "missing"]);
    keys(&of("city")["statistics"], &["psi", "js", "hellinger", "tv", "linf", "chi_square", "missing", "unseen"]);
    assert!(of("city")["statistics"].get("ks").is_none(), "a statistic that does not apply is absent");
    assert_eq!(of("amount")["rows"]["missing_current"], 500);
}

#[track_caller]
fn keys(object: &Value, wanted: &[&str]) {
    for key in wanted {
        assert!(object.get(key).is_some(), "no {key} in {object:#}");
    }
}

#[test]
fn the_page_needs_nothing_else() {
    let fixture = fixture();
    let page = fixture.run("check --baseline train.csv --current today.csv --format html").ends(1).out();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    // A namespace is a name, not an address that is fetched.
    let page = page.replace("http://www.w3.org/2000/svg", "");
    for resource in ["<script", "http://", "https://", "src=", "@import", "url(http", "<link", "<iframe", "javascript:"]
    {
        assert!(!page.contains(resource), "the page has {resource}");
    }
    assert!(page.contains("<svg"), "a page without charts");
    for text in ["age", "amount", "city", "items", "critical", "today.csv", "train.csv", "Berlin"] {
        assert!(page.contains(text), "the page does not mention {text}");
    }
}

#[test]
fn names_are_text_wherever_they_are_shown() {
    let fixture = Fixture::new();
    let header = "\"<img src=x onerror=alert(1)>\",\"a|b\nc\",\"\u{202e}abc\"";
    let rows = |shift: usize| {
        (0..200)
            .map(|i| format!("{},<b>{}</b>,{}\n", i % 150 + shift, (i + shift) % 3, i % 9))
            .collect::<Vec<_>>()
            .concat()
    };
    fixture.write("train.csv", format!("{header}\n{}", rows(0)));
    fixture.write("today.csv", format!("{header}\n{}", rows(150)));
    let run = |format: &str| fixture.run(&format!("check --baseline train.csv --current today.csv --format {format}"));
    let page = run("html").ends(1).out();
    assert!(!page.contains("<img") && !page.contains("<b>"));
    assert!(page.contains("&lt;img") || page.contains("&#60;img"));
    let table = run("table").ends(1).out();
    assert!(!table.contains('\u{202e}') && table.contains("a|b c"), "{table}");
    let markdown = run("markdown").ends(1).out();
    assert!(markdown.contains("a\\|b c") && markdown.contains("\\<img") && !markdown.contains(" <img"), "{markdown}");
    assert_eq!(run("json").ends(1).json()["features"].as_array().unwrap().len(), 3);
}
