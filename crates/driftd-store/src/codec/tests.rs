use std::sync::LazyLock;

use driftd_stats::FeatureLayout;
use driftd_testkit::fixtures::{Traffic, deltas, plan};
use proptest::prelude::*;

use super::*;

/// The counts of an hour of traffic, encoded.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| encode_aggregates(&counts()).unwrap());

fn counts() -> Vec<FeatureAggregate> {
    deltas(&plan(), &[Traffic::at(0)]).remove(0).delta.aggregates
}

#[test]
fn what_was_written_is_read() {
    assert_eq!(decode_aggregates(&BYTES).unwrap(), counts());
    assert_eq!(decode_stored(POSTCARD, &BYTES).unwrap(), counts());
    assert_eq!(decode_aggregates(&encode_aggregates(&[]).unwrap()).unwrap(), []);
}

#[test]
fn what_is_stored_is_smaller_and_read_again() {
    let stored = encode_stored(&counts()).unwrap();
    assert_eq!(stored.codec, COMPRESSED);
    assert!(2 * stored.bytes.len() < BYTES.len(), "{} of {} bytes", stored.bytes.len(), BYTES.len());
    assert_eq!(decode_stored(stored.codec, &stored.bytes).unwrap(), counts());
    let nothing = encode_stored(&[]).unwrap();
    assert_eq!((nothing.codec, decode_stored(nothing.codec, &nothing.bytes).unwrap()), (POSTCARD, Vec::new()));
    // Nothing but zeros would become too small to be believed.
    assert_eq!(compression::compress(&vec![0; 1 << 20]), None);
}

#[test]
fn frames_that_announce_too_much_or_end_early_are_refused() {
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap();
    let stored = encode_stored(&counts()).unwrap().bytes;
    let twice = [stored.as_slice(), stored.as_slice()].concat();
    for frame in [bomb.as_slice(), &stored[..stored.len() - 1], &twice, &[], b"plain"] {
        assert!(matches!(decode_stored(COMPRESSED, frame), Err(CodecError::Compressed { .. })), "{}", frame.len());
    }
}

#[test]
fn types_of_mistyped_values_are_kept_and_counts_from_before_are_read() {
    let mut typed = counts();
    let types = MistypedTypes { texts: 3, lists: 1, ..MistypedTypes::default() };
    let numeric = typed.iter().position(|a| matches!(a, FeatureAggregate::Numeric(_))).unwrap();
    typed[numeric].set_mistyped_types(types);
    let read = decode_stored(POSTCARD, &encode_aggregates(&typed).unwrap()).unwrap();
    assert_eq!((read[numeric].mistyped_types(), &read), (types, &typed));
    // What the first codec wrote: the aggregates alone.
    let bare = postcard::to_stdvec(&typed).unwrap();
    assert_eq!(decode_stored(1, &bare).unwrap()[numeric].mistyped_types(), MistypedTypes::default());
    assert_eq!(decode_stored(1, &postcard::to_stdvec(&counts()).unwrap()).unwrap(), counts());
}

/// What a build wrote that knew no buckets: a slot for other values and one for never-seen ones behind those of names.
#[test]
fn counts_of_other_and_unseen_values_are_read_and_written_as_they_were() {
    let stored = r#"{"categorical":{"categories":["a","b"],"tail":[7],"singletons":1,"total":8}}"#;
    let layout: FeatureLayout = serde_json::from_str(stored).unwrap();
    let json = serde_json::to_value(FeatureAggregate::empty(&layout)).unwrap();
    let fingerprint = json["categorical"]["dictionary"].as_u64().unwrap();
    // Variant 1, then dictionary, slots, missing, mistyped, unseen values and whether some were left out.
    let unseen = (vec![("new", 5_u64)], false);
    let before = (1_u64, 1_u32, fingerprint, vec![3_u64, 2, 1, 5], 4_u64, 0_u64, unseen, Vec::<u8>::new());
    let bytes = postcard::to_stdvec(&before).unwrap();
    let read = decode_stored(2, &bytes).unwrap();
    let [FeatureAggregate::Categorical(state)] = read.as_slice() else {
        panic!("{read:?}");
    };
    assert!(state.fits(layout.as_categorical().unwrap()));
    assert_eq!((state.present(), state.unseen(), state.missing(), state.slots()), (11, 5, 4, &[3, 2, 1, 5][..]));
    assert_eq!(encode_aggregates(&read).unwrap(), bytes);
}

#[test]
fn nothing_may_follow_and_nothing_may_lack() {
    let mut longer = BYTES.clone();
    longer.push(0);
    assert!(matches!(decode_aggregates(&longer), Err(CodecError::Trailing { rest: 1, .. })));
    for length in 0..BYTES.len() {
        assert!(decode_aggregates(&BYTES[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn errors_say_what_to_do() {
    let unknown = decode_stored(7, &BYTES).unwrap_err();
    insta::assert_snapshot!(unknown, @"pane state has codec 7, this build knows them up to 4: use the driftd that wrote it, or a newer one");
    insta::assert_snapshot!(decode_aggregates(&[9]).unwrap_err(), @"pane state of 1 bytes is damaged: restore the database from a backup");
}

proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(aggregates) = decode_aggregates(&bytes) {
            // Postcard has more than one spelling of a number, so bytes may differ; what they say may not.
            let again = encode_aggregates(&aggregates).unwrap();
            prop_assert_eq!(encode_aggregates(&decode_aggregates(&again).unwrap()).unwrap(), again);
        }
    }

    #[test]
    fn any_frame_is_read_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut frame = encode_stored(&counts()).unwrap().bytes;
        for (at, byte) in changes {
            let at = at.index(frame.len());
            frame[at] = byte;
        }
        drop(decode_stored(COMPRESSED, &frame));
    }

    #[test]
    fn mutated_counts_decode_or_are_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        shorten in any::<bool>(),
    ) {
        let mut bytes = BYTES.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(aggregates) = decode_aggregates(&bytes) {
            let plan = plan();
            // Whatever came out can be asked for its shape and, if it fits, merged.
            if plan.fits(&aggregates) {
                let mut merged = counts();
                prop_assert!(driftd_model::merge_aggregates(&mut merged, &aggregates).is_ok());
            }
        }
    }
}
