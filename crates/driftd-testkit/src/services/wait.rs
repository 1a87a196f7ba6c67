//! Waiting for a condition.

use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// Between two looks: short beside anything a server does.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether `condition` came true before `deadline`.
pub fn wait_until(deadline: Instant, mut condition: impl FnMut() -> bool) -> bool {
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        park_timeout(PAUSE);
    }
}
