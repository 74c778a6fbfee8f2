//! Waits between the attempts of a call.

use std::time::{Duration, SystemTime};

use retry_policies::policies::ExponentialBackoff;
use retry_policies::{Jitter, RetryDecision, RetryPolicy as _};

/// How often a call is attempted, and how long the waits between are.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Attempts, the first one included.
    pub attempts: u32,
    /// The longest wait before the second attempt; it doubles with each.
    pub first_wait: Duration,
    /// No wait is longer.
    pub longest_wait: Duration,
}

impl Backoff {
    /// The wait before the next attempt after so many retries; none if there is to be none.
    ///
    /// It is random between nothing and its bound ("full jitter"), so that callers side by side do not stay in step.
    pub fn wait(self, past_retries: u32) -> Option<Duration> {
        let policy = ExponentialBackoff::builder()
            .retry_bounds(self.first_wait, self.longest_wait)
            .jitter(Jitter::Full)
            .build_with_max_retries(self.attempts.saturating_sub(1));
        // The policy answers with a time of the wall clock, and looks at its first argument only where it limits the total.
        match policy.should_retry(SystemTime::UNIX_EPOCH, past_retries) {
            RetryDecision::Retry { execute_after } => {
                Some(execute_after.elapsed().map_or_else(|ahead| ahead.duration(), |_past| Duration::ZERO))
            }
            RetryDecision::DoNotRetry => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_spread_from_nothing_to_their_bound() {
        let backoff =
            Backoff { attempts: 3, first_wait: Duration::from_millis(200), longest_wait: Duration::from_secs(2) };
        let waits: Vec<_> = (0..500).filter_map(|_| backoff.wait(1)).collect();
        assert_eq!(waits.len(), 500);
        assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(400)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(100)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(300)));
        assert_eq!(backoff.wait(2), None);
    }
}
