//! End-to-end tests of driftd; this crate has no code of its own, the tests stand in `tests/`.
