//! Whether receivers can be reached, as far as that shows without telling them anything: secrets are there, names
//! resolve to addresses that are allowed, and somebody takes the connection.

use std::net::SocketAddr;
use std::time::Duration;

use driftd_config::{Address, Channel, Receiver, SecretRef, SlackChannel, SmtpUrl, WebhookChannel};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::email::usual_port;
use crate::factory::TransportFactory;
use crate::http::{AddressPolicy, Target};
use crate::setup::BuildError;
use crate::slack::API;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A receiver that could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// It cannot even be made.
    #[error(transparent)]
    Unusable(#[from] BuildError),
    /// Nobody takes a connection where it should be.
    #[error("{site}: {why}")]
    Silent {
        /// Scheme, host and port; the rest of an address may be a secret.
        site: String,
        /// What is wrong.
        why: String,
    },
}

/// Host and port, and how they are shown.
struct Site {
    host: String,
    port: u16,
    shown: String,
}

impl TransportFactory<'_> {
    /// Connects to everything that `receiver` would speak to, and says nothing; gives what answered, which is nothing for
    /// a receiver on this machine that is no server.
    ///
    /// # Errors
    /// It cannot be made, or something does not answer.
    pub async fn reach(&self, receiver: &Receiver) -> Result<Vec<String>, Unreached> {
        self.transport(receiver)?;
        let mut reached = Vec::new();
        for site in self.sites(receiver)? {
            self.connect(&site).await.map_err(|why| Unreached::Silent { site: site.shown.clone(), why })?;
            reached.push(site.shown);
        }
        Ok(reached)
    }

    fn sites(&self, receiver: &Receiver) -> Result<Vec<Site>, BuildError> {
        let setup = self.setup(&receiver.name, receiver.channel.kind());
        let kept = |key: &str, reference: &SecretRef| {
            let (_, secret) = setup.secret_now(key, reference)?;
            Target::parse(secret.expose().trim()).map_err(|bad| setup.unusable(key, bad.to_string()))
        };
        let targets = match &receiver.channel {
            Channel::Email(email) => return Ok(vec![mail_server(&email.smtp, usual_port(email.tls))]),
            Channel::Command(_) | Channel::Log => Vec::new(),
            Channel::Webhook(WebhookChannel { url: Address::Plain(url), .. }) => vec![setup.target("url", url)?],
            Channel::Webhook(WebhookChannel { url: Address::Secret(reference), .. }) => vec![kept("url", reference)?],
            Channel::Slack(SlackChannel::Webhook(reference)) => vec![kept("webhook", reference)?],
            Channel::Slack(SlackChannel::Bot { .. }) => {
                vec![Target::parse(API).map_err(|bad| setup.unusable("token", bad.to_string()))?]
            }
            Channel::PagerDuty(pager) => vec![setup.target("url", &pager.url)?],
            Channel::Alertmanager(alertmanager) => {
                alertmanager.urls.iter().map(|url| setup.target("urls", url)).collect::<Result<_, _>>()?
            }
        };
        Ok(targets.iter().filter_map(web_server).collect())
    }

    async fn connect(&self, site: &Site) -> Result<(), String> {
        let policy = AddressPolicy { allow_link_local: self.notify().allow_link_local };
        let found = tokio::net::lookup_host((site.host.as_str(), site.port)).await;
        let found = found.map_err(|error| format!("its name does not resolve: {error}"))?;
        let mut failure = "nobody answers within 5 seconds".to_owned();
        for address in policy.allowed(found).map_err(|why| why.to_string())? {
            match timeout(CONNECT_TIMEOUT, connect(address)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => failure = error.to_string(),
                Err(_) => {}
            }
        }
        Err(failure)
    }
}

async fn connect(address: SocketAddr) -> std::io::Result<()> {
    TcpStream::connect(address).await.map(drop)
}

fn mail_server(url: &SmtpUrl, usual_port: u16) -> Site {
    let (host, port) = (url.host().to_owned(), url.port().unwrap_or(usual_port));
    let shown = if host.contains(':') { format!("smtp://[{host}]:{port}") } else { format!("smtp://{host}:{port}") };
    Site { host, port, shown }
}

fn web_server(target: &Target) -> Option<Site> {
    let (host, port) = target.host_and_port()?;
    Some(Site { host, port, shown: target.site() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use driftd_config::{Config, Source};
    use tokio::net::TcpListener;

    use super::*;
    use crate::SecretResolver;

    /// What came of reaching each receiver of a configuration; secrets are what their variable is called.
    async fn reach(config: &str) -> Vec<Result<Vec<String>, String>> {
        let config = Config::load(&[Source::new("d.toml", config)], []).unwrap();
        let secrets: SecretResolver = Arc::new(|reference| {
            reference.resolve(
                |name| {
                    (name != "NOTHING").then(|| format!("http://{}", name.trim_start_matches('A').replace('_', ".")))
                },
                |_| Ok(String::new()),
            )
        });
        let factory = TransportFactory::new(&config.notify, secrets);
        let mut reached = Vec::new();
        for receiver in &config.receivers {
            reached.push(factory.reach(receiver).await.map_err(|error| error.to_string()));
        }
        reached
    }

    #[tokio::test]
    async fn who_listens_is_reached_and_hears_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = reach(&format!(
            "receiver = [\n{{ name = 'a', webhook = {{ url = 'http://127.0.0.1:{port}/secret' }} }},\n\
             {{ name = 'b', email = {{ to = ['a@x.org'], from = 'b@x.org', smtp = 'smtp://127.0.0.1:{port}', tls = 'none' }} }},\n\
             {{ name = 'c', alertmanager = {{ urls = ['http://127.0.0.1:{port}', 'http://localhost:{port}'] }} }},\n\
             {{ name = 'd', log = {{}} }}]\n[[route]]\nreceivers = ['a', 'b', 'c', 'd']\n"
        ))
        .await;
        let (web, local) = (format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}"));
        assert_eq!(
            found,
            [Ok(vec![web.clone()]), Ok(vec![format!("smtp://127.0.0.1:{port}")]), Ok(vec![web, local]), Ok(vec![])]
        );
        for _ in 0..4 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut heard).await.unwrap();
            assert!(heard.is_empty());
        }
    }

    #[tokio::test]
    async fn who_does_not_is_told_with_the_reason_and_without_secrets() {
        let dead = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let found = reach(&format!(
            "receiver = [\n{{ name = 'a', webhook = {{ url = 'http://127.0.0.1:{dead}/secret' }} }},\n\
             {{ name = 'b', slack = {{ webhook = {{ env = 'NOTHING' }} }} }},\n\
             {{ name = 'c', slack = {{ webhook = {{ env = 'A169_254_169_254' }} }} }}]\n\
             [[route]]\nreceivers = ['a', 'b', 'c']\n"
        ))
        .await;
        let told: Vec<String> = found.into_iter().map(|found| found.unwrap_err()).collect();
        assert!(told[0].contains("Connection refused") && !told[0].contains("secret"), "{told:?}");
        assert!(told[1].contains("environment variable NOTHING is not set"), "{told:?}");
        assert!(told[2].contains("is no address") || told[2].contains("link-local"), "{told:?}");
    }
}
