//! One incident, from its first record to its end, at all of its counterparts.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use driftd_testkit::http;
use driftd_testkit::services::alertmanager::Alertmanager;
use driftd_testkit::services::smtp::{Mail, Smtp, SmtpOptions, SmtpProtection};
use driftd_testkit::services::{Skip, python};
use driftd_tests::live::{Deployment, Hook, Hours, Posted, Site, assert_holds, hourly_monitors};
use driftd_window::{Span, Timestamp};
use serde_json::Value;

use super::{ready, soon};

const PASSWORD: &str = "Ohm4ieJ3-correct-horse";
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOKEN: &str = "t0ken-9f8e7d6c";

/// Reads key, body and headers; says what the body is about once the signature is good.
const VERIFY: &str = r"
import json, sys
from standardwebhooks.webhooks import Webhook
print(Webhook(sys.argv[1]).verify(open(sys.argv[2]).read(), json.loads(sys.argv[3]))['driftd']['reason'])
";

/// Who is told.
struct Counterparts {
    smtp: Smtp,
    alertmanager: Alertmanager,
    hook: Hook,
    /// The reference library for signatures.
    modules: PathBuf,
}

impl Counterparts {
    fn start() -> Result<Self, Skip> {
        Ok(Self {
            smtp: Smtp::start(SmtpOptions { protection: SmtpProtection::Starttls, login: Some(("driftd", PASSWORD)) })?,
            alertmanager: Alertmanager::start()?,
            hook: Hook::start(),
            modules: python::modules("standardwebhooks", "1.1.0")?,
        })
    }

    /// The configuration that names them, with their secrets in files.
    fn alerting(&self, folder: &Path) -> String {
        let secret = |name: &str, secret: &str| {
            let file = folder.join(name);
            std::fs::write(&file, format!("{secret}\n")).unwrap();
            format!("{{ file = {:?} }}", file.display().to_string())
        };
        format!(
            "[notify]\nenvironment = \"production\"\nexternal_url = \"https://driftd.example.com\"\n\n\
             [[receiver]]\nname = \"mail\"\nemail = {{ to = [\"Ana <ana@example.com>\"], from = \
             \"driftd <driftd@alerts.example.com>\", smtp = \"smtp://127.0.0.1:{}\", username = \"driftd\", password = \
             {} }}\n\n\
             [[receiver]]\nname = \"am\"\nalertmanager = {{ urls = [{:?}], interval = \"1m\" }}\n\n\
             [[receiver]]\nname = \"bus\"\nwebhook = {{ url = {:?}, secret = {}, token = {} }}\n\n\
             [[receiver]]\nname = \"log\"\nlog = {{}}\n\n\
             [[route]]\nmatch = {{ severity = \"critical\" }}\nreceivers = [\"mail\", \"bus\", \"log\"]\ncontinue = \
             true\n\n[[route]]\nreceivers = [\"am\"]\n",
            self.smtp.port(),
            secret("password", PASSWORD),
            self.alertmanager.url(),
            self.hook.url(),
            secret("key", KEY),
            secret("token", TOKEN),
        )
    }

    /// The reference library finds the signature good.
    fn verify(&self, folder: &Path, posted: &Posted) {
        let body = folder.join("body.json");
        std::fs::write(&body, &posted.body).unwrap();
        let headers = serde_json::to_string(&posted.headers).unwrap();
        let said = python::run(&self.modules, VERIFY, &[KEY, body.to_str().unwrap(), &headers]);
        assert_eq!(said.trim(), posted.says("reason"));
        assert_eq!(posted.headers["authorization"], format!("Bearer {TOKEN}"));
    }

    /// The alert that fires, once there is one.
    fn alert(&self) -> Value {
        soon().find("an alert", || self.alertmanager.get("alerts").as_array()?.first().cloned())
    }

    /// Alerts that came with an end in the past.
    fn resolved_alerts(&self) -> u64 {
        let address = self.alertmanager.url().replace("http://", "");
        let (_, text) = http::get(&address, "/metrics").expect("an Alertmanager");
        // One sample for each version of its interface.
        let received = http::sum_of_samples(&text, "alertmanager_alerts_received_total", "status=\"resolved\"");
        received.unwrap_or(0.0) as u64
    }
}

