//! The search for what one refused call was refused for, by halving it.
//!
//! Knows when to go on and when to give up; knows nothing of calls.

use crate::outcome::Explanation;

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suspect {
    /// A row that TikTok refuses.
    Row,
    /// An audience that TikTok refuses.
    Audience,
}

/// The search for what one refused call was refused for.
#[derive(Debug)]
pub(super) struct Bisection {
    suspect: Suspect,
    /// Calls that are under way or were answered.
    started: u32,
    under_way: u32,
    /// Whether the first half of a call is under way and its second may join it.
    awaits_second: bool,
    /// When so many calls were refused and none succeeded, none will.
    budget: u32,
    succeeded: bool,
    /// What TikTok said of the whole call.
    reason: Explanation,
}

/// Whether a waiting call may go.
#[derive(Debug)]
pub(super) enum Readiness {
    /// At once.
    Now,
    /// Others decide first.
    Later,
    /// It ends like this.
    Never(Explanation),
}

impl Bisection {
    /// A search that begins with the call that was refused. Twice the halvings that single one out of the suspects, and
    /// that call, are every call on the way down to one offender.
    pub(super) fn new(suspect: Suspect, suspects: usize, reason: Explanation) -> Self {
        let halvings = usize::BITS - suspects.saturating_sub(1).leading_zeros();
        Self {
            suspect,
            started: 1,
            under_way: 0,
            awaits_second: false,
            budget: 2 * halvings + 1,
            succeeded: false,
            reason,
        }
    }

    /// Whether it searches for this.
    pub(super) fn is_for(&self, suspect: Suspect) -> bool {
        self.suspect == suspect
    }

    /// Whether its next call may go. Until one succeeds, only the two halves of a call are under way at once, and both
    /// are answered before the next: so which is answered first changes nothing, and none of the budget is spent on the
    /// breadth, where halving further would have found good rows.
    pub(super) fn readiness(&self) -> Readiness {
        let is_spent = self.started >= self.budget;
        if self.succeeded {
            Readiness::Now
        } else if is_spent && self.under_way == 0 {
            Readiness::Never(self.reason.clone())
        } else if !is_spent && (self.under_way == 0 || self.awaits_second) {
            Readiness::Now
        } else {
            Readiness::Later
        }
    }

    /// Counts a call that goes.
    pub(super) fn start(&mut self) {
        self.awaits_second = self.under_way == 0;
        self.started += 1;
        self.under_way += 1;
    }

    /// Counts an answer: whether a row got through, and whether it says anything of rows and audiences at all.
    pub(super) fn answered(&mut self, has_success: bool, is_silent: bool) {
        self.awaits_second = false;
        self.under_way -= 1;
        self.succeeded |= has_success;
        self.started -= u32::from(is_silent);
    }
}
