//! What CloudWatch counts: gathered during an invocation, written at its end in one piece.
//!
//! Knows names, units and dimensions, those that the dashboard and the alarms of `template.yaml` show; knows nothing of
//! an event but what became of it. Lines go straight to standard output, so that no log level drops them.
//!
//! The format is written here and not by a library. `metrique` (AWS's own, 0.1.33) brings 38 crates for it and turns the
//! default features of `tracing-subscriber` on, among them the bridge that would carry the records of other libraries
//! into our log; it leaves the limit of 100 numbers to its caller. Measured in a program of its own, it adds 39 KB to the
//! zip and nothing to the start. `metrics_cloudwatch_embedded` (0.10) loses the numbers beyond the hundredth, reads the
//! wall clock and keeps a recorder for the whole process.

mod emf;
mod name;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::batch::Call;
use crate::identity::{Direction, IdType};
use crate::outcome::{Actor, Entry, Explanation, Ledger, Outcome};
use crate::tiktok::{Attempt, Class, Scope};
use emf::Value;

pub use name::Metric;

/// The name space of all metrics.
pub const NAMESPACE: &str = "TikTokAudiences";
/// The dimension of the function's name, which every metric has.
pub const FUNCTION: &str = "FunctionName";
/// The dimension of an audience's id.
pub const AUDIENCE: &str = "Audience";

/// What the lines of an invocation fit into, but for those of many reasons or audiences.
const USUAL_BYTES: usize = 4096;

/// By what a metric is told apart, besides the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dimension {
    /// Code of a reason for which an event was not delivered.
    Reason,
    /// Who can act on the rejected event.
    Actor,
    /// TikTok's code, or our word for another failure of a call.
    Code,
    /// Column of an identifier.
    Column,
    /// Id of an audience.
    Audience,
}

impl Dimension {
    const fn name(self) -> &'static str {
        match self {
            Self::Reason => "Reason",
            Self::Actor => "Actor",
            Self::Code => "Code",
            Self::Column => "Column",
            Self::Audience => AUDIENCE,
        }
    }
}

/// A dimension besides the function, and its value.
type By = (Dimension, Cow<'static, str>);

/// Metrics with the same dimensions, which share a line; sorted. They are few.
type Series = Vec<(Metric, Value)>;

/// What has been counted since it was last written.
#[derive(Debug, Default)]
struct Tally {
    /// What is told apart by nothing but the function.
    totals: Series,
    by: BTreeMap<By, Series>,
}

impl Tally {
    fn series(&mut self, by: Option<By>) -> &mut Series {
        match by {
            Some(by) => self.by.entry(by).or_default(),
            None => &mut self.totals,
        }
    }
}

/// How long ago the oldest events had come to AWS, by what became of them, where their envelopes say so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oldest {
    /// Those that TikTok took.
    pub delivered: Option<Duration>,
    /// Those that have to be tried again.
    pub retryable: Option<Duration>,
}

/// The metrics of a function.
///
/// Gathered in one place for the invocation that is under way; locked for moments, never across a call.
#[derive(Debug)]
pub struct Metrics {
    function: String,
    tally: Mutex<Tally>,
}

impl Metrics {
    /// Of the function of this name; nothing is written.
    pub fn new(function: String) -> Self {
        Self { function, tally: Mutex::default() }
    }

    /// Counts what became of the events of an invocation, and how old the oldest were.
    pub fn events(&self, ledger: &Ledger, oldest: Oldest) {
        let mut tally = self.tally();
        outcomes(&mut tally, ledger, |_event_index| true);
        age(&mut tally, Metric::OldestEventAge, oldest.delivered);
        age(&mut tally, Metric::OldestRetryableAge, oldest.retryable);
    }

    /// Counts what became of the rows of a list, but for those that were rejected for a person's own data: a list has its
    /// own limit for them, and they say nothing of the events whose share of rejected ones is watched.
    pub fn rows(&self, ledger: &Ledger) {
        let is_others = |row| {
            let actors = explanations(ledger, row, Outcome::Rejected).map(Explanation::actor);
            actors.min() != Some(Actor::Person)
        };
        outcomes(&mut self.tally(), ledger, is_others);
    }

    /// Counts the people and identifiers of a call that TikTok took.
    pub fn taken(&self, call: &Call) {
        let mut tally = self.tally();
        for (column, count) in IdType::ALL.into_iter().zip(call.identifiers()) {
            let by = (Dimension::Column, Cow::Borrowed(column.as_str()));
            add(&mut tally, None, Metric::Identifiers, count);
            add(&mut tally, Some(by), Metric::Identifiers, count);
        }
        let metric = match call.direction {
            Direction::Add => Metric::PeopleAdded,
            Direction::Remove => Metric::PeopleRemoved,
        };
        for (audience, count) in call.people() {
            let by = (Dimension::Audience, Cow::Owned(audience.to_string()));
            add(&mut tally, None, metric, count);
            add(&mut tally, Some(by), metric, count);
        }
    }

