//! The dashboard: what its pages say, where they lead, and that nothing anybody asks for is answered otherwise.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may assert by panicking"
)]

#[path = "dashboard/compare.rs"]
mod compare;
mod dashboard;
mod fixtures;

use std::collections::BTreeSet;
use std::sync::Arc;

use dashboard::{Site, bad_ever_since, configured, hostile, in_many_segments, judged, links, of_three_shapes, renamed};
use driftd_testkit::MemStore;
use driftd_testkit::mem_store::Outage;
use driftd_web::{AppState, Readiness};
use fixtures::{assert_well_formed, words};

/// Pages of the store in [`judged`].
const MONITOR: &str = "/m/m";
const WINDOW: &str = "/m/m/w/hour/1970-01-01T12:00:00Z";
const FEATURE: &str = "/m/m/f/x?seg=s%3Dy&w=hour&end=1970-01-01T12:00:00Z";

/// What holds for every page whatsoever.
fn assert_page(html: &str) {
    assert_well_formed(html);
    for foreign in ["<script", " style=", "<style", "<img", "@import", "href=\"http", "src=", " onclick", "javascript:"]
    {
        assert!(!html.contains(foreign), "{foreign} in {html}");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
    assert_eq!(html.matches("<main id=\"content\">").count(), 1);
    let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "every id once: {ids:?}");
}

async fn page(site: &Site, path: &str) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert!(answer.head.contains("content-type: text/html; charset=utf-8"), "{}", answer.head);
    assert_page(&answer.body);
    answer.body
}

/// The page of the open incident.
fn open_incident(overview: &str) -> String {
    links(overview).into_iter().find(|link| link.starts_with("/incidents/")).unwrap()
}

#[tokio::test]
async fn pages_say_first_what_matters() {
    let site = Site::of(judged().await, Vec::new()).await;
    let overview = page(&site, "/").await;
    let incident = page(&site, &open_incident(&overview)).await;
    insta::assert_snapshot!("overview", words(&overview));
    insta::assert_snapshot!("incident", words(&incident));
    for (name, path) in [
        ("monitor", MONITOR),
        ("window", WINDOW),
        ("feature", FEATURE),
        ("baselines", "/baselines"),
        ("silences", "/silences"),
        ("system", "/system"),
    ] {
        insta::assert_snapshot!(name, words(&page(&site, path).await));
    }
}

#[tokio::test]
async fn a_title_says_the_state_first() {
    let site = Site::of(judged().await, Vec::new()).await;
    let incident = open_incident(&page(&site, "/").await);
    let mut titles = Vec::new();
    for path in ["/", &incident, MONITOR, WINDOW, FEATURE, "/baselines", "/silences", "/system"] {
        let html = page(&site, path).await;
        let title = html.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        titles.push(title.replace(&incident["/incidents/".len()..], "ID"));
    }
    insta::assert_snapshot!(titles.join("\n"));
}

#[tokio::test]
async fn every_link_leads_to_a_page() {
    let site = Site::of(judged().await, configured(2)).await;
    let mut seen: BTreeSet<String> = BTreeSet::from(["/".to_owned()]);
    let mut wanted = vec!["/".to_owned()];
    while let Some(path) = wanted.pop() {
        let answer = site.get(&path).await;
        assert!(matches!(answer.status, 200 | 503), "{path}: {}", answer.status);
        if !answer.head.contains("content-type: text/html") {
            assert!(["/assets/", "/metrics", "/readyz", "/api/"].iter().any(|known| path.starts_with(known)), "{path}");
            continue;
        }
        assert_page(&answer.body);
        for link in links(&answer.body) {
            let link = link.split_once('#').map_or(link.as_str(), |(page, _)| page).to_owned();
            if seen.insert(link.clone()) {
                wanted.push(link);
            }
        }
    }
    let of = |part: &str| seen.iter().filter(|path| path.contains(part)).count();
    assert!(of("/w/hour/") >= 12 && of("/f/x?") >= 12 && of("/f/c?") >= 12 && of("/incidents/") >= 2, "{seen:#?}");
}

