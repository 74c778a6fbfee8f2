//! The wish to stop: Ctrl-C, the end of the terminal, a request to end.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::console;

/// The number of the signal that says that the terminal is gone.
const HANGUP: u32 = 1;

/// Turns true when somebody wants the list to stop.
pub(super) fn asked() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if signalled().await.is_ok() {
            console::note("Stopping after this batch.");
            sender.send_replace(true);
        }
        // Whoever waits for it must not take the end of this task for it.
        sender.closed().await;
    });
    receiver
}

async fn signalled() -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = if is_ignored(HANGUP) { None } else { Some(signal(SignalKind::hangup())?) };
    let hung_up = async {
        match &mut hung_up {
            Some(hung_up) => hung_up.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
        _ = hung_up => Ok(()),
    }
}

/// Whether whoever started the command keeps a signal from it, as `nohup` does. Source: proc(5), "/proc/pid/status";
/// where there is no such file, none is.
fn is_ignored(signal: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (signal - 1)) != 0
}
