//! `driftd receivers`.

use anyhow::Context;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{LabelName, Labels, ReceiverName, words};
use driftd_notify::TransportFactory;

use crate::cli::ReceiversCommand;
use crate::commands::Exit;
use crate::setup;
use crate::terminal::line;

pub(super) async fn run(command: ReceiversCommand) -> anyhow::Result<Exit> {
    let ReceiversCommand::Test { name, config } = command;
    let config = setup::config(&config)?;
    let name: ReceiverName = name.parse()?;
    let receiver = config.receiver(&name).with_context(|| {
        let known: Vec<&str> = config.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        match known.as_slice() {
            [] => format!("there is no receiver {name}: the configuration has none; add a [[receiver]]"),
            known => format!("there is no receiver {name}; the configuration has: {}", words::choices(known)),
        }
    })?;
    let transport = TransportFactory::new(&config.notify, setup::secrets()).transport(receiver)?;
    let mut labels = Labels::default();
    if let Some(environment) = &config.notify.environment {
        labels.set("environment".parse::<LabelName>()?, environment.as_str());
    }
    let now = SystemClock.now();
    let message = driftd_notify::test_notification(&name, &setup::person(None), labels, now);
    transport.deliver(&message, now).await.with_context(|| format!("receiver {name} did not get the message"))?;
    line(format_args!("receiver {name} ({}) has taken a test message", receiver.channel.kind()))?;
    Ok(Exit::Ok)
}
