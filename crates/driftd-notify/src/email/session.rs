//! One conversation with a mail server.

use std::time::Duration;

use driftd_config::Secret;
use driftd_model::DeliveryError;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};

use super::fault::{Fault, Step};
use super::server::{Protection, Server};

/// Longest time for one of the addresses a name stands for: where one leads nowhere, the next has its turn.
const ADDRESS: Duration = Duration::from_secs(5);

/// A connection that is protected and logged in.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
}

/// What became of a message.
pub(super) struct Handed {
    /// Who has it now.
    pub(super) accepted: Vec<Address>,
    /// Who does not.
    pub(super) refused: Vec<(Address, Fault)>,
}

impl Session {
    /// Connects, protects the connection and logs in.
    pub(super) async fn open(server: &Server, login: Option<(&str, Secret)>) -> Result<Self, DeliveryError> {
        let failed = |step| move |error| Fault::of(&error).at(server, &step);
        let tls = match &server.protection {
            Protection::Tls(parameters) => Some(parameters.clone()),
            Protection::Starttls(_) | Protection::None => None,
        };
        let place = (server.host.as_str(), server.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(place, Some(ADDRESS), &server.hello, tls, None);
        let mut connection = connecting.await.map_err(failed(Step::Connect))?;
        if let Protection::Starttls(parameters) = &server.protection {
            if !connection.can_starttls() {
                return Err(DeliveryError::permanent(format!(
                    "mail server {server} does not offer STARTTLS: set tls to \"tls\" if it speaks TLS from the first \
                     byte, or to \"none\" if it may be spoken to in the clear"
                )));
            }
            connection.starttls(parameters.clone(), &server.hello).await.map_err(failed(Step::Starttls))?;
        }
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.to_owned(), password.expose().to_owned());
            if let Err(error) = connection.auth(DEFAULT_MECHANISMS, &credentials).await {
                return Err(Fault::of(&error).without(password.expose()).at(server, &Step::Login(user)));
            }
        }
        Ok(Self { connection })
    }

    /// Whether the server still listens.
    pub(super) async fn answers(&mut self) -> bool {
        self.connection.test_connected().await
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self) {
        // Who does not answer a goodbye is gone as well.
        drop(self.connection.command(Quit).await);
    }

    /// Hands `mail` over for as many of `to` as the server accepts.
    pub(super) async fn hand_over(
        &mut self,
        from: &Address,
        to: &[Address],
        mail: &[u8],
        server: &Server,
    ) -> Result<Handed, DeliveryError> {
        let failed = |step| move |error| Fault::of(&error).at(server, &step);
        let connection = &mut self.connection;
        connection.command(Mail::new(Some(from.clone()), Vec::new())).await.map_err(failed(Step::Sender(from)))?;
        let mut handed = Handed { accepted: Vec::new(), refused: Vec::new() };
        for address in to {
            match connection.command(Rcpt::new(address.clone(), Vec::new())).await {
                Ok(_) => handed.accepted.push(address.clone()),
                Err(error) if error.status().is_some() => handed.refused.push((address.clone(), Fault::of(&error))),
                Err(error) => return Err(failed(Step::Message)(error)),
            }
        }
        if handed.accepted.is_empty() {
            connection.command(Rset).await.map_err(failed(Step::Message))?;
        } else {
            connection.command(Data).await.map_err(failed(Step::Message))?;
            connection.message(mail).await.map_err(failed(Step::Message))?;
        }
        Ok(handed)
    }
}

impl Handed {
    /// Whether everybody has it who can have it.
    pub(super) fn outcome(&self, server: &Server) -> Result<(), DeliveryError> {
        let later = self.refused.iter().find(|(_, fault)| fault.is_worth_retrying());
        let never = self.refused.first().filter(|_| self.accepted.is_empty());
        match later.or(never) {
            Some((address, fault)) => Err(fault.at(server, &Step::Recipient(address))),
            None => Ok(()),
        }
    }
}
