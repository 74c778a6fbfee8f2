//! The only reader of the clock: everything else is told the time.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

use crate::handler::Moment;

/// Now, and how long it is until `deadline`.
pub fn moment(deadline: SystemTime) -> Moment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    let now = SystemTime::now();
    let remaining = deadline.duration_since(now).unwrap_or_default();
    Moment { start: Instant::now(), wall: Timestamp::try_from(now).unwrap_or_default(), remaining }
}

/// Now, with so much time left.
pub fn moment_with(remaining: Duration) -> Moment {
    let mut moment = moment(SystemTime::UNIX_EPOCH);
    moment.remaining = remaining;
    moment
}
