//! What is written to the log: one line per invocation, and one per event that failed, or per event.
//!
//! Lines hold outcomes, reason codes, mapping names and positions; never anything of an event.

mod events;
mod line;

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, debug, error, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

use crate::outcome::{Ledger, MappingName, Outcome};
use crate::tiktok::Calls;
use events::{Lines, some};

pub use events::LogEvents;

/// The level where the configuration can't say.
pub const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// Starts logging to standard output.
pub fn start(level: LevelFilter) {
    subscriber(level, io::stdout).init();
}

/// JSON lines of this level and worse.
///
/// Libraries get a word from warnings on only, whatever the level: below that they print headers and bodies.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets =
        Targets::new().with_default(level.min(LevelFilter::WARN)).with_target(env!("CARGO_CRATE_NAME"), level);
    let lines = tracing_subscriber::fmt::layer()
        .fmt_fields(line::Fields)
        .event_format(line::Line::default())
        .with_ansi(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(lines).with(targets)
}

/// Logs what is odd about the configuration.
pub fn warnings(problems: &[impl Display]) {
    for problem in problems {
        warn!(problem = problem.to_string(), "the configuration works, but probably not as meant");
    }
}

/// Logs why the function can't start, in one line.
pub fn cannot_start(error: &(dyn Error + 'static)) {
    error!(error, "the function can't start");
}

/// Logs why the function ends after it had started, in one line.
pub fn ended(error: &(dyn Error + 'static)) {
    error!(error, "the function ends; Lambda starts it again");
}

/// Logs why an invocation failed as a whole.
pub fn failed(error: &(dyn Error + 'static), error_type: &str) {
    error!(error, error_type, "invocation failed");
}

/// Logs that an HTTP request was refused as a whole; its sender is told why.
pub fn refused(status: u16) {
    info!(ingress = "http", status, "request refused");
}

/// Logs where a panic was; its words may quote what this function must not show.
pub fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
    error!(place, "panicked");
}

/// An invocation that was handled.
pub struct Invocation<'i> {
    /// How it arrived.
    pub ingress: &'static str,
    /// What became of its events.
    pub ledger: &'i Ledger,
    /// The mappings that the ledger names by number.
    pub mappings: &'i [MappingName],
    /// The id of an event's message.
    pub message_id: &'i dyn Fn(u32) -> Option<Cow<'i, str>>,
    /// Its calls to TikTok.
    pub calls: Calls,
}

/// Shows how it arrived and nothing of its events.
impl fmt::Debug for Invocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation").field("ingress", &self.ingress).finish_non_exhaustive()
    }
}

/// Logs how an invocation went: its events, as far as they get lines, and one line that counts them all.
///
/// Where all of its events were put into the buffer and nothing else happened, that one is for debugging only: the
/// metrics have the count, and a line per webhook costs more than the rest of it.
pub fn invocation(invocation: &Invocation<'_>, which: LogEvents) {
    let Invocation { ingress, ledger, mappings, message_id, calls } = *invocation;
    let failures_without_a_line = Lines { ledger, mappings, message_id }.write(which);
    done(ingress, ledger, calls, failures_without_a_line);
}

/// Logs how a batch of a list went; what is wrong with its rows stands in the reply, by their numbers.
///
/// The first refusal that is not a person's own data gets a line: it mostly is that of all.
pub fn rows(ledger: &Ledger, calls: Calls) {
    events::first_refused_row(ledger);
    done("rows", ledger, calls, 0);
}

#[expect(clippy::cognitive_complexity, reason = "what the macros of tracing become, once for each level")]
fn done(ingress: &'static str, ledger: &Ledger, calls: Calls, failures_without_a_line: usize) {
    let summary = ledger.summary();
    let slowest_call_ms = u64::try_from(calls.slowest.as_millis()).unwrap_or(u64::MAX);
    macro_rules! done {
        ($level:ident) => {
            $level!(
                ingress,
                received = summary.received,
                delivered = summary.count(Outcome::Delivered),
                accepted = summary.count(Outcome::Accepted),
                superseded = summary.count(Outcome::Superseded),
                skipped = summary.count(Outcome::Skipped),
                rejected = summary.count(Outcome::Rejected),
                retryable = summary.count(Outcome::Retryable),
                left_out = some(ledger.entries().iter().map(|entry| entry.left_out().len()).sum()),
                calls = some(calls.count),
                slowest_call_ms = some(calls.count).map(|_calls| slowest_call_ms),
                failures_without_a_line = some(failures_without_a_line),
                "invocation done"
            )
        };
    }
    let is_plain = summary.received > 0 && summary.count(Outcome::Accepted) == summary.received && calls.count == 0;
    if is_plain {
        done!(debug);
    } else {
        done!(info);
    }
}