    /// Counts calls to TikTok and the rows that they had.
    pub fn calls(&self, attempts: &[Attempt], batch_rows: &[usize]) {
        let mut tally = self.tally();
        for attempt in attempts {
            called(&mut tally, attempt);
            judge(&mut tally, attempt);
        }
        for rows in batch_rows {
            see(&mut tally, Metric::BatchRows, u64::try_from(*rows).unwrap_or(u64::MAX));
        }
    }

    /// Counts the calls by which an advertiser connects. They say nothing of the token in the secret: they are made
    /// without it, with the new one, or to find out whether the old one is missed.
    pub fn connecting(&self, attempts: &[Attempt]) {
        let mut tally = self.tally();
        for attempt in attempts {
            called(&mut tally, attempt);
        }
    }

    /// Notes that the secret has a token that TikTok has just given.
    pub fn token_stored(&self) {
        set(&mut self.tally(), Metric::TokenValid, 1);
    }

    /// Counts the rows that would have been sent.
    pub fn shadow_rows(&self, rows: usize) {
        add(&mut self.tally(), None, Metric::ShadowRows, rows);
    }

    /// Notes how many audiences will expire soon, as the operation `check` has found out.
    pub fn audiences_expiring(&self, count: usize) {
        set(&mut self.tally(), Metric::AudiencesExpiring, count);
    }

    /// Counts lines that the delivery journal lacks.
    pub fn journal_failed(&self, lines: usize) {
        add(&mut self.tally(), None, Metric::JournalFailed, lines);
    }

    /// Notes how an audience does, as far as that is known.
    pub fn audience(&self, id: &str, size: Option<u64>, days_to_expiry: Option<u64>, ad_groups: Option<u64>) {
        let mut tally = self.tally();
        for (metric, value) in [
            (Metric::AudienceSize, size),
            (Metric::AudienceDaysToExpiry, days_to_expiry),
            (Metric::AudienceInUse, ad_groups),
        ] {
            if let Some(value) = value {
                let by = (Dimension::Audience, Cow::Owned(id.to_owned()));
                change(tally.series(Some(by)), metric, |_| value);
            }
        }
    }

    /// Notes how the configured audiences do together: how many fell out of use, and the percent that one lost at most.
    pub fn audiences_together(&self, out_of_use: usize, most_lost: u64) {
        let mut tally = self.tally();
        set(&mut tally, Metric::AudiencesOutOfUse, out_of_use);
        set(&mut tally, Metric::AudienceSizeDropPercent, usize::try_from(most_lost).unwrap_or(usize::MAX));
    }

    /// Notes how long the oldest dead letter has been there; nothing where there is none.
    pub fn oldest_dead_letter(&self, age: Duration) {
        set(&mut self.tally(), Metric::OldestDeadLetterAge, usize::try_from(age.as_secs()).unwrap_or(usize::MAX));
    }

    /// Notes that there is no token that TikTok takes, also where there is none to call it with.
    pub fn token_refused(&self) {
        set(&mut self.tally(), Metric::TokenValid, 0);
    }

    /// The lines of everything since this was last asked; empty when there is nothing.
    pub fn take(&self, now: Timestamp) -> String {
        let Tally { totals, by } = std::mem::take(&mut *self.tally());
        if totals.is_empty() && by.is_empty() {
            return String::new();
        }
        let mut lines = String::with_capacity(USUAL_BYTES);
        let head = emf::head(NAMESPACE, now.as_millisecond());
        let function = (FUNCTION, self.function.as_str());
        emf::write(&mut lines, &head, &[function], &each(&totals));
        for ((dimension, value), series) in &by {
            emf::write(&mut lines, &head, &[function, (dimension.name(), value)], &each(series));
        }
        lines
    }

