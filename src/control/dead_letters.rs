//! `rejected`, `redrive`, `discard`: what is in the dead-letter queue, and what becomes of it.
//!
//! A run looks at each message once: it holds them all until it has seen enough, and then gives back what it did not
//! choose. A message is deleted only once SQS has it in the buffer, or where its deletion was asked for; a run that dies
//! in the middle loses none, since the holds end by themselves.

mod scan;
mod selection;
mod tally;

use serde::Serialize;

use crate::app::App;
use crate::clock::TimeBudget;
use crate::queue::Queue;

use super::arguments::Arguments;
use super::{OperationError, json};
use scan::{Act, Scan};
use selection::{MOST, Selection};
use tally::TallyJson;

/// What an operation did with the messages that it chose.
#[derive(Serialize)]
struct Acted<'a> {
    /// Messages that were looked at.
    seen: usize,
    /// Those that were sent to the buffer, or deleted.
    done: usize,
    /// Those that were chosen and are still in the queue: SQS did not take them, this time.
    failed: usize,
    /// Whether there may be more: call again.
    more: bool,
    /// What to do where calling again may not help.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    /// What was chosen.
    chosen: TallyJson<'a>,
}

/// For a run that gave back most of the messages that it may look at. SQS may show the same ones first again, and lets
/// nobody hold more than 120,000, so that the next run cannot be sure to see others.
const BEHIND_OTHERS: &str = "most messages that were looked at are not chosen, and what is chosen may stand behind as \
                             many that are not: if the next run does nothing, redrive or discard first what fills the \
                             queue (the operation rejected counts it by reason)";

#[derive(Serialize)]
struct Looked<'a> {
    #[serde(flatten)]
    found: TallyJson<'a>,
    /// Messages that were looked at, chosen or not.
    seen: usize,
    /// Whether there may be more than were looked at.
    more: bool,
}

/// What is in the queue, by reason, mapping and age; nothing is taken out.
pub(super) async fn rejected(
    app: &App,
    budget: TimeBudget,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let selection = Selection::read(arguments, budget.wall)?;
    let scan = scan::run(dead_letters(app)?, budget, &selection, Act::Look).await?;
    // Of a run that is cut, the oldest that it saw: a queue of which it can't see all needs its alarm most.
    if selection.is_everything() && (scan.seen > 0 || !scan.is_cut) {
        app.metrics.oldest_dead_letter(scan.tally.oldest_age(budget.wall));
    }
    let Scan { tally, seen, is_cut, .. } = &scan;
    json(&Looked { found: tally.to_json(budget.wall), seen: *seen, more: *is_cut })
}

/// Sends messages to the buffer, as they were written.
pub(super) async fn redrive(
    app: &App,
    budget: TimeBudget,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let selection = Selection::read(arguments, budget.wall)?.until(budget.wall);
    let missing = || OperationError::new("NO_BUFFER", "there is no queue to send them to: set REDRIVE_QUEUE_URL");
    let queue = app.redrive.as_ref().or(app.buffer.as_ref()).ok_or_else(missing)?;
    act(app, budget, &selection, Act::SendTo(queue)).await
}

/// Deletes messages, for good.
pub(super) async fn discard(
    app: &App,
    budget: TimeBudget,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let selection = Selection::read(arguments, budget.wall)?;
    let expected = selection.reason.as_deref().unwrap_or("all");
    if arguments.required("confirm")? != expected {
        let message =
            format!("what is discarded is gone: confirm must be {expected}, the reason, or `all` without one");
        return Err(OperationError::new("NOT_CONFIRMED", message));
    }
    act(app, budget, &selection, Act::Delete).await
}

async fn act(app: &App, budget: TimeBudget, selection: &Selection, act: Act<'_>) -> Result<String, OperationError> {
    let scan = &scan::run(dead_letters(app)?, budget, selection, act).await?;
    let Scan { tally, seen, done, failed, is_cut } = scan;
    let (hint, chosen) = (hint(scan), tally.to_json(budget.wall));
    json(&Acted { seen: *seen, done: *done, failed: *failed, more: *is_cut, hint, chosen })
}

fn hint(scan: &Scan) -> Option<&'static str> {
    let others = scan.seen.saturating_sub(scan.done + scan.failed);
    (scan.is_cut && scan.seen >= MOST && others > scan.seen / 2).then_some(BEHIND_OTHERS)
}

fn dead_letters(app: &App) -> Result<&Queue, OperationError> {
    let missing = || OperationError::new("NO_DEAD_LETTER_QUEUE", "there is none: set REJECTED_QUEUE_URL");
    app.rejected.as_ref().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_may_see_the_same_messages_again_says_so() {
        for (name, seen, done, failed, is_cut, expected) in [
            ("nothing chosen among as many as may be seen", MOST, 0, 0, true, true),
            ("few chosen", MOST + 9, 10, 0, true, true),
            ("most sent on", MOST, MOST - 10, 0, true, false),
            ("most refused by SQS", MOST, 0, MOST, true, false),
            ("out of time long before", MOST / 2, 0, 0, true, false),
            ("at the queue's end", MOST, 0, 0, false, false),
        ] {
            let scan = Scan { seen, done, failed, is_cut, ..Scan::default() };
            assert_eq!(hint(&scan).is_some(), expected, "{name}");
        }
    }
}
