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
    let Opened { intake, scope } = opened;
    let reply_within = app.router.destination.settings.reply_within;
    let session = Session::new(
        &app.client,
        &app.secrets,
        &app.metrics,
        invocation_time.budget(reply_mode.replies_soon.then_some(reply_within)),
    );
    let ledger = process(app, ingress, &session, &intake, &scope, reply_mode).await;
    let rejected = match &app.rejected {
        Some(_) => Rejected::LeaveToQueue,
        None => Rejected::ReportAsFailures,
    };
    match scope.reply(&ledger, rejected)? {
        Reply::Report => Ok(render(app, &intake, &ledger)),
        Reply::Failures(failures) => {
            Ok(serde_json::to_string(&failures).map_err(|_impossible| InvocationError::retryable(&ledger))?)
        }
    }
}

/// Delivers or buffers events, persists what will not come back, and logs how it went.
pub(super) async fn process(
    app: &App,
    ingress: &'static str,
    session: &Session<'_>,
    intake: &Intake<'_>,
    scope: &AcknowledgementScope<'_>,
    reply_mode: ReplyMode,
) -> Ledger {
    let ledger = match &app.buffer {
        Some(buffer) if reply_mode.may_buffer => persist::buffer(buffer, intake, session.budget).await,
        Some(buffer) if matches!(scope, AcknowledgementScope::Each) => {
            let ledger = deliver(app, session, intake, scope).await;
            persist::leftovers(buffer, intake, ledger, session.budget).await
        }
        Some(_) | None => deliver(app, session, intake, scope).await,
    };
    let ledger = match &app.rejected {
        Some(queue) => persist::rejected(queue, app.router.names(), intake, scope, ledger, session.budget).await,
        None => ledger,
    };
    let invocation = log::Invocation {
        ingress,
        ledger: &ledger,
        mappings: app.router.names(),
        message_id: &|event_index| message_id(intake, event_index),
        calls: app.client.calls_so_far(),
    };
    log::invocation(&invocation, app.environment.log_events);
    let now = session.budget.wall;
    let oldest = |outcome| oldest(intake, &ledger, outcome, now);
    let oldest = Oldest { delivered: oldest(Outcome::Delivered), retryable: oldest(Outcome::Retryable) };
    app.metrics.events(&ledger, oldest);
    ledger
}

/// How long ago the oldest event with this outcome had come to AWS, where its envelope says so.
fn oldest(intake: &Intake<'_>, ledger: &Ledger, outcome: Outcome, now: Timestamp) -> Option<Duration> {
    let of_outcome = (0_u32..).zip(ledger.outcomes()).filter(|(_, each)| **each == outcome);
    let oldest = of_outcome.filter_map(|(event_index, _)| intake.envelope_time(event_index)).min()?;
    u64::try_from(now.as_millisecond().saturating_sub(oldest)).ok().map(Duration::from_millis)
}

/// The id of an event's message, as its sender gave it.
fn message_id<'e>(intake: &'e Intake<'_>, event_index: u32) -> Option<Cow<'e, str>> {
    intake.value(event_index).and_then(Event::message_id_of)
}

async fn deliver(app: &App, session: &Session<'_>, intake: &Intake<'_>, scope: &AcknowledgementScope<'_>) -> Ledger {
    let evaluated = evaluation::evaluate(&app.router, intake, scope.order(), session.budget.wall);
    #[cfg(inject_panic)]
    for value in (0..).map_while(|event_index| intake.value(event_index)) {
        crate::isolation::inject(value.raw(), "Panic in delivery");
    }
    let message_id = |event_index| message_id(intake, event_index);
    delivery::deliver(app.delivery_context(&message_id), session, evaluated, intake.len()).await
}

/// The report as JSON.
pub(super) fn render(app: &App, intake: &Intake<'_>, ledger: &Ledger) -> String {
    report::render(ledger, app.router.names(), |event_index| message_id(intake, event_index))
}
