//! Receivers and routes.

use std::collections::BTreeMap;

use driftd_model::Route;

use super::Writer;
use crate::{Channel, EmailChannel, Receiver, SlackChannel};

/// Writes the receiver.
pub(super) fn show(receiver: &Receiver, out: &mut Writer) {
    out.section("[[receiver]]");
    out.key("name", &receiver.name);
    out.section(&format!("[receiver.{}]", receiver.channel.kind()));
    match &receiver.channel {
        Channel::Email(email) => show_email(email, out),
        Channel::Webhook(webhook) => {
            out.key("url", &webhook.url);
            out.optional("secret", webhook.secret.as_ref());
            out.optional("token", webhook.token.as_ref());
            out.optional("heartbeat", webhook.heartbeat.as_ref());
            out.optional("template", webhook.template.as_ref());
        }
        Channel::Slack(SlackChannel::Webhook(webhook)) => out.key("webhook", webhook),
        Channel::Slack(SlackChannel::Bot { token, channel }) => {
            out.key("token", token);
            out.key("channel", channel);
        }
        Channel::PagerDuty(pager) => {
            out.key("routing_key", &pager.routing_key);
            out.key("url", &pager.url);
        }
        Channel::Alertmanager(alertmanager) => {
            out.key("urls", &alertmanager.urls);
            out.optional("token", alertmanager.token.as_ref());
            out.key("interval", &alertmanager.interval);
        }
        Channel::Command(command) => {
            out.key("program", &command.program);
            out.key("args", &command.args);
            out.key("timeout", &command.timeout);
        }
        Channel::Log => {}
    }
}

fn show_email(email: &EmailChannel, out: &mut Writer) {
    out.key("to", &email.to);
    out.key("from", &email.from);
    out.key("smtp", &email.smtp);
    out.key("tls", &email.tls);
    out.optional("username", email.login.as_ref().map(|login| &login.username));
    out.optional("password", email.login.as_ref().map(|login| &login.password));
}

/// Writes the route.
pub(super) fn show_route(route: &Route, out: &mut Writer) {
    out.section("[[route]]");
    let labels = route.matchers.iter().map(|matcher| (matcher.label().as_str(), matcher.condition()));
    out.key("match", &labels.collect::<BTreeMap<_, _>>());
    out.key("receivers", &route.receivers);
    out.key("continue", &route.continues);
    out.optional("group_interval", route.group_interval.as_ref());
    out.optional("repeat_interval", route.repeat_interval.as_ref());
    out.key("mute_times", &route.mute_times.iter().map(ToString::to_string).collect::<Vec<_>>());
}
