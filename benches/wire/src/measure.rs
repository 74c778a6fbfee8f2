//! The two kinds of measurement: starts from nothing, and work in a process that is warm.

use std::time::Instant;

use crate::Failure;
use crate::program::{Program, Running};

/// An invocation: its payload, what is in it, and what an answer of success holds.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// The payload.
    pub(crate) payload: String,
    /// Events in it.
    pub(crate) events: usize,
    /// What an answer of success holds.
    pub(crate) expected: String,
    /// Rows that TikTok gets for it.
    pub(crate) rows: usize,
}

/// One start, from the spawn to the first reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Milliseconds from the spawn to the first reply.
    pub(crate) milliseconds: f64,
    /// Milliseconds on a processor by then.
    pub(crate) processor: f64,
    /// Page faults by then.
    pub(crate) page_faults: f64,
    /// The most memory by then, in bytes.
    pub(crate) memory: f64,
}

/// Starts a program and has it answer once.
pub(crate) async fn start(program: &Program, work: &Work) -> Result<Start, Failure> {
    let running = Running::start(program)?;
    running.invoke(&work.payload, &work.expected).await?;
    let milliseconds = running.age().as_secs_f64() * 1000.0;
    check_rows(&running, program, work, 1)?;
    let processor = running.exact_seconds()? * 1000.0;
    Ok(Start { milliseconds, processor, page_faults: running.page_faults()?, memory: running.peak_memory()? })
}

/// The first invocation of a process that waits for it, in milliseconds from its arrival to its reply.
pub(crate) async fn first(program: &Program, work: &Work) -> Result<f64, Failure> {
    let running = Running::start(program)?;
    running.ready().await?;
    let began = Instant::now();
    running.invoke(&work.payload, &work.expected).await?;
    let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
    check_rows(&running, program, work, 1)?;
    Ok(milliseconds)
}

/// What one event costs in a warm process, in microseconds on a processor, and the most memory in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Microseconds outside of the kernel.
    pub(crate) user: f64,
    /// Microseconds in the kernel.
    pub(crate) system: f64,
    /// The most memory that the process had, in bytes.
    pub(crate) memory: f64,
}

impl Cost {
    /// Microseconds on a processor.
    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }
}

/// Warms a program up, then has it answer `times` invocations.
pub(crate) async fn cost(program: &Program, work: &Work, warm_up: usize, times: usize) -> Result<Cost, Failure> {
    let running = Running::start(program)?;
    for _ in 0..warm_up {
        running.invoke(&work.payload, &work.expected).await?;
    }
    check_rows(&running, program, work, warm_up)?;
    let before = running.used()?;
    for _ in 0..times {
        running.invoke(&work.payload, &work.expected).await?;
    }
    let after = running.used()?;
    check_rows(&running, program, work, times)?;
    let events = f64::from(u32::try_from(work.events * times).unwrap_or(u32::MAX));
    let per_event = |seconds: f64| seconds * 1e6 / events;
    let (user, system) = (per_event(after.user - before.user), per_event(after.system - before.system));
    Ok(Cost { user, system, memory: running.peak_memory()? })
}

fn check_rows(running: &Running, program: &Program, work: &Work, times: usize) -> Result<(), Failure> {
    let (expected, got) = (work.rows * times, running.take_rows());
    // A program that sends nothing is no peer of one that does; `rows` is 0 for it.
    if got == expected { Ok(()) } else { Err(Failure::Rows { file: program.file(), expected, got }) }
}

/// The middle of the values; of an even number the upper one.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(values, 50)
}

/// The value that this many percent do not exceed.
pub(crate) fn percentile(values: impl IntoIterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let position = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(position).copied().unwrap_or_default()
}