#[tokio::test]
async fn the_incident_that_messages_link_to_can_be_silenced_from_a_terminal() {
    let site = Site::of(judged().await, Vec::new()).await;
    let mut commands = BTreeSet::new();
    for link in links(&page(&site, "/").await).iter().filter(|link| link.starts_with("/incidents/")) {
        let incident = page(&site, link).await;
        // The bin that moved is on the page itself.
        assert!(incident.contains("<svg class=\"chart pairs\""));
        let section = incident.split_once("<section id=\"silence\"").unwrap().1;
        commands.insert(section.split_once("<code>driftd").unwrap().1.split_once("</code>").unwrap().0.to_owned());
    }
    insta::assert_snapshot!(commands.into_iter().collect::<Vec<_>>().join("\n"), @r#"
    silences add monitor=m kind=drift --comment WHY
    silences add monitor=m kind=drift segment=s=y --comment WHY
    "#);
}

#[tokio::test]
async fn an_empty_store_says_what_to_do() {
    let site = Site::of(MemStore::new(), Vec::new()).await;
    for path in ["/", "/baselines", "/silences", "/system"] {
        let html = words(&page(&site, path).await);
        insta::assert_snapshot!(format!("empty{}", path.replace('/', "_")), html);
    }
    let site = Site::of(MemStore::new(), configured(1)).await;
    let monitor = page(&site, "/m/quiet-000").await;
    insta::assert_snapshot!("empty_monitor", words(&monitor));
    assert!(monitor.contains("<input type=\"hidden\" name=\"w\" value=\"hour\">"), "{monitor}");
}

#[tokio::test]
async fn what_cannot_be_shown_is_a_page_with_the_remedy() {
    let site = Site::of(judged().await, Vec::new()).await;
    let mut told = Vec::new();
    for (path, status) in [
        ("/incidents/ffffffffffff", 404),
        ("/incidents/%3Cb%3E", 404),
        ("/m/nobody", 404),
        ("/m/..%2F..%2Fetc", 404),
        ("/m/m/w/hour/1999-01-01T00:00:00Z", 404),
        ("/m/m/w/hour/noon", 400),
        ("/m/m/w/day/1970-01-01T12:00:00Z", 404),
        ("/m/m/f/nothing", 404),
        ("/m/m/f", 400),
        ("/m/m/f/x?end=noon", 400),
        ("/m/m?from=yesterday", 400),
        ("/m/m?from=now&to=now-7d", 400),
        ("/m/m/f/x?from=2013-07-02&to=2013-07-01", 400),
        ("/m/%ff", 404),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_page(&answer.body);
        told.push(format!("{path}\n    {}", words(&answer.body)));
    }
    insta::assert_snapshot!(told.join("\n"));
    // Ranges without windows are no mistake.
    for path in ["/m/m?from=0001-01-01&to=0002-01-01", "/m/m?seg=nobody", "/m/m?w=week", "/m/m?from=now-7d"] {
        page(&site, path).await;
    }
}

#[tokio::test]
async fn a_store_that_is_not_open_is_a_page() {
    let site = Site::over(AppState::new(Readiness::default, [], Arc::default(), None)).await;
    let answer = site.get("/").await;
    assert_eq!(answer.status, 503);
    assert_page(&answer.body);
    let away = judged().await;
    away.set_outage(Some(Outage::Refuses));
    let site = Site::of(away, Vec::new()).await;
    for path in ["/", "/m/m", "/system"] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_page(&answer.body);
        assert!(answer.body.contains("The store does not answer"), "{}", answer.body);
    }
}

#[tokio::test]
async fn names_of_strangers_stay_text() {
    let long = "é".repeat(10_000);
    for name in
        ["<script>alert(1)</script>", "\"' onload=\"alert(1)", "\u{202e}gnp.exe\u{2066}", "a\nb\0c", "..", "", &long]
    {
        let site = Site::of(hostile(name).await, Vec::new()).await;
        let mut pages = vec!["/".to_owned(), MONITOR.to_owned(), WINDOW.to_owned(), "/baselines".to_owned()];
        pages.push(open_incident(&page(&site, "/").await));
        let monitor = page(&site, MONITOR).await;
        let feature =
            links(&monitor).into_iter().find(|link| link.starts_with("/m/m/f") && !link.starts_with("/m/m/f/c"));
        assert_eq!(feature.is_none(), name == long, "only what nobody can ask for has no page: {name:?}");
        pages.extend(feature);
        for path in pages {
            let html = page(&site, &path).await;
            for raw in ["alert(1)</script>", "onload=\"", "\u{202e}", "\u{2066}", "\0"] {
                assert!(!html.contains(raw), "{raw:?} on {path}");
            }
            assert!(html.len() < 200_000, "{} bytes of {path}", html.len());
        }
    }
}

