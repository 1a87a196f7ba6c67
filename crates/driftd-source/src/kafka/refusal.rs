//! Errors of a client: which are trouble that passes, and which only people can end.

use driftd_model::SourceError;
use rdkafka::types::RDKafkaErrorCode as Code;

use super::trouble::Teller;

/// Takes note of an error that a client was told; `reason` holds no secret.
pub(super) fn notice(teller: &Teller, code: Code, reason: &str) {
    match code {
        _ if is_hopeless(code) => teller.fail(SourceError::permanent(hopeless(code, reason))),
        Code::BrokerTransportFailure | Code::Resolve | Code::SSL => teller.suspect(Some(reason.to_owned())),
        _ => teller.suspect(None),
    }
}

/// Whether only people can help.
fn is_hopeless(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::IllegalSASLState
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::FencedInstanceId
            | Code::InconsistentGroupProtocol
            | Code::Fatal
    )
}

fn hopeless(code: Code, reason: &str) -> String {
    let remedy = match code {
        Code::GroupAuthorizationFailed => "grant this user READ on the group named by kafka.group",
        Code::ClusterAuthorizationFailed => "grant this user the right that the broker's log names",
        Code::FencedInstanceId => "another process has the same group.instance.id: give each its own",
        Code::InconsistentGroupProtocol => {
            "other members of the group share partitions out in another way: give driftd a group of its own"
        }
        Code::Fatal => "restart driftd, and read the lines of librdkafka before this one",
        _ => "look at security.protocol and the sasl.* settings in kafka.properties",
    };
    format!("Kafka refuses this client: {reason}: {remedy}")
}
