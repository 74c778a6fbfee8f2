//! The lines of the journal for what was sent.

use std::borrow::Cow;
use std::fmt;

use super::sender::Sent;
use super::session::Session;
use crate::batch::Task;
use crate::journal::{Answered, Journal, Line};
use crate::net::signed::SignedClient;
use crate::outcome::plain_id::is_plain_id;
use crate::outcome::{MappingName, Reason};

/// What the journal of a delivery needs.
#[derive(Clone, Copy)]
pub struct Journaling<'j> {
    /// The stream.
    pub journal: &'j Journal,
    /// The way to it.
    pub aws: &'j SignedClient,
    /// The mappings by number.
    pub mappings: &'j [MappingName],
    /// The id of an event's message.
    pub message_id: &'j dyn Fn(u32) -> Option<Cow<'j, str>>,
}

impl fmt::Debug for Journaling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journaling").field("journal", self.journal).finish_non_exhaustive()
    }
}

impl Journaling<'_> {
    /// Writes a line for each identifier of each call, with what became of its row.
    pub(super) async fn write(&self, session: &Session<'_>, sent: &Sent) {
        if sent.closed.is_empty() {
            return;
        }
        let ids: Vec<Option<Cow<'_, str>>> = sent.tasks.iter().map(|task| self.shown_id(task.event_index)).collect();
        let lines = sent.closed.iter().flat_map(|closed| {
            let request_id = closed.request.and_then(|request| sent.requests.get(request as usize));
            let answered = Answered {
                direction: closed.call.direction,
                advertiser: closed.call.advertiser,
                outcome: closed.outcome.as_str(),
                reason: closed.reason.map(Reason::code),
                request_id: request_id.map(String::as_str),
            };
            let carried = closed.call.carried().flat_map(|row| row.tasks().map(move |carried| (row, carried)));
            let ids = &ids;
            carried.flat_map(move |(row, (number, task))| {
                let message_id = ids.get(number as usize).and_then(Option::as_deref);
                let mapping = self.mapping_of(sent, task);
                let Task { event_index, audience, .. } = *task;
                let line = move |hashed| Line { event_index, message_id, mapping, audience, hashed, answered };
                row.cells().iter().map(line)
            })
        });
        let time = session.budget.extended(AFTER_WORK);
        let lost = self.journal.write(self.aws, lines, time).await;
        session.journal_failed(lost);
    }

    /// The id of an event's message, where it may be shown.
    fn shown_id(&self, event_index: u32) -> Option<Cow<'_, str>> {
        (self.message_id)(event_index).filter(|id| is_plain_id(id))
    }

    /// The name of the mapping that a task comes from.
    fn mapping_of(&self, sent: &Sent, task: &Task) -> Option<&str> {
        let entry = sent.entries.get(task.entry as usize)?;
        self.mappings.get(usize::from(entry.mapping?)).map(|mapping| mapping.name.as_str())
    }
}

/// What writing may take beyond the work's deadline; it is within the reply's reserve.
const AFTER_WORK: std::time::Duration = std::time::Duration::from_millis(500);
