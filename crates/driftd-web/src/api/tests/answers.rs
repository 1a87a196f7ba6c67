//! What paths answer.

use std::fmt::Write;

use super::*;

#[tokio::test]
async fn everything_there_is_to_see() {
    let client = Client::with_history().await;
    for (name, path) in [
        ("monitors", "/api/v1/monitors"),
        ("monitor", "/api/v1/monitors/m"),
        ("monitor_unconfigured", "/api/v1/monitors/once"),
        ("monitor_new", "/api/v1/monitors/new"),
        ("windows", "/api/v1/monitors/m/windows?segment=s%3Dy&from=1970-01-01T03:00:00Z&to=1970-01-01T05:00:00Z"),
        ("windows_rows", "/api/v1/monitors/once/windows?format=rows&times=epoch_ms&limit=1"),
        ("windows_csv", "/api/v1/monitors/once/windows?format=csv&limit=2"),
        ("drift", "/api/v1/monitors/m/features/x/drift?statistic=ks&segment=s%3Dy&from=10800&to=now"),
        ("distribution", "/api/v1/monitors/m/windows/hour@1970-01-01T04:00:00Z/distribution?feature=c&segment=s%3Dy"),
        ("incidents", "/api/v1/incidents?monitor=m"),
        ("silences", "/api/v1/silences"),
        ("baselines", "/api/v1/baselines"),
        ("baseline", "/api/v1/baselines/base"),
        ("system", "/api/v1/system"),
    ] {
        insta::assert_snapshot!(name, client.get(path).await.shown().replace(env!("CARGO_PKG_VERSION"), "[VERSION]"));
    }
    let incidents = client.json("/api/v1/incidents?monitor=m&limit=1").await;
    let id = incidents["data"][0]["incident_id"].as_str().unwrap().to_owned();
    insta::assert_snapshot!("incident", client.get(&format!("/api/v1/incidents/{id}")).await.shown());
    let prefix = client.json(&format!("/api/v1/incidents/{}", &id[..11])).await;
    assert_eq!(prefix["incident_id"], id);
}

#[tokio::test]
async fn the_whole_population_is_shown_as_the_sum_of_its_segments() {
    let client = Client::with_history().await;
    let of = async |segment: &str| {
        let path =
            format!("/api/v1/monitors/m/windows/hour@1970-01-01T04:00:00Z/distribution?feature=x&segment={segment}");
        let answer = client.json(&path).await;
        let counts = answer["bins"].as_array().unwrap().iter().map(|bin| bin["window_count"].as_u64().unwrap());
        (counts.collect::<Vec<_>>(), answer["window_values"]["rows"].as_u64().unwrap())
    };
    let ((all, rows), (x, _), (y, _)) = (of("all").await, of("s%3Dx").await, of("s%3Dy").await);
    assert_eq!(rows, 460);
    assert_eq!(all, x.iter().zip(&y).map(|(x, y)| x + y).collect::<Vec<_>>());
    assert_ne!(x, y);
}

#[tokio::test]
async fn an_empty_store_is_no_mistake() {
    let client = Client::empty();
    for path in ["/api/v1/monitors", "/api/v1/incidents", "/api/v1/silences", "/api/v1/baselines"] {
        let answer = client.json(path).await;
        assert_eq!((&answer["data"], &answer["next"]), (&serde_json::json!([]), &Value::Null), "{path}");
    }
    assert_eq!(client.get("/api/v1/incidents?format=rows").await.body, "[]\n");
}

