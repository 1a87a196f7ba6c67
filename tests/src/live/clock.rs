//! How long things may take.

use std::time::{Duration, Instant};

use driftd_testkit::services::wait_until;

/// Whether the long version of a test is wanted: the variable `DRIFTD_LONG` is set to something else than 0.
#[must_use]
pub fn is_long() -> bool {
    std::env::var_os("DRIFTD_LONG").is_some_and(|value| !value.is_empty() && value != "0")
}

/// An instant by which something must have come true.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Instant,
    given: Duration,
}

impl Deadline {
    /// So many seconds from now.
    #[must_use]
    pub fn secs(secs: u64) -> Self {
        let given = Duration::from_secs(secs);
        Self { at: Instant::now() + given, given }
    }

    /// Waits until `condition` holds.
    ///
    /// # Panics
    /// When it does not in time; `what` says what was waited for.
    #[track_caller]
    pub fn wait(self, what: &str, condition: impl FnMut() -> bool) {
        assert!(wait_until(self.at, condition), "not within {:?}: {what}", self.given);
    }

    /// Waits until `look` gives something.
    ///
    /// # Panics
    /// When it does not in time.
    #[track_caller]
    pub fn find<T>(self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let mut found = None;
        self.wait(what, || {
            found = look();
            found.is_some()
        });
        found.unwrap()
    }
}
