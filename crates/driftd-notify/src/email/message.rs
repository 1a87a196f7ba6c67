//! A notification as one mail.

use std::time::{Duration, SystemTime};

use driftd_config::EmailAddress;
use driftd_model::{DeliveryError, Notification, words};
use driftd_window::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use super::headers::{AutoResponseSuppress, AutoSubmitted};
use crate::html::email_html;
use crate::text::text;
use crate::view::IncidentView;

/// Characters of a subject line.
const SUBJECT: usize = 240;
/// The last second of the year 9999, beyond which a mail cannot be dated.
const LAST_SECOND: u64 = 253_402_300_799;

/// The mail as it crosses the wire, in seven bits and short lines whatever things are called.
pub(super) fn message(
    notification: &Notification,
    now: Timestamp,
    from: &Mailbox,
    to: &[Mailbox],
) -> Result<Vec<u8>, DeliveryError> {
    let unwritten = |error: &dyn std::fmt::Display| DeliveryError::permanent(format!("no mail can be made: {error}"));
    let view = IncidentView::of(notification);
    let host: String = from.email.domain().chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(words::name(&view.subject, SUBJECT))
        .date(date(now))
        .message_id(Some(format!("<{}@{host}>", plain(notification.key.as_str()))))
        .header(AutoSubmitted)
        .header(AutoResponseSuppress);
    for mailbox in to {
        builder = builder.to(mailbox.clone());
    }
    if !view.is_test() {
        // The root was never sent. Every mail of an incident hangs from it all the same, whichever comes first.
        let root = format!("<incident-{}@{host}>", plain(notification.incident.id.as_str()));
        builder = builder.in_reply_to(root.clone()).references(root);
    }
    // No line of a quoted-printable part reads like this boundary: there an equals sign has two digits behind it.
    let boundary = format!("=_driftd_{}", plain(notification.key.short()));
    let parts = MultiPart::alternative().boundary(boundary);
    let parts = parts.singlepart(part(text(&view), ContentType::TEXT_PLAIN));
    let message = builder.multipart(parts.singlepart(part(email_html(&view)?, ContentType::TEXT_HTML)));
    Ok(message.map_err(|error| unwritten(&error))?.formatted())
}

/// An address of the configuration, which may have a name.
pub(super) fn mailbox(address: &EmailAddress) -> Result<Mailbox, String> {
    let written = address.as_str();
    let (name, bare) = match written.rsplit_once('<') {
        Some((name, bare)) => (name.trim().trim_matches('"').trim(), bare.strip_suffix('>').unwrap_or(bare)),
        None => ("", written),
    };
    if !bare.is_ascii() {
        return Err(format!("{bare:?} is not in plain letters: write the host in its xn-- form"));
    }
    let address = bare.parse().map_err(|_| format!("{bare:?} is not an e-mail address: write name@host"))?;
    let name = Some(name).filter(|name| !name.is_empty()).map(|name| words::name(name, 80));
    Ok(Mailbox::new(name, address))
}

fn part(text: String, kind: ContentType) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    // Any text can be written in this encoding; were it not so, the best one is chosen.
    let body = Body::new_with_encoding(text, encoding).unwrap_or_else(Body::new);
    SinglePart::builder().header(kind).body(body)
}

fn date(now: Timestamp) -> SystemTime {
    let seconds = u64::try_from(now.as_micros()).unwrap_or_default() / 1_000_000;
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND))
}

/// Letters and digits only, for places where nothing else may stand.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}
