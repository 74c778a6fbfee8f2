//! What comes back to a source, whatever becomes of its events.

use std::collections::BTreeSet;

use tiktok_audiences::ingress::{Opened, Rejected, Reply};
use tiktok_audiences::outcome::{Entry, Ledger, Outcome, Reason, Verdict};

/// Answers a source for its events under several mixes of outcomes.
pub fn check(opened: &Opened<'_>) {
    let events = opened.intake.len();
    for mix in 0..6 {
        let entry = |event_index: u32| Entry::new(event_index, None, verdict(mix, event_index));
        let ledger = Ledger::close(events, (0..opened.intake.next_index()).map(entry).collect(), Vec::new());
        for rejected in [Rejected::LeaveToQueue, Rejected::ReportAsFailures] {
            answered(opened, &ledger, rejected);
        }
    }
}

/// All delivered, all retryable, all rejected, and three mixes.
fn verdict(mix: u32, event_index: u32) -> Verdict {
    let kind = match mix {
        0..3 => mix,
        3 => event_index % 3,
        4 => u32::from(event_index > 0),
        _ => [0, 0, 2, 1][(event_index % 4) as usize],
    };
    match kind {
        0 => Verdict::Delivered,
        1 => Reason::OutOfTime.into(),
        _ => Reason::NoAudience.into(),
    }
}

fn answered(opened: &Opened<'_>, ledger: &Ledger, rejected: Rejected) {
    let count = |outcome| ledger.summary().count(outcome);
    let settled: Vec<u32> = opened.scope.settled(ledger).collect();
    assert!(settled.is_sorted_by(|one, other| one < other), "an event is kept once");
    let is_rejected = |event_index: &u32| ledger.outcomes()[*event_index as usize] == Outcome::Rejected;
    assert!(settled.iter().all(is_rejected), "only rejected events are kept");
    match opened.scope.reply(ledger, rejected) {
        // Everything is sent again.
        Err(refusal) => {
            assert!(count(Outcome::Retryable) + count(Outcome::Rejected) > 0, "{refusal}");
        }
        Ok(Reply::Report) => {}
        Ok(Reply::Failures(failures)) => {
            let failed: BTreeSet<&str> = failures.identifiers().collect();
            assert!(count(Outcome::Retryable) == 0 || !failed.is_empty(), "what may succeed later is sent again");
            if rejected == Rejected::LeaveToQueue {
                let is_kept = settled.len() == count(Outcome::Rejected);
                assert!(is_kept || !failed.is_empty(), "a rejected event is kept or is sent again");
                assert!(count(Outcome::Retryable) > 0 || failed.is_empty(), "nothing is sent again without need");
            }
            let is_kept_by_source = rejected == Rejected::ReportAsFailures && count(Outcome::Rejected) > 0;
            assert!(!is_kept_by_source || !failed.is_empty(), "the source keeps what nobody else does");
        }
    }
}
