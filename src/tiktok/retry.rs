//! Repeating a call that may succeed a moment later.
//!
//! Only [`Class::Transient`] and [`Class::Throttled`] are repeated here: the caller reloads the token, a
//! busy audience stays busy for longer than an invocation lasts, and what is refused for good stays refused.

use std::time::Duration;

use tokio::time::Instant;

use super::classification::Class;
use super::error::SendError;
use crate::net::backoff::Backoff;

/// A call starts only with at least this much time left.
pub(crate) const MINIMUM_LEFT: Duration = Duration::from_secs(1);
/// A throttle's second comes on top of its waits.
const BACKOFF: Backoff =
    Backoff { attempts: 3, first_wait: Duration::from_millis(200), longest_wait: Duration::from_secs(2) };
/// A limit per second is over after a second.
///
/// Source: the recovery advice for a per-second limit, <https://business-api.tiktok.com/portal/docs?id=1740029171730433>.
const THROTTLE_WAIT: Duration = Duration::from_secs(1);

/// Calls until it succeeds, fails for good, has failed three times, or no time is left for another attempt.
///
/// Returns the last failure that says something about the call, never merely that the time was up.
pub(super) async fn with_backoff<T>(
    deadline: Instant,
    mut call: impl AsyncFnMut() -> Result<T, SendError>,
) -> Result<T, SendError> {
    let mut last = match call().await {
        Ok(done) => return Ok(done),
        Err(error) => error,
    };
    for past_retries in 0.. {
        let Some(wait) = wait(last.class(), past_retries) else { break };
        let again = Instant::now() + wait;
        if again + MINIMUM_LEFT > deadline {
            break;
        }
        tokio::time::sleep_until(again).await;
        match call().await {
            Ok(done) => return Ok(done),
            Err(SendError::NoTime) => break,
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// How long to wait before the next attempt, if there should be one.
fn wait(class: Class, past_retries: u32) -> Option<Duration> {
    match class {
        Class::Transient => BACKOFF.wait(past_retries),
        Class::Throttled => BACKOFF.wait(past_retries).map(|jitter| THROTTLE_WAIT + jitter),
        Class::Unauthorized | Class::Blocked | Class::Busy | Class::Permanent => None,
    }
}

#[cfg(test)]
mod tests;
