//! The attempts since they were last taken: the raw material of the metrics.
//!
//! It knows nothing of metrics themselves.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::classification::Classification;

/// More than one invocation can make; beyond it attempts are not kept, so that memory stays flat if nobody asks.
const MOST: usize = 10_000;

/// One attempt of a call that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From its start to its answer or failure.
    pub took: Duration,
    /// TikTok's code or a short word for another failure, see [`SendError::label`](super::SendError::label).
    pub failure: Option<Cow<'static, str>>,
    /// What the failure asks of the caller, and what it is about.
    pub verdict: Option<Classification>,
}

/// The attempts of an invocation in short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many there were.
    pub count: usize,
    /// How long the slowest took.
    pub slowest: Duration,
}

/// The attempts of this client, to be taken once per invocation. Locked for moments, never across a call.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    attempts: Vec<Attempt>,
    batch_rows: Vec<usize>,
}

impl Attempts {
    pub(super) fn add(&self, attempt: Attempt) {
        let mut kept = self.kept();
        if kept.attempts.len() < MOST {
            kept.attempts.push(attempt);
        }
    }

    pub(super) fn add_batch(&self, rows: usize) {
        let mut kept = self.kept();
        if kept.batch_rows.len() < MOST {
            kept.batch_rows.push(rows);
        }
    }

    pub(super) fn so_far(&self) -> Calls {
        let kept = self.kept();
        let slowest = kept.attempts.iter().map(|attempt| attempt.took).max().unwrap_or_default();
        Calls { count: kept.attempts.len(), slowest }
    }

    pub(super) fn take(&self) -> Vec<Attempt> {
        std::mem::take(&mut self.kept().attempts)
    }

    pub(super) fn take_batch_rows(&self) -> Vec<usize> {
        std::mem::take(&mut self.kept().batch_rows)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
