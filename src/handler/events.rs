//! Events of any ingress: to the buffer or to TikTok, and the reply in their source's terms.

use std::time::Duration;

use jiff::Timestamp;

use super::error::HandlerError;
use super::persist::{self, Checked};
use crate::app::App;
use crate::clock::InvocationTime;
use crate::delivery;
use crate::delivery::session::Session;
use crate::destination::evaluation::Evaluation;
use crate::ingress::{AcknowledgementScope, Intake, InvocationError, Opened, Receive, Rejected, Reply};
use crate::log;
use crate::metrics::Oldest;
use crate::outcome::report;
use crate::outcome::{Ledger, Outcome};
use crate::queue::Queue;

/// What a source expects of its reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplyMode {
    /// Somebody waits for it and hangs up soon.
    pub(super) replies_soon: bool,
    /// It is content with the event being queued.
    pub(super) may_buffer: bool,
}

/// What becomes of each event as it is opened.
#[derive(Debug)]
pub(super) enum Reader<'a> {
    /// It is evaluated, to be delivered.
    Delivery(Evaluation<'a>),
    /// It is only looked at, to be written to this buffer.
    Buffer(&'a Queue, Checked),
}

impl<'a> Reader<'a> {
    /// For events of which none is opened yet.
    pub(super) fn new(app: &'a App, reply_mode: ReplyMode, invocation_time: InvocationTime) -> Self {
        match &app.buffer {
            Some(buffer) if reply_mode.may_buffer => Self::Buffer(buffer, Checked::default()),
            Some(_) | None => Self::Delivery(Evaluation::new(&app.router, invocation_time.wall)),
        }
    }
}

impl Receive for Reader<'_> {
    fn expect(&mut self, events: usize) {
        match self {
            Self::Delivery(evaluation) => evaluation.expect(events),
            Self::Buffer(_, checked) => checked.expect(events),
        }
    }

    fn receive(&mut self, intake: &Intake<'_>, event_index: u32) -> Option<u32> {
        match self {
            Self::Delivery(evaluation) => evaluation.receive(intake, event_index),
            Self::Buffer(_, checked) => checked.receive(intake, event_index),
        }
    }
}

/// Handles opened events and renders the reply.
pub(super) async fn handle(
    app: &App,
    ingress: &'static str,
    opened: Opened<'_>,
    reader: Reader<'_>,
    reply_mode: ReplyMode,
    invocation_time: InvocationTime,
) -> Result<String, HandlerError> {
    let Opened { mut intake, scope } = opened;
    let reply_within = app.router.destination.settings.reply_within;
    let session = Session::new(
        &app.client,
        &app.secrets,
        &app.metrics,
        invocation_time.budget(reply_mode.replies_soon.then_some(reply_within)),
    );
    let processed = process(app, ingress, &session, reader, &mut intake, &scope).await;
    let rejected = match &app.rejected {
        Some(_) => Rejected::LeaveToQueue,
        None => Rejected::ReportAsFailures,
    };
    match scope.reply(&processed.ledger, rejected)? {
        Reply::Report => Ok(processed.report(app)),
        Reply::Failures(failures) => {
            Ok(serde_json::to_string(&failures).map_err(|_impossible| InvocationError::retryable(&processed.ledger))?)
        }
    }
}

/// What became of events.
#[derive(Debug)]
pub(super) struct Processed<'i> {
    pub(super) ledger: Ledger,
    intake: &'i Intake<'i>,
}

impl Processed<'_> {
    /// The report as JSON.
    pub(super) fn report(&self, app: &App) -> String {
        report::render(&self.ledger, app.router.names(), |event_index| self.intake.message_id(event_index))
    }
}

/// Delivers or buffers events, persists what will not come back, and logs how it went. The reader takes what was opened
/// without it.
pub(super) async fn process<'i>(
    app: &App,
    ingress: &'static str,
    session: &Session<'_>,
    mut reader: Reader<'_>,
    intake: &'i mut Intake<'_>,
    scope: &AcknowledgementScope<'_>,
) -> Processed<'i> {
    intake.hand_over(&mut reader);
    let intake = &*intake;
    #[cfg(inject_panic)]
    for value in (0..).map_while(|event_index| intake.value(event_index)) {
        crate::isolation::inject(value.raw(), "Panic in delivery");
    }
    let message_id = |event_index| intake.message_id(event_index);
    let (ledger, queued) = match reader {
        Reader::Buffer(buffer, checked) => (persist::buffer(buffer, intake, checked, session.budget).await, Vec::new()),
        Reader::Delivery(evaluation) => {
            let context = app.delivery_context(&message_id);
            // Boxed, since the compiler follows the futures of an invocation no more than 128 deep.
            let ledger = Box::pin(delivery::deliver(context, session, evaluation.finish(), intake.len())).await;
            let queued = match leftovers_queue(app, scope) {
                Some(queue) => {
                    let leftovers = scope.leftovers(&ledger);
                    persist::leftovers(queue, intake, &ledger, &leftovers, session.budget).await
                }
                None => Vec::new(),
            };
            (if queued.is_empty() { ledger } else { ledger.accepted(&queued) }, queued)
        }
    };
    let ledger = match &app.rejected {
        Some(queue) => {
            persist::rejected(queue, app.router.names(), intake, scope, &queued, ledger, session.budget).await
        }
        None => ledger,
    };
    let invocation = log::Invocation {
        ingress,
        ledger: &ledger,
        mappings: app.router.names(),
        message_id: &message_id,
        calls: app.client.calls_so_far(),
    };
    log::invocation(&invocation, app.environment.log_events);
    let now = session.budget.wall;
    let oldest = |outcome| oldest(intake, &ledger, outcome, now);
    let oldest = Oldest { delivered: oldest(Outcome::Delivered), retryable: oldest(Outcome::Retryable) };
    app.metrics.events(&ledger, oldest);
    Processed { ledger, intake }
}

/// Where events that may succeed later are queued on their own.
fn leftovers_queue<'a>(app: &'a App, scope: &AcknowledgementScope<'_>) -> Option<&'a Queue> {
    match scope {
        AcknowledgementScope::Each | AcknowledgementScope::Waiting => app.buffer.as_ref(),
        AcknowledgementScope::Sqs(_) => app.redrive.as_ref(),
        AcknowledgementScope::Whole | AcknowledgementScope::Unread | AcknowledgementScope::Kinesis(_) => None,
    }
}

/// How long ago the oldest event with this outcome had come to AWS, where its envelope says so.
fn oldest(intake: &Intake<'_>, ledger: &Ledger, outcome: Outcome, now: Timestamp) -> Option<Duration> {
    let of_outcome = (0_u32..).zip(ledger.outcomes()).filter(|(_, each)| **each == outcome);
    let oldest = of_outcome.filter_map(|(event_index, _)| intake.envelope_time(event_index)).min()?;
    u64::try_from(now.as_millisecond().saturating_sub(oldest)).ok().map(Duration::from_millis)
}
