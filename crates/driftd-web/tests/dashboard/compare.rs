//! The page that compares two ranges.

use driftd_model::Monitor;
use driftd_testkit::fixtures::split_plan;

use super::*;

/// The configuration that the store in [`judged`] was sealed by.
fn sealed_by() -> Vec<Monitor> {
    vec![split_plan().monitor().clone()]
}

fn compared(a: &str, b: &str) -> String {
    format!("/compare?m=m&a={a}&b={b}")
}

/// Hours 10 and 11, in which `y` has moved, and two before.
const MOVED: &str = "1970-01-01T10:00:00Z/1970-01-01T12:00:00Z";
const BEFORE: &str = "1970-01-01T06:00:00Z/1970-01-01T08:00:00Z";

#[tokio::test]
async fn two_ranges_are_compared_on_a_page() {
    let site = Site::of(judged().await, sealed_by()).await;
    for (name, path) in [
        ("compare", compared(BEFORE, MOVED)),
        ("compare_baseline", compared("baseline", MOVED) + "&seg=s%3Dy"),
        ("compare_empty", compared("1969-12-01/1969-12-02", MOVED)),
        ("compare_monitor", "/compare?m=m".to_owned()),
        ("compare_unasked", "/compare".to_owned()),
    ] {
        insta::assert_snapshot!(name, words(&page(&site, &path).await));
    }
    let none = Site::of(MemStore::new(), Vec::new()).await;
    insta::assert_snapshot!("compare_unconfigured", words(&page(&none, "/compare").await));
    let quiet = Site::of(MemStore::new(), configured(1)).await;
    insta::assert_snapshot!("compare_quiet", words(&page(&quiet, "/compare?m=quiet-000").await));
    let html = page(&site, &compared(BEFORE, MOVED)).await;
    assert!(html.contains("<title>■ critical") || html.contains("<title>Critical: m, two ranges"), "{html}");
}

#[tokio::test]
async fn a_comparison_leads_to_others_and_back() {
    let site = Site::of(judged().await, sealed_by()).await;
    for path in [MONITOR, WINDOW, FEATURE] {
        assert!(links(&page(&site, path).await).iter().any(|link| link.starts_with("/compare?m=m")), "{path}");
    }
    let unconfigured = Site::of(judged().await, Vec::new()).await;
    for path in [MONITOR, WINDOW, FEATURE] {
        let html = page(&unconfigured, path).await;
        assert!(!html.contains("/compare"), "{path} of a monitor that cannot be judged here");
    }
    let start = page(&site, WINDOW).await;
    let first = links(&start).into_iter().find(|link| link.starts_with("/compare")).unwrap();
    let mut followed = 0;
    for link in links(&page(&site, &first).await) {
        let answer = site.get(&link).await;
        assert_eq!(answer.status, 200, "{link}: {}", answer.body);
        followed += usize::from(link.starts_with("/compare"));
    }
    assert!(followed >= 4, "baseline, before, day before, weekdays: {followed}");
}

#[tokio::test]
async fn a_comparison_that_cannot_be_made_is_a_page_with_the_remedy() {
    let site = Site::of(judged().await, sealed_by()).await;
    let mut told = Vec::new();
    for (path, status) in [
        (compared("baseline", "noon"), 400),
        (compared("baseline", "now/now-1d"), 400),
        (compared("baseline", "1900-01-01/2000-01-01"), 400),
        (compared("base@v9", MOVED), 404),
        (compared("%E2%80%AE%3Cb%3E", MOVED), 400),
        ("/compare?m=nobody&b=now-1d/now".to_owned(), 404),
    ] {
        let answer = site.get(&path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_page(&answer.body);
        told.push(format!("{path}\n    {}", words(&answer.body)));
    }
    insta::assert_snapshot!(told.join("\n"));
    let unconfigured = Site::of(judged().await, Vec::new()).await;
    let answer = unconfigured.get(&compared("baseline", MOVED)).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_page(&answer.body);
}
