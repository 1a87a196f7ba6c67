//! The first signal asks for an orderly end, the second does not wait for one.

use anyhow::Context;
use tokio::sync::watch;

/// Exit code of a process that was interrupted twice.
const INTERRUPTED: i32 = 130;

/// SIGTERM and SIGINT, listened to from the start of the daemon.
pub(super) struct Signals(watch::Receiver<bool>);

impl Signals {
    /// Begins to listen.
    pub(super) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("listening to signals failed");
        let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        let (asked, asking) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                if asked.send_replace(true) {
                    tracing::warn!(signal = name, "asked twice, ending at once");
                    end_at_once();
                }
                tracing::info!(signal = name, "asked to end");
            }
        });
        Ok(Self(asking))
    }

    /// Waits for the first signal.
    pub(super) async fn first(&mut self) {
        // The sender lives as long as the process.
        let _ = self.0.wait_for(|asked| *asked).await;
    }

    /// The same, for somebody who keeps it.
    pub(super) async fn stop(mut self) {
        self.first().await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the wish: no order, no waiting; nothing is lost by a kill either"
)]
fn end_at_once() -> ! {
    std::process::exit(INTERRUPTED)
}
