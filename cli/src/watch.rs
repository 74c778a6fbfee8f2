//! `--watch`: a command once more, whenever one of the files that it reads changes.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::console::{self, Verdict};
use crate::error::SandboxError;

/// How often files are looked at.
const EVERY: Duration = Duration::from_millis(300);

/// Runs a command; while `is_watching`, again after each change of its files, until Ctrl-C.
pub(crate) async fn repeatedly(
    is_watching: bool,
    files: impl Fn() -> Result<Vec<PathBuf>, SandboxError>,
    once: impl AsyncFn() -> Result<Verdict, SandboxError>,
) -> Result<Verdict, SandboxError> {
    loop {
        let before = if is_watching { state(&files()?) } else { Vec::new() };
        let result = once().await;
        if !is_watching {
            return result;
        }
        // A file is often broken while it is written; the next change may fix it.
        let verdict = result.unwrap_or_else(|error| {
            console::note(&error.to_string());
            Verdict::Problems
        });
        console::note(&console::styled(console::DIM, "watching; Ctrl-C ends it"));
        while state(&files()?) == before {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted?;
                    return Ok(verdict);
                }
            }
        }
    }
}

/// When each file was changed, if it is there.
fn state(files: &[PathBuf]) -> Vec<(PathBuf, Option<SystemTime>)> {
    let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    files.iter().map(|path| (path.clone(), changed(path))).collect()
}
