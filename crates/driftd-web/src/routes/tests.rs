use std::sync::Arc;

use axum::body::to_bytes;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::*;
use crate::Readiness;

fn state() -> AppState {
    AppState::new(Readiness::default, [], Arc::default(), Some("https://Driftd.example.com/monitoring"))
}

/// Status, content type and body of the answer to a GET.
async fn answer(router: Router, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String, String) {
    let request =
        headers.iter().fold(axum::http::Request::get(path), |request, (name, value)| request.header(*name, *value));
    let answer = TowerToHyperService::new(router).call(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let content_type = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, content_type, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_problem() {
    let router = Router::new().route("/slow", get(std::future::pending::<()>));
    let (status, content_type, body) = answer(layered(router, Duration::from_millis(20)), "/slow", &[]).await;
    assert_eq!((status, content_type.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "application/problem+json"));
    insta::assert_snapshot!(body, @r#"{"type":"/problems/too-slow","title":"The answer took too long","status":503,"detail":"the answer took too long; try again later"}"#);
}

#[tokio::test]
async fn a_page_of_another_name_is_not_answered() {
    for host in ["evil.example", "evil.example:8080", "driftd.example.com.evil.example", "a b", ""] {
        let (status, content_type, body) = answer(router(state(), Reach::Machine), "/metrics", &[("host", host)]).await;
        assert_eq!((status.as_u16(), content_type.as_str()), (421, "application/problem+json"), "{host}");
        assert!(body.contains("notify.external_url") && !body.contains("driftd_ready"), "{body}");
    }
    let both = [("host", "localhost"), ("host", "evil.example")];
    assert_eq!(answer(router(state(), Reach::Machine), "/metrics", &both).await.0, StatusCode::MISDIRECTED_REQUEST);
    let absolute =
        answer(router(state(), Reach::Machine), "http://evil.example/metrics", &[("host", "localhost")]).await;
    assert_eq!(absolute.0, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn addresses_and_the_name_that_people_know_are_answered() {
    for host in
        ["127.0.0.1:8080", "[::1]:8080", "localhost:8080", "10.0.0.7", "driftd.example.com", "DRIFTD.example.com:443"]
    {
        assert_eq!(
            answer(router(state(), Reach::Machine), "/healthz", &[("host", host)]).await.0,
            StatusCode::OK,
            "{host}"
        );
    }
    // Whoever names nobody is no browser.
    assert_eq!(answer(router(state(), Reach::Machine), "/healthz", &[]).await.0, StatusCode::OK);
    let (status, ..) = answer(
        router(AppState::new(Readiness::default, [], Arc::default(), None), Reach::Machine),
        "/",
        &[("host", "driftd.example.com")],
    )
    .await;
    assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn probes_go_by_any_name_and_find_nothing_else() {
    let network = || router(state(), Reach::Network { features: false });
    for path in ["/healthz", "/readyz", "/metrics"] {
        for host in ["10.0.0.7:8081", "driftd.monitoring.svc:8081"] {
            assert_eq!(answer(network(), path, &[("host", host)]).await.0, StatusCode::OK, "{host} {path}");
        }
    }
    assert_eq!(answer(network(), "/problems/not-found", &[]).await.0, StatusCode::OK, "what a type points to");
    for path in ["/", "/api/v1/incidents", "/api/openapi.json", "/metrics/", "/readyz/x"] {
        assert_eq!(answer(network(), path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
