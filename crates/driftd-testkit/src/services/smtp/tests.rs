//! The mail server itself, spoken to by hand.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use super::{Smtp, SmtpOptions, SmtpProtection};

/// Says lines to the server and returns the codes of its answers.
fn said(smtp: &Smtp, lines: &[&str]) -> Vec<String> {
    let stream = TcpStream::connect(("127.0.0.1", smtp.port())).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut answer = || loop {
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        if line.get(3..4) != Some("-") {
            return line.chars().take(3).collect::<String>();
        }
    };
    let mut codes = vec![answer()];
    for line in lines {
        write!(&stream, "{line}\r\n").unwrap();
        codes.push(answer());
    }
    codes
}

#[test]
fn a_mail_is_kept_and_taken_apart() {
    let smtp = match Smtp::start(SmtpOptions { protection: SmtpProtection::None, login: None }) {
        Ok(smtp) => smtp,
        Err(skip) => return skip.announce("smtp: a_mail_is_kept_and_taken_apart"),
    };
    smtp.reply("RCPT", Some("gone@example.com"), "550 no such user", 1);
    let mail = "Subject: =?utf-8?b?w6Q=?=\r\nContent-Type: text/plain\r\n\r\nHello\r\n.";
    let codes = said(
        &smtp,
        &[
            "EHLO test",
            "MAIL FROM:<a@example.com>",
            "RCPT TO:<gone@example.com>",
            "RCPT TO:<b@example.com>",
            "DATA",
            mail,
        ],
    );
    assert_eq!(codes, ["220", "250", "250", "550", "250", "354", "250"]);
    let mail = smtp.mail();
    assert_eq!((mail.from.as_str(), &mail.to[..]), ("a@example.com", &["b@example.com".to_owned()][..]));
    assert_eq!((mail.header("subject"), mail.text.as_str(), mail.connection), ("ä", "Hello\r\n", 1));
    assert!(smtp.mails().is_empty() && !mail.is_encrypted);
}
