//! Receivers.

use driftd_window::Span;

use super::{positive, positive_if_given, some_of};
use crate::link_local::is_link_local;
use crate::problem::Problems;
use crate::raw::{RawAlertmanager, RawCommand, RawEmail, RawPagerDuty, RawReceiver, RawSlack, RawWebhook};
use crate::read::{Field, Located};
use crate::{
    Address, AlertmanagerChannel, Channel, CommandChannel, EmailChannel, HttpUrl, NotifyConfig, PagerDutyChannel,
    Receiver, SlackChannel, SmtpLogin, SmtpTls, WebhookChannel,
};

/// PagerDuty's Events API.
const PAGERDUTY: &str = "https://events.pagerduty.com";
/// How often Alertmanager hears again of what is open; it forgets what it does not hear of.
const ALERTMANAGER_INTERVAL: Span = Span::from_minutes(1);
/// Time within which a delivery ends: the lease of its outbox row outlasts it, so that nobody else begins it anew.
const DELIVERY: Span = Span::from_secs(30);

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
        webhook.given().map(|raw| self::webhook(raw.value, notify, problems)),
        slack.given().map(|raw| self::slack(raw, problems)),
        pagerduty.given().map(|raw| self::pagerduty(raw.value, notify, problems)),
        alertmanager.given().map(|raw| self::alertmanager(raw.value, notify, problems)),
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
        tls: raw.tls.or(SmtpTls::default()),
        login,
    }))
}

fn webhook(raw: RawWebhook, notify: &NotifyConfig, problems: &mut Problems) -> Option<Channel> {
    let heartbeat = positive_if_given(raw.heartbeat, problems);
    let Located { value: url, place, path } = raw.url.0?;
    if let Address::Plain(plain) = &url {
        elsewhere(&Located { value: plain.clone(), place, path }, notify, problems);
    }
    Some(Channel::Webhook(WebhookChannel {
        url,
        secret: raw.secret.value(),
        token: raw.token.value(),
        heartbeat,
        template: raw.template.value(),
    }))
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

fn pagerduty(raw: RawPagerDuty, notify: &NotifyConfig, problems: &mut Problems) -> Option<Channel> {
    let url = match raw.url.given() {
        Some(url) => {
            elsewhere(&url, notify, problems);
            url.value
        }
        None => PAGERDUTY.parse().ok()?,
    };
    Some(Channel::PagerDuty(PagerDutyChannel { routing_key: raw.routing_key.value()?, url }))
}

fn alertmanager(raw: RawAlertmanager, notify: &NotifyConfig, problems: &mut Problems) -> Option<Channel> {
    let interval = positive(raw.interval, ALERTMANAGER_INTERVAL, problems);
    let urls = raw.urls.0?;
    urls.value.iter().for_each(|url| elsewhere(url, notify, problems));
    let urls = some_of(urls, "address", problems);
    Some(Channel::Alertmanager(AlertmanagerChannel { urls, token: raw.token.value(), interval }))
}

fn command(raw: Located<RawCommand>, notify: &NotifyConfig, problems: &mut Problems) -> Option<Channel> {
    if !notify.allow_commands {
        raw.problem(problems, "would run a local program: set notify.allow_commands = true to allow that");
    }
    let raw = raw.value;
    if let Field::Given(timeout) = &raw.timeout
        && timeout.value > DELIVERY
    {
        let message = format!(
            "{} is too long: give at most {DELIVERY}, and let the program start what takes longer and return",
            timeout.value
        );
        timeout.problem(problems, message);
    }
    let timeout = positive(raw.timeout, DELIVERY, problems);
    let args = raw.args.or(Vec::new()).into_iter().map(|arg| arg.value).collect();
    Some(Channel::Command(CommandChannel { program: raw.program.value()?, args, timeout }))
}

/// Notes an address where clouds hand out the machine's own credentials: nobody's receiver, but a place to be tricked
/// into asking.
fn elsewhere(url: &Located<HttpUrl>, notify: &NotifyConfig, problems: &mut Problems) {
    if let Some(address) = url.value.literal().filter(|address| !notify.allow_link_local && is_link_local(*address)) {
        let message = format!(
            "{address} is a link-local or metadata address: name another, or set notify.allow_link_local = true"
        );
        url.problem(problems, message);
    }
}
