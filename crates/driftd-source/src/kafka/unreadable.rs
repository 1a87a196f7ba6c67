//! The way past a batch that nobody can read: where the next one begins is found by trying.

use driftd_model::Offset;

/// Search for the first offset behind an unreadable batch.
///
/// A fetch at an offset inside the batch fails, one behind it does not. The offset that is tried moves ahead in growing
/// steps until a fetch succeeds, and then halves the distance. Everything up to what is found counts as passed over:
/// where unreadable batches stand close to each other, that may include readable records between two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// The first offset of the batch, as far as it was wanted.
    from: i64,
    /// The last offset that is known to be unreadable.
    unreadable: i64,
    /// The first offset that is known to be readable.
    readable: Option<i64>,
    step: i64,
}

/// What to try next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A fetch at this offset.
    Try(Offset),
    /// Nothing: this is the first offset behind the batch.
    Found(Offset),
}

impl Search {
    /// The record at `from` is in an unreadable batch.
    pub(super) const fn new(from: Offset) -> Self {
        Self { from: from.0, unreadable: from.0, readable: None, step: 1 }
    }

    /// Where the search began.
    pub(super) const fn from(&self) -> Offset {
        Offset(self.from)
    }

    /// What to try.
    pub(super) const fn next(&self) -> Next {
        match self.readable {
            None => Next::Try(Offset(self.unreadable.saturating_add(self.step))),
            Some(readable) if readable - self.unreadable <= 1 => Next::Found(Offset(readable)),
            Some(readable) => Next::Try(Offset(self.unreadable + (readable - self.unreadable) / 2)),
        }
    }

    /// What came of the try.
    pub(super) const fn tried(&mut self, at: Offset, is_readable: bool) {
        if is_readable {
            self.readable = Some(at.0);
        } else {
            self.unreadable = at.0;
            if self.readable.is_none() {
                self.step = self.step.saturating_mul(2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(from: i64, is_readable: impl Fn(i64) -> bool) -> (i64, usize) {
        let mut search = Search::new(Offset(from));
        let mut tries = 0;
        loop {
            match search.next() {
                Next::Found(found) => return (found.0, tries),
                Next::Try(at) => search.tried(at, is_readable(at.0)),
            }
            tries += 1;
        }
    }

    #[test]
    fn the_offset_behind_the_batch_is_found() {
        for last in [7, 8, 9, 16, 106, 4_321, 1_000_006] {
            let (found, tries) = search(7, |offset| offset > last);
            assert_eq!(found, last + 1);
            assert!(tries <= 41, "{tries} fetches for {} records", last - 6);
        }
    }

    #[test]
    fn what_is_found_is_readable() {
        // Two unreadable batches with a readable one between them.
        let is_readable = |offset: i64| !(7..20).contains(&offset) && !(25..40).contains(&offset);
        let (found, _) = search(7, is_readable);
        assert!([20, 40].contains(&found) && is_readable(found));
    }
}
