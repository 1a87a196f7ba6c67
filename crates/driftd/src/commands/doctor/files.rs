//! Files that hold what is nobody else's business: whether others on this machine may read them.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use driftd_config::{Address, Channel, Config, KafkaProperty, SecretRef, SlackChannel, StoreUrl};

use super::finding::Finding;
use crate::cli::ConfigFiles;

/// Rights of a file's group and of all others to read it.
const OTHERS_READ: u32 = 0o044;

/// The store's file, configuration files with a password in them, and files of secrets.
pub(super) fn look(files: &ConfigFiles, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut looked_at = 0;
    let mut private: Vec<(PathBuf, &str)> = Vec::new();
    if let StoreUrl::Sqlite(path) = &config.store.url {
        private.push((path.into(), "values out of people's data"));
    }
    if let StoreUrl::Postgres(url) = &config.store.url
        && has_password(url.expose())
    {
        let with_password = |path: &&PathBuf| std::fs::read_to_string(path).is_ok_and(|text| has_password(&text));
        private.extend(files.config.iter().filter(with_password).map(|path| (path.clone(), "the store's password")));
    }
    private.extend(secret_files(config).into_iter().map(|path| (path, "a secret")));
    for (path, what) in private {
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        looked_at += 1;
        if metadata.mode() & OTHERS_READ != 0 {
            findings.push(Finding::warn(
                "files",
                format!("{} holds {what}, and others may read it (mode {:o})", path.display(), metadata.mode() & 0o777),
                format!("chmod 600 {}", path.display()),
            ));
        }
    }
    if findings.is_empty() && looked_at > 0 {
        findings.push(Finding::ok("files", "nobody else may read those that hold secrets or data"));
    }
    findings
}

/// Whether a text has an address with a password in it.
fn has_password(text: &str) -> bool {
    text.split("postgres").skip(1).any(|after| {
        let address = after.trim_start_matches("ql").strip_prefix("://").unwrap_or_default();
        let authority = address.split(['/', '"', '\'', '\n']).next().unwrap_or_default();
        authority.split_once('@').is_some_and(|(login, _)| login.contains(':'))
    })
}

fn secret_files(config: &Config) -> Vec<PathBuf> {
    let mut references: Vec<&SecretRef> = Vec::new();
    references.extend(config.kafka.properties.values().filter_map(|property| match property {
        KafkaProperty::Secret(reference) => Some(reference),
        KafkaProperty::Text(_) => None,
    }));
    for receiver in &config.receivers {
        match &receiver.channel {
            Channel::Email(email) => references.extend(email.login.as_ref().map(|login| &login.password)),
            Channel::Webhook(webhook) => {
                references.extend(webhook.secret.iter().chain(&webhook.token));
                if let Address::Secret(reference) = &webhook.url {
                    references.push(reference);
                }
            }
            Channel::Slack(SlackChannel::Webhook(reference) | SlackChannel::Bot { token: reference, .. }) => {
                references.push(reference);
            }
            Channel::PagerDuty(pager) => references.push(&pager.routing_key),
            Channel::Alertmanager(alertmanager) => references.extend(&alertmanager.token),
            Channel::Command(_) | Channel::Log => {}
        }
    }
    let mut files: Vec<PathBuf> = references
        .into_iter()
        .filter_map(|reference| match reference {
            SecretRef::File(path) => Some(Path::new(path).to_owned()),
            SecretRef::Env(_) => None,
        })
        .collect();
    files.sort();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_in_an_address() {
        for with in ["postgres://a:b@db/x", "url = \"postgresql://a:b@db\"", "# postgres\nurl = 'postgres://a:%40@h/x'"]
        {
            assert!(has_password(with), "{with}");
        }
        for without in ["postgres://a@db:5432/x", "postgres", "postgres://db:5432/x@y:z", "sqlite://a:b@c"] {
            assert!(!has_password(without), "{without}");
        }
    }
}
