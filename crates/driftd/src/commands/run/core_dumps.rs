//! No core dumps of the daemon: one would have every password, token and key in it, wherever the system puts it.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps of this process, and of what it starts.
pub(in crate::commands) fn forbid() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core dumps cannot be forbidden: they would have secrets in them");
    }
    // A limit does not bind a system that hands dumps to a program, and nobody of the same user may look inside either.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "the process cannot be made undumpable: a core dump would have secrets in it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_leaves_no_core_dump() {
        forbid();
        assert_eq!(rustix::process::getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
        #[cfg(target_os = "linux")]
        {
            let behaviour = rustix::process::dumpable_behavior().unwrap();
            assert_eq!(behaviour, rustix::process::DumpableBehavior::NotDumpable);
        }
    }
}
