//! When a call to AWS is repeated, and after which wait.

use std::time::{Duration, SystemTime};

use retry_policies::policies::ExponentialBackoff;
use retry_policies::{Jitter, RetryDecision, RetryPolicy as _};
use tokio::time::Instant;

/// Attempts of a call, the first one included.
const ATTEMPTS: u32 = 3;
/// The longest wait before the second attempt; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Attempts until one succeeds, one fails with what does not pass by itself, three have failed, or the time is up.
///
/// The waits are random below a bound that doubles, so that callers side by side do not stay in step.
pub async fn repeated<T, E>(
    deadline: Instant,
    may_pass: impl Fn(&E) -> bool,
    attempt: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let waits = ExponentialBackoff::builder().retry_bounds(FIRST_WAIT, LONGEST_WAIT).jitter(Jitter::Full);
    let waits = waits.build_with_max_retries(ATTEMPTS - 1);
    let mut past_retries = 0;
    loop {
        let failed = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let RetryDecision::Retry { execute_after } = waits.should_retry(SystemTime::UNIX_EPOCH, past_retries) else {
            return Err(failed);
        };
        // The policy answers with a time of the wall clock.
        let wait = execute_after.elapsed().map_or_else(|ahead| ahead.duration(), |_past| Duration::ZERO);
        if !may_pass(&failed) || Instant::now() + wait >= deadline {
            return Err(failed);
        }
        tokio::time::sleep(wait).await;
        past_retries += 1;
    }
}
