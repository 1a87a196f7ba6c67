//! Receivers.

use super::{positive_if_given, some_of};
use crate::problem::Problems;
use crate::raw::{RawCommand, RawEmail, RawPagerDuty, RawReceiver, RawSlack, RawWebhook};
use crate::read::{Field, Located};
use crate::receiver::{
    AlertmanagerChannel, Channel, CommandChannel, EmailChannel, PagerDutyChannel, SlackChannel, SmtpLogin,
    WebhookChannel,
};
use crate::{NotifyConfig, Receiver};

/// PagerDuty's Events API.
const PAGERDUTY: &str = "https://events.pagerduty.com";

/// The receiver; `None` when something is wrong, which is noted.
pub(super) fn receiver(raw: Located<RawReceiver>, notify: &NotifyConfig, problems: &mut Problems) -> Option<Receiver> {
    let Located { value: raw, place, path } = raw;
    let RawReceiver { name, email, webhook, slack, pagerduty, alertmanager, command, log } = raw;
    let log_given = matches!(log, Field::Given(_));
    let is_broken = [
        matches!(email, Field::Broken),
        matches!(webhook, Field::Broken),
        matches!(slack, Field::Broken),
        matches!(pagerduty, Field::Broken),
        matches!(alertmanager, Field::Broken),
        matches!(command, Field::Broken),
        matches!(log, Field::Broken),
    ]
    .contains(&true);
    let kinds = [
        email.given().map(|raw| self::email(raw, problems)),
        webhook.given().map(|raw| self::webhook(raw.value, problems)),
        slack.given().map(|raw| self::slack(raw, problems)),
        pagerduty.given().map(|raw| self::pagerduty(raw.value)),
        alertmanager.given().map(|raw| {
            let urls = some_of(raw.value.urls.0?, "address", problems);
            Some(Channel::Alertmanager(AlertmanagerChannel { urls }))
        }),
        command.given().map(|raw| self::command(raw, notify, problems)),
        log_given.then_some(Some(Channel::Log)),
    ];
    let mut given: Vec<Option<Channel>> = kinds.into_iter().flatten().collect();
    match given.len() {
        0 if is_broken => None,
        0 => {
            let kinds = "email, webhook, slack, pagerduty, alertmanager, command or log";
            problems.add(&place, &path, format!("has no kind: write one of {kinds}"));
            None
        }
        1 => Some(Receiver { name: name.value()?, channel: given.pop()?? }),
        _ => {
            problems.add(&place, &path, "has more than one kind: write a [[receiver]] for each");
            None
        }
    }
}

fn email(raw: Located<RawEmail>, problems: &mut Problems) -> Option<Channel> {
    let Located { value: raw, place, path } = raw;
    let login = match (raw.username, raw.password) {
        (Field::Given(username), Field::Given(password)) => {
            Some(SmtpLogin { username: username.value, password: password.value })
        }
        (Field::Given(_), Field::Absent) | (Field::Absent, Field::Given(_)) => {
            problems.add(&place, &path, "has only one of username and password: write both or neither");
            None
        }
        _ => None,
    };
    let to = raw.to.0.map(|to| some_of(to, "address", problems));
    Some(Channel::Email(EmailChannel {
        to: to?,
        from: raw.from.value()?,
        smtp: raw.smtp.value()?,
        tls: raw.tls.or(crate::receiver::SmtpTls::default()),
        login,
    }))
}

fn webhook(raw: RawWebhook, problems: &mut Problems) -> Option<Channel> {
    let heartbeat = positive_if_given(raw.heartbeat, problems);
    Some(Channel::Webhook(WebhookChannel { url: raw.url.value()?, secret: raw.secret.value(), heartbeat }))
}

fn slack(raw: Located<RawSlack>, problems: &mut Problems) -> Option<Channel> {
    let Located { value: raw, place, path } = raw;
    match (raw.webhook, raw.token, raw.channel) {
        (Field::Given(webhook), Field::Absent, Field::Absent) => {
            Some(Channel::Slack(SlackChannel::Webhook(webhook.value)))
        }
        (Field::Absent, Field::Given(token), Field::Given(channel)) => {
            Some(Channel::Slack(SlackChannel::Bot { token: token.value, channel: channel.value }))
        }
        (Field::Broken, _, _) | (_, Field::Broken, _) | (_, _, Field::Broken) => None,
        _ => {
            problems.add(&place, &path, "names no single way in: write either webhook, or token and channel");
            None
        }
    }
}

fn pagerduty(raw: RawPagerDuty) -> Option<Channel> {
    let url = match raw.url.value() {
        Some(url) => url,
        None => PAGERDUTY.parse().ok()?,
    };
    Some(Channel::PagerDuty(PagerDutyChannel { routing_key: raw.routing_key.value()?, url }))
}

fn command(raw: Located<RawCommand>, notify: &NotifyConfig, problems: &mut Problems) -> Option<Channel> {
    if !notify.allow_commands {
        raw.problem(problems, "would run a local program: set notify.allow_commands = true to allow that");
    }
    let args = raw.value.args.or(Vec::new()).into_iter().map(|arg| arg.value).collect();
    Some(Channel::Command(CommandChannel { program: raw.value.program.value()?, args }))
}
