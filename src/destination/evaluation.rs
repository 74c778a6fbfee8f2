//! From events to operations: which mappings an event matches, and what each wants done.
//!
//! Pure; one bad event, field or mapping never touches its neighbours.

use jiff::{SignedDuration, Timestamp};

use super::{ConfiguredMapping, Destination, Router, consent, deletion};
use crate::actions::{Consent, Evaluated, Filled, Input, Operation, PlannedOperation, Sink};
use crate::batch::Rank;
use crate::event::{Event, time};
use crate::identity::Direction;
use crate::ingress::{Intake, Order, Receive};
use crate::isolation;
use crate::json::Value;
use crate::mapping::FieldError;
use crate::outcome::{Entry, Explanation, Reason};

/// The names under which Segment turns this destination off in `integrations`.
const INTEGRATION_NAMES: [&str; 2] = ["TikTok Audiences", "actions-tiktok-audiences"];

/// Sends events through the mappings, one by one.
#[derive(Debug)]
pub struct Evaluation<'r> {
    router: &'r Router,
    now: Timestamp,
    evaluated: Evaluated,
}

impl<'r> Evaluation<'r> {
    /// Before the first event.
    pub fn new(router: &'r Router, now: Timestamp) -> Self {
        Self { router, now, evaluated: Evaluated::default() }
    }

    /// What is wanted of all events.
    pub fn finish(self) -> Evaluated {
        self.evaluated
    }

    /// Evaluates what is in an entry, and says where the id of its message is.
    fn take(&mut self, intake: &Intake<'_>, event_index: u32, order: Order) -> Option<u32> {
        let message_id = if isolation::begin(event_index) {
            self.evaluate(intake, event_index, order)
        } else {
            self.reject(event_index, Reason::Panicked.into());
            None
        };
        isolation::end();
        message_id
    }

    fn evaluate(&mut self, intake: &Intake<'_>, event_index: u32, order: Order) -> Option<u32> {
        let event = match intake.event(event_index) {
            Ok(event) => event,
            Err(explanation) => {
                self.reject(event_index, explanation);
                return None;
            }
        };
        #[cfg(inject_panic)]
        isolation::inject(event.root.raw(), "Panic in evaluation");
        let time = match order {
            Order::Position => 0,
            Order::Time => time_of(&event, intake.clock_skew(event_index), intake.envelope_time(event_index), self.now),
        };
        let rank = Rank { is_deletion: false, time, position: event_index };
        evaluate_event(&mut self.evaluated, self.router, &event, rank);
        event.own_message_id().map(Value::position)
    }

    fn reject(&mut self, event_index: u32, explanation: Explanation) {
        self.evaluated.entries.push(Entry::new(event_index, None, explanation.into()));
    }
}

impl Receive for Evaluation<'_> {
    fn expect(&mut self, events: usize) {
        // Most often there is one operation for each event.
        self.evaluated.reserve(events);
    }

    fn receive(&mut self, intake: &Intake<'_>, event_index: u32) -> Option<u32> {
        self.take(intake, event_index, intake.order())
    }
}

/// Sends all events through the mappings, in the order of their source or another; they stay as they are.
pub fn evaluate(router: &Router, intake: &Intake<'_>, order: Order, now: Timestamp) -> Evaluated {
    let mut evaluation = Evaluation::new(router, now);
    evaluation.expect(intake.len());
    for event_index in 0..intake.next_index() {
        evaluation.take(intake, event_index, order);
    }
    evaluation.finish()
}

