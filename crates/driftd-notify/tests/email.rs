//! Mails as they are read, and as they cross the wire.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may assert by panicking")]

mod email_fixtures;
mod fixtures;

use driftd_config::SmtpTls;
use driftd_model::{Notification, NotifyReason};
use email_fixtures::{
    bad_values, called, channel, drift, resolved, secrets, seen, silent, tags, taken, transport, trouble,
};
use fixtures::{email_html, full, incident, psi, told, wall};
use proptest::prelude::*;

fn read(notification: &Notification) -> String {
    seen(&email_html(notification))
}

/// The mail as it crosses the wire.
fn mail(notification: &Notification) -> String {
    let channel = channel("smtp://localhost", SmtpTls::None, None);
    let transport = transport(&channel, secrets("")).unwrap();
    String::from_utf8(transport.mail(notification, wall("2013-07-08T00:05:01.5Z")).unwrap()).unwrap()
}

fn head(mail: &str) -> &str {
    mail.split_once("\r\n\r\n").unwrap().0
}

#[test]
fn values_are_bad() {
    insta::assert_snapshot!(read(&bad_values()), @"
    carrier: 12 % of values were never in the baseline (warning at 1 %), such as XQ, ZZ. Why you get this: 1 feature joined: carrier.
    ▲ WARNING  firing
    flight-delay: 1 more feature joined (carrier): 2 features have bad values in week 2013-07-01 – 2013-07-08 (UTC); worst carrier: 12 % of values were never in the baseline (warning at 1 %), such as XQ, ZZ.
    Incident Runbook Silence
    Monitor | flight-delay
    Model | delay-gbm, version 3.2
    Environment | production
    Segment | all
    Kind | data_quality
    First seen | 2013-07-01 00:00 UTC
    Last window | week [2013-07-01 00:00, 2013-07-08 00:00) UTC
    Bad windows | 1
    Opened | 2013-07-08 00:05 UTC
    Features, worst first
    What moved, as shares:   before, in the baseline   after, in the window
    carrier | ▲ warning
    12 % of values were never in the baseline (warning at 1 %), such as XQ, ZZ
    unseen share 0.12 warning from 0.01, critical from 0.2
    n = 26,398, m = 6,402
    UA | 30 % → 18 %
    (unseen: XQ, ZZ) | 0 % → 12 %
    dep_delay | ▲ warning
    missing share rose from 10 % to 21 % (warning at +5 points)
    missing share 0.113 warning from 0.05, critical from 0.2
    n = 26,398, m = 6,402
    Why you get this: 1 feature joined: carrier.
    To hear no more of it: silence it for a while.
    What to do: docs/runbooks.md#data-quality
    Baseline: flight-delay@v1 (7a6d85963363)
    Labels: team=ml
    Dedup key: 834d3bd587b4
    Message: 094c58918193, decided 2013-07-08 00:05 UTC
    Schema: 3
    ");
}

#[test]
fn driftd_itself_is_in_trouble() {
    insta::assert_snapshot!(read(&trouble()), @"
    Why you get this: still open after 4 h, and nobody has taken it.
    ◆ CRITICAL  firing
    flight-delay: still open after 4 h, and nobody has taken it: driftd is 1 h 10 min behind the clock and 12 % of the records cannot be read (1,204 lately), first seen 2013-07-01 00:00 UTC.
    Incident Runbook Silence
    Monitor | flight-delay
    Model | delay-gbm, version 3.2
    Environment | production
    Segment | all
    Kind | pipeline
    First seen | 2013-07-01 00:00 UTC
    Last seen | 2013-07-08 00:00 UTC
    Opened | 2013-07-08 00:05 UTC
    What is wrong
    - driftd is 1 h 10 min behind the clock
    - 12 % of the records cannot be read (1,204 lately)
    Why you get this: still open after 4 h, and nobody has taken it.
    To hear no more of it: silence it for a while.
    What to do: docs/runbooks.md#lag, #rejected
    Baseline: flight-delay@v1 (7a6d85963363)
    Labels: team=ml
    Dedup key: a522b5524dbb
    Message: 4246e7e5d08f, decided 2013-07-08 04:05 UTC
    Schema: 3
    ");
}

/// The badge and what stands beside it, which links there are, and how to hear no more.
fn edges(notification: &Notification) -> String {
    let page = read(notification);
    let lines: Vec<&str> = page.lines().collect();
    let how = lines.iter().find(|line| line.starts_with("To hear no more")).copied().unwrap_or("-");
    let links = if lines[3].starts_with("Monitor") { "-" } else { lines[3] };
    [lines[1], links, how].join(" / ")
}

#[test]
fn the_head_says_what_the_badge_does_not_and_the_foot_how_to_silence_it() {
    let mut late = silent();
    late.links = driftd_model::Links::default();
    let test = NotifyReason::Test { by: "ana".to_owned() };
    let test = full(incident(driftd_model::IncidentKind::Drift, vec![psi("temp", 0.3)]), test);
    let all = [drift(), silent(), taken(silent()), resolved(silent()), late, test.clone()];
    insta::assert_snapshot!(all.iter().map(edges).collect::<Vec<_>>().join("\n"), @r"
    ◆ CRITICAL  firing / Incident Runbook Silence / To hear no more of it: silence it for a while.
    ◆ CRITICAL  firing / Incident Runbook Silence / To hear no more of it: silence it for a while.
    ○ ACKNOWLEDGED  critical, still firing / Incident Runbook Silence / To hear no more of it: silence it for a while.
    ✓ RESOLVED  was critical / Incident Runbook / -
    ◆ CRITICAL  firing / - / To hear no more of it: run driftd silences add monitor=flight-delay kind=no_data --comment WHY.
    ○ TEST  nothing is wrong / Runbook / -
    ");
    assert!(!head(&mail(&test)).contains("References"), "a test hangs from no incident");
}

#[test]
fn the_head_of_a_mail() {
    insta::assert_snapshot!(head(&mail(&drift())).replace('\r', ""), @r#"
    From: driftd <driftd@alerts.example.com>
    Subject: [CRITICAL] flight-delay (carrier=UA): 4 features drifted
    Date: Mon, 08 Jul 2013 00:05:01 +0000
    Message-ID: <13d535a137af391a0b0c533c089b5ae4301d5d6c5cfa743f63bdbc348efa87dc@alerts.example.com>
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: All
    To: Ana <ana@example.com>, bo@example.com
    In-Reply-To: <incident-428808045d0c@alerts.example.com>
    References: <incident-428808045d0c@alerts.example.com>
    MIME-Version: 1.0
    Content-Type: multipart/alternative; boundary="=_driftd_13d535a137af"
    "#);
    insta::assert_snapshot!(head(&mail(&called("Zürich\r\nBcc: eve@example.com"))).replace('\r', ""), @r#"
    From: driftd <driftd@alerts.example.com>
    Subject: [CRITICAL] flight-delay =?utf-8?b?KGNhcnJpZXI9WsO8cmljaA==?=  Bcc:
     eve@example.com): 12 features drifted
    Date: Mon, 08 Jul 2013 00:05:01 +0000
    Message-ID: <fc15a31b8a401bcc4775c6e41a5f20e5ba2144c3d37751dd06b20373918f9fca@alerts.example.com>
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: All
    To: Ana <ana@example.com>, bo@example.com
    In-Reply-To: <incident-428808045d0c@alerts.example.com>
    References: <incident-428808045d0c@alerts.example.com>
    MIME-Version: 1.0
    Content-Type: multipart/alternative; boundary="=_driftd_fc15a31b8a40"
    "#);
}

#[test]
fn a_message_is_the_same_at_every_try() {
    assert_eq!(mail(&drift()), mail(&drift()));
}

#[test]
fn a_page_takes_nothing_from_elsewhere_and_runs_nothing() {
    let page = email_html(&drift());
    for word in ["<img", "<script", "<link", "@import", "url(", "src=", "javascript:", "<iframe", "<form"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn hostile_names_are_only_names() {
    let plain = email_html(&called("x"));
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title><h1>",
        "&#60;b&#62; &lt;i&gt; &",
        "\u{202e}gnp.exe",
        "{{ 7 * 7 }} {% for %}",
        "a\r\nSubject: x\r\n\r\n.\r\nQUIT",
        "--=_driftd_000000000000",
        "]]>-->",
    ] {
        let page = email_html(&called(name));
        assert_eq!(tags(&page), tags(&plain), "{name}");
        assert!(!page.contains('\u{202e}'), "{name}");
    }
}

#[test]
fn a_page_is_never_so_long_that_it_is_cut() {
    let long = "<\u{10ffff}&".repeat(1000);
    let page = email_html(&called(&long));
    assert!(page.len() < 100_000, "{} bytes", page.len());
    assert!(seen(&page).contains("and 2 more features"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_name_breaks_a_mail(name in any::<String>()) {
        let page = email_html(&called(&name));
        let plain = email_html(&called("x"));
        prop_assert_eq!(tags(&page), tags(&plain));
        prop_assert!(page.len() < 100_000);
        let mail = mail(&called(&name));
        prop_assert!(mail.is_ascii());
        prop_assert!(mail.split("\r\n").all(|line| line.len() <= 98 && !line.contains(['\r', '\n'])));
        let names = |mail: &str| -> Vec<String> {
            let lines = head(mail).split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
        };
        prop_assert_eq!(names(&mail), names(&self::mail(&called("x"))));
    }
}

#[test]
fn a_message_to_a_list_of_people_is_one_mail() {
    let mail = mail(&full(incident(driftd_model::IncidentKind::Drift, vec![psi("temp", 0.3)]), told()));
    assert!(head(&mail).contains("\r\nTo: Ana <ana@example.com>, bo@example.com"), "{mail}");
}