    /// Writes everything since the last time to standard output, in one piece.
    pub fn write(&self, now: Timestamp) {
        let lines = self.take(now);
        if let Err(error) = io::stdout().write_all(lines.as_bytes()) {
            tracing::error!(error = &error as &dyn std::error::Error, "metrics could not be written");
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an attempt, how long it took and what it failed with.
fn called(tally: &mut Tally, attempt: &Attempt) {
    add(tally, None, Metric::TikTokCalls, 1);
    see(tally, Metric::TikTokLatency, u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX));
    if let Some(code) = &attempt.failure {
        add(tally, None, Metric::TikTokErrors, 1);
        add(tally, Some((Dimension::Code, code.clone())), Metric::TikTokErrors, 1);
    }
}

/// What an attempt says of the token, the account and the audience.
fn judge(tally: &mut Tally, attempt: &Attempt) {
    let Some(verdict) = attempt.verdict else { return set(tally, Metric::TokenValid, 1) };
    match (verdict.class, verdict.scope) {
        (Class::Unauthorized, Scope::Account) => set(tally, Metric::TokenValid, 0),
        // A token that is not for this advertiser is good for others, and yet an operator has to act.
        (Class::Blocked, _) | (Class::Unauthorized, Scope::Advertiser) => add(tally, None, Metric::AccountBlocked, 1),
        (Class::Busy, _) => add(tally, None, Metric::AudienceBusy, 1),
        (Class::Unauthorized | Class::Throttled | Class::Transient | Class::Permanent, _) => {}
    }
}

/// Counts what became of events, without the rejected ones that do not count.
fn outcomes(tally: &mut Tally, ledger: &Ledger, counts: impl Fn(u32) -> bool) {
    let mut uncounted = 0;
    for (event_index, outcome) in (0_u32..).zip(ledger.outcomes()) {
        match outcome {
            Outcome::Rejected if !counts(event_index) => uncounted += 1,
            Outcome::Rejected | Outcome::Skipped => because(tally, ledger, event_index, *outcome),
            Outcome::Delivered | Outcome::Accepted | Outcome::Superseded | Outcome::Retryable => {}
        }
    }
    add(tally, None, Metric::Received, ledger.summary().received.saturating_sub(uncounted));
    for &outcome in Outcome::ALL {
        let left = if outcome == Outcome::Rejected { uncounted } else { 0 };
        add(tally, None, Metric::of(outcome), ledger.summary().count(outcome).saturating_sub(left));
    }
    for left_out in ledger.entries().iter().flat_map(Entry::left_out) {
        add(tally, None, Metric::IdentifiersLeftOut, 1);
        let by = (Dimension::Reason, Cow::Borrowed(left_out.reason.code()));
        add(tally, Some(by), Metric::IdentifiersLeftOut, 1);
    }
}

/// Why an event has this outcome.
fn explanations(ledger: &Ledger, event_index: u32, outcome: Outcome) -> impl Iterator<Item = &Explanation> + Clone {
    let entries = ledger.entries_of(event_index).iter().filter_map(|entry| entry.verdict.explanation());
    entries.filter(move |explanation| explanation.reason.outcome() == outcome)
}

/// An event counts under the first of its reasons, so that the reasons of an outcome add up to its count; and under the
/// one of those who can act whose action reaches most, so that no operator is hidden behind a person.
fn because(tally: &mut Tally, ledger: &Ledger, event_index: u32, outcome: Outcome) {
    let of_outcome = explanations(ledger, event_index, outcome);
    if let Some(first) = of_outcome.clone().next() {
        let by = (Dimension::Reason, Cow::Borrowed(first.reason.code()));
        add(tally, Some(by), Metric::of(outcome), 1);
    }
    if outcome == Outcome::Rejected
        && let Some(actor) = of_outcome.map(Explanation::actor).min()
    {
        add(tally, Some((Dimension::Actor, Cow::Borrowed(actor.as_str()))), Metric::Rejected, 1);
    }
}

fn each(series: &Series) -> impl Iterator<Item = emf::Metric<'_>> + Clone {
    series.iter().map(|(metric, value)| metric.with(value))
}

/// The greatest age of those that an invocation notes.
fn age(tally: &mut Tally, metric: Metric, age: Option<Duration>) {
    if let Some(age) = age {
        change(&mut tally.totals, metric, |known| known.max(age.as_secs()));
    }
}

/// Nothing counted is nothing written: each number costs its bytes in the log.
fn add(tally: &mut Tally, by: Option<By>, metric: Metric, count: usize) {
    if count > 0 {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        change(tally.series(by), metric, |known| known.saturating_add(count));
    }
}

fn set(tally: &mut Tally, metric: Metric, value: usize) {
    change(&mut tally.totals, metric, |_| u64::try_from(value).unwrap_or(u64::MAX));
}

/// Changes a number, which is 0 at first.
fn change(series: &mut Series, metric: Metric, to: impl FnOnce(u64) -> u64) {
    if let Some(Value::Number(number)) = value(series, metric, || Value::Number(0)) {
        *number = to(*number);
    }
}

fn see(tally: &mut Tally, metric: Metric, number: u64) {
    let seen = value(&mut tally.totals, metric, || Value::Distribution(BTreeMap::new()));
    if let Some(Value::Distribution(seen)) = seen {
        *seen.entry(number).or_default() += 1;
    }
}

fn value(series: &mut Series, metric: Metric, first: impl FnOnce() -> Value) -> Option<&mut Value> {
    let found = series.binary_search_by_key(&metric, |(known, _)| *known);
    let place = found.unwrap_or_else(|place| {
        series.insert(place, (metric, first()));
        place
    });
    series.get_mut(place).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
