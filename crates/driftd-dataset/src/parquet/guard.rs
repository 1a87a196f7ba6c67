//! Decoding untrusted bytes: a panic of the decoder becomes an error.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder on bytes from outside.
///
/// The decoder checks most of what it reads and panics on some of the rest; neither may end the process, nor show the
/// user more than an error. Nothing that was lent to the decoder is used again after a panic.
pub(super) fn guarded<T, E: Display>(decode: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    keep_quiet();
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(outer);
    match result {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("the decoder gave up: {}", message(panic.as_ref()))),
    }
}

/// Keeps the report of a panic that is about to become an error from being printed; all others go where they went.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                report(panic);
            }
        }));
    });
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let result: Result<(), String> = guarded(|| -> Result<(), String> { panic!("offset {} is odd", 3) });
        assert_eq!(result, Err("the decoder gave up: offset 3 is odd".to_owned()));
        assert_eq!(guarded(|| Ok::<_, String>(5)), Ok(5));
        assert_eq!(guarded(|| Err::<(), _>("no")), Err("no".to_owned()));
    }
}