#[tokio::test]
async fn what_goes_wrong_is_a_problem() {
    let client = Client::with_history().await;
    let mut shown = String::new();
    for path in [
        "/api/v1/nothing",
        "/api/v1/monitors/nobody",
        "/api/v1/monitors/m/windows?from=2013-07-02&to=2013-07-01",
        "/api/v1/monitors/m/windows?from=1900-01-01&to=2013-07-01",
        "/api/v1/monitors/m/windows?limit=0&colour=red&limit=2",
        "/api/v1/monitors/m/windows?cursor=bm90aGluZw",
        "/api/v1/monitors/m/features/x/drift?statistic=kl",
        "/api/v1/monitors/m/windows/day/distribution?feature=x",
        "/api/v1/monitors/m/windows/day@1970-01-01/distribution?feature=x",
        "/api/v1/monitors/m/windows/hour@1970-01-01T04:00:00Z/distribution",
        "/api/v1/monitors/m/windows/hour@1970-01-01T04:00:00Z/distribution?feature=z",
        "/api/v1/monitors/once/windows/hour@1970-01-01T04:00:00Z/distribution?feature=x",
        "/api/v1/incidents/zz",
        "/api/v1/baselines/base@v9",
        "/api/v1/silences?state=over",
        "/api/v1/monitors/%ff",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{path}");
        writeln!(shown, "> {path}\n{}", answer.shown()).unwrap();
    }
    insta::assert_snapshot!("problems", shown);
    let refused = client.ask("POST", "/api/v1/incidents", &[]).await;
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(refused.header(header::ALLOW).contains("GET"));
    let refused = client.ask("GET", "/api/v1/incidents", &[("accept", "text/html")]).await;
    assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_window_whose_counts_are_of_another_configuration_is_not_shown() {
    let client = Client::with_history().await;
    let path = "/api/v1/monitors/m/windows/hour@1970-01-01T04:00:00Z/distribution?feature=c";
    assert_eq!(client.get(path).await.status, StatusCode::OK);
    // Another feature less, and every count is of another plan.
    let mut other: Monitor = split_plan().monitor().clone();
    other.features.entry("x".into()).or_default().ignore = true;
    client.watch(&[&plan_of(other)]);
    let answer = client.get(path).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    assert!(answer.body.contains("another configuration"), "{}", answer.body);
    client.watch(&[]);
    assert_eq!(client.get(path).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_answer_that_the_client_has_already_is_not_sent_again() {
    let client = Client::with_history().await;
    for path in ["/api/v1/monitors/m", "/api/v1/silences", "/api/v1/incidents?format=csv"] {
        let first = client.get(path).await;
        let version = first.header(header::ETAG).to_owned();
        assert_eq!(version.len(), 34, "{path}");
        for known in [version.clone(), format!("\"x\", W/{version}"), "*".to_owned()] {
            let again = client.ask("GET", path, &[("if-none-match", &known)]).await;
            assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path} {known}");
            assert_eq!(again.header(header::ETAG), version);
        }
        let other = client.ask("GET", path, &[("if-none-match", "\"x\"")]).await;
        assert_eq!((other.status, other.body), (StatusCode::OK, first.body));
    }
    let before = client.get("/api/v1/silences").await.header(header::ETAG).to_owned();
    client.silence("monitor=m", 5, 6).await;
    assert_ne!(client.get("/api/v1/silences").await.header(header::ETAG), before);
}

#[tokio::test]
async fn the_form_is_chosen_by_parameter_or_header() {
    let client = Client::with_history().await;
    let content_type = async |path: &str, accept: &str| {
        client.ask("GET", path, &[("accept", accept)]).await.header(header::CONTENT_TYPE).to_owned()
    };
    let csv = "text/csv; charset=utf-8; header=present";
    assert_eq!(content_type("/api/v1/incidents", "text/csv").await, csv);
    assert_eq!(content_type("/api/v1/incidents?format=json", "text/csv").await, "application/json");
    assert_eq!(content_type("/api/v1/incidents?format=csv", "application/json").await, csv);
    assert_eq!(content_type("/api/v1/monitors", "text/csv").await, "application/json", "it has no other form");
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be() {
    let starting = Client::starting().get("/api/v1/monitors").await;
    assert_eq!(starting.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(starting.header(header::RETRY_AFTER), "5");
    assert!(starting.body.contains("/problems/store-unavailable"), "{}", starting.body);
    let client = Client::with_history().await;
    client.store.set_outage(Some(driftd_testkit::mem_store::Outage::Refuses));
    for path in ["/api/v1/monitors", "/api/v1/monitors/m/windows", "/api/v1/incidents", "/api/v1/system"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", answer.body);
    }
    client.store.set_outage(None);
    assert_eq!(client.get("/api/v1/monitors").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_kind_of_problem_has_a_page() {
    let client = Client::empty();
    let index = client.get("/problems").await;
    assert_eq!((index.status, index.header(header::CONTENT_TYPE)), (StatusCode::OK, "text/html; charset=utf-8"));
    for kind in crate::problem::ProblemKind::ALL {
        let definition = kind.definition();
        let page = client.get(&format!("/problems/{}", definition.name)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(definition.name) && index.body.contains(definition.name));
    }
    insta::assert_snapshot!("problem_page", client.get("/problems/invalid-range").await.body);
    for unknown in ["/problems/nothing", "/problems/%ff", "/problems/a%2Fb"] {
        assert_eq!(client.get(unknown).await.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}