#[test]
fn an_incident_is_told_everywhere_from_its_beginning_to_its_end() {
    let test = "an_incident_is_told_everywhere_from_its_beginning_to_its_end";
    let Ok(site) = super::site(test) else { return };
    let others = match Counterparts::start() {
        Ok(others) => others,
        Err(skip) => return skip.announce(test),
    };
    let certificate = site.folder().join("mail-server.pem");
    std::fs::write(&certificate, others.smtp.certificate()).unwrap();
    let settings = hourly_monitors(&["delays"], site.folder(), &others.alerting(site.folder()))
        .variable("SSL_CERT_FILE", certificate.to_str().unwrap())
        // What it says when it says much has no secrets either.
        .variable("DRIFTD_LOG", "debug,sqlx=warn");
    let driftd = site.deployment("life", &settings);
    let worker = driftd.worker("only");
    let mut hours = Hours::new(&site);
    hours.good();
    hours.bad();
    ready(&worker);
    let began = Instant::now();
    hours.seal();

    let opened = others.hook.wait_for("delays", "opened", soon());
    let mail = others.smtp.mail();
    let alert = others.alert();
    println!("told everywhere {:.1} s after the last record of the window", began.elapsed().as_secs_f64());
    opened_is_told(&others, &site, &opened);
    mailed(&mail, "[CRITICAL] delays: 1 feature drifted", &opened);
    is_firing(&alert);
    soon().wait("the log's message", || worker.log().contains("delays: 1 feature drifted in hour"));

    let id = opened.says("incident");
    let acking = Instant::now();
    driftd.run(&["incidents", "ack", &id[..6], "--by", "ana"]);
    let taken = others.hook.wait_for("delays", "acknowledged", soon());
    let took = taken.at.saturating_duration_since(acking);
    println!("acknowledged told after {:.1} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(25), "{took:?}, and reconciling is every 15 s");
    others.verify(site.folder(), &taken);
    assert_eq!(taken.json()["driftd"]["acknowledged"]["by"], "ana");
    mailed(&others.smtp.mail(), "[ACKNOWLEDGED] delays: 1 feature drifted", &taken);

    hours.good();
    hours.good();
    hours.seal();
    let over = others.hook.wait_for("delays", "resolved", soon());
    others.verify(site.folder(), &over);
    assert_eq!((over.json()["status"].as_str(), over.says("resolved_by")), (Some("resolved"), "2 good windows".into()));
    mailed(&others.smtp.mail(), "[RESOLVED] delays: 1 feature drifted", &over);
    soon().wait("no alert to fire", || others.alertmanager.get("alerts").as_array().is_some_and(Vec::is_empty));
    assert!(others.resolved_alerts() >= 1, "it did not end by itself: its end was said");

    timeline(&driftd, &id);
    let log = worker.stop();
    assert_eq!(others.hook.stories()["delays"], ["opened", "acknowledged", "resolved"]);
    assert!(others.smtp.mails().is_empty(), "three mails and no more");
    nothing_is_secret(&site, &driftd, &log);
}

fn opened_is_told(others: &Counterparts, site: &Site, opened: &Posted) {
    others.verify(site.folder(), opened);
    let sentence = opened.says("sentence");
    assert!(
        sentence.starts_with("delays: 1 feature drifted in hour 2025-01-01 01:00 – 02:00 (UTC); x: "),
        "{sentence}"
    );
    let body = opened.json();
    assert_eq!(body["commonAnnotations"]["sentence"], sentence.as_str());
    assert_eq!((body["version"].as_str(), body["receiver"].as_str()), (Some("4"), Some("bus")));
    let link = format!("https://driftd.example.com/incidents/{}", opened.says("incident"));
    assert_eq!(body["driftd"]["links"]["incident"], link);
}

/// A mail over TLS by a user who logged in, threaded under the incident.
fn mailed(mail: &Mail, subject: &str, same: &Posted) {
    assert!(mail.is_encrypted && mail.defects.is_empty(), "{mail:?}");
    assert_eq!((mail.user.as_deref(), mail.to.as_slice()), (Some("driftd"), ["ana@example.com".to_owned()].as_slice()));
    assert_eq!(mail.header("Subject"), subject);
    assert_eq!(mail.header("Message-ID"), format!("<{}@alerts.example.com>", same.id()));
    let root = format!("<incident-{}@alerts.example.com>", same.says("incident"));
    assert_eq!((mail.header("In-Reply-To"), mail.header("References")), (root.as_str(), root.as_str()));
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.text.contains("https://wiki.example.com/drift"), "{}", mail.text);
}

fn is_firing(alert: &Value) {
    let labels = serde_json::json!({
        "alertname": "driftd_drift", "monitor": "delays", "segment": "", "kind": "drift", "severity": "critical",
        "environment": "production", "team": "ml",
    });
    // Alertmanager leaves out labels that are empty.
    let expected: Vec<_> = labels.as_object().unwrap().iter().filter(|(_, value)| *value != "").collect();
    assert_eq!(alert["labels"].as_object().unwrap().iter().collect::<Vec<_>>(), expected);
    assert_eq!(alert["status"]["state"], "active");
    assert!(alert["annotations"]["sentence"].as_str().unwrap().starts_with("delays: 1 feature drifted"), "{alert}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let later = Timestamp::from_micros(now.as_micros() as i64).plus(Span::from_minutes(2)).to_string();
    assert!(alert["endsAt"].as_str().unwrap() > later.as_str(), "it outlasts the next time it is said: {alert}");
}

/// What `driftd incidents show` says of it afterwards.
fn timeline(driftd: &Deployment, id: &str) {
    let shown = driftd.run(&["incidents", "show", id]).stdout;
    println!("{shown}");
    let what: Vec<&str> = shown
        .lines()
        .skip_while(|line| !line.starts_with("WHEN (UTC)"))
        .skip(1)
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let told = |what: &[&'static str]| [what, &["notified"]].concat();
    let expected = [told(&["pended", "opened"]), told(&["acknowledged"]), told(&["resolved"])].concat();
    assert_eq!(what, expected, "{shown}");
}

/// Secrets stand in the files they were written to and nowhere else.
fn nothing_is_secret(site: &Site, driftd: &Deployment, log: &str) {
    let config = driftd.run(&["config", "show"]).stdout;
    assert!(config.contains("name = \"mail\"") && log.contains("delays"), "{config}");
    // What is there is found.
    assert_holds(site, driftd, "delays", true);
    for secret in [PASSWORD, KEY, TOKEN] {
        assert!(!log.contains(secret), "the log has {secret}");
        assert!(!config.contains(secret), "the configuration has {secret}");
        assert_holds(site, driftd, secret.trim_start_matches("whsec_"), false);
    }
}
