//! E-mail against a real mail server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may assert by panicking")]

mod email_fixtures;
mod fixtures;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use driftd_config::{EmailChannel, SecretRef, SmtpTls};
use driftd_model::{DeliveryError, ErrorClass, Notification, Transport};
use driftd_notify::{EmailOptions, EmailTransport, SecretResolver};
use driftd_testkit::services::smtp::{Smtp, SmtpOptions, SmtpProtection};
use email_fixtures::{channel, drift, resolved, secrets, taken, transport, transport_with};
use fixtures::wall;

const PASSWORD: &str = "correct horse";

/// A server, or nothing where there can be none.
fn server(test: &str, protection: SmtpProtection, login: Option<(&'static str, &'static str)>) -> Option<Smtp> {
    Smtp::start(SmtpOptions { protection, login }).map_err(|skip| skip.announce(&format!("email_smtp: {test}"))).ok()
}

fn options(smtp: &Smtp, tls: SmtpTls) -> EmailOptions {
    let roots = if tls == SmtpTls::None { Vec::new() } else { vec![smtp.certificate().to_owned()] };
    EmailOptions { roots, ..EmailOptions::default() }
}

fn to(smtp: &Smtp, tls: SmtpTls, login: Option<&str>, secrets: SecretResolver) -> EmailTransport {
    let channel = channel(&format!("smtp://127.0.0.1:{}", smtp.port()), tls, login);
    transport_with(&channel, secrets, options(smtp, tls)).unwrap()
}

fn in_the_clear(smtp: &Smtp) -> EmailTransport {
    to(smtp, SmtpTls::None, None, secrets(""))
}

async fn deliver(transport: &EmailTransport, notification: &Notification) -> Result<(), DeliveryError> {
    transport.deliver(notification, wall("2013-07-08T00:05:01Z")).await
}

/// Class and words of a failure, without the port, which is another one every time.
async fn failure(transport: &EmailTransport, port: u16) -> (ErrorClass, String) {
    let error = deliver(transport, &drift()).await.unwrap_err();
    let said = error.to_string();
    assert!(!format!("{error:?}{said}").contains(PASSWORD), "{error:?}");
    (error.class(), said.replace(&port.to_string(), "PORT"))
}

