//! What the daemon is made of, as the configuration says.

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_config::Config;
use driftd_decode::Decoder;
use driftd_engine::plans_by_topic;
use driftd_model::{PlanSchedule, ReceiverName, Source, SourceError, Transport};
use driftd_notify::TransportFactory;
use driftd_source::kafka::{DeadLetterProducer, DeadLetterSink, KafkaSource, MakeDecoder};

use crate::setup;

/// Who this process is, for people who read claims and leases: machine and process.
pub(super) fn owner() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let machine = machine.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or("localhost");
    format!("{machine}/{}", std::process::id())
}

/// Whether a daemon can be made of the configuration, short of connecting to anybody; all that cannot be used is named at
/// once.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    let kafka = KafkaSource::check(&config.kafka, setup::secret).map_err(anyhow::Error::new);
    let problems: Vec<String> = [transports(config).map(drop), kafka]
        .into_iter()
        .filter_map(Result::err)
        .map(|error| format!("{error:#}"))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(anyhow::anyhow!(problems.join("\n"))) }
}

/// A transport for every receiver; all that cannot be used are named at once.
pub(super) fn transports(config: &Config) -> anyhow::Result<BTreeMap<ReceiverName, Arc<dyn Transport>>> {
    let mut transports: BTreeMap<ReceiverName, Arc<dyn Transport>> = BTreeMap::new();
    let factory = TransportFactory::new(&config.notify, setup::secrets());
    let mut problems = Vec::new();
    for receiver in &config.receivers {
        match factory.transport(receiver) {
            Ok(transport) => {
                transports.insert(receiver.name.clone(), transport);
            }
            Err(error) => problems.push(format!("{:#}", anyhow::Error::new(error))),
        }
    }
    if problems.is_empty() { Ok(transports) } else { Err(anyhow::anyhow!(problems.join("\n"))) }
}

/// The Kafka topics of all monitors, decoded for them.
pub(super) fn source(config: &Config, plans: &[Arc<PlanSchedule>]) -> anyhow::Result<Arc<dyn Source>> {
    let by_topic = plans_by_topic(plans);
    let topics = by_topic.keys().cloned().collect();
    let make_decoder: MakeDecoder =
        Arc::new(move |topic| Box::new(Decoder::new(by_topic.get(topic).map(Vec::as_slice).unwrap_or_default())));
    let dead_letters = config.kafka.dead_letter_topic.clone().map(|topic| {
        let producer = DeadLetterProducer::new(&config.kafka, setup::secret, topic)?;
        Ok::<Arc<dyn DeadLetterSink>, SourceError>(Arc::new(producer))
    });
    let source = KafkaSource::start(&config.kafka, setup::secret, &topics, make_decoder, dead_letters.transpose()?)?;
    Ok(Arc::new(source))
}
