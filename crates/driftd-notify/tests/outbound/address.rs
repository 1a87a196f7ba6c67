//! Where connections may go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use driftd_config::{Address, Channel, WebhookChannel};
use driftd_notify::{AddressPolicy, HttpClient, Roots};
use reqwest::dns::{Name, Resolve, Resolving};

use crate::server::{Server, answer};
use crate::setup::{build, now, opened, outbound, outcome, webhook};

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

async fn deliver(address: &str, names: &[(&str, &[SocketAddr])]) -> String {
    match build(&outbound(names), Channel::Webhook(webhook(address)), &[]) {
        Ok(transport) => outcome(transport.deliver(&opened(), now()).await),
        Err(error) => format!("not built: {error}"),
    }
}

#[tokio::test]
async fn a_forbidden_address_is_refused_at_the_start() {
    for host in
        ["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[fe80::1]"]
    {
        let said = deliver(&format!("http://{host}/latest/meta-data"), &[]).await;
        assert!(said.starts_with("not built: receiver[ops].webhook.url: "), "{host}: {said}");
        assert!(
            said.contains("link-local or cloud metadata address") && said.contains("notify.allow_link_local = true")
        );
        assert!(!said.contains("meta-data"));
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_is_refused_when_it_is_used() {
    for address in
        ["169.254.169.254:80", "[fe80::1]:80", "[::ffff:100.100.100.200]:80", "[fd00:ec2::254]:80", "0.0.0.0:80"]
    {
        let said = deliver("http://inner.example/secret-path", &[("inner.example", &[at(address)])]).await;
        assert!(
            said.starts_with("permanent: receiver refused the message: http://inner.example is not asked: "),
            "{said}"
        );
        assert!(!said.contains("secret-path"), "{said}");
    }
}

#[tokio::test]
async fn of_several_addresses_the_forbidden_ones_are_left_out_and_dead_ones_passed_over() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    // Nobody listens at the second: the port was free a moment ago.
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let names = [at("169.254.169.254:80"), dead, server.address];
    assert_eq!(deliver("http://many.example/", &[("many.example", &names)]).await, "delivered");
    assert_eq!(server.only().header("host"), "many.example");
}

#[tokio::test]
async fn names_that_lead_nowhere_are_worth_another_try() {
    insta::assert_snapshot!(deliver("http://none.example/x", &[]).await, @"transient: receiver not reached: the name of http://none.example cannot be resolved: no such host");
    insta::assert_snapshot!(deliver("http://empty.example/x", &[("empty.example", &[])]).await, @"transient: receiver not reached: the name of http://empty.example has no address");
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    insta::assert_snapshot!(deliver("http://dead.example/x", &[("dead.example", &[dead])]).await, @"transient: receiver not reached: no connection to http://dead.example: Connection refused (os error 111)");
}

#[tokio::test]
async fn tls_is_spoken_with_who_is_trusted_under_that_name() {
    let server = Server::https(vec![answer("200 OK", &[], "")]).await;
    let names: [(&str, &[SocketAddr]); 2] = [("localhost", &[server.address]), ("other.example", &[server.address])];
    assert_eq!(deliver("https://localhost/x", &names).await, "delivered");
    let said = deliver("https://other.example/secret-path", &names).await;
    assert!(said.starts_with("transient: receiver not reached: no TLS with https://other.example: "), "{said}");
    assert!(said.contains("certificate") && !said.contains("secret-path"), "{said}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn who_speaks_no_tls_is_not_trusted() {
    let mail = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mail.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = mail.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example ESMTP\r\n").await.unwrap();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await
    });
    let said = deliver("https://localhost/x", &[("localhost", &[address])]).await;
    assert!(said.starts_with("transient: receiver not reached: no TLS with https://localhost: "), "{said}");
}

/// A name that leads to the server when it is asked for the first time, and then to the metadata service.
struct Rebinding {
    first: SocketAddr,
    asked: AtomicUsize,
}

impl Resolve for Rebinding {
    fn resolve(&self, _: Name) -> Resolving {
        let is_first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        let found = if is_first { self.first } else { at("169.254.169.254:80") };
        Box::pin(async move { Ok(Box::new([found].into_iter()) as _) })
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_after_a_while_is_looked_at_again() {
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let names = Arc::new(Rebinding { first: server.address, asked: AtomicUsize::new(0) });
    let client = HttpClient::with(AddressPolicy::default(), Arc::clone(&names) as _, Roots::Only(Vec::new()));
    let transport = build(&client, Channel::Webhook(webhook("http://rebound.example/")), &[]).unwrap();
    // The address that was looked at is the one that is connected to: the name is asked for once a message.
    assert_eq!(outcome(transport.deliver(&opened(), now()).await), "delivered");
    assert_eq!((names.asked.load(Ordering::SeqCst), server.asked().len()), (1, 1));
    let said = outcome(transport.deliver(&opened(), now()).await);
    assert!(
        said.starts_with("permanent: receiver refused the message: http://rebound.example is not asked: "),
        "{said}"
    );
    assert_eq!((names.asked.load(Ordering::SeqCst), server.asked().len()), (2, 1));
}

#[tokio::test]
async fn a_secret_that_becomes_a_forbidden_address_is_refused_when_it_is_used() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "http://hook.example/secret-path").unwrap();
    let secret = Address::Secret(driftd_config::SecretRef::File(file.path().to_owned()));
    let channel = WebhookChannel { url: secret, ..webhook("http://unused.example") };
    let transport = build(&outbound(&[]), Channel::Webhook(channel), &[]).unwrap();
    for host in ["169.254.169.254", "2852039166", "[::ffff:169.254.169.254]", "0.0.0.0"] {
        std::fs::write(file.path(), format!("http://{host}/secret-path")).unwrap();
        let said = outcome(transport.deliver(&opened(), now()).await);
        assert!(said.starts_with("permanent: receiver refused the message: http://"), "{host}: {said}");
        assert!(said.contains(" is not asked: ") && !said.contains("secret-path"), "{host}: {said}");
    }
}

#[tokio::test]
async fn no_redirect_leads_past_the_policy() {
    let inner = Server::http(vec![answer("200 OK", &[], "")]).await;
    let outer = Server::http(vec![answer("307 Temporary Redirect", &[("Location", &inner.url("/"))], "")]).await;
    assert!(deliver(&outer.url("/"), &[]).await.contains("which driftd does not follow"));
    assert_eq!((outer.asked().len(), inner.asked().len()), (1, 0));
}
