//! One run over the dead-letter queue.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use super::selection::{MOST, Selection};
use super::tally::Tally;
use crate::clock::TimeBudget;
use crate::control::OperationError;
use crate::queue::{DeadLetter, Queue, QueueClass, QueueError, Receipt};

/// Calls under way at once.
const WORKERS: usize = 16;
/// Empty answers in a row after which a worker takes the queue for empty.
const EMPTY_ANSWERS: usize = 2;
/// Holds last so much longer than the run may: what a run that dies held comes back then.
const HOLD_MARGIN: Duration = Duration::from_mins(1);
/// The part of a run's time in which messages are looked at; the rest is for giving them back.
const LOOKING: f64 = 0.6;
/// So often a run says in the log how far it is.
const PROGRESS: usize = 10_000;

/// What becomes of the messages that were chosen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act<'q> {
    /// Nothing: they are given back like the others.
    Look,
    /// They are sent to this queue, and then deleted.
    SendTo(&'q Queue),
    /// They are deleted.
    Delete,
}

/// What a run has done.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The messages that were chosen.
    pub(super) tally: Tally,
    /// How many were looked at.
    pub(super) seen: usize,
    /// How many are out of the queue.
    pub(super) done: usize,
    /// How many were chosen and are still in it.
    pub(super) failed: usize,
    /// Whether it ended before the queue did.
    pub(super) is_cut: bool,
}

#[derive(Debug, Default)]
struct State {
    scan: Scan,
    chosen: usize,
    held: Vec<Receipt>,
    error: Option<QueueError>,
}

struct Run<'r> {
    queue: &'r Queue,
    selection: &'r Selection,
    act: Act<'r>,
    budget: TimeBudget,
    look_until: Instant,
    /// Locked for moments, never across a call.
    state: Mutex<State>,
}

/// Looks at every message of the queue once, as far as limit and time allow, and acts on those that are chosen.
///
/// # Errors
/// SQS lets us see none.
pub(super) async fn run(
    queue: &Queue,
    budget: TimeBudget,
    selection: &Selection,
    act: Act<'_>,
) -> Result<Scan, OperationError> {
    let time = budget.deadline.saturating_duration_since(budget.start);
    let look_until = budget.start + time.mul_f64(LOOKING);
    let run = Run { queue, selection, act, budget, look_until, state: Mutex::default() };
    join_all((0..WORKERS).map(|_worker| run.work())).await;
    let State { scan, held, error, .. } = run.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    give_back(queue, held, budget).await;
    match error {
        Some(error) if scan.seen == 0 => Err(failed(&error)),
        Some(error) => {
            report(&error);
            Ok(Scan { is_cut: true, ..scan })
        }
        None => Ok(scan),
    }
}

impl Run<'_> {
    async fn work(&self) {
        let mut empty = 0;
        while empty < EMPTY_ANSWERS {
            if self.is_over() {
                return;
            }
            let hold = self.budget.deadline.saturating_duration_since(Instant::now()) + HOLD_MARGIN;
            match self.queue.hold(hold, self.budget).await {
                Ok(letters) if letters.is_empty() => empty += 1,
                Ok(letters) => {
                    empty = 0;
                    self.take(letters).await;
                }
                Err(error) => {
                    self.state().error = Some(error);
                    return;
                }
            }
        }
    }

    /// Whether the run ends before the queue does; noted where it does.
    fn is_over(&self) -> bool {
        let mut state = self.state();
        let is_full = state.chosen >= self.selection.limit || state.scan.seen >= MOST;
        let is_over = is_full || Instant::now() >= self.look_until;
        state.scan.is_cut |= is_over;
        is_over || state.error.is_some()
    }

    async fn take(&self, letters: Vec<DeadLetter>) {
        let (chosen, others) = self.choose(letters);
        let kept = match self.act {
            Act::Look => chosen,
            Act::SendTo(buffer) => self.sent(buffer, chosen).await,
            Act::Delete => self.deleted(chosen).await,
        };
        let mut state = self.state();
        state.held.extend(kept.into_iter().chain(others).map(DeadLetter::into_receipt));
    }

    /// Those that are chosen, and the others.
    fn choose(&self, letters: Vec<DeadLetter>) -> (Vec<DeadLetter>, Vec<DeadLetter>) {
        let mut state = self.state();
        let before = state.scan.seen / PROGRESS;
        state.scan.seen += letters.len();
        if state.scan.seen / PROGRESS > before {
            tracing::info!(seen = state.scan.seen, done = state.scan.done, "dead letters are being looked at");
        }
        letters.into_iter().partition(|letter| {
            let is_chosen = state.chosen < self.selection.limit && self.selection.has(letter);
            if is_chosen {
                state.chosen += 1;
                state.scan.tally.add(letter, self.budget.wall);
            }
            is_chosen
        })
    }

    /// Sends messages on and deletes those that arrived; gives back the others.
    async fn sent(&self, buffer: &Queue, letters: Vec<DeadLetter>) -> Vec<DeadLetter> {
        let all: Vec<_> = letters.iter().collect();
        let sent = buffer.send_on(&all, self.budget).await.unwrap_or_else(|error| {
            self.state().error = Some(error);
            Vec::new()
        });
        let sent = sent.into_iter().chain(std::iter::repeat(false));
        let (arrived, kept): (Vec<_>, Vec<_>) = letters.into_iter().zip(sent).partition(|(_, is_sent)| *is_sent);
        let kept: Vec<_> = kept.into_iter().map(|(letter, _)| letter).collect();
        self.state().scan.failed += kept.len();
        // One that arrived and stays here comes twice, which changes nothing.
        let still_here = self.deleted(arrived.into_iter().map(|(letter, _)| letter).collect()).await;
        kept.into_iter().chain(still_here).collect()
    }

    /// Deletes messages; gives back those that are still there.
    async fn deleted(&self, letters: Vec<DeadLetter>) -> Vec<DeadLetter> {
        let all: Vec<_> = letters.iter().collect();
        let gone = self.queue.delete(&all, self.budget).await.unwrap_or_else(|error| {
            self.state().error = Some(error);
            Vec::new()
        });
        let gone = gone.into_iter().chain(std::iter::repeat(false));
        let (gone, kept): (Vec<_>, Vec<_>) = letters.into_iter().zip(gone).partition(|(_, is_gone)| *is_gone);
        let mut state = self.state();
        state.scan.done += gone.len();
        state.scan.failed += kept.len();
        kept.into_iter().map(|(letter, _)| letter).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives back what was held and not deleted; what SQS does not take back comes back when its hold ends.
async fn give_back(queue: &Queue, held: Vec<Receipt>, budget: TimeBudget) {
    let returns = stream::iter(held.chunks(10)).map(|held| queue.give_back(held, budget)).buffer_unordered(WORKERS);
    let failures: Vec<_> = returns.filter_map(async |returned| returned.err()).collect().await;
    if let Some(error) = failures.first() {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            calls = failures.len(),
            "dead letters could not be given back; they come back by themselves when their hold ends"
        );
    }
}

fn report(error: &QueueError) {
    tracing::error!(error = error as &dyn std::error::Error, "a run over the dead-letter queue was cut short");
}

fn failed(error: &QueueError) -> OperationError {
    let may_pass = error.class() == QueueClass::Retryable;
    OperationError { code: "QUEUE_UNAVAILABLE", message: error.to_string(), may_pass }
}
