//! How many calls this instance may start per second.
//!
//! The limits of TikTok count per app, over all instances of the function; this is one instance's share. It knows
//! nothing of calls or their answers.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

/// Spaces the starts of calls evenly, one per `1/n` second.
///
/// A bucket that may burst would let `n` calls go at once and `n` more within the same second, twice of what TikTok
/// allows per second. Evenly spaced, no budget of one second holds more than `n` starts, and the first call after a
/// pause still goes at once.
#[derive(Debug)]
pub struct Limiter(RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Nanos>>);

impl Limiter {
    /// A limiter that starts at most `calls_per_second` calls in any second.
    pub fn new(calls_per_second: NonZeroU32) -> Self {
        // Rounded up, so that rounding cannot let a call start early; at least a nanosecond, so it is never `None`.
        let period = Duration::from_nanos(1_000_000_000_u64.div_ceil(u64::from(calls_per_second.get())));
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        Self(RateLimiter::direct_with_clock(quota, TokioClock(Instant::now())))
    }

    /// Waits for the next free start; `false`, at once, if there is none by `latest`.
    pub async fn start_by(&self, latest: Instant) -> bool {
        loop {
            let now = Instant::now();
            if now > latest {
                return false;
            }
            let Err(busy) = self.0.check() else { return true };
            let start = now + busy.wait_time_from(self.0.clock().now());
            if start > latest {
                return false;
            }
            tokio::time::sleep_until(start).await;
        }
    }
}

/// Tokio's clock as nanoseconds since the limiter was made, so that a paused clock stops the limiter too.
#[derive(Clone, Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.elapsed())
    }
}

#[cfg(test)]
mod tests;
