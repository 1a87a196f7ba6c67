//! `[[receiver]]` and `[[route]]` as they are written.

use driftd_model::{MuteTime, ReceiverName};
use driftd_window::Span;

use super::label::RawMatchers;
use crate::read::{Field, Located, Required, record};
use crate::{Address, EmailAddress, HttpUrl, SecretRef, SmtpTls, SmtpUrl, WebhookTemplate};

record! {
    /// A receiver: a name and one kind.
    RawReceiver, "a receiver" {
        /// Name of the receiver.
        name: Required<ReceiverName>,
        /// E-mail over SMTP.
        email: Field<RawEmail>,
        /// Any HTTP endpoint, signed by Standard Webhooks.
        webhook: Field<RawWebhook>,
        /// Slack, by webhook or by bot.
        slack: Field<RawSlack>,
        /// PagerDuty Events v2.
        pagerduty: Field<RawPagerDuty>,
        /// Prometheus Alertmanager v2.
        alertmanager: Field<RawAlertmanager>,
        /// A local program that reads JSON from its standard input; needs notify.allow_commands = true.
        command: Field<RawCommand>,
        /// driftd's own log, as log = {}.
        log: Field<RawLog>,
    }
}

record! {
    /// E-mail.
    RawEmail, "a table" {
        /// Who gets it.
        to: Required<Vec<Located<EmailAddress>>>,
        /// Who sends it.
        from: Required<EmailAddress>,
        /// The mail server, as smtp://HOST:PORT.
        smtp: Required<SmtpUrl>,
        /// "starttls", "tls" or "none". Default "starttls".
        tls: Field<SmtpTls>,
        /// User, where the server asks for one; needs password.
        username: Field<String>,
        /// Password, as { env = "VARIABLE" } or { file = "/path" }.
        password: Field<SecretRef>,
    }
}

record! {
    /// An HTTP endpoint.
    RawWebhook, "a table" {
        /// Where to post. An address with a secret in it, in its path or its query, belongs into a reference:
        /// { env = "VARIABLE" } or { file = "/path" }.
        url: Required<Address>,
        /// Signing key (whsec_…), as { env = "VARIABLE" } or { file = "/path" }. Unsigned by default.
        secret: Field<SecretRef>,
        /// Token to send as "Authorization: Bearer …", as { env = "VARIABLE" } or { file = "/path" }. None by default.
        token: Field<SecretRef>,
        /// How often to post while everything is healthy. Never by default.
        heartbeat: Field<Span>,
        /// What to post: "teams" for a Microsoft Teams card, { file = "/path" } for a template of one's own. By default
        /// driftd's message.
        template: Field<WebhookTemplate>,
    }
}

record! {
    /// Slack.
    RawSlack, "a table" {
        /// Address of an incoming webhook, which is a secret. Either this, or token and channel.
        webhook: Field<SecretRef>,
        /// Token of a bot.
        token: Field<SecretRef>,
        /// Channel the bot posts to.
        channel: Field<String>,
    }
}

record! {
    /// PagerDuty.
    RawPagerDuty, "a table" {
        /// Routing key of the integration, as { env = "VARIABLE" } or { file = "/path" }.
        routing_key: Required<SecretRef>,
        /// Events API. Default "https://events.pagerduty.com".
        url: Field<HttpUrl>,
    }
}

record! {
    /// Alertmanager.
    RawAlertmanager, "a table" {
        /// Every replica.
        urls: Required<Vec<Located<HttpUrl>>>,
        /// Token to send as "Authorization: Bearer …", as { env = "VARIABLE" } or { file = "/path" }. None by default.
        token: Field<SecretRef>,
        /// How often what is open is said again. Default "1m".
        interval: Field<Span>,
    }
}

record! {
    /// A local program.
    RawCommand, "a table" {
        /// The program.
        program: Required<String>,
        /// Its arguments. None by default.
        args: Field<Vec<Located<String>>>,
        /// How long it may take, at most "30s": long work is for it to start, not to wait for. Default "30s".
        timeout: Field<Span>,
    }
}

record! {
    /// driftd's log: nothing to set.
    RawLog, "an empty table: log = {}" {}
}

record! {
    /// A route.
    RawRoute, "a route" {
        /// Labels and the values they must have: "value", "!=value" for any other, "=~pattern" and "!~pattern" for
        /// regular expressions that fit the whole value. Matches everything by default.
        r#match: Field<RawMatchers>,
        /// Who hears.
        receivers: Required<Vec<Located<ReceiverName>>>,
        /// Whether later routes are tried too. Default false.
        r#continue: Field<bool>,
        /// Shortest time between two notifications about new features. Default the monitor's.
        group_interval: Field<Span>,
        /// Time after which an open incident is told again. Default the monitor's.
        repeat_interval: Field<Span>,
        /// Times in UTC at which nobody is told, such as "22:00-06:00" or "sat,sun 00:00-24:00". None by default.
        mute_times: Field<Vec<Located<MuteTime>>>,
    }
}
