//! Segments of rows, from the columns they are labelled by.

use std::collections::HashMap;

use driftd_model::Pointer;
use driftd_stats::MISSING_CODE;
use driftd_window::{Column, SegmentColumn, SegmentKey};

/// The segment of every row of a chunk.
pub(crate) struct Labels {
    names: Vec<String>,
}

impl Labels {
    /// Labels as a segment key spells them: the last token of each pointer.
    pub(crate) fn new(by: &[Pointer]) -> Self {
        Self { names: by.iter().map(Pointer::column).collect() }
    }

    /// Column names, in the order of the labels.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The segments of rows whose labels stand in `columns`, one text column a label.
    pub(crate) fn encode(&self, columns: &[&Column], rows: usize) -> SegmentColumn {
        let texts: Vec<(&[u32], &[String])> =
            columns.iter().map(|c| c.as_text().map_or((&[][..], &[][..]), |t| (t.codes, t.values))).collect();
        let mut keys = Vec::new();
        let mut codes = Vec::with_capacity(rows);
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut combination = vec![0; texts.len()];
        let mut last: Option<(Vec<u32>, u32)> = None;
        for row in 0..rows {
            for (slot, (codes, _)) in combination.iter_mut().zip(&texts) {
                *slot = codes.get(row).copied().unwrap_or(MISSING_CODE);
            }
            if let Some((same, code)) = &last
                && *same == combination
            {
                codes.push(*code);
                continue;
            }
            let code = known.get(&combination).copied().unwrap_or_else(|| {
                let code = keys.len() as u32;
                keys.push(self.key(&combination, &texts));
                known.insert(combination.clone(), code);
                code
            });
            last = Some((combination.clone(), code));
            codes.push(code);
        }
        SegmentColumn { codes, keys }
    }

    fn key(&self, combination: &[u32], texts: &[(&[u32], &[String])]) -> SegmentKey {
        let labels = self.names.iter().zip(combination).zip(texts);
        SegmentKey::from_labels(
            labels.map(|((name, code), (_, values))| (name.as_str(), values.get(*code as usize).map(String::as_str))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_labels_is_a_segment() {
        let by = [Pointer::new("/features/carrier").unwrap(), Pointer::new("/origin").unwrap()];
        let labels = Labels::new(&by);
        let carrier = Column::Text { codes: vec![0, 1, 0, MISSING_CODE], values: vec!["UA".into(), "AA".into()] };
        let origin = Column::Text { codes: vec![0, 0, 0, 0], values: vec!["JFK".into()] };
        let segments = labels.encode(&[&carrier, &origin], 4);
        assert_eq!(segments.codes, [0, 1, 0, 2]);
        let keys: Vec<&str> = segments.keys.iter().map(SegmentKey::as_str).collect();
        assert_eq!(keys, ["carrier=UA,origin=JFK", "carrier=AA,origin=JFK", "carrier=(missing),origin=JFK"]);
    }
}
