//! What an action wants done, and where it puts it.

use super::{AdvertiserRef, AudienceRef};
use crate::batch::{Rank, Rows, Task};
use crate::identity::Direction;
use crate::outcome::{AllLeftOut, Entry, Explanation, Note};
use crate::tiktok::AdvertiserId;

/// What an action wants done.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Add or remove people.
    Members {
        /// Add or remove.
        direction: Direction,
        /// The ad account.
        advertiser: AdvertiserRef,
        /// The audience.
        audience: AudienceRef,
        /// The people.
        rows: Rows,
        /// The identifiers that are there and not sent.
        left_out: AllLeftOut,
        /// How what is done differs from what the event asks for.
        note: Option<Note>,
    },
    /// Remove people from every audience that they could be in.
    Erase {
        /// The ad accounts that the configuration names; those of the secret are added.
        advertisers: Vec<AdvertiserId>,
        /// The people, under every rule that may have added them.
        rows: Rows,
        /// The identifiers that are there and that no own rule reads.
        left_out: AllLeftOut,
    },
    /// Find an audience, else create it.
    Create {
        /// The ad account.
        advertiser: AdvertiserRef,
        /// The name, as TikTok will keep it.
        name: String,
        /// Create without looking for it.
        allow_duplicate: bool,
    },
}

/// An operation with the event that asks for it.
#[derive(Debug)]
pub struct PlannedOperation {
    /// The event.
    pub event_index: u32,
    /// Position of the mapping; none of a deletion request.
    pub mapping: Option<u16>,
    /// The event's place in time.
    pub rank: Rank,
    /// What is wanted.
    pub operation: Operation,
    /// Whether the write to TikTok is left out.
    pub shadow: bool,
}

/// What is wanted of events, and what is decided already.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// Actions that ended here: skipped or rejected.
    pub entries: Vec<Entry>,
    /// Operations that go on, in order of their events.
    pub operations: Vec<PlannedOperation>,
}

/// The fewest operations whose memory is filled by a whole number of tasks.
const STEP: usize = {
    let (mut divisor, mut rest) = (size_of::<PlannedOperation>(), size_of::<Task>());
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    size_of::<Task>() / divisor
};

impl Evaluated {
    /// Makes room for so many operations and a few more.
    ///
    /// Tasks take their place ([`crate::delivery`]). A block that is cut by some bytes for that no longer fits the next
    /// invocation's, once something small has settled behind the cut; so it is one that need not be cut.
    pub fn reserve(&mut self, operations: usize) {
        self.operations.reserve_exact(operations.next_multiple_of(STEP));
    }

    /// Leaves out the write of the operations from the given one on.
    pub fn shadow_from(&mut self, first: usize) {
        self.operations.iter_mut().skip(first).for_each(|planned| planned.shadow = true);
    }

    /// Takes the result of one mapping's action on one event.
    pub fn sink(&mut self, rank: Rank, mapping: Option<u16>) -> Sink<'_> {
        Sink { evaluated: self, rank, mapping }
    }
}

/// Takes the result of one mapping's action on one event.
#[derive(Debug)]
pub struct Sink<'s> {
    evaluated: &'s mut Evaluated,
    rank: Rank,
    mapping: Option<u16>,
}

impl Sink<'_> {
    /// Takes an operation.
    pub fn operation(&mut self, operation: Operation) {
        let Self { rank, mapping, .. } = *self;
        let planned = PlannedOperation { event_index: rank.position, mapping, rank, operation, shadow: false };
        self.evaluated.operations.push(planned);
    }

    /// Takes the reason for which the event, or a person of it, ends here.
    pub fn ended(&mut self, mut explanation: Explanation) {
        let left_out = explanation.take_left_out();
        let entry = Entry::new(self.rank.position, self.mapping, explanation.into());
        self.evaluated.entries.push(Entry { left_out, is_deletion: self.rank.is_deletion, ..entry });
    }

    /// Takes the result of an action that makes at most one operation of an event.
    pub fn result(&mut self, result: Result<Operation, Explanation>) {
        match result {
            Ok(operation) => self.operation(operation),
            Err(explanation) => self.ended(explanation),
        }
    }
}
