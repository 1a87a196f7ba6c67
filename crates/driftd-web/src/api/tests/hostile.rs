//! Requests that nobody in good faith would send get an answer of the API all the same.

use proptest::prelude::*;

use super::*;

/// Every path, with places for what a stranger writes into it.
const PATHS: [&str; 18] = [
    "/api/v1/monitors?limit={}",
    "/api/v1/monitors/{}",
    "/api/v1/monitors/{}/windows",
    "/api/v1/monitors/m/windows?from={}",
    "/api/v1/monitors/m/windows?to={}",
    "/api/v1/monitors/m/windows?segment={}",
    "/api/v1/monitors/m/windows?cursor={}",
    "/api/v1/monitors/m/features/{}/drift?format=csv",
    "/api/v1/monitors/m/windows/{}/distribution?feature=x",
    "/api/v1/monitors/m/windows/hour@1970-01-01T04:00:00Z/distribution?feature={}&segment=s%3Dx",
    "/api/v1/monitors/m/compare?a={}&b=0/3600",
    "/api/v1/monitors/m/compare?a=baseline&b={}",
    "/api/v1/monitors/m/compare?a=baseline&b=0/3600&segment={}",
    "/api/v1/monitors/m/compare?a=baseline&b=0/3600&feature={}&format=csv",
    "/api/v1/incidents/{}",
    "/api/v1/incidents?monitor={}&state=open",
    "/api/v1/baselines/{}",
    "/api/v1/silences?{}",
];

async fn asked(client: &Client, path: &str) -> StatusCode {
    let answer = client.get(path).await;
    let shown: String = path.chars().take(200).collect();
    assert!(!answer.status.is_server_error(), "{shown}: {}", answer.body);
    assert!(answer.body.len() < 100_000, "{shown}");
    if answer.status != StatusCode::OK {
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{shown}");
        assert!(answer.body.len() < 5_000, "{shown}: {} bytes of a problem", answer.body.len());
    }
    answer.status
}

#[tokio::test]
async fn strange_texts_are_answered() {
    let client = Client::with_history().await;
    let long = "a".repeat(10_000);
    let escaped_long = "%F0%9F%92%A9".repeat(2_500);
    let texts = [
        "",
        "%00",
        "%0d%0aset-cookie:%20x=y",
        "%1b%5b31m",
        "..",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%2f",
        "%252e%252e",
        "%e2%80%ae",
        "%ff%fe",
        "%",
        "%zz",
        "%3Cscript%3E",
        "'%20OR%201=1--",
        "%25",
        "{}",
        "{{7*7}}",
        "*",
        "@",
        "@@",
        "@v1",
        "base@v99999999999999999999",
        "hour@9223372036854775807",
        "hour@-1",
        "+292277-01-01T00:00:00Z",
        "-0",
        "NaN",
        "1e308",
        "9223372036854775807",
        "-9223372036854775808",
        "2013-07-01T00:00:00%2B99:99",
        "now-99999999999w",
        "now-0.5d",
        "eyJoYXNoIjoiMCJ9",
        "AAAA",
        &long,
        &escaped_long,
    ];
    for text in texts {
        for path in PATHS {
            let path = path.replace("{}", text);
            // What is no address at all never gets here.
            if path.parse::<axum::http::Uri>().is_ok() {
                asked(&client, &path).await;
            }
        }
    }
    assert_eq!(asked(&client, "/api/v1/monitors/..%2F..%2Fmetrics").await, StatusCode::NOT_FOUND);
    assert_eq!(asked(&client, "/api/v1/../../metrics").await, StatusCode::NOT_FOUND);
    assert_eq!(asked(&client, "//api/v1/monitors").await, StatusCode::NOT_FOUND);
    assert_eq!(asked(&client, "/api/v1/monitors/").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_parameter_many_times_over_is_one_problem() {
    let client = Client::with_history().await;
    let query = vec!["limit=1"; 2_000].join("&");
    assert_eq!(asked_of(&client, &query).await, StatusCode::BAD_REQUEST);
    let query: Vec<String> = (0..2_000).map(|i| format!("p{i}=1")).collect();
    assert_eq!(asked_of(&client, &query.join("&")).await, StatusCode::BAD_REQUEST);
}

async fn asked_of(client: &Client, query: &str) -> StatusCode {
    asked(client, &format!("/api/v1/monitors?{query}")).await
}

#[tokio::test]
async fn names_out_of_data_stay_what_they_are() {
    let client = Client::empty();
    let hostile = "=cmd|' /C calc'!A0,\"\u{202e}\r\n<script>\u{0}";
    let mut watched = monitor("m", &[("hour", 1, 1)]);
    watched.topics = vec![Topic::from(hostile)];
    client.watch(&[&plan_of(watched)]);
    let mut feeder = Feeder::claim_of(&*client.store, topic(), 0).await;
    let plan = plan_of(monitor("m", &[("hour", 1, 1)]));
    feeder.feed(&*client.store, &plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    seal_all(&*client.store, &plan, &[], clock(1)).await;
    let silence = Silence {
        id: SilenceId(0),
        matchers: Vec::new(),
        starts_at: clock(0),
        ends_at: clock(1),
        author: hostile.to_owned(),
        comment: hostile.to_owned(),
    };
    client.store.add_silence(&silence).await.unwrap();
    let silences = client.json("/api/v1/silences").await;
    assert_eq!(silences["data"][0]["author"], hostile);
    assert_eq!(client.json("/api/v1/monitors/m").await["topics"][0], hostile);
    assert_eq!(client.get("/api/v1/system").await.status, StatusCode::OK);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_address_is_answered(at in 0..PATHS.len(), text in "([a-z0-9@:._~-]|%[0-9a-f]{2}){0,40}", query in "[a-z=&%0-9-]{0,30}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Client::with_history().await;
            let path = PATHS[at].replace("{}", &text);
            let path = if path.contains('?') { format!("{path}&{query}") } else { format!("{path}?{query}") };
            asked(&client, &path).await;
        });
    }
}
