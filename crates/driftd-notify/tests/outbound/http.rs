//! What answers mean, whoever gives them.

use std::time::{Duration, Instant};

use driftd_config::{Address, Channel, WebhookChannel};

use crate::server::{Reply, Server, answer};
use crate::setup::{build, env, now, opened, outbound, outcome, webhook};

async fn said(reply: Reply) -> String {
    let server = Server::http(vec![reply]).await;
    let outbound = outbound(&[]).with_timeout(Duration::from_millis(400));
    let transport = build(&outbound, Channel::Webhook(webhook(&server.url("/hook"))), &[]).unwrap();
    let said = outcome(transport.deliver(&opened(), now()).await);
    said.replace(&server.address.port().to_string(), "PORT")
}

#[tokio::test]
async fn every_status_has_its_meaning() {
    let mut table = String::new();
    for status in [
        "200 OK",
        "202 Accepted",
        "204 No Content",
        "301 Moved Permanently",
        "304 Not Modified",
        "307 Temporary Redirect",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "408 Request Timeout",
        "410 Gone",
        "413 Payload Too Large",
        "418 I'm a teapot",
        "422 Unprocessable Entity",
        "425 Too Early",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "503 Service Unavailable",
        "599 Odd",
    ] {
        let reply = if status.starts_with("204") {
            Some(format!("HTTP/1.1 {status}\r\n\r\n").into_bytes())
        } else {
            answer(status, &[], "")
        };
        table += &format!("{}\n", said(reply).await);
    }
    insta::assert_snapshot!(table, @"
    delivered
    delivered
    delivered
    transient: receiver refused the message: http://127.0.0.1:PORT answered 301 Moved Permanently; it redirects, which driftd does not follow: write the final address into the configuration
    transient: receiver refused the message: http://127.0.0.1:PORT answered 304 Not Modified; it redirects, which driftd does not follow: write the final address into the configuration
    transient: receiver refused the message: http://127.0.0.1:PORT answered 307 Temporary Redirect; it redirects, which driftd does not follow: write the final address into the configuration
    permanent: receiver refused the message: http://127.0.0.1:PORT answered 400 Bad Request; it does not take such a message; its own log may say why
    transient: receiver refused the message: http://127.0.0.1:PORT answered 401 Unauthorized; check the token, key or address that driftd is given for it
    transient: receiver refused the message: http://127.0.0.1:PORT answered 403 Forbidden; check the token, key or address that driftd is given for it
    transient: receiver refused the message: http://127.0.0.1:PORT answered 404 Not Found; check its address
    transient: receiver not reached: http://127.0.0.1:PORT answered 408 Request Timeout
    permanent: receiver refused the message: http://127.0.0.1:PORT answered 410 Gone; it is gone: take it out of the configuration, or give it its new address
    permanent: receiver refused the message: http://127.0.0.1:PORT answered 413 Payload Too Large; the message is too large for it
    permanent: receiver refused the message: http://127.0.0.1:PORT answered 418 I'm a teapot; it does not take such a message; its own log may say why
    permanent: receiver refused the message: http://127.0.0.1:PORT answered 422 Unprocessable Entity; it does not take such a message; its own log may say why
    transient: receiver not reached: http://127.0.0.1:PORT answered 425 Too Early
    transient: receiver not reached: http://127.0.0.1:PORT answered 429 Too Many Requests
    transient: receiver not reached: http://127.0.0.1:PORT answered 500 Internal Server Error
    transient: receiver not reached: http://127.0.0.1:PORT answered 503 Service Unavailable
    transient: receiver not reached: http://127.0.0.1:PORT answered 599
    ");
}

#[tokio::test]
async fn a_busy_receiver_is_left_alone_as_long_as_it_asks_but_no_longer_than_an_hour() {
    let busy = |wait: &'static str| answer("429 Too Many Requests", &[("Retry-After", wait)], "slow down");
    insta::assert_snapshot!(said(busy("30")).await, @"transient after 30s: receiver not reached: http://127.0.0.1:PORT answered 429 Too Many Requests: slow down");
    insta::assert_snapshot!(said(busy("Mon, 08 Jul 2013 00:06:02 GMT")).await, @"transient after 1m: receiver not reached: http://127.0.0.1:PORT answered 429 Too Many Requests: slow down");
    insta::assert_snapshot!(said(busy("99999")).await, @"transient after 1h: receiver not reached: http://127.0.0.1:PORT answered 429 Too Many Requests: slow down");
    insta::assert_snapshot!(said(busy("soon")).await, @"transient: receiver not reached: http://127.0.0.1:PORT answered 429 Too Many Requests: slow down");
}

#[tokio::test]
async fn what_is_no_http_is_worth_another_try() {
    insta::assert_snapshot!(said(Some(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await, @"transient: receiver not reached: http://127.0.0.1:PORT gave no HTTP answer: invalid HTTP version parsed");
    insta::assert_snapshot!(said(Some(Vec::new())).await, @"transient: receiver not reached: http://127.0.0.1:PORT gave no HTTP answer: connection closed before message completed");
    insta::assert_snapshot!(said(Some(b"HTTP/1.1 200".to_vec())).await, @"transient: receiver not reached: http://127.0.0.1:PORT gave no HTTP answer: connection closed before message completed");
    insta::assert_snapshot!(said(Some(b"HTTP/1.1 abc OK\r\n\r\n".to_vec())).await, @"transient: receiver not reached: http://127.0.0.1:PORT gave no HTTP answer: invalid HTTP status-code parsed");
    // The head of a response may have less than a megabyte.
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1_000_000)).into_bytes();
    assert!(
        said(Some(endless))
            .await
            .starts_with("transient: receiver not reached: http://127.0.0.1:PORT gave no HTTP answer")
    );
}

#[tokio::test]
async fn a_receiver_that_says_nothing_is_given_up_in_time() {
    let begun = Instant::now();
    insta::assert_snapshot!(said(None).await, @"transient: receiver not reached: http://127.0.0.1:PORT did not answer within 0.4 s");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_status_stands_whatever_becomes_of_the_body() {
    let cut = |status: &str| Some(format!("HTTP/1.1 {status}\r\nContent-Length: 99\r\n\r\nhalf").into_bytes());
    assert_eq!(said(cut("200 OK")).await, "delivered");
    insta::assert_snapshot!(said(cut("500 Internal Server Error")).await, @"transient: receiver not reached: http://127.0.0.1:PORT answered 500 Internal Server Error: half");
    let huge = "x".repeat(10_000_000);
    assert_eq!(said(answer("200 OK", &[], &huge)).await, "delivered");
    let error = said(answer("400 Bad Request", &[], &huge)).await;
    assert!(error.len() < 600 && error.contains("xxxx"), "{error}");
}

#[tokio::test]
async fn what_a_receiver_says_is_cleaned() {
    let body = "line one\r\nline two\u{1b}[31m\u{202e}evil \u{0} end";
    insta::assert_snapshot!(said(answer("400 Bad Request", &[], body)).await, @"permanent: receiver refused the message: http://127.0.0.1:PORT answered 400 Bad Request: line one  line two [31mevil   end; it does not take such a message; its own log may say why");
    let latin = Some(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\ncaf\xe9!".to_vec());
    insta::assert_snapshot!(said(latin).await, @"permanent: receiver refused the message: http://127.0.0.1:PORT answered 400 Bad Request: caf�!; it does not take such a message; its own log may say why");
}

#[tokio::test]
async fn no_secret_is_in_an_error_even_if_the_receiver_repeats_it() {
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for echo in [
        "no hook at /services/T0SECRET/B0SECRET9",
        "B0SECRET9",
        "token tok-5ecret-tok is unknown",
        key,
        r"no hook at \/services\/T0SECRET\/B0SECRET9",
        "sig=querysecret",
    ] {
        for status in [
            "400 Bad Request",
            "404 Not Found",
            "429 Too Many Requests",
            "500 Internal Server Error",
            "301 Moved Permanently",
        ] {
            let server =
                Server::http(vec![answer(status, &[("Location", "/services/T0SECRET/B0SECRET9")], echo)]).await;
            let address = server.url("/services/T0SECRET/B0SECRET9?sig=querysecret");
            let channel = WebhookChannel {
                url: Address::Secret(env("URL")),
                token: Some(env("TOKEN")),
                secret: Some(env("KEY")),
                ..webhook("http://unused.example")
            };
            let pairs = [("URL", address.as_str()), ("TOKEN", "tok-5ecret-tok"), ("KEY", key)];
            let transport = build(&outbound(&[]), Channel::Webhook(channel), &pairs).unwrap();
            let error = transport.deliver(&opened(), now()).await.unwrap_err();
            let all = format!("{error} {error:?}");
            for secret in ["SECRET", "querysecret", "5ecret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
                assert!(!all.contains(secret), "{all}");
            }
            assert!(all.contains("127.0.0.1"), "{all}");
            assert_eq!(server.asked().len(), 1);
        }
    }
}
