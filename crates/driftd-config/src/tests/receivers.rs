use super::{errors, load, loaded};
use crate::{Address, Channel, SecretRef, WebhookTemplate};

#[test]
fn receivers_have_one_kind_and_what_it_needs() {
    insta::assert_snapshot!(errors(r#"
[[receiver]]
name = "none"
[[receiver]]
name = "two"
log = {}
slack = { webhook = { env = "X" } }
[[receiver]]
name = "mail"
email = { to = [], from = "driftd", smtp = "mail.example.com", username = "me", tls = "ssl" }
[[receiver]]
name = "hook"
webhook = { url = "example.com", secret = "hunter2", heartbeat = "0s" }
[[receiver]]
name = "hook2"
webhook = { url = "https://me:hunter2@example.com/" }
[[receiver]]
name = "chat"
slack = { token = { env = "X" } }
[[receiver]]
name = "pager"
pagerduty = { routing_key = { env = "X", file = "y" } }
[[receiver]]
name = "am"
alertmanager = { urls = ["am:9093"] }
[[receiver]]
name = "run"
command = { program = "" }
[[receiver]]
name = "teams"
teams = {}
[[route]]
receivers = ["none"]
"#), @r#"
    d.toml:2:1: receiver[none]: has no kind: write one of email, webhook, slack, pagerduty, alertmanager, command, log
    d.toml:4:1: receiver[two]: has more than one kind: write a [[receiver]] for each
    d.toml:10:9: receiver[mail].email: password is missing: Where the password is kept.
    d.toml:10:16: receiver[mail].email.to: is empty: name at least one
    d.toml:10:27: receiver[mail].email.from: "driftd" is not an e-mail address: write name@host
    d.toml:10:44: receiver[mail].email.smtp: "mail.example.com" is not a mail server: write smtp://host:port, such as smtp://mail.example.com:587
    d.toml:10:87: receiver[mail].email.tls: "ssl" is not a choice: write one of starttls, tls, none
    d.toml:13:19: receiver[hook].webhook.url: "example.com" is not an address: write http:// or https:// and a host
    d.toml:13:43: receiver[hook].webhook.secret: expected a reference to a secret: { env = "VARIABLE" } or { file = "/path" }, never the secret itself; found text
    d.toml:13:66: receiver[hook].webhook.heartbeat: must be longer than zero
    d.toml:16:19: receiver[hook2].webhook.url: has a user or password in the address: keep secrets out of addresses
    d.toml:19:9: receiver[chat].slack: names no single way in: write either webhook, or token and channel
    d.toml:22:29: receiver[pager].pagerduty.routing_key: names no single place: write either env or file
    d.toml:25:26: receiver[am].alertmanager.urls[#1]: "am:9093" is not an address: write http:// or https:// and a host
    d.toml:28:23: receiver[run].command.program: is empty: write a text, or leave the key out
    d.toml:31:1: receiver[teams].teams: unknown key; known here: name, email, webhook, slack, pagerduty, alertmanager, command, log
    "#);
}

#[test]
fn programs_have_to_be_allowed() {
    let text = "[[receiver]]\nname = 'run'\ncommand = { program = 'retrain' }\n[[route]]\nreceivers = ['run']\n";
    insta::assert_snapshot!(errors(text), @"d.toml:3:11: receiver[run].command: would run a local program: set notify.allow_commands = true to allow that");
    assert!(load(&format!("notify.allow_commands = true\n{text}")).is_ok());
}

#[test]
fn webhooks_alertmanagers_and_commands_say_what_is_wrong_with_them() {
    insta::assert_snapshot!(errors(r#"
[notify]
allow_commands = true
[[receiver]]
name = "a"
webhook = { url = { env = "X", file = "y" }, token = "hunter2", template = "slack" }
[[receiver]]
name = "b"
webhook = { url = 3, template = { path = "card.json" } }
[[receiver]]
name = "c"
webhook = { url = { env = "https://example.com/s3cret" }, template = 1 }
[[receiver]]
name = "d"
webhook = { url = "http://example.com:0/", template = { file = "" } }
[[receiver]]
name = "e"
alertmanager = { urls = ["http://am-0:9093"], interval = "0s", token = "hunter2" }
[[receiver]]
name = "f"
command = { program = "retrain", timeout = "0s" }
[[receiver]]
name = "g"
command = { program = "retrain", timeout = "31s" }
[[route]]
receivers = ["a"]
"#), @r#"
    d.toml:6:19: receiver[a].webhook.url: names no single place: write either env or file
    d.toml:6:54: receiver[a].webhook.token: expected a reference to a secret: { env = "VARIABLE" } or { file = "/path" }, never the secret itself; found text
    d.toml:6:76: receiver[a].webhook.template: "slack" is no template: write "teams", or { file = "/path" } for one of your own
    d.toml:9:19: receiver[b].webhook.url: expected an address, such as "https://example.com/hook", or a reference to one: { env = "VARIABLE" } or { file = "/path" }; found an integer
    d.toml:9:33: receiver[b].webhook.template: file is missing
    d.toml:9:35: receiver[b].webhook.template.path: unknown key; known here: file
    d.toml:12:19: receiver[c].webhook.url: env is not the name of an environment variable: use letters, digits and '_'
    d.toml:12:70: receiver[c].webhook.template: expected a template: "teams" or { file = "/path" }; found an integer
    d.toml:15:19: receiver[d].webhook.url: "http://example.com:0/" is not an address: write http:// or https:// and a host
    d.toml:15:64: receiver[d].webhook.template.file: is empty: write a text, or leave the key out
    d.toml:18:58: receiver[e].alertmanager.interval: must be longer than zero
    d.toml:18:72: receiver[e].alertmanager.token: expected a reference to a secret: { env = "VARIABLE" } or { file = "/path" }, never the secret itself; found text
    d.toml:21:44: receiver[f].command.timeout: must be longer than zero
    d.toml:24:44: receiver[g].command.timeout: 31s is too much: give at most 30s
    "#);
}

#[test]
fn receivers_are_not_where_clouds_keep_credentials() {
    let text = r#"
[[receiver]]
name = "a"
webhook = { url = "http://169.254.169.254/latest/meta-data" }
[[receiver]]
name = "b"
webhook = { url = "https://[fe80::1]:8443/hook" }
[[receiver]]
name = "c"
alertmanager = { urls = ["http://am-0:9093", "http://0xa9fea9fe", "http://10.0.0.1"] }
[[receiver]]
name = "d"
pagerduty = { routing_key = { env = "X" }, url = "http://[::ffff:169.254.169.254]" }
[[receiver]]
name = "e"
webhook = { url = "http://169.254.169.254.example.com/" }
[[route]]
receivers = ["a", "b", "c", "d", "e"]
"#;
    insta::assert_snapshot!(errors(text), @r#"
    d.toml:4:19: receiver[a].webhook.url: 169.254.169.254 is a link-local or metadata address: name another, or set notify.allow_link_local = true
    d.toml:7:19: receiver[b].webhook.url: fe80::1 is a link-local or metadata address: name another, or set notify.allow_link_local = true
    d.toml:10:46: receiver[c].alertmanager.urls[#2]: 169.254.169.254 is a link-local or metadata address: name another, or set notify.allow_link_local = true
    d.toml:13:50: receiver[d].pagerduty.url: ::ffff:169.254.169.254 is a link-local or metadata address: name another, or set notify.allow_link_local = true
    "#);
    assert!(load(&format!("[notify]\nallow_link_local = true\n{text}")).is_ok());
}

#[test]
fn an_address_that_is_a_secret_is_kept_elsewhere() {
    let config = loaded(
        "[[receiver]]\nname = 'a'\nwebhook = { url = { file = '/run/secrets/url' }, template = 'teams' }\n\
         [[route]]\nreceivers = ['a']\n",
    );
    let Channel::Webhook(webhook) = &config.receivers[0].channel else { panic!("{config:?}") };
    assert_eq!(webhook.url, Address::Secret(SecretRef::File("/run/secrets/url".into())));
    assert_eq!((&webhook.template, &webhook.token), (&Some(WebhookTemplate::Teams), &None));
}
