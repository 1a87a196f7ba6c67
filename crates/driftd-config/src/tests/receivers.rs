use super::{errors, loaded};

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
"#), @r#"
    d.toml:2:1: receiver[none]: has no kind: write one of email, webhook, slack, pagerduty, alertmanager, command or log
    d.toml:4:1: receiver[two]: has more than one kind: write a [[receiver]] for each
    d.toml:10:9: receiver[mail].email: has only one of username and password: write both or neither
    d.toml:10:16: receiver[mail].email.to: is empty: name at least one address
    d.toml:10:27: receiver[mail].email.from: "driftd" is not an e-mail address: write name@host
    d.toml:10:44: receiver[mail].email.smtp: "mail.example.com" is not a mail server: write smtp://host:port, such as smtp://mail.example.com:587
    d.toml:10:87: receiver[mail].email.tls: "ssl" is not a choice: write "starttls" or "tls" or "none"
    d.toml:13:19: receiver[hook].webhook.url: "example.com" is not an address: write http:// or https:// and a host
    d.toml:13:43: receiver[hook].webhook.secret: expected a reference to a secret: { env = "VARIABLE" } or { file = "/path" }, never the secret itself; found text
    d.toml:13:66: receiver[hook].webhook.heartbeat: must be longer than zero
    d.toml:16:19: receiver[hook2].webhook.url: has a user or password in the address: keep secrets out of addresses
    d.toml:19:9: receiver[chat].slack: names no single way in: write either webhook, or token and channel
    d.toml:22:29: receiver[pager].pagerduty.routing_key: names no single place: write either env or file
    d.toml:25:25: receiver[am].alertmanager.urls: is empty: name at least one address
    d.toml:25:26: receiver[am].alertmanager.urls[#1]: "am:9093" is not an address: write http:// or https:// and a host
    d.toml:28:11: receiver[run].command: would run a local program: set notify.allow_commands = true to allow that
    d.toml:28:23: receiver[run].command.program: is empty: write a text, or leave the key out
    d.toml:29:1: receiver[teams]: has no kind: write one of email, webhook, slack, pagerduty, alertmanager, command or log
    d.toml:31:1: receiver[teams].teams: unknown key; known here: name, email, webhook, slack, pagerduty, alertmanager, command, log
    "#);
}

#[test]
fn routes_name_receivers_that_exist() {
    insta::assert_snapshot!(errors(r#"
[[receiver]]
name = "log"
log = {}
[[route]]
match = { severity = "fatal", kind = "!=drift", monitor = "=~flight.*", segment = 3 }
receivers = ["log", "lgo"]
mute_times = ["at night"]
repeat_interval = "0s"
[[route]]
receivers = []
[[route]]
match = {}
"#), @r#"
    d.toml:6:22: route[#1].match.severity: "fatal" is no severity: write one of warning, critical
    d.toml:6:59: route[#1].match.monitor: patterns are not supported in routes: write a value, or "!=value"
    d.toml:6:83: route[#1].match.segment: expected text in quotes; found an integer
    d.toml:7:21: route[#1].receivers[#2]: no receiver is named "lgo": defined are log
    d.toml:8:15: route[#1].mute_times[#1]: "at night" is not a mute time: write HH:MM-HH:MM in UTC, with days before it if not every day, as in "sat,sun 00:00-24:00"
    d.toml:9:19: route[#1].repeat_interval: must be longer than zero
    d.toml:11:13: route[#2].receivers: is empty: name at least one receiver
    d.toml:12:1: route[#3]: receivers is missing: it is a list, each item the name of a receiver, such as "ml-oncall"
    "#);
}

#[test]
fn what_is_likely_not_meant_is_noted() {
    let config = loaded(
        "[[receiver]]\nname = 'log'\nlog = {}\n[[receiver]]\nname = 'idle'\nlog = {}\n[[route]]\nmatch = { severity = 'critical' }\nreceivers = ['log']",
    );
    let notes: Vec<String> = config.notes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notes.join("\n"), @r#"
    d.toml:4:1: receiver[idle]: receiver "idle" hears nothing: no route names it
    d.toml:7:1: route[#1]: no route matches everything, so some incidents are told to nobody: add a last [[route]] without match
    "#);
}
