//! Random records: the decoder agrees with its twin, and a monitor gets the same rows whether alone or among others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

#[path = "decode/envelopes.rs"]
mod envelopes;
#[path = "decode/plans.rs"]
mod plans;
#[path = "decode/records.rs"]
mod records;
#[path = "decode/shown.rs"]
#[expect(dead_code, reason = "its text of one message is for the rules")]
mod shown;
#[path = "decode/twin.rs"]
mod twin;

use driftd_decode::Decoder;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::records::{monitors, stream};
use crate::shown::outcome;
use crate::twin::twin;

proptest! {
    // A stream has more in it, and there are more monitors.
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn steps_lead_where_the_twin_goes(messages in envelopes::stream()) {
        for wanted in envelopes::monitors() {
            let decoded = outcome(&mut Decoder::new(&[wanted.plan()]), &messages);
            prop_assert_eq!(decoded, twin(&wanted, &messages), "monitor {}: {:?}", wanted.name, texts(&messages));
        }
    }

    #[test]
    fn company_changes_nothing_within_envelopes(messages in envelopes::stream()) {
        company(&envelopes::monitors(), &messages, messages.len() / 2)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_decoder_agrees_with_its_twin(messages in stream()) {
        for wanted in monitors() {
            let decoded = outcome(&mut Decoder::new(&[wanted.plan()]), &messages);
            prop_assert_eq!(decoded, twin(&wanted, &messages), "monitor {}: {:?}", wanted.name, texts(&messages));
        }
    }

    #[test]
    fn company_changes_nothing(messages in stream(), cut in 0_usize..20) {
        company(&monitors(), &messages, cut)?;
    }

    #[test]
    fn damage_is_rejected_and_never_spreads(messages in stream(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut damaged = messages.clone();
        for message in &mut damaged {
            if !message.is_empty() {
                let at = at.index(message.len());
                message[at] = byte;
            }
        }
        let wanted = monitors();
        let mut together = Decoder::new(&wanted.iter().map(plans::Wanted::plan).collect::<Vec<_>>());
        let between = outcome(&mut together, &[messages.clone(), damaged, messages.clone()].concat());
        let only = outcome(&mut together, &messages);
        for (between, only) in between.rows.iter().zip(&only.rows) {
            prop_assert!(between.starts_with(only) && between.ends_with(only));
        }
    }
}

/// A monitor gets the same rows whether alone or among others.
fn company(wanted: &[plans::Wanted], messages: &[Vec<u8>], cut: usize) -> Result<(), TestCaseError> {
    let plans: Vec<_> = wanted.iter().map(plans::Wanted::plan).collect();
    let mut decoder = Decoder::new(&plans);
    let of_one = |plan| outcome(&mut Decoder::new(std::slice::from_ref(plan)), messages).rows.remove(0);
    let alone: Vec<_> = plans.iter().map(of_one).collect();
    let (first, second) = messages.split_at(cut.min(messages.len()));
    let (first, second) = (outcome(&mut decoder, first), outcome(&mut decoder, second));
    for (at, alone) in alone.iter().enumerate() {
        let together = [first.rows[at].as_slice(), second.rows[at].as_slice()].concat();
        prop_assert_eq!(&together, alone, "monitor {}: {:?}", wanted[at].name, texts(messages));
    }
    Ok(())
}

#[test]
fn the_streams_reach_every_rule() {
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..400 {
        let messages = stream().new_tree(&mut runner).unwrap().current();
        for wanted in monitors() {
            let found = twin(&wanted, &messages);
            *seen.entry(format!("{} rows", wanted.name)).or_default() += found.rows[0].len();
            *seen.entry(format!("{} filtered", wanted.name)).or_default() += found.filtered as usize;
            for (_, reason) in found.rejects {
                *seen.entry(reason).or_default() += 1;
            }
            let several = found.rows[0].len().saturating_sub(messages.len());
            *seen.entry("rows beyond messages".to_owned()).or_default() += several;
        }
    }
    let expected = [
        "native rows",
        "pointed rows",
        "other rows",
        "pointed filtered",
        "rows beyond messages",
        "malformed_json",
        "not_an_object",
        "no_event_time",
        "bad_event_time",
        "ragged_rows",
    ];
    for what in expected {
        assert!(seen.get(what).is_some_and(|count| *count >= 20), "{what}: {seen:?}");
    }
}

#[test]
fn the_envelopes_reach_every_step() {
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..400 {
        let messages = envelopes::stream().new_tree(&mut runner).unwrap().current();
        for wanted in envelopes::monitors() {
            let found = twin(&wanted, &messages);
            for row in &found.rows[0] {
                for (feature, value) in wanted.features.iter().zip(&row.values) {
                    let is_there = !matches!(value, shown::Shown::Missing | shown::Shown::Mistyped);
                    *seen.entry(format!("{} {}", wanted.name, feature.name)).or_default() += usize::from(is_there);
                }
            }
            *seen.entry(format!("{} filtered", wanted.name)).or_default() += found.filtered as usize;
            for (_, reason) in found.rejects {
                *seen.entry(format!("{} {reason}", wanted.name)).or_default() += 1;
            }
        }
    }
    for wanted in envelopes::monitors() {
        for feature in &wanted.features {
            let key = format!("{} {}", wanted.name, feature.name);
            assert!(seen.get(&key).is_some_and(|count| *count >= 10), "{key}: {seen:?}");
        }
    }
    for key in
        ["rows ragged_rows", "rows malformed_json", "tensor ragged_rows", "outputs filtered", "timed no_event_time"]
    {
        assert!(seen.get(key).is_some_and(|count| *count >= 10), "{key}: {seen:?}");
    }
}

fn texts(messages: &[Vec<u8>]) -> Vec<String> {
    messages.iter().map(|message| String::from_utf8_lossy(message).into_owned()).collect()
}
