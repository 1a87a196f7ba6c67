//! What is answered, to the byte.

use super::*;

#[tokio::test]
async fn a_living_process_answers() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/healthz").await, @r#"
    HTTP/1.1 200 OK
    content-type: text/plain; charset=utf-8
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    referrer-policy: same-origin
    x-content-type-options: nosniff
    content-length: 3
    connection: close

    ok
    "#);
    insta::assert_snapshot!(server.ask("HEAD", "/healthz").await, @r#"
    HTTP/1.1 200 OK
    content-type: text/plain; charset=utf-8
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    referrer-policy: same-origin
    x-content-type-options: nosniff
    content-length: 3
    connection: close
    "#);
    server.shut_down().await;
}

#[tokio::test]
async fn readiness_says_why_not() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/readyz").await, @r#"
    HTTP/1.1 503 Service Unavailable
    content-type: application/json
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    referrer-policy: same-origin
    x-content-type-options: nosniff
    content-length: 166
    connection: close

    {"ready":false,"reasons":["kafka: no broker answers since 12:00:03"],"checks":{"kafka":{"ok":false,"reason":"no broker answers since 12:00:03"},"store":{"ok":true}}}
    "#);
    server.shut_down().await;
    let ready = server_of(quick(), process(Readiness::default().checked("store", None).checked("kafka", None))).await;
    insta::assert_snapshot!(ready.ask("GET", "/readyz").await, @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    referrer-policy: same-origin
    x-content-type-options: nosniff
    content-length: 79
    connection: close

    {"ready":true,"reasons":[],"checks":{"kafka":{"ok":true},"store":{"ok":true}}}
    "#);
    ready.shut_down().await;
}

#[tokio::test]
async fn metrics_tell_of_readiness_too() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/metrics").await, @r#"
    HTTP/1.1 200 OK
    content-type: text/plain; version=0.0.4; charset=utf-8
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    referrer-policy: same-origin
    x-content-type-options: nosniff
    content-length: 205
    connection: close

    # HELP driftd_ready Whether every check of /readyz passes: 1 or 0.
    # TYPE driftd_ready gauge
    driftd_ready 0
    # HELP driftd_lanes Partitions that this process reads.
    # TYPE driftd_lanes gauge
    driftd_lanes 2
    "#);
    server.shut_down().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let server = server(quick()).await;
    insta::assert_snapshot!(server.ask("GET", "/nothing?x=%3Cscript%3E").await, @r#"
    HTTP/1.1 404 Not Found
    content-type: application/problem+json
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    referrer-policy: same-origin
    x-content-type-options: nosniff
    content-length: 125
    connection: close

    {"type":"about:blank","title":"Not Found","status":404,"detail":"nothing is here; there are /healthz, /readyz and /metrics"}
    "#);
    insta::assert_snapshot!(server.ask("DELETE", "/metrics").await, @r#"
    HTTP/1.1 405 Method Not Allowed
    content-type: application/problem+json
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    referrer-policy: same-origin
    x-content-type-options: nosniff
    allow: GET,HEAD
    content-length: 116
    connection: close

    {"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"this path is only read: use GET or HEAD"}
    "#);
    for method in ["POST", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        assert!(server.ask(method, "/healthz").await.starts_with("HTTP/1.1 405"), "{method}");
    }
    server.shut_down().await;
}
