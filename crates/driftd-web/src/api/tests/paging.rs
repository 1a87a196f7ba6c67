//! Pages add up to their list.

use super::*;

/// Every row of a list, and how many pages it took.
async fn walked(client: &Client, path: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut next) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(address) = next {
        let answer = client.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.body);
        let page: Value = serde_json::from_str(&answer.body).unwrap();
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        pages += 1;
        assert!(pages < 500, "{path} goes in a circle");
        let link = answer.header(header::LINK);
        assert_eq!(page["next"].is_null(), link.is_empty());
        next = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
        if let (Some(next), Some(cursor)) = (&next, page["next"].as_str()) {
            assert!(next.ends_with(&format!("cursor={cursor}")), "{next}");
        }
    }
    (rows, pages)
}

#[tokio::test]
async fn pages_add_up() {
    let client = Client::with_history().await;
    for path in [
        "/api/v1/monitors?",
        "/api/v1/monitors/m/windows?",
        "/api/v1/monitors/m/windows?segment=all&from=3600&",
        "/api/v1/monitors/m/features/x/drift?",
        "/api/v1/monitors/m/features/c/drift?statistic=psi&to=now&",
        "/api/v1/incidents?",
        "/api/v1/silences?",
        "/api/v1/baselines?",
    ] {
        let (all, pages) = walked(&client, &format!("{path}limit=1000")).await;
        assert!(!all.is_empty() && pages == 1, "{path}");
        for limit in [1, 2, 7] {
            let (rows, pages) = walked(&client, &format!("{path}limit={limit}")).await;
            assert_eq!(rows, all, "{path} by {limit}");
            assert_eq!(pages, all.len().div_ceil(limit).max(1), "{path} by {limit}");
        }
    }
}

#[tokio::test]
async fn a_relative_range_stays_the_same_on_every_page() {
    let client = Client::with_history().await;
    // The clock shows nine.
    let first = client.json("/api/v1/monitors/m/windows?from=now-7h&to=now-4h&limit=2").await;
    let range = serde_json::json!({ "from": "1970-01-01T02:00:00Z", "to": "1970-01-01T05:00:00Z" });
    assert_eq!(first["range"], range);
    let cursor = first["next"].as_str().unwrap();
    let later = Client { store: Arc::clone(&client.store), ..Client::starting_at(11) };
    later.state.read_from(Arc::<MemStore>::clone(&client.store));
    later.watch(&[&split_plan()]);
    let second = later.json(&format!("/api/v1/monitors/m/windows?from=now-7h&to=now-4h&cursor={cursor}")).await;
    assert_eq!(second["range"], range);
    assert_eq!(second["next"], Value::Null);
    let rows = |page: &Value| page["data"].as_array().unwrap().len();
    assert_eq!((rows(&first), rows(&second)), (2, 7), "three hours of three segments");
}

#[tokio::test]
async fn a_cursor_is_of_its_list_alone() {
    let client = Client::with_history().await;
    let cursor = |page: &Value| page["next"].as_str().unwrap().to_owned();
    let windows = cursor(&client.json("/api/v1/monitors/m/windows?limit=1").await);
    let path = format!("cursor={windows}");
    for same in ["limit=3&", "format=csv&", "times=epoch_ms&", ""] {
        assert_eq!(client.get(&format!("/api/v1/monitors/m/windows?{same}{path}")).await.status, StatusCode::OK);
    }
    for other in [
        "/api/v1/monitors/m/windows?segment=all&",
        "/api/v1/monitors/m/windows?from=0&",
        "/api/v1/monitors/once/windows?",
        "/api/v1/monitors/m/features/x/drift?",
        "/api/v1/incidents?",
        "/api/v1/silences?",
        "/api/v1/monitors?",
    ] {
        let answer = client.get(&format!("{other}{path}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}");
        assert!(answer.body.contains("/problems/invalid-cursor"), "{other} {}", answer.body);
    }
}

#[tokio::test]
async fn csv_and_bare_rows_go_on_by_the_link() {
    let client = Client::with_history().await;
    for format in ["csv", "rows"] {
        let first = client.get(&format!("/api/v1/monitors/m/windows?format={format}&limit=2")).await;
        let link = first.header(header::LINK).to_owned();
        let address = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        assert!(address.contains(&format!("format={format}")), "{address}");
        let second = client.get(address).await;
        assert_eq!(second.status, StatusCode::OK);
        assert_eq!(second.header(header::CONTENT_TYPE), first.header(header::CONTENT_TYPE));
        assert_ne!(second.body, first.body);
    }
}
