//! What is said at the start about a receiver that cannot work.

use std::sync::Arc;

use driftd_config::{
    Address, AlertmanagerChannel, Channel, CommandChannel, NotifyConfig, PagerDutyChannel, Receiver, SlackChannel,
    WebhookChannel, WebhookTemplate,
};
use driftd_notify::{AddressPolicy, HttpClient, Roots, SystemResolver, TransportFactory};
use driftd_window::Span;

use crate::log_lines::logged_by;
use crate::setup::{alertmanager, build, env, outbound, secrets, url, webhook};

fn refused(channel: Channel, pairs: &[(&str, &str)]) -> String {
    build(&outbound(&[]), channel, pairs).err().unwrap().to_string()
}

#[test]
fn errors_name_the_receiver_the_key_and_the_remedy() {
    let hook = || webhook("https://example.com/hook");
    let slack = || Channel::Slack(SlackChannel::Webhook(env("SLACK")));
    let mut table = String::new();
    for said in [
        refused(Channel::Webhook(WebhookChannel { secret: Some(env("KEY")), ..hook() }), &[]),
        refused(Channel::Webhook(WebhookChannel { secret: Some(env("KEY")), ..hook() }), &[("KEY", "hunter2!")]),
        refused(Channel::Webhook(WebhookChannel { token: Some(env("TOKEN")), ..hook() }), &[("TOKEN", "")]),
        refused(Channel::Webhook(WebhookChannel { url: Address::Secret(env("URL")), ..hook() }), &[("URL", "hunter2")]),
        refused(
            Channel::Webhook(WebhookChannel { url: Address::Secret(env("URL")), ..hook() }),
            &[("URL", "https://a:b@c/")],
        ),
        refused(
            Channel::Webhook(WebhookChannel { template: Some(WebhookTemplate::File("/none.json".into())), ..hook() }),
            &[],
        ),
        refused(slack(), &[]),
        refused(slack(), &[("SLACK", "http://169.254.169.254/services/SECRET")]),
        refused(Channel::Slack(SlackChannel::Bot { token: env("BOT"), channel: "#x".to_owned() }), &[]),
        refused(
            Channel::PagerDuty(PagerDutyChannel { routing_key: env("PD"), url: url("https://events.pagerduty.com") }),
            &[],
        ),
        refused(
            Channel::Alertmanager(AlertmanagerChannel {
                urls: vec![url("http://127.0.0.1:9093")],
                token: Some(env("AM")),
                interval: Span::from_minutes(1),
            }),
            &[],
        ),
    ] {
        table += &format!("{said}\n");
    }
    assert!(!table.contains("hunter2") && !table.contains("SECRET"));
    insta::assert_snapshot!(table, @r#"
    receiver[ops].webhook.secret: environment variable KEY is not set: set it to the secret
    receiver[ops].webhook.secret: what is kept there is no signing key: write whsec_ and 24 to 64 random bytes in base64, as `openssl rand -base64 32` prints them
    receiver[ops].webhook.token: environment variable TOKEN is empty: put the secret there
    receiver[ops].webhook.url: what is kept in environment variable URL is no address: write http:// or https:// and a host
    receiver[ops].webhook.url: what is kept in environment variable URL has a user or password in the address: keep secrets out of addresses
    receiver[ops].webhook.template: file /none.json cannot be read: No such file or directory (os error 2)
    receiver[ops].slack.webhook: environment variable SLACK is not set: set it to the secret
    receiver[ops].slack.webhook: 169.254.169.254 is a link-local or cloud metadata address, which receivers may not have: set notify.allow_link_local = true if it is meant
    receiver[ops].slack.token: environment variable BOT is not set: set it to the secret
    receiver[ops].pagerduty.routing_key: environment variable PD is not set: set it to the secret
    receiver[ops].alertmanager.token: environment variable AM is not set: set it to the secret
    "#);
}

/// As `driftd config check` notes it of addresses that stand in the configuration.
#[test]
fn an_address_kept_as_a_secret_is_told_when_it_is_in_the_clear() {
    let said = |address: &'static str| {
        logged_by(|| {
            build(&outbound(&[]), Channel::Slack(SlackChannel::Webhook(env("SLACK"))), &[("SLACK", address)]).unwrap();
        })
    };
    insta::assert_snapshot!(said("http://hooks.example.com/services/SECRET"), @" WARN driftd_notify::setup: receiver[ops].slack.webhook: what is kept in environment variable SLACK begins with http://, so that the secret in it crosses the network in the clear: use https://");
    assert_eq!(said("https://hooks.example.com/services/SECRET"), "");
    assert_eq!(said("http://127.0.0.1:8080/services/SECRET"), "");
}

#[test]
fn programs_and_link_local_addresses_have_to_be_allowed() {
    let channel = CommandChannel { program: "/bin/true".to_owned(), args: Vec::new(), timeout: Span::from_secs(1) };
    let receiver = |channel| Receiver { name: "ops".parse().unwrap(), channel };
    let closed = NotifyConfig::default();
    let make =
        |notify: &NotifyConfig, receiver: &Receiver| TransportFactory::new(notify, secrets(&[])).transport(receiver);
    let error = make(&closed, &receiver(Channel::Command(channel))).err().unwrap();
    insta::assert_snapshot!(error, @"receiver[ops].command.program: programs are not run unless the configuration says so: set notify.allow_commands = true");
    let local = receiver(alertmanager(&["http://169.254.1.1:9093".to_owned()]));
    assert!(make(&closed, &local).is_err());
    let open = NotifyConfig { allow_link_local: true, ..NotifyConfig::default() };
    assert!(make(&open, &local).is_ok());
    assert!(make(&closed, &receiver(Channel::Log)).is_ok());
}

#[test]
fn where_nobody_is_trusted_https_is_refused_and_http_is_not() {
    let outbound = HttpClient::with(AddressPolicy::default(), Arc::new(SystemResolver), Roots::Only(Vec::new()));
    let receiver =
        |address: &str| Receiver { name: "ops".parse().unwrap(), channel: Channel::Webhook(webhook(address)) };
    let make = |address: &str| {
        TransportFactory::over(outbound.clone(), &NotifyConfig::default(), secrets(&[])).transport(&receiver(address))
    };
    insta::assert_snapshot!(make("https://example.com").err().unwrap(), @"receiver[ops].webhook.url: there are no root certificates on this machine, so nothing can be reached over https: install the package ca-certificates, or name a file of certificates in SSL_CERT_FILE");
    assert!(make("http://example.com").is_ok());
}
