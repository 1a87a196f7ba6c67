//! What is answered, to the byte.

use super::*;

/// What every answer says of what may be done with it.
const HEADERS: &str = "cache-control: no-store
content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
referrer-policy: same-origin
x-content-type-options: nosniff
";

/// What `server` answers to each of `requests`, without the headers that every answer has.
async fn answers<const N: usize>(server: &Server, requests: [(&str, &str); N]) -> String {
    let mut told = String::new();
    for (method, path) in requests {
        let answer = server.ask(method, path).await;
        assert!(answer.contains(HEADERS), "{method} {path}: {answer}");
        let own = answer.replace(HEADERS, "");
        told += &["> ", method, " ", path, "\n", own.trim_end(), "\n\n"].concat();
    }
    told
}

#[tokio::test]
async fn a_process_that_is_not_ready_says_why() {
    let server = server(quick()).await;
    let requests = [("GET", "/healthz"), ("HEAD", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")];
    insta::assert_snapshot!(answers(&server, requests).await, @r#"
    > GET /healthz
    HTTP/1.1 200 OK
    content-type: text/plain; charset=utf-8
    content-length: 3
    connection: close

    ok

    > HEAD /healthz
    HTTP/1.1 200 OK
    content-type: text/plain; charset=utf-8
    content-length: 3
    connection: close

    > GET /readyz
    HTTP/1.1 503 Service Unavailable
    content-type: application/json
    content-length: 166
    connection: close

    {"ready":false,"reasons":["kafka: no broker answers since 12:00:03"],"checks":{"kafka":{"ok":false,"reason":"no broker answers since 12:00:03"},"store":{"ok":true}}}

    > GET /metrics
    HTTP/1.1 200 OK
    content-type: text/plain; version=0.0.4; charset=utf-8
    content-length: 365
    connection: close

    # HELP driftd_ready Whether every check of /readyz passes: 1 or 0.
    # TYPE driftd_ready gauge
    driftd_ready 0
    # HELP driftd_partition_tasks Partitions that this process reads.
    # TYPE driftd_partition_tasks gauge
    driftd_partition_tasks 2
    # HELP driftd_feature_drift Statistics that decide.
    # TYPE driftd_feature_drift gauge
    driftd_feature_drift{feature="dep_delay"} 1
    "#);
    server.shut_down().await;
}

#[tokio::test]
async fn a_process_that_is_ready_says_so() {
    let ready = Readiness::default().checked("store", None).checked("kafka", None);
    let server = server_of(quick(), process(ready)).await;
    insta::assert_snapshot!(answers(&server, [("GET", "/readyz")]).await, @r#"
    > GET /readyz
    HTTP/1.1 200 OK
    content-type: application/json
    content-length: 79
    connection: close

    {"ready":true,"reasons":[],"checks":{"kafka":{"ok":true},"store":{"ok":true}}}
    "#);
    server.shut_down().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let server = server(quick()).await;
    let requests = [("GET", "/nothing?x=%3Cscript%3E"), ("DELETE", "/metrics")];
    insta::assert_snapshot!(answers(&server, requests).await, @r#"
    > GET /nothing?x=%3Cscript%3E
    HTTP/1.1 404 Not Found
    content-type: application/problem+json
    content-length: 146
    connection: close

    {"type":"/problems/not-found","title":"Nothing is here","status":404,"detail":"nothing is here; the paths of the API stand in /api/openapi.json"}

    > DELETE /metrics
    HTTP/1.1 405 Method Not Allowed
    content-type: application/problem+json
    allow: GET,HEAD
    content-length: 177
    connection: close

    {"type":"/problems/method-not-allowed","title":"The path takes other methods","status":405,"detail":"this path does not take this method: the Allow header says which it takes"}
    "#);
    for method in ["POST", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        assert!(server.ask(method, "/healthz").await.starts_with("HTTP/1.1 405"), "{method}");
    }
    server.shut_down().await;
}

#[tokio::test]
async fn features_are_named_where_people_are_let_in_or_where_it_is_wanted() {
    let shown = async |reach| {
        let server = server_for(reach, quick(), process(Readiness::default())).await;
        let answer = server.ask("GET", "/metrics").await;
        server.shut_down().await;
        assert!(answer.contains("driftd_partition_tasks 2"), "{answer}");
        answer.contains("dep_delay")
    };
    assert!(shown(Reach::Machine).await);
    assert!(!shown(Reach::Network { features: false }).await);
    assert!(shown(Reach::Network { features: true }).await);
}
