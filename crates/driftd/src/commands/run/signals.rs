//! The first signal asks for an orderly end, the second does not wait for one.

use anyhow::Context;
use tokio::sync::watch;

/// Exit code of a process that was interrupted twice.
const INTERRUPTED: i32 = 130;

/// SIGTERM, SIGINT and SIGHUP, listened to from the start of the daemon.
#[derive(Clone)]
pub(in crate::commands) struct Signals {
    ending: watch::Receiver<bool>,
    reloads: watch::Receiver<u64>,
}

impl Signals {
    /// Begins to listen.
    pub(in crate::commands) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("listening to signals failed");
        let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        let mut hangup = listen(SignalKind::hangup())?;
        let (asked, ending) = watch::channel(false);
        let (reload, reloads) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                    _ = hangup.recv() => {
                        reload.send_modify(|count| *count += 1);
                        continue;
                    }
                };
                if asked.send_replace(true) {
                    tracing::warn!(signal = name, "asked twice, ending at once");
                    end_at_once();
                }
                tracing::info!(signal = name, "asked to end");
            }
        });
        Ok(Self { ending, reloads })
    }

    /// Waits for the first signal.
    pub(in crate::commands) async fn first(&mut self) {
        // The sender lives as long as the process.
        let _ = self.ending.wait_for(|asked| *asked).await;
    }

    /// Whether the first one came.
    pub(in crate::commands) fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    /// Waits for a wish that the configuration be read again.
    pub(in crate::commands) async fn reload(&mut self) {
        // The sender lives as long as the process.
        let _ = self.reloads.changed().await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the wish: no order, no waiting; nothing is lost by a kill either"
)]
fn end_at_once() -> ! {
    std::process::exit(INTERRUPTED)
}
