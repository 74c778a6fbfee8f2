//! Events of any ingress: to the buffer or to TikTok, and the reply in their source's terms.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

use super::error::HandlerError;
use super::persist;
use crate::app::App;
use crate::clock::InvocationTime;
use crate::delivery;
use crate::delivery::session::Session;
use crate::destination::evaluation;
use crate::event::Event;
use crate::ingress::{AcknowledgementScope, Intake, InvocationError, Opened, Rejected, Reply};
use crate::log;
use crate::metrics::Oldest;
use crate::outcome::report;
use crate::outcome::{Ledger, Outcome};

/// What a source expects of its reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplyMode {
    /// Somebody waits for it and hangs up soon.
    pub(super) replies_soon: bool,
    /// It is content with the event being queued.
    pub(super) may_buffer: bool,
}

/// Handles opened events and renders the reply.
pub(super) async fn handle(
    app: &App,
    ingress: &'static str,
    opened: Opened<'_>,
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
    let processed = process(app, ingress, &session, &mut intake, &scope, reply_mode).await;
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
    message_ids: MessageIds<'i>,
}

impl Processed<'_> {
    /// The report as JSON.
    pub(super) fn report(&self, app: &App) -> String {
        report::render(&self.ledger, app.router.names(), |event_index| self.message_ids.of(event_index))
    }
}

/// The ids of messages, as their senders gave them.
#[derive(Debug)]
struct MessageIds<'i> {
    intake: &'i Intake<'i>,
    /// Where they are, as far as that is known.
    found: Vec<Option<u32>>,
}

impl<'i> MessageIds<'i> {
    fn of(&self, event_index: u32) -> Option<Cow<'i, str>> {
        let event = self.intake.value(event_index)?;
        let found = self.found.get(event_index as usize).copied().flatten();
        let id = found.map(|position| event.at(position)).or_else(|| Event::message_id_in(event));
        id?.as_text()
    }
}

/// Delivers or buffers events, persists what will not come back, and logs how it went.
pub(super) async fn process<'i>(
    app: &App,
    ingress: &'static str,
    session: &Session<'_>,
    intake: &'i mut Intake<'_>,
    scope: &AcknowledgementScope<'_>,
    reply_mode: ReplyMode,
) -> Processed<'i> {
    let (ledger, found) = match &app.buffer {
        Some(buffer) if reply_mode.may_buffer => (persist::buffer(buffer, intake, session.budget).await, Vec::new()),
        Some(buffer) if matches!(scope, AcknowledgementScope::Each) => {
            let (ledger, found) = deliver(app, session, intake, scope).await;
            (persist::leftovers(buffer, intake, ledger, session.budget).await, found)
        }
        Some(_) | None => deliver(app, session, intake, scope).await,
    };
    let intake = &*intake;
    let message_ids = MessageIds { intake, found };
    let ledger = match &app.rejected {
        Some(queue) => persist::rejected(queue, app.router.names(), intake, scope, ledger, session.budget).await,
        None => ledger,
    };
    let invocation = log::Invocation {
        ingress,
        ledger: &ledger,
        mappings: app.router.names(),
        message_id: &|event_index| message_ids.of(event_index),
        calls: app.client.calls_so_far(),
    };
    log::invocation(&invocation, app.environment.log_events);
    let now = session.budget.wall;
    let oldest = |outcome| oldest(intake, &ledger, outcome, now);
    let oldest = Oldest { delivered: oldest(Outcome::Delivered), retryable: oldest(Outcome::Retryable) };
    app.metrics.events(&ledger, oldest);
    Processed { ledger, message_ids }
}

/// How long ago the oldest event with this outcome had come to AWS, where its envelope says so.
fn oldest(intake: &Intake<'_>, ledger: &Ledger, outcome: Outcome, now: Timestamp) -> Option<Duration> {
    let of_outcome = (0_u32..).zip(ledger.outcomes()).filter(|(_, each)| **each == outcome);
    let oldest = of_outcome.filter_map(|(event_index, _)| intake.envelope_time(event_index)).min()?;
    u64::try_from(now.as_millisecond().saturating_sub(oldest)).ok().map(Duration::from_millis)
}

/// Evaluates the events, and delivers what is wanted of them; and where the ids of their messages are.
async fn deliver(
    app: &App,
    session: &Session<'_>,
    intake: &mut Intake<'_>,
    scope: &AcknowledgementScope<'_>,
) -> (Ledger, Vec<Option<u32>>) {
    let mut evaluated = evaluation::evaluate(&app.router, intake, scope.order(), session.budget.wall);
    #[cfg(inject_panic)]
    for value in (0..).map_while(|event_index| intake.value(event_index)) {
        crate::isolation::inject(value.raw(), "Panic in delivery");
    }
    let mut found = std::mem::take(&mut evaluated.message_ids);
    intake.forget_members(&mut found);
    let message_ids = MessageIds { intake, found };
    let message_id = |event_index| message_ids.of(event_index);
    let delivered =
        delivery::deliver(app.delivery_context(&message_id), session, evaluated, message_ids.intake.len()).await;
    (delivered, message_ids.found)
}