/// Sends one event through the mappings.
fn evaluate_event(evaluated: &mut Evaluated, router: &Router, event: &Event<'_>, rank: Rank) {
    if is_turned_off(event) {
        return evaluated.sink(rank, None).ended(Reason::IntegrationOff.into());
    }
    if deletion::is_request(event) {
        let rank = Rank { is_deletion: true, ..rank };
        let first = evaluated.operations.len();
        deletion::evaluate(event, &router.destination, &mut evaluated.sink(rank, None));
        if router.destination.settings.policy.shadow {
            evaluated.shadow_from(first);
        }
        return;
    }
    let (first_entry, first_operation) = (evaluated.entries.len(), evaluated.operations.len());
    for number in router.matching(event) {
        let Some(configured) = router.mapping(number) else { continue };
        let first = evaluated.operations.len();
        evaluate_mapping(&router.destination, configured, event, &mut evaluated.sink(rank, Some(number)));
        if configured.policy.shadow {
            evaluated.shadow_from(first);
        }
    }
    let has_acted = evaluated.operations.len() > first_operation;
    if !has_acted && evaluated.entries.len() == first_entry {
        evaluated.sink(rank, None).ended(router.unmatched(event));
    }
    if !has_acted {
        // No other mapping acted on the event, so the missing audience is a mistake.
        let not_native = Reason::NotNative.into();
        let entries = evaluated.entries.iter_mut().skip(first_entry);
        entries.filter(|entry| entry.verdict == not_native).for_each(|entry| entry.verdict = Reason::NoAudience.into());
    }
}

/// What a mapping wants done with an event, whether or not its trigger matches.
pub(crate) fn evaluate_mapping(
    destination: &Destination,
    configured: &ConfiguredMapping,
    event: &Event<'_>,
    sink: &mut Sink<'_>,
) {
    match configured.mapping.fields.resolve(event) {
        Ok(filled) => {
            let consent = consent::of(event, &configured.policy);
            configured.mapping.action.evaluate(input(destination, configured, event, &filled, &consent), sink);
        }
        Err(error) => sink.ended(invalid_field(&error)),
    }
}

/// The direction in which a mapping sends an event's people, consent taken into account; where it would send nobody, the
/// action's own.
pub fn direction(destination: &Destination, configured: &ConfiguredMapping, event: &Event<'_>) -> Direction {
    let mut evaluated = Evaluated::default();
    evaluate_mapping(destination, configured, event, &mut evaluated.sink(Rank::default(), None));
    let of_members = |planned: &PlannedOperation| match &planned.operation {
        Operation::Members { direction, .. } => Some(*direction),
        Operation::Create { .. } | Operation::Erase { .. } => None,
    };
    evaluated.operations.iter().find_map(of_members).unwrap_or_else(|| configured.mapping.action.direction())
}

/// What the action of a mapping reads.
pub fn input<'i, 'e>(
    destination: &'i Destination,
    configured: &'i ConfiguredMapping,
    event: &'i Event<'e>,
    filled: &'i Filled<'e>,
    consent: &'i Consent,
) -> Input<'i, 'e> {
    Input {
        event,
        filled,
        own_audience: configured.own_audience,
        event_switches: &configured.event_switches,
        rules: &configured.policy.identity,
        also_remove: configured.policy.also_removes(),
        consent,
        default_advertiser: destination.settings.advertiser_id,
        audiences: &destination.audiences,
    }
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
    let Some(integrations) = event.integrations() else { return false };
    INTEGRATION_NAMES.iter().any(|name| integrations.get(name).and_then(Value::as_bool) == Some(false))
}

/// When an event happened, in milliseconds since 1970; `now` when neither it nor its envelope says.
fn time_of(event: &Event<'_>, clock_skew: i64, envelope: Option<i64>, now: Timestamp) -> i64 {
    let latest = now.saturating_add(time::MAX_AHEAD).unwrap_or(now);
    // The sender's clock wrote the first two, its server's the third.
    let latest_by_sender = latest.saturating_sub(SignedDuration::from_millis(clock_skew)).unwrap_or(latest);
    let read = |value: Option<Value<'_>>, latest| Some(time::stated(value?, latest)?.as_millisecond());
    let by_sender =
        read(event.timestamp(), latest_by_sender).or_else(|| read(event.original_timestamp(), latest_by_sender));
    let stated = by_sender.map(|time| time.saturating_add(clock_skew)).or_else(|| read(event.received_at(), latest));
    match stated.or(envelope) {
        Some(time) if time <= latest.as_millisecond() => time,
        Some(_) | None => now.as_millisecond(),
    }
}
