//! The document of the API: it says what the router does, and nothing else.

use std::collections::BTreeSet;

use super::*;
use crate::api::{DOCUMENT, documented};
use crate::problem::ProblemKind;

/// The committed document.
const COMMITTED: &str = "openapi.json";

fn document() -> Value {
    serde_json::from_str(&crate::api::document::text(&documented().into_openapi())).unwrap()
}

/// Methods and paths of the document.
fn described() -> BTreeSet<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |m| (m.to_uppercase(), path.clone())))
        .collect()
}

/// Paths that the whole router answers, as it shows itself: it has no list for anybody to ask for.
fn routed() -> BTreeSet<String> {
    let shown = format!("{:?}", router(Client::empty().state, Reach::Machine));
    let paths: BTreeSet<String> = shown.split('"').filter(|text| text.starts_with('/')).map(str::to_owned).collect();
    assert!(paths.contains("/healthz") && paths.contains(DOCUMENT), "the router shows itself otherwise now: {shown}");
    paths
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    let made = crate::api::document::text(&documented().into_openapi());
    if std::env::var_os("DRIFTD_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "crates/driftd-web/{COMMITTED} is not what the handlers say: run \
         `DRIFTD_WRITE_OPENAPI=1 cargo test -p driftd-web --lib document` and commit it"
    );
}

#[test]
fn every_route_of_the_api_is_described_and_every_description_is_a_route() {
    let of_api = |path: &String| path.starts_with("/api/") && path != DOCUMENT;
    let routed: BTreeSet<String> = routed().into_iter().filter(of_api).collect();
    let described: BTreeSet<String> = described().into_iter().map(|(_, path)| path).collect();
    assert_eq!(routed, described);
}

#[tokio::test]
async fn every_description_is_answered_by_its_handler_and_no_other_method_is() {
    let client = Client::with_history().await;
    for (method, path) in described() {
        let real = path
            .replace("{monitor}", "m")
            .replace("{feature}", "x")
            .replace("{window}", "hour@1970-01-01T04:00:00Z")
            .replace("{baseline}", "base@v1")
            .replace("{incident}", "none");
        assert!(!real.contains('{'), "{real}");
        let answer = client.ask(&method, &real, &[]).await;
        assert!(!answer.body.contains("/problems/not-found"), "{method} {path}: {}", answer.body);
        for other in ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|other| *other != method) {
            assert_eq!(client.ask(other, &real, &[]).await.status, StatusCode::METHOD_NOT_ALLOWED, "{other} {path}");
        }
    }
}

#[tokio::test]
async fn it_is_served() {
    let answer = Client::starting().get(DOCUMENT).await;
    assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (StatusCode::OK, "application/json"));
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for (method, path) in described() {
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{path}");
        for kind in ProblemKind::ALL {
            let status = kind.definition().status.as_u16().to_string();
            assert!(operation["responses"][&status].is_object(), "{path} does not say that it may answer {status}");
        }
    }
}

#[tokio::test]
async fn every_column_that_is_always_there_is() {
    let (client, document) = (Client::with_history().await, document());
    let schemas = &document["components"]["schemas"];
    for (schema, path) in [
        ("WindowRow", "/api/v1/monitors/m/windows"),
        ("DriftRow", "/api/v1/monitors/m/features/x/drift"),
        ("IncidentRow", "/api/v1/incidents"),
    ] {
        let properties = schemas[schema]["properties"].as_object().unwrap();
        let rows = client.json(path).await["data"].as_array().unwrap().clone();
        assert!(!rows.is_empty());
        for row in rows {
            assert_eq!(
                row.as_object().unwrap().keys().collect::<BTreeSet<_>>(),
                properties.keys().collect::<BTreeSet<_>>()
            );
            for (name, value) in row.as_object().unwrap() {
                let may_be_null = properties[name]["type"].to_string().contains("null");
                assert!(may_be_null || !value.is_null(), "{schema}.{name}");
            }
        }
    }
}
