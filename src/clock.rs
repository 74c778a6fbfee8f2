//! The time of an invocation. The only reader of the clock: everything else is told the time.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

/// What is kept of an invocation's time for its reply.
const RESERVE: Duration = Duration::from_secs(2);

/// When an invocation started, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct InvocationTime {
    /// The start.
    pub start: Instant,
    /// The start by the wall clock.
    pub wall: Timestamp,
    /// The time until Lambda ends the invocation.
    pub remaining: Duration,
}

impl InvocationTime {
    /// The budget of an invocation whose caller waits no longer than this.
    pub fn budget(&self, reply_mode: Option<Duration>) -> TimeBudget {
        let work = self.remaining.saturating_sub(RESERVE);
        let work = reply_mode.map_or(work, |reply_mode| work.min(reply_mode));
        TimeBudget { start: self.start, wall: self.wall, deadline: self.start + work }
    }
}

/// When an invocation started and when its work ends.
#[derive(Clone, Copy, Debug)]
pub struct TimeBudget {
    /// The start.
    pub start: Instant,
    /// The start by the wall clock.
    pub wall: Timestamp,
    /// When work ends, so that the reply goes out in time.
    pub deadline: Instant,
}

impl TimeBudget {
    /// The wall clock as it stands: signatures are valid for minutes, and an invocation may last longer.
    pub fn now(&self) -> Timestamp {
        self.wall.checked_add(self.start.elapsed()).unwrap_or(self.wall)
    }

    /// The same, with this much more time for what follows the work.
    #[must_use]
    pub fn extended(self, more: Duration) -> Self {
        Self { deadline: self.deadline + more, ..self }
    }
}

/// Now, for the signature of a call that belongs to no invocation.
pub fn wall_clock() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    SystemTime::now()
}

/// Now, and how long it is until `deadline`.
pub fn invocation_time(deadline: SystemTime) -> InvocationTime {
    let now = wall_clock();
    let remaining = deadline.duration_since(now).unwrap_or_default();
    InvocationTime { start: Instant::now(), wall: Timestamp::try_from(now).unwrap_or_default(), remaining }
}

/// Now, with so much time left.
pub fn invocation_time_with(remaining: Duration) -> InvocationTime {
    let mut invocation_time = invocation_time(SystemTime::UNIX_EPOCH);
    invocation_time.remaining = remaining;
    invocation_time
}
