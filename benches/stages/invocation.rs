//! One invocation without the network, stage by stage, by the library's own API.

use std::borrow::Cow;
use std::sync::Arc;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tiktok_audiences::actions::{AdvertiserRef, AudienceRef, Evaluated, Operation, PlannedOperation};
use tiktok_audiences::batch::{self, Call, Task};
use tiktok_audiences::config::parse_destination;
use tiktok_audiences::delivery;
use tiktok_audiences::destination::{Router, evaluation};
use tiktok_audiences::event::Event;
use tiktok_audiences::ingress::{Ingress, Opened, Order, detect, open};
use tiktok_audiences::json::Document;
use tiktok_audiences::outcome::{Ledger, report};

/// A destination of so many mappings, of which the first matches; none are the defaults.
pub(crate) fn router(mappings: usize) -> Router {
    let mapping = |number: usize| {
        let name = if number == 0 { "Audience Entered".to_owned() } else { format!("Another {number}") };
        json!({
            "name": name, "action": "addToAudience",
            "trigger": format!("event = \"{name}\" and properties.audience_key = \"abandoned_cart\"")
        })
    };
    let mappings: Json = (0..mappings).map(mapping).collect();
    let text = if mappings == json!([]) { json!({}) } else { json!({ "mappings": mappings }) };
    Router::new(parse_destination(&text.to_string()).0)
}

/// The payload, indexed and opened.
pub(crate) fn open(payload: &str) -> Option<Opened<'_>> {
    let document = Document::parse(payload).ok()?;
    match detect(document.root()).ok()? {
        Ingress::Direct(shape) => Some(open::direct(shape, document)),
        Ingress::Sqs => Some(open::sqs(document, None)),
        Ingress::Http(_)
        | Ingress::Operation
        | Ingress::Kinesis
        | Ingress::Sns
        | Ingress::EventBridge
        | Ingress::Schedule
        | Ingress::Rows
        | Ingress::Redrive => None,
    }
}

/// Every event through its mappings.
pub(crate) fn evaluate(router: &Router, opened: &Opened<'_>) -> Evaluated {
    evaluation::evaluate(router, &opened.intake, Order::Time, Timestamp::UNIX_EPOCH)
}

/// The plan of a delivery that sends nothing, and its outcomes.
pub(crate) fn rehearse(router: &Router, evaluated: Evaluated, events: usize) -> Option<Ledger> {
    delivery::rehearse(evaluated, events, router.destination.settings.limits()).now_or_never()
}

/// The calls for what was evaluated, of which every ad account and audience is known.
pub(crate) fn calls(router: &Router, evaluated: Evaluated) -> Vec<Arc<Call>> {
    let mut tasks: Vec<Task> = evaluated.operations.into_iter().filter_map(task).collect();
    batch::coalesce(&mut tasks);
    let calls = batch::plan(&Arc::new(tasks), router.destination.settings.limits());
    calls.into_iter().map(Arc::new).collect()
}

fn task(planned: PlannedOperation) -> Option<Task> {
    let PlannedOperation { event_index, rank, operation, .. } = planned;
    match operation {
        Operation::Members {
            direction,
            advertiser: AdvertiserRef::Known(advertiser),
            audience: AudienceRef::Known(audience),
            rows,
            ..
        } => Some(Task {
            event_index,
            rank,
            entry: event_index,
            advertiser,
            audience,
            is_by_name: false,
            direction,
            rows,
        }),
        Operation::Members { .. } | Operation::Erase { .. } | Operation::Create { .. } => None,
    }
}

/// The bodies of the calls; their size.
pub(crate) fn bodies(calls: &[Arc<Call>]) -> usize {
    calls.iter().filter_map(|call| delivery::body(call).ok()).map(|body| body.to_json().len()).sum()
}

/// The reply to a direct invocation.
pub(crate) fn reply(router: &Router, opened: &Opened<'_>, ledger: &Ledger) -> String {
    let message_id =
        |index| -> Option<Cow<'_, str>> { opened.intake.value(index).and_then(Event::message_id_in)?.as_text() };
    report::render(ledger, router.names(), message_id)
}
