//! What a soak has measured.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::SoakError;
use crate::queue::Queue;
use crate::support::fake_tiktok::{Endpoint, FakeTiktok};

/// What memory may grow by between the second third of a soak and the last: allocators round up, a leak adds up.
const ROOM_PERCENT: u64 = 10;
const ROOM_KILOBYTES: u64 = 4_096;

/// The resident memory of the function's process after each invocation, in kilobytes.
pub(crate) struct Memory {
    status: PathBuf,
    samples: Vec<u64>,
}

impl Memory {
    pub(crate) fn of(process: u32) -> Self {
        Self { status: format!("/proc/{process}/status").into(), samples: Vec::new() }
    }

    pub(crate) fn sample(&mut self) -> Result<(), SoakError> {
        let status = std::fs::read_to_string(&self.status)?;
        let resident =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
        self.samples.push(resident.ok_or_else(|| SoakError::Wrong("the process tells no memory".to_owned()))?);
        Ok(())
    }

    /// The most of a third of the samples, from 0.
    fn third(&self, number: usize) -> u64 {
        let third = self.samples.len().div_ceil(3).max(1);
        self.samples.chunks(third).nth(number).and_then(|samples| samples.iter().max()).copied().unwrap_or_default()
    }

    /// The last third needs no more than the one before.
    pub(crate) fn check(&self) -> Result<(), SoakError> {
        let (middle, end) = (self.third(1), self.third(2));
        let most = middle + middle * ROOM_PERCENT / 100 + ROOM_KILOBYTES;
        if end <= most {
            return Ok(());
        }
        Err(SoakError::Wrong(format!("memory grew from {middle} to {end} KB, more than {most}")))
    }
}

/// All figures, to be printed.
pub(crate) struct Figures<'a> {
    pub(crate) events: usize,
    pub(crate) took: Duration,
    pub(crate) memory: &'a Memory,
    pub(crate) queue: &'a Queue,
    pub(crate) tiktok: &'a FakeTiktok,
}

impl fmt::Display for Figures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        let per_second = self.events as u128 * 1_000 / self.took.as_millis().max(1);
        writeln!(f, "{} events in {seconds:.1} s: {per_second} per second", self.events)?;
        let (invocations, again) = (self.queue.invocations(), self.queue.shown_again());
        writeln!(f, "{invocations} invocations, {again} messages shown again")?;
        let codes = self.tiktok.code_counts();
        let count = |code| codes.get(&code).copied().unwrap_or_default();
        let calls = self.tiktok.call_count(Endpoint::Mapping);
        let (throttled, refused) = (count(Some(40_100)), count(Some(40_002)));
        let answered = count(Some(0));
        writeln!(
            f,
            "{calls} calls: {throttled} throttled, {refused} refused, {answered} carried out, failures among them"
        )?;
        let first = self.memory.samples.first().copied().unwrap_or_default();
        let last = self.memory.samples.last().copied().unwrap_or_default();
        let thirds = [0, 1, 2].map(|number| self.memory.third(number));
        writeln!(
            f,
            "resident memory in KB: {first} after the first invocation, at most {thirds:?} in each third, {last} in the end"
        )
    }
}
