//! When a call to AWS is repeated, and after which wait.

use std::time::Duration;

use tokio::time::Instant;

use super::backoff::Backoff;

const BACKOFF: Backoff =
    Backoff { attempts: 3, first_wait: Duration::from_millis(200), longest_wait: Duration::from_secs(1) };

/// Attempts until one succeeds, one fails with what does not pass by itself, three have failed, or the time is up.
pub async fn repeated<T, E>(
    deadline: Instant,
    may_pass: impl Fn(&E) -> bool,
    attempt: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let mut past_retries = 0;
    loop {
        let failed = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(wait) = BACKOFF.wait(past_retries).filter(|_wait| may_pass(&failed)) else { return Err(failed) };
        if Instant::now() + wait >= deadline {
            return Err(failed);
        }
        tokio::time::sleep(wait).await;
        past_retries += 1;
    }
}
