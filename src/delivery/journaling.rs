//! The lines of the journal for what was sent.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::sender::Sent;
use super::session::Session;
use crate::journal::{Journal, Line};
use crate::net::signed::SignedClient;
use crate::outcome::MappingName;
use crate::outcome::report::is_plain_id;

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
        let (time, invocation) = (session.budget.wall.to_string(), self.journal.invocation());
        let events = sent.tasks.iter().map(|task| task.event_index);
        let ids: HashMap<u32, Cow<'_, str>> = events
            .filter_map(|event_index| Some((event_index, (self.message_id)(event_index).filter(|id| is_plain_id(id))?)))
            .collect();
        let lines = sent.closed.iter().flat_map(|closed| {
            let request_id = closed.request.and_then(|request| sent.requests.get(request as usize));
            let (time, invocation, ids) = (&time, &invocation, &ids);
            let rows = closed.call.rows.iter();
            let carried = rows.flat_map(|row| row.audiences.iter().zip(&row.tasks).map(move |carried| (row, carried)));
            carried.flat_map(move |(row, (audience, task))| {
                let task = sent.tasks.get(*task as usize);
                let entry = task.and_then(|task| sent.entries.get(task.entry as usize));
                let mapping = entry.and_then(|entry| entry.mapping);
                let mapping = mapping.and_then(|number| self.mappings.get(usize::from(number)));
                let event_index = task.map(|task| task.event_index).unwrap_or_default();
                row.cells.iter().map(move |hashed| Line {
                    time,
                    invocation,
                    event_index,
                    message_id: ids.get(&event_index).map(AsRef::as_ref),
                    mapping: mapping.map(|mapping| mapping.name.as_str()),
                    direction: closed.call.direction,
                    advertiser: &closed.call.advertiser,
                    audience,
                    hashed,
                    outcome: closed.outcome.as_str(),
                    reason: closed.reason.map(crate::outcome::Reason::code),
                    request_id: request_id.map(String::as_str),
                })
            })
        });
        let deadline = session.budget.deadline + AFTER_WORK;
        let lost = self.journal.write(self.aws, lines, session.budget.wall, deadline).await;
        session.journal_failed(lost);
    }
}

/// What writing may take beyond the work's deadline; it is within the reply's reserve.
const AFTER_WORK: std::time::Duration = std::time::Duration::from_millis(500);
