//! From events to intents: which mappings an event matches, and what each wants done.
//!
//! Pure; one bad event, field or mapping never touches its neighbours.

use jiff::{SignedDuration, Timestamp};

use crate::actions::{Input, Intent, Prepared};
use crate::batch::Rank;
use crate::config::{ConfiguredMapping, Destination};
use crate::deletion;
use crate::event::Event;
use crate::ingress::{Intake, Order};
use crate::json::Value;
use crate::mapping::FieldError;
use crate::outcome::{Entry, Explanation, Reason};
use crate::routing::Routing;

/// How far an event's clock may be ahead of ours before it is cut to it.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The names under which Segment turns this destination off in `integrations`.
const INTEGRATION_NAMES: [&str; 2] = ["TikTok Audiences", "actions-tiktok-audiences"];

/// What a mapping wants done with an event.
#[derive(Debug)]
pub struct Wish {
    /// The event.
    pub slot: u32,
    /// Position of the mapping; none of a deletion request.
    pub mapping: Option<u16>,
    /// The event's place in time.
    pub rank: Rank,
    /// What is wanted.
    pub intent: Intent,
}

/// What is wanted, and what is decided already.
#[derive(Debug, Default)]
pub struct Dispatched {
    /// Actions that ended here: skipped or rejected.
    pub entries: Vec<Entry>,
    /// Actions that go on, in order of their events.
    pub wishes: Vec<Wish>,
}

/// Sends every event through the mappings.
pub fn dispatch(routing: &Routing, intake: &Intake<'_>, order: Order, now: Timestamp) -> Dispatched {
    let mut dispatched = Dispatched::default();
    let slots = u32::try_from(intake.len()).unwrap_or(u32::MAX);
    for slot in 0..slots {
        match intake.event(slot) {
            Ok(event) => {
                let time = match order {
                    Order::Position => 0,
                    Order::Time => time_of(&event, intake.clock_skew(slot), intake.envelope_time(slot), now),
                };
                let rank = Rank { is_deletion: false, time, position: slot };
                dispatched.event(routing, &event, rank);
            }
            Err(explanation) => dispatched.entries.push(Entry::new(slot, None, explanation.into())),
        }
    }
    dispatched
}

impl Dispatched {
    fn event(&mut self, routing: &Routing, event: &Event<'_>, rank: Rank) {
        let slot = rank.position;
        if is_turned_off(event) {
            self.entries.push(Entry::new(slot, None, Reason::IntegrationOff.into()));
            return;
        }
        if deletion::is_request(event) {
            let rank = Rank { is_deletion: true, ..rank };
            return self.add(rank, None, deletion::prepare(event, &routing.destination));
        }
        let (first_entry, first_wish) = (self.entries.len(), self.wishes.len());
        for number in routing.matching(event) {
            let Some(configured) = routing.mapping(number) else { continue };
            match prepare(&routing.destination, configured, event) {
                Ok(prepared) => self.add(rank, Some(number), prepared),
                Err(explanation) => self.entries.push(Entry::new(slot, Some(number), explanation.into())),
            }
        }
        let has_acted = self.wishes.len() > first_wish;
        if !has_acted && self.entries.len() == first_entry {
            self.entries.push(Entry::new(slot, None, Reason::NoMapping.into()));
        }
        if !has_acted {
            // Nobody else acted on the event, so that it can't be for somebody else.
            let entries = self.entries.iter_mut().skip(first_entry);
            let not_native = Reason::NotNative.into();
            entries
                .filter(|entry| entry.verdict == not_native)
                .for_each(|entry| entry.verdict = Reason::NoAudience.into());
        }
    }
}

impl Dispatched {
    fn add(&mut self, rank: Rank, mapping: Option<u16>, prepared: Prepared) {
        let slot = rank.position;
        let wish = |intent| Wish { slot, mapping, rank, intent };
        self.wishes.extend(prepared.intents.into_iter().map(wish));
        let entry = |explanation: Explanation| Entry::new(slot, mapping, explanation.into());
        self.entries.extend(prepared.left_out.into_iter().map(entry));
    }
}

/// What a mapping wants done with an event, whether or not its trigger matches.
///
/// # Errors
/// Why there is nothing to do, or nothing that can be done.
pub(crate) fn prepare(
    destination: &Destination,
    configured: &ConfiguredMapping,
    event: &Event<'_>,
) -> Result<Prepared, Explanation> {
    let filled = configured.mapping.fields.resolve(event).map_err(|error| invalid_field(&error))?;
    let input = Input {
        event,
        filled: &filled,
        own_audience: configured.own_audience,
        treatment: &configured.treatment,
        destination,
    };
    configured.mapping.action.prepare(input)
}

fn invalid_field(error: &FieldError) -> Explanation {
    let reason = match error {
        FieldError::Missing { .. } => Reason::MissingField,
        FieldError::WrongType { .. }
        | FieldError::Expression { .. }
        | FieldError::Whole(_)
        | FieldError::NotAnObject(_) => Reason::InvalidField,
    };
    Explanation::new(reason, error.to_string())
}

fn is_turned_off(event: &Event<'_>) -> bool {
    let Some(integrations) = event.integrations else { return false };
    INTEGRATION_NAMES.iter().any(|name| integrations.get(name).and_then(Value::as_bool) == Some(false))
}

/// When an event happened, in milliseconds since 1970; `now` when neither it nor its envelope says.
fn time_of(event: &Event<'_>, clock_skew: i64, envelope: Option<i64>, now: Timestamp) -> i64 {
    let latest = now.saturating_add(MAX_AHEAD).unwrap_or(now);
    let read = |value: Option<Value<'_>>| value?.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    // The sender's clock wrote the first two, its server's the third.
    let by_sender = read(event.timestamp).or_else(|| read(event.original_timestamp));
    let stated = by_sender.map(|time| time.saturating_add(clock_skew)).or_else(|| read(event.received_at));
    match stated.or(envelope) {
        Some(time) if time <= latest.as_millisecond() => time,
        Some(_) | None => now.as_millisecond(),
    }
}