#[tokio::test]
async fn what_is_asked_for_stays_text() {
    let site = Site::of(judged().await, Vec::new()).await;
    let asked = "%E2%80%AE%22%3E%3Cscript%3E%00";
    for path in [
        "/?q=",
        "/m/m?seg=",
        "/m/m?w=",
        "/m/m/f/x?stat=",
        "/m/m/f/x?seg=",
        "/m/m?from=",
        "/incidents/",
        "/m/m/f/",
        "/compare?m=",
        "/compare?m=m&a=",
        "/compare?m=m&b=",
        "/x",
    ] {
        let answer = site.get(&format!("{path}{asked}")).await;
        assert!(matches!(answer.status, 200 | 400 | 404 | 409), "{path}: {}", answer.status);
        for raw in ["<script", "\u{202e}", "\0"] {
            assert!(!answer.body.contains(raw), "{raw:?} from {path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn answers_allow_a_browser_nothing_but_the_style_sheet() {
    let site = Site::of(judged().await, Vec::new()).await;
    let answer = site.get("/").await;
    let policy = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                  form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    assert!(answer.head.contains(policy) && answer.head.contains("cache-control: no-store"), "{}", answer.head);
    let sheet = links(&answer.body).into_iter().find(|link| link.starts_with("/assets/")).unwrap();
    let style = site.get(&sheet).await;
    assert!(style.head.contains("content-type: text/css") && style.head.contains("immutable"), "{}", style.head);
    for foreign in ["url(", "@import", "expression("] {
        assert!(!style.body.contains(foreign), "{foreign}");
    }
    // A page of another driftd asks for another sheet, and keeps none under its name.
    let other = site.get("/assets/driftd.css?v=0").await;
    assert!(other.status == 200 && other.head.contains("cache-control: no-store"), "{}", other.head);
}

#[tokio::test]
async fn a_thousand_monitors_are_pages_of_fifty_and_can_be_filtered() {
    let site = Site::of(judged().await, configured(1_000)).await;
    let first = page(&site, "/").await;
    assert_eq!(first.matches("<th scope=\"row\">").count(), 50);
    let text = words(&first);
    assert!(text.contains("Page 1 of 21, 1001 monitors"), "{text}");
    // The one with an open incident is the first of all.
    assert!(first.find("href=\"/m/m\"").unwrap() < first.find("href=\"/m/quiet-000\"").unwrap());
    let last = words(&page(&site, "/?page=99").await);
    assert!(last.contains("Page 21 of 21") && last.contains("quiet-999"), "{last}");
    let filtered = words(&page(&site, "/?q=QUIET-99&page=1").await);
    assert!(filtered.contains("quiet-990") && !filtered.contains("quiet-001"), "{filtered}");
    let none = words(&page(&site, "/?q=%3Cb%3E").await);
    assert!(none.contains("No monitor is named like &#60;b&#62;"), "{none}");
}

#[tokio::test]
async fn a_segment_has_its_page_however_many_there_are() {
    let site = Site::of(in_many_segments().await, Vec::new()).await;
    let own = page(&site, "/m/m/w/hour/1970-01-01T01:00:00Z?seg=s%3Dy").await;
    for (html, of_segments) in [(page(&site, MONITOR).await, "/m/m?w=hour&seg="), (own, "/m/m/w/hour/")] {
        assert!(html.contains("These are the first 200 by name; there are more."), "{html}");
        let listed =
            links(&html).into_iter().filter(|link| link.starts_with(of_segments) && link.contains("seg=s%3Da"));
        assert_eq!(listed.count(), 199, "and the whole population");
    }
    let feature = words(&page(&site, "/m/m/f/x?seg=s%3Dy").await);
    assert!(feature.ends_with("152 more carry less of it."), "{feature}");
}

#[tokio::test]
async fn what_is_open_is_told_however_old_it_is() {
    let site = Site::of(bad_ever_since().await, Vec::new()).await;
    let text = words(&page(&site, MONITOR).await);
    let (_, text) = text.split_once("Open incidents").unwrap();
    let (open, rest) = text.split_once("Features by windows").unwrap();
    insta::assert_snapshot!(open.trim().replace("%. critical", "%.\ncritical"), @r"
    critical open m: 1 feature drifted since 1970-01-01, last in hour 1970-01-04 22:00 – 23:00 (UTC); x: KS 0.602 (critical at 0.2), share of (899.6, +inf) rose from 10 % to 70 %.
    critical open m (s=y): 1 feature drifted since 1970-01-01, last in hour 1970-01-04 22:00 – 23:00 (UTC); x: KS 0.602 (critical at 0.2), share of (899.6, +inf) rose from 10 % to 70 %.
    ");
    let (_, newest) = rest.split_once("Newest incidents").unwrap();
    assert_eq!(newest.matches("resolved").count(), 30, "{newest}");
}

#[tokio::test]
async fn a_feature_is_shown_where_it_was_judged() {
    let site = Site::of(renamed().await, Vec::new()).await;
    let monitor = page(&site, MONITOR).await;
    let own: Vec<String> = links(&monitor).into_iter().filter(|link| link.starts_with("/m/m/f/")).collect();
    assert!(own.iter().any(|link| link.starts_with("/m/m/f/old")), "{own:?}");
    for link in own {
        let html = page(&site, &link).await;
        for link in links(&html).into_iter().filter(|link| link.starts_with("/m/m/f/")) {
            assert!(!page(&site, &link).await.contains("It was judged in no"), "{link}");
        }
    }
    let mut told = Vec::new();
    for asked in ["", "?end=1970-01-01T03:00:00Z", "?end=1970-01-01T10:00:00Z", "?end=1969-01-01", "?end=2069-01-01"] {
        let text = words(&page(&site, &format!("/m/m/f/old{asked}")).await);
        let (head, _) = text.split_once("Window before").unwrap_or_else(|| panic!("{text}"));
        told.push(format!("{asked}: {}", head.trim()));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    : Feature of m , segment all old KS 0.0015 in hour 1970-01-01 05:00 – 06:00 (UTC): stable; 0 beyond what healthy windows show, warning at 0.1, q = 1.
    ?end=1970-01-01T03:00:00Z: Feature of m , segment all old KS 0.0015 in hour 1970-01-01 02:00 – 03:00 (UTC): stable; 0 beyond what healthy windows show, warning at 0.1, q = 1.
    ?end=1970-01-01T10:00:00Z: Feature of m , segment all old It was judged in no hour that ended 1970-01-01 10:00 UTC; this is the newest shown that has it. KS 0.0015 in hour 1970-01-01 05:00 – 06:00 (UTC): stable; 0 beyond what healthy windows show, warning at 0.1, q = 1.
    ?end=1969-01-01: Feature of m , segment all old It was judged in no hour that ended 1969-01-01 UTC; this is the newest shown that has it. KS 0.0015 in hour 1970-01-01 05:00 – 06:00 (UTC): stable; 0 beyond what healthy windows show, warning at 0.1, q = 1.
    ?end=2069-01-01: Feature of m , segment all old It was judged in no hour that ended 2069-01-01 UTC; this is the newest shown that has it. KS 0.0015 in hour 1970-01-01 05:00 – 06:00 (UTC): stable; 0 beyond what healthy windows show, warning at 0.1, q = 1.
    ");
}

#[tokio::test]
async fn windows_are_those_of_the_configuration() {
    let (store, configured) = of_three_shapes().await;
    let options = |html: &str| {
        let (_, select) = html.split_once("<select name=\"w\">").unwrap();
        let (select, _) = select.split_once("</select>").unwrap();
        let offered = select.split("</option>").filter_map(|option| Some(option.rsplit_once('>')?.1.to_owned()));
        offered.collect::<Vec<String>>()
    };
    // The newest window is an hour; the day stands first.
    let site = Site::of(store, vec![configured]).await;
    let (newest, asked) = (page(&site, MONITOR).await, page(&site, "/m/m?w=+week&to=1970-01-02").await);
    assert!(newest.contains("<option value=\"day\" selected>day</option>"), "{newest}");
    assert!(words(&newest).starts_with("Monitor, newest window stable"), "{newest}");
    assert_eq!(options(&newest), ["day", "week", "hour"]);
    assert!(asked.contains("<option value=\" week\" selected>"), "{asked}");
    assert!(words(&asked).contains("No window of this shape"), "{asked}");
    // While no day has ended, hours are shown.
    let until = words(&page(&site, "/m/m?to=1970-01-01T12:00:00Z").await);
    assert!(until.starts_with("Monitor, newest window shown stable") && until.contains("m hour "), "{until}");
}