#[tokio::test]
async fn the_mails_of_an_incident_are_one_thread() {
    let login = Some(("driftd", PASSWORD));
    let test = "the_mails_of_an_incident_are_one_thread";
    let Some(smtp) = server(test, SmtpProtection::Starttls, login) else { return };
    let transport = to(&smtp, SmtpTls::Starttls, Some("driftd"), secrets(PASSWORD));
    let opened = drift();
    let mut worse = drift();
    worse.reason = driftd_model::NotifyReason::Escalated;
    worse.incident.notifications = 2;
    worse.key = Notification::key_of(&worse.incident, &worse.reason, 2);
    let mut over = resolved(drift());
    over.key = Notification::key_of(&over.incident, &over.reason, 3);
    let mut ids = Vec::new();
    for (told, subject) in [
        (&opened, "[CRITICAL] flight-delay (carrier=UA): 4 features drifted"),
        (&worse, "[CRITICAL] flight-delay (carrier=UA): 4 features drifted"),
        (&over, "[RESOLVED] flight-delay (carrier=UA): 4 features drifted"),
        // What was not settled in time is sent again, and is the same mail.
        (&over, "[RESOLVED] flight-delay (carrier=UA): 4 features drifted"),
    ] {
        deliver(&transport, told).await.unwrap();
        let (mail, second) = (smtp.mail(), smtp.mail());
        assert_eq!((mail.raw.as_str(), &second.to), (second.raw.as_str(), &vec!["bo@example.com".to_owned()]));
        assert_eq!(second.connection, 1, "one connection serves all");
        assert_eq!((mail.from.as_str(), mail.user.as_deref()), ("driftd@alerts.example.com", Some("driftd")));
        assert_eq!(mail.to, ["ana@example.com"]);
        assert_eq!((mail.connection, mail.is_encrypted), (1, true), "one connection serves all");
        assert_eq!(mail.header("From"), "driftd <driftd@alerts.example.com>");
        assert_eq!(mail.header("To"), "Ana <ana@example.com>, bo@example.com");
        assert_eq!(mail.header("Subject"), subject);
        assert_eq!(mail.header("Date"), "Mon, 08 Jul 2013 00:05:01 +0000");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert_eq!(mail.header("X-Auto-Response-Suppress"), "All");
        let root = format!("<incident-{}@alerts.example.com>", told.incident.id);
        assert_eq!((mail.header("In-Reply-To"), mail.header("References")), (root.as_str(), root.as_str()));
        assert_eq!(mail.header("Message-ID"), format!("<{}@alerts.example.com>", told.key));
        ids.push(mail.header("Message-ID").to_owned());
        assert_eq!(mail.types, ["multipart/alternative", "text/plain", "text/html"]);
        assert_eq!(mail.defects, [""; 0]);
        assert_eq!(mail.text.replace("\r\n", "\n"), fixtures::text(told));
        assert_eq!(mail.html.replace("\r\n", "\n").trim(), fixtures::email_html(told).trim());
        assert!(mail.raw.is_ascii());
    }
    assert_eq!(ids.pop(), ids.last().cloned());
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let Some(smtp) = server("tls_from_the_first_byte", SmtpProtection::Tls, None) else { return };
    deliver(&to(&smtp, SmtpTls::Tls, None, secrets("")), &drift()).await.unwrap();
    assert!(smtp.mail().is_encrypted && smtp.mail().is_encrypted);
    // The wrong kind of TLS is waited for in vain or fails at once; nothing is sent in the clear either way.
    let channel = channel(&format!("smtp://localhost:{}", smtp.port()), SmtpTls::Starttls, None);
    let options = EmailOptions { timeout: Duration::from_millis(300), ..options(&smtp, SmtpTls::Tls) };
    let wrong = transport_with(&channel, secrets(""), options).unwrap();
    assert_eq!(deliver(&wrong, &drift()).await.unwrap_err().class(), ErrorClass::Transient);
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_certificate_of_a_stranger_is_not_trusted() {
    let test = "a_certificate_of_a_stranger_is_not_trusted";
    let Some(smtp) = server(test, SmtpProtection::Starttls, Some(("driftd", PASSWORD))) else { return };
    let channel = channel(&format!("smtp://localhost:{}", smtp.port()), SmtpTls::Starttls, Some("driftd"));
    let transport = transport(&channel, secrets(PASSWORD)).unwrap();
    let (class, said) = failure(&transport, smtp.port()).await;
    assert_eq!(class, ErrorClass::Transient);
    insta::assert_snapshot!(said, @"receiver not reached: no TLS with mail server localhost:PORT: Connection error: invalid peer certificate: UnknownIssuer; check its certificate, and whether tls fits the port");
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again_and_not_told() {
    let test = "a_wrong_password_is_not_tried_again_and_not_told";
    let Some(smtp) = server(test, SmtpProtection::Starttls, Some(("driftd", "another one"))) else { return };
    let transport = to(&smtp, SmtpTls::Starttls, Some("driftd"), secrets(PASSWORD));
    let (class, said) = failure(&transport, smtp.port()).await;
    assert_eq!(class, ErrorClass::Permanent);
    insta::assert_snapshot!(said, @"receiver refused the message: mail server 127.0.0.1:PORT refused the login of driftd: 535 5.7.8 Authentication credentials invalid; check username and password");
    assert!(!format!("{transport:?}").contains(PASSWORD));
}

#[tokio::test]
async fn a_password_that_was_changed_is_taken_up() {
    let test = "a_password_that_was_changed_is_taken_up";
    let Some(smtp) = server(test, SmtpProtection::Starttls, Some(("driftd", PASSWORD))) else { return };
    let changed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&changed);
    let secrets: SecretResolver = Arc::new(move |place: &SecretRef| {
        let password = if seen.load(Ordering::SeqCst) { PASSWORD } else { "the old one" };
        place.resolve(|_| Some(password.to_owned()), |_| Err(std::io::ErrorKind::NotFound.into()))
    });
    let transport = to(&smtp, SmtpTls::Starttls, Some("driftd"), secrets);
    assert_eq!(failure(&transport, smtp.port()).await.0, ErrorClass::Permanent);
    changed.store(true, Ordering::SeqCst);
    deliver(&transport, &drift()).await.unwrap();
    assert_eq!(smtp.mail().user.as_deref(), Some("driftd"));
    // The connection is another one as soon as the password is, and its login is refused.
    changed.store(false, Ordering::SeqCst);
    assert_eq!(failure(&transport, smtp.port()).await.0, ErrorClass::Permanent);
}

#[tokio::test]
async fn starttls_is_not_optional() {
    let Some(smtp) = server("starttls_is_not_optional", SmtpProtection::None, None) else { return };
    let channel = channel(&format!("smtp://127.0.0.1:{}", smtp.port()), SmtpTls::Starttls, None);
    let transport = transport(&channel, secrets("")).unwrap();
    let (class, said) = failure(&transport, smtp.port()).await;
    assert_eq!(class, ErrorClass::Permanent);
    insta::assert_snapshot!(said, @r#"receiver refused the message: mail server 127.0.0.1:PORT does not offer STARTTLS: set tls to "tls" if it speaks TLS from the first byte, or to "none" if it may be spoken to in the clear"#);
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_knows_no_logins_gets_no_password() {
    let test = "a_server_that_knows_no_logins_gets_no_password";
    let Some(smtp) = server(test, SmtpProtection::None, None) else { return };
    let transport = to(&smtp, SmtpTls::None, Some("driftd"), secrets(PASSWORD));
    let (class, said) = failure(&transport, smtp.port()).await;
    assert_eq!(class, ErrorClass::Permanent);
    insta::assert_snapshot!(said, @"receiver refused the message: mail server 127.0.0.1:PORT offers driftd no way to log in by password: No compatible authentication mechanism was found; leave username and password out, or check tls and port");
}

#[tokio::test]
async fn greylisting_is_waited_out_by_those_it_concerns() {
    let test = "greylisting_is_waited_out_by_those_it_concerns";
    let Some(smtp) = server(test, SmtpProtection::None, None) else { return };
    let transport = in_the_clear(&smtp);
    smtp.reply("RCPT", Some("bo@example.com"), "451 4.7.1 Greylisted, come back in 5 minutes", 1);
    let (class, said) = failure(&transport, smtp.port()).await;
    assert_eq!(class, ErrorClass::Transient);
    insta::assert_snapshot!(said, @"receiver not reached: mail server 127.0.0.1:PORT does not take the mail for bo@example.com now: 451 4.7.1 Greylisted, come back in 5 minutes");
    assert_eq!(smtp.mail().to, ["ana@example.com"]);
    deliver(&transport, &drift()).await.unwrap();
    assert_eq!(smtp.mail().to, ["bo@example.com"], "ana has it already");
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn one_dead_address_does_not_keep_the_others_from_hearing() {
    let test = "one_dead_address_does_not_keep_the_others_from_hearing";
    let Some(smtp) = server(test, SmtpProtection::None, None) else { return };
    let transport = in_the_clear(&smtp);
    smtp.reply("RCPT", Some("ana@example.com"), "550 5.1.1 No such user", 1);
    deliver(&transport, &drift()).await.unwrap();
    assert_eq!(smtp.mail().to, ["bo@example.com"]);
    smtp.reply("RCPT", None, "550 5.1.1 No such user", 2);
    let (class, said) = failure(&in_the_clear(&smtp), smtp.port()).await;
    assert_eq!(class, ErrorClass::Permanent);
    insta::assert_snapshot!(said, @"receiver refused the message: mail server 127.0.0.1:PORT refused the mail for ana@example.com: 550 5.1.1 No such user; check to and from, and whether the server wants a login");
    // The connection was left in good order.
    deliver(&transport, &taken(drift())).await.unwrap();
}

#[tokio::test]
async fn what_the_server_says_decides_about_another_try() {
    let test = "what_the_server_says_decides_about_another_try";
    let Some(smtp) = server(test, SmtpProtection::None, None) else { return };
    for (on, reply, class) in [
        ("MAIL", "553 5.7.1 Sender not allowed", ErrorClass::Permanent),
        ("MAIL", "421 4.3.2 Shutting down", ErrorClass::Transient),
        ("DATA", "552 5.3.4 Too big", ErrorClass::Permanent),
        ("DATA", "452 4.3.1 Disk full", ErrorClass::Transient),
    ] {
        // Once for each recipient.
        smtp.reply(on, None, reply, 2);
        let (found, said) = failure(&in_the_clear(&smtp), smtp.port()).await;
        assert_eq!(found, class, "{said}");
        assert!(said.contains(reply.split_once(' ').unwrap().1), "{said}");
    }
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_goes_away_is_found_again() {
    let test = "a_server_that_goes_away_is_found_again";
    let Some(smtp) = server(test, SmtpProtection::None, None) else { return };
    let transport = in_the_clear(&smtp);
    deliver(&transport, &drift()).await.unwrap();
    let port = smtp.port();
    drop(smtp);
    let (class, said) = failure(&transport, port).await;
    assert_eq!(class, ErrorClass::Transient);
    insta::assert_snapshot!(said, @"receiver not reached: mail server 127.0.0.1:PORT: Connection refused (os error 111)");
}

#[test]
fn a_connection_that_outlives_the_runtime_does_no_harm() {
    let test = "a_connection_that_outlives_the_runtime_does_no_harm";
    let Some(smtp) = server(test, SmtpProtection::None, None) else { return };
    let transport = in_the_clear(&smtp);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(deliver(&transport, &drift())).unwrap();
    drop(runtime);
    drop(transport);
    assert_eq!(smtp.mails().len(), 2);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let channel = channel(&format!("smtp://127.0.0.1:{port}"), SmtpTls::None, None);
    let options = EmailOptions { timeout: Duration::from_millis(50), ..EmailOptions::default() };
    let transport = transport_with(&channel, secrets(""), options).unwrap();
    let (class, said) = failure(&transport, port).await;
    assert_eq!(class, ErrorClass::Transient);
    insta::assert_snapshot!(said, @"receiver not reached: mail server 127.0.0.1:PORT did not take the message within 0.05 s");
}

/// A server that leaves its first client without an answer to DATA, says so, and serves the second one well; it returns
/// what that one sent.
fn forgetful(listener: TcpListener, reached: tokio::sync::oneshot::Sender<()>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let (first, _) = listener.accept().unwrap();
        answer(&first, false);
        reached.send(()).unwrap();
        let (second, _) = listener.accept().unwrap();
        answer(&second, true)
    })
}

/// Answers commands until DATA, and with `through` takes the message.
fn answer(client: &TcpStream, through: bool) -> String {
    let say = |line: &str| write!(&mut &*client, "{line}\r\n").unwrap();
    say("220 mail.test");
    let mut mail = String::new();
    for line in BufReader::new(client).lines().map(Result::unwrap) {
        match line.as_str() {
            "." => {
                say("250 OK");
                return mail;
            }
            "DATA" if !through => return mail,
            "DATA" => say("354 Go on"),
            line if mail.is_empty() && !line.contains("From: ") => say("250 OK"),
            line => mail += line,
        }
    }
    mail
}

#[tokio::test]
async fn a_delivery_that_is_broken_off_leaves_nothing_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let channel = channel(&format!("smtp://{}", listener.local_addr().unwrap()), SmtpTls::None, None);
    let transport =
        transport(&EmailChannel { to: vec!["ana@example.com".parse().unwrap()], ..channel }, secrets("")).unwrap();
    let (sender, reached) = tokio::sync::oneshot::channel();
    let server = forgetful(listener, sender);
    let told = drift();
    tokio::select! {
        done = deliver(&transport, &told) => panic!("delivered without an answer: {done:?}"),
        reached = reached => reached.unwrap(),
    }
    deliver(&transport, &told).await.unwrap();
    assert!(server.join().unwrap().starts_with("From: driftd"), "a connection of its own for the second try");
}

#[test]
fn what_cannot_work_is_said_before_it_is_tried() {
    let error = |change: fn(&mut EmailChannel), secret| {
        let mut channel = channel("smtp://mail.example.com", SmtpTls::Starttls, Some("driftd"));
        change(&mut channel);
        transport(&channel, secrets(secret)).unwrap_err().to_string()
    };
    insta::assert_snapshot!(error(|channel| channel.tls = SmtpTls::None, PASSWORD), @r#"receiver[ops].email.tls: "none" would send the password of driftd over the network in the clear: use "starttls" or "tls", or leave username and password out"#);
    insta::assert_snapshot!(error(|_| {}, ""), @"receiver[ops].email.password: environment variable SMTP_PASSWORD is empty: put the secret there");
    insta::assert_snapshot!(error(|channel| channel.to.clear(), PASSWORD), @"receiver[ops].email.to: nobody would get the mail: name at least one address");
    let mut here = channel("smtp://localhost", SmtpTls::None, Some("driftd"));
    here.to = vec!["\"Ops, all\" <ops@example.com>".parse().unwrap()];
    assert!(transport(&here, secrets(PASSWORD)).is_ok(), "nothing leaves this machine");
}

#[tokio::test]
async fn a_recipient_who_is_refused_for_good_is_not_asked_again_with_one_who_waits() {
    let test = "a_recipient_who_is_refused_for_good_is_not_asked_again_with_one_who_waits";
    let Some(smtp) = server(test, SmtpProtection::None, None) else { return };
    let to = ["ana@example.com", "bo@example.com", "cy@example.com"].map(|to| to.parse().unwrap()).to_vec();
    let channel = channel(&format!("smtp://127.0.0.1:{}", smtp.port()), SmtpTls::None, None);
    let transport = transport(&EmailChannel { to, ..channel }, secrets("")).unwrap();
    smtp.reply("RCPT", Some("ana@example.com"), "550 5.1.1 No such user", 1);
    smtp.reply("DATA", None, "452 4.3.1 Disk full", 1);
    // The text of the mail to bo is refused for now, which keeps nobody behind it from hearing.
    assert_eq!(failure(&transport, smtp.port()).await.0, ErrorClass::Transient);
    assert_eq!(smtp.mail().to, ["cy@example.com"]);
    deliver(&transport, &drift()).await.unwrap();
    assert_eq!(smtp.mail().to, ["bo@example.com"], "ana is refused for good, cy has it");
    assert!(smtp.mails().is_empty());
}
