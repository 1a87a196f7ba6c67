//! Past ranges: evaluated and compared.

use std::fmt::Write;

use driftd_model::{PipelineStore, ReadStore, Retention, SealedPane};
use driftd_testkit::fixtures::{baseline, hour};
use driftd_window::{EventTime, Span};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const EVALUATE: &str = "/api/v1/monitors/m/evaluate";

/// Hours as the API writes them.
fn at(hours: i64) -> String {
    hour(hours).to_string()
}

fn range(from: i64, to: i64) -> String {
    format!("{}/{}", at(from), at(to))
}

/// The comparison of two ranges of `m` in hours.
fn comparison(a: (i64, i64), b: (i64, i64)) -> String {
    format!("/api/v1/monitors/m/compare?a={}&b={}", range(a.0, a.1), range(b.0, b.1))
}

async fn evaluated(client: &Client, question: Value) -> Value {
    let answer = client.post(EVALUATE, question.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{question}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn a_range_that_was_a_window_has_the_rows_of_the_window() {
    let client = Client::with_history().await;
    for (from, segment) in [(3, "s=y"), (3, ""), (5, "s=x")] {
        let question = json!({ "from": at(from), "to": at(from + 1), "segment": segment });
        let answer = evaluated(&client, question).await;
        let mut known = Vec::new();
        for feature in ["c", "x"] {
            let asked = if segment.is_empty() { "all" } else { segment };
            let path = format!(
                "/api/v1/monitors/m/features/{feature}/drift?segment={asked}&from={}&to={}",
                from * 3600,
                (from + 1) * 3600
            );
            known.extend(client.json(&path).await["data"].as_array().unwrap().clone());
        }
        assert!(!known.is_empty());
        let mut rows = answer["data"].as_array().unwrap().clone();
        rows.sort_by_key(|row| (row["feature"].to_string(), row["statistic"].to_string()));
        known.sort_by_key(|row| (row["feature"].to_string(), row["statistic"].to_string()));
        for row in rows.iter_mut().chain(&mut known) {
            for own in ["window_name", "sealed_at"] {
                row.as_object_mut().unwrap().remove(own);
            }
        }
        assert_eq!(rows, known, "{from} {segment}");
    }
}

#[tokio::test]
async fn what_is_answered_about_a_range() {
    let client = Client::with_history().await;
    let question =
        json!({ "from": at(3), "to": "now-5h", "segment": "s=y", "features": ["x"], "statistics": ["psi", "tv"] });
    insta::assert_snapshot!("evaluate", client.post(EVALUATE, question.to_string()).await.shown());
    let path = format!("{}&segment=s%3Dy&feature=x&statistic=ks", comparison((2, 3), (3, 4)));
    insta::assert_snapshot!("compare", client.get(&path).await.shown());
    insta::assert_snapshot!("compare_csv", client.get(&format!("{path}&format=csv")).await.shown());
    let rows: Value =
        serde_json::from_str(&client.get(&format!("{path}&format=rows&times=epoch_ms")).await.body).unwrap();
    assert_eq!(rows[0]["window_end"], 4 * 3_600_000);
    let csv = client.post(&format!("{EVALUATE}?format=csv"), question.to_string()).await;
    assert_eq!(csv.body.lines().count(), 3, "{}", csv.body);
}

#[tokio::test]
async fn two_ranges_differ_by_what_moved_between_them() {
    let client = Client::with_history().await;
    let outcome = async |path: String| client.json(&path).await["outcome"].as_str().unwrap().to_owned();
    assert_eq!(outcome(comparison((0, 1), (1, 3))).await, "stable");
    assert_eq!(outcome(comparison((0, 3), (3, 4)) + "&segment=s%3Dy").await, "critical");
    assert_eq!(outcome(comparison((0, 3), (3, 4)) + "&segment=s%3Dx").await, "stable");
    assert_eq!(outcome(comparison((3, 4), (3, 4)) + "&segment=s%3Dy").await, "stable", "nothing differs from itself");
    // Several ranges are one.
    let a = format!("{},{}", range(0, 2), range(4, 6));
    let several = client.json(&format!("/api/v1/monitors/m/compare?a={a}&b={}", range(2, 3))).await;
    assert_eq!((&several["before"]["rows"], &several["against"]), (&json!(4 * 460), &json!(a)));
    assert_eq!(several["before"]["coverage"], json!(1.0));
}

#[tokio::test]
async fn a_part_of_a_pane_is_all_of_it() {
    let client = Client::with_history().await;
    let answer = evaluated(&client, json!({ "from": "1970-01-01T01:59:59Z", "to": "1970-01-01T02:00:01Z" })).await;
    assert_eq!(answer["range"]["stretches"], json!([{ "from": at(1), "to": at(3) }]));
    assert_eq!(answer["range"]["rows"], 2 * 460);
}

#[tokio::test]
async fn statistics_that_are_named_decide() {
    let client = Client::with_history().await;
    let outcome = async |question: Value| evaluated(&client, question).await["outcome"].as_str().unwrap().to_owned();
    let moved = json!({ "from": at(3), "to": at(4), "segment": "s=y" });
    assert_eq!(outcome(moved.clone()).await, "critical", "by the distance of its distribution function");
    let mut missing = moved;
    missing["statistics"] = json!(["missing"]);
    assert_eq!(outcome(missing).await, "stable");
}

#[tokio::test]
async fn another_baseline_is_compared_where_its_bins_are_the_same() {
    let client = Client::with_history().await;
    let store = &*client.store;
    store.put_baseline(&"base".parse().unwrap(), baseline(7), clock(0)).await.unwrap();
    let answer = evaluated(&client, json!({ "from": at(0), "to": at(3), "baseline": "base" })).await;
    assert_eq!((&answer["against"], &answer["range"]["rows"]), (&json!("base@v2"), &json!(3 * 460)));
    let reasons: Vec<String> = answer["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{} {}: {}", f["feature"], f["outcome"], f["reason"]))
        .collect();
    insta::assert_snapshot!(reasons.join("\n"));
    let only = answer["data"].as_array().unwrap().iter().all(|row| row["feature"] == "c");
    assert!(only, "{answer}");
}

#[tokio::test]
async fn a_range_without_counts_says_why() {
    let client = Client::with_history().await;
    let notes = async |path: String| {
        let answer = client.json(&path).await;
        let notes: Vec<&str> = answer["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
        format!("{} of {} rows\n    {}\n", answer["outcome"], answer["range"]["rows"], notes.join("\n    "))
    };
    let mut told = notes(comparison((-100, -50), (2, 3))).await;
    told += &notes("/api/v1/monitors/m/compare?a=baseline&b=2001-01-01/2002-01-01".to_owned()).await;
    told += &notes(comparison((0, 1), (2, 3)) + "&segment=nobody").await;
    // What is older than an hour goes, but for what was judged of it.
    let plan = split_plan();
    let policy = Retention::new(Span::ZERO, Some(Span::from_hours(1)), [plan.monitor()]);
    client.store.retain(&policy, clock(1)).await.unwrap();
    told += &notes(comparison((0, 2), (2, 6))).await;
    // Another configuration, and none of the counts can be read.
    let mut other: Monitor = plan.monitor().clone();
    other.features.entry("x".into()).or_default().ignore = true;
    client.watch(&[&plan_of(other)]);
    told += &notes("/api/v1/monitors/m/compare?a=baseline&b=0/86400".to_owned()).await;
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_problems() {
    let client = Client::with_history().await;
    let mut told = String::new();
    for query in [
        "",
        "a=baseline",
        "a=baseline&b=now",
        "a=baseline&b=now/now-7d",
        "a=baseline&b=1900-01-01/2000-01-01",
        "a=baseline&b=2013-07-01/2013-07-02,2013-07-01/2013-07-03",
        "a=nobody&b=0/3600",
        "a=base@v9&b=0/3600",
        "a=@@&b=0/3600",
        "a=baseline&b=0/3600&feature=z",
        "a=baseline&b=0/3600&statistic=kl",
        "a=baseline&b=0/3600&statistic=lasting",
    ] {
        let answer = client.get(&format!("/api/v1/monitors/m/compare?{query}")).await;
        writeln!(told, "> {query}\n{}", answer.shown()).unwrap();
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    }
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"from": "yesterday"}"#,
        r#"{"from": 0}"#,
        r#"{"from": "now-1h", "until": "now"}"#,
        r#"{"from": "now-1h", "baseline": "-"}"#,
        r#"{"from": "now-1h", "statistics": ["kl"]}"#,
    ] {
        let answer = client.post(EVALUATE, body).await;
        writeln!(told, "> {body}\n{}", answer.shown()).unwrap();
    }
    let plain = client.send("POST", EVALUATE, &[("content-type", "text/plain")], Body::from("{}")).await;
    writeln!(told, "> text/plain\n{}", plain.shown()).unwrap();
    let once = client.get("/api/v1/monitors/once/compare?a=baseline&b=0/3600").await;
    writeln!(told, "> once\n{}", once.shown()).unwrap();
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_body_of_any_length_is_refused_at_its_limit() {
    let client = Client::with_history().await;
    let long = format!("{{\"from\": \"now-1h\", \"segment\": \"{}\"}}", "x".repeat(1 << 20));
    let answer = client.post(EVALUATE, long).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.body);
    let said = client
        .send(
            "POST",
            EVALUATE,
            &[("content-type", "application/json"), ("content-length", "99999999999")],
            Body::empty(),
        )
        .await;
    assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_question_is_answered_anew_whatever_is_known() {
    let client = Client::with_history().await;
    let question = json!({ "from": at(0), "to": at(1) }).to_string();
    let headers = [("content-type", "application/json"), ("if-none-match", "*")];
    let answer = client.send("POST", EVALUATE, &headers, Body::from(question)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_answered(body in "\\PC{0,80}|\\{\"(from|to|segment|baseline)\": \"[0-9a-zTZ:@/-]{0,20}\"\\}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Client::with_history().await;
            let answer = client.post(EVALUATE, body).await;
            assert!(!answer.status.is_server_error(), "{}", answer.body);
        });
    }
}

/// The panes of a year of hours are read one by one: what an answer takes is that of a window.
#[tokio::test]
async fn a_decade_is_one_read() {
    let client = Client::with_history().await;
    let (from, to): (EventTime, EventTime) = (hour(-50_000), hour(30_000));
    let mut seen: Vec<SealedPane> = Vec::new();
    client.store.each_sealed_pane(&split_plan().monitor().id, from, to, &mut |pane| seen.push(pane)).await.unwrap();
    let answer = client.json(&format!("/api/v1/monitors/m/compare?a=baseline&b={from}/{to}")).await;
    let rows: u64 = seen.iter().map(|pane| pane.rows).sum();
    assert_eq!(answer["range"]["rows"], rows);
}
