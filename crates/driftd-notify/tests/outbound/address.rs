//! Where connections may go.

use std::net::SocketAddr;

use driftd_config::Channel;

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
