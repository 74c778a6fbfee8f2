//! What is written to the log: one line per invocation, and one per event that failed.
//!
//! Lines hold outcomes, reason codes, mapping names and positions; never anything of an event.

mod line;

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, error, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::prelude::*;

use crate::outcome::{Entry, Explanation, Ledger, MappingName, Outcome, Summary, Verdict};

/// Failed events that get a line each; the summary counts all.
const MAX_LINES: usize = 100;

/// The level where the configuration can't say.
pub const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// Starts logging to standard output.
pub fn start(level: LevelFilter) {
    subscriber(level, io::stdout).init();
    std::panic::set_hook(Box::new(panicked));
}

/// JSON lines of this level and worse.
///
/// Libraries get a word from warnings on only, whatever the level: below that they print headers and bodies. Of the
/// runtime's, its span is wanted, which carries the request's id, and not its own word on a failed invocation.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_target("lambda_runtime", LevelFilter::INFO)
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(line::Line)
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
pub fn cannot_start(error: &(dyn Error + 'static)) -> ExitCode {
    error!(error, "the function can't start");
    ExitCode::FAILURE
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
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
    error!(place, "panicked");
}

/// Logs how an invocation went.
pub fn invocation(ingress: &'static str, ledger: &Ledger, mappings: &[MappingName]) {
    let mut failures = ledger.entries().iter().filter_map(|entry| match &entry.verdict {
        Verdict::Because(explanation) if explanation.reason.outcome() != Outcome::Skipped => Some((entry, explanation)),
        Verdict::Because(_) | Verdict::Delivered | Verdict::Accepted | Verdict::Superseded => None,
    });
    for (entry, explanation) in failures.by_ref().take(MAX_LINES) {
        let mapping = entry.mapping.and_then(|number| mappings.get(usize::from(number)));
        failure(entry, explanation, mapping, ledger.request_id(entry));
    }
    summary(ingress, ledger.summary(), failures.count());
}

/// Logs how a batch of a list went; what is wrong with its rows stands in the reply, by their numbers.
pub fn rows(ledger: &Ledger) {
    summary("rows", ledger.summary(), 0);
}

fn failure(entry: &Entry, explanation: &Explanation, mapping: Option<&MappingName>, request_id: Option<&str>) {
    warn!(
        index = entry.event_index,
        outcome = explanation.reason.outcome().as_str(),
        reason = explanation.reason.code(),
        detail = explanation.message(),
        tiktok_code = explanation.tiktok_code,
        mapping = mapping.map(|mapping| mapping.name.as_str()),
        request_id,
        "event not delivered"
    );
}

fn summary(ingress: &'static str, summary: &Summary, failures_without_a_line: usize) {
    info!(
        ingress,
        received = summary.received,
        delivered = summary.count(Outcome::Delivered),
        accepted = summary.count(Outcome::Accepted),
        superseded = summary.count(Outcome::Superseded),
        skipped = summary.count(Outcome::Skipped),
        rejected = summary.count(Outcome::Rejected),
        retryable = summary.count(Outcome::Retryable),
        failures_without_a_line,
        "invocation done"
    );
}
