//! What is remembered. A row holds every feature of a segment over the windows of one shape, because they are always read
//! and written together.

use std::collections::BTreeMap;

use driftd_model::{FeatureMemory, FeatureName, RememberedShape};
use driftd_stats::Memory;
use driftd_window::{EventTime, SegmentKey};
use sqlx::FromRow;

use crate::codec::CodecError;
use crate::error::{Failure, Outcome};

/// One feature within the state of a row: its name, the end of its last window, its counts. The state is postcard of a
/// list of these.
type Kept<'a> = (&'a str, i64, &'a [u8]);

/// A row as it is read.
#[derive(FromRow)]
pub(crate) struct MemoryColumns {
    pub(crate) segment: String,
    pub(crate) shape_hash: String,
    pub(crate) through: i64,
    pub(crate) state: Vec<u8>,
}

impl MemoryColumns {
    /// Whether nothing in the row may take another window.
    pub(crate) fn is_over(&self, shape: &RememberedShape) -> bool {
        self.shape_hash != shape.hash.as_str() || self.through < shape.over_before.as_micros()
    }

    /// What rows of this shape remember.
    pub(crate) fn into_memories(rows: Vec<Self>, shape: &RememberedShape) -> Outcome<Vec<FeatureMemory>> {
        let mut memories = Vec::new();
        for row in rows {
            let segment = SegmentKey::from_stored(row.segment);
            let unreadable = |error: String| {
                let what =
                    format!("what is remembered of segment {:?} over windows {}", segment.as_str(), shape.window);
                Failure::unreadable(what, error)
            };
            let kept: Vec<Kept<'_>> = match postcard::take_from_bytes(&row.state) {
                Ok((kept, [])) => kept,
                Ok((_, rest)) => return Err(unreadable(format!("{} bytes follow its end", rest.len()))),
                Err(error) => return Err(unreadable(error.to_string())),
            };
            for (feature, through, counts) in kept {
                memories.push(FeatureMemory {
                    window: shape.window.clone(),
                    segment: segment.clone(),
                    feature: FeatureName::from(feature),
                    shape_hash: shape.hash.clone(),
                    through: EventTime::from_micros(through),
                    counts: Memory::from_bytes(counts).map_err(|error| unreadable(error.to_string()))?,
                });
            }
        }
        Ok(memories)
    }
}

/// A row as it is written.
pub(crate) struct MemoryRow<'a> {
    pub(crate) window: &'a str,
    pub(crate) segment: &'a str,
    pub(crate) shape_hash: &'a str,
    /// End of the last window that was added to any of its features.
    pub(crate) through: i64,
    pub(crate) state: Vec<u8>,
}

impl<'a> MemoryRow<'a> {
    /// The rows of these memories, of which there are all of a segment and shape or none.
    pub(crate) fn all(memories: &'a [FeatureMemory]) -> Outcome<Vec<Self>> {
        let mut rows: BTreeMap<(&str, &str), Vec<&FeatureMemory>> = BTreeMap::new();
        for memory in memories {
            rows.entry((memory.window.as_str(), memory.segment.as_str())).or_default().push(memory);
        }
        rows.into_values().filter_map(|memories| Self::of(&memories).transpose()).collect()
    }

    fn of(memories: &[&'a FeatureMemory]) -> Outcome<Option<Self>> {
        let Some(newest) = memories.iter().max_by_key(|memory| memory.through) else {
            return Ok(None);
        };
        let counts: Vec<Vec<u8>> = memories.iter().map(|memory| memory.counts.to_bytes()).collect();
        let kept = memories.iter().zip(&counts);
        let kept: Vec<Kept<'_>> =
            kept.map(|(memory, counts)| (memory.feature.as_str(), memory.through.as_micros(), &**counts)).collect();
        Ok(Some(Self {
            window: newest.window.as_str(),
            segment: newest.segment.as_str(),
            shape_hash: newest.shape_hash.as_str(),
            through: newest.through.as_micros(),
            state: postcard::to_stdvec(&kept).map_err(CodecError::Encode)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use driftd_model::ContentHash;

    use super::*;

    fn shape() -> RememberedShape {
        let over_before = EventTime::from_micros(10);
        RememberedShape { window: "day".into(), hash: ContentHash::of(b"plan"), over_before }
    }

    fn memory(segment: &str, feature: &str, through: i64, counts: &[u64]) -> FeatureMemory {
        let mut memory = Memory::empty(counts.len());
        memory.add(counts);
        FeatureMemory {
            window: "day".into(),
            segment: SegmentKey::from_stored(segment.to_owned()),
            feature: feature.into(),
            shape_hash: shape().hash,
            through: EventTime::from_micros(through),
            counts: memory,
        }
    }

    fn read(row: &MemoryRow<'_>) -> MemoryColumns {
        let (segment, shape_hash) = (row.segment.to_owned(), row.shape_hash.to_owned());
        MemoryColumns { segment, shape_hash, through: row.through, state: row.state.clone() }
    }

    #[test]
    fn a_segment_is_a_row_that_reads_back_as_it_was() {
        let memories = [memory("", "b", 30, &[1, 2, 3]), memory("", "a\0", 20, &[0, 7]), memory("x", "b", 15, &[])];
        let rows = MemoryRow::all(&memories).unwrap();
        assert_eq!(rows.iter().map(|row| (row.segment, row.through)).collect::<Vec<_>>(), [("", 30), ("x", 15)]);
        let read = MemoryColumns::into_memories(rows.iter().map(read).collect(), &shape()).unwrap();
        assert_eq!(read, memories);
    }

    #[test]
    fn a_row_is_over_with_its_plan_or_with_all_of_its_features() {
        let is_over = |memories: &[FeatureMemory]| read(&MemoryRow::all(memories).unwrap()[0]).is_over(&shape());
        assert!(!is_over(&[memory("", "a", 10, &[1]), memory("", "b", 9, &[1])]));
        assert!(is_over(&[memory("", "a", 9, &[1])]));
        let of_another_plan = FeatureMemory { shape_hash: ContentHash::of(b"other"), ..memory("", "a", 10, &[1]) };
        assert!(is_over(&[of_another_plan]));
    }

    #[test]
    fn damaged_states_are_refused_by_name() {
        let whole = read(&MemoryRow::all(&[memory("x", "a", 10, &[1, 2])]).unwrap()[0]).state;
        let longer = [whole.as_slice(), &[0]].concat();
        let mut negative = whole.clone();
        *negative.last_mut().unwrap() = 0xbf;
        for state in [&whole[..whole.len() - 1], &longer, &negative, &[0xff; 12]] {
            let row = MemoryColumns {
                segment: "x".to_owned(),
                shape_hash: String::new(),
                through: 10,
                state: state.to_vec(),
            };
            let error = MemoryColumns::into_memories(vec![row], &shape()).unwrap_err();
            let said = r#"what is remembered of segment "x" over windows day in the store is damaged: restore the database from a backup"#;
            assert_eq!(error.to_string(), said, "{state:?}");
        }
    }
}
