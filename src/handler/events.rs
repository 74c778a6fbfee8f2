//! Events of any ingress: to the buffer or to TikTok, and the reply in their source's terms.

use std::time::Duration;

use jiff::Timestamp;

use super::{HandlerError, Moment, keep};
use crate::app::App;
use crate::batch::Limits;
use crate::delivery::{self, MAX_CALL_BYTES, Means};
use crate::dispatch;
use crate::event::Event;
use crate::ingress::{Intake, Opened, Refusal, Rejected, Reply, Units};
use crate::log;
use crate::outcome::{Ledger, Outcome};
use crate::report;
use crate::session::Session;

/// What a source expects of its reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
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
    patience: Patience,
    moment: Moment,
) -> Result<String, HandlerError> {
    let Opened { intake, units } = opened;
    let reply_within = app.routing.destination.settings.reply_within;
    let session = Session::new(
        &app.client,
        &app.secrets,
        &app.metrics,
        moment.window(patience.replies_soon.then_some(reply_within)),
    );
    let ledger = process(app, ingress, &session, &intake, &units, patience).await;
    let rejected = match &app.rejected {
        Some(_) => Rejected::LeaveToQueue,
        None => Rejected::ReportAsFailures,
    };
    match units.reply(&ledger, rejected)? {
        Reply::Report => Ok(render(app, &intake, &ledger)),
        Reply::Failures(failures) => {
            Ok(serde_json::to_string(&failures).map_err(|_impossible| Refusal::retryable(&ledger))?)
        }
    }
}

/// Delivers or buffers events, keeps what will not come back, and logs how it went.
pub(super) async fn process(
    app: &App,
    ingress: &'static str,
    session: &Session<'_>,
    intake: &Intake<'_>,
    units: &Units<'_>,
    patience: Patience,
) -> Ledger {
    let ledger = match &app.buffer {
        Some(buffer) if patience.may_buffer => keep::buffer(buffer, intake, session.window).await,
        Some(buffer) if matches!(units, Units::Each) => {
            let ledger = deliver(app, session, intake, units).await;
            keep::leftovers(buffer, intake, ledger, session.window).await
        }
        Some(_) | None => deliver(app, session, intake, units).await,
    };
    let ledger = match &app.rejected {
        Some(queue) => keep::rejected(queue, app.routing.names(), intake, units, ledger, session.window).await,
        None => ledger,
    };
    log::invocation(ingress, &ledger, app.routing.names());
    app.metrics.events(&ledger, oldest_delivered(intake, &ledger, session.window.wall));
    ledger
}

/// How long ago the oldest event that TikTok took had come to AWS, where its envelope says so.
fn oldest_delivered(intake: &Intake<'_>, ledger: &Ledger, now: Timestamp) -> Option<Duration> {
    let slots = (0_u32..).zip(ledger.outcomes()).filter(|(_, outcome)| **outcome == Outcome::Delivered);
    let oldest = slots.filter_map(|(slot, _)| intake.envelope_time(slot)).min()?;
    u64::try_from(now.as_millisecond().saturating_sub(oldest)).ok().map(Duration::from_millis)
}

async fn deliver(app: &App, session: &Session<'_>, intake: &Intake<'_>, units: &Units<'_>) -> Ledger {
    let settings = &app.routing.destination.settings;
    let dispatched = dispatch::dispatch(&app.routing, intake, units.order(), session.window.wall);
    let limits = Limits {
        rows: settings.batch_rows.get(),
        audiences_per_row: settings.audiences_per_row.get(),
        bytes: MAX_CALL_BYTES,
    };
    let means = Means { directory: &app.directory, limits, auto_create: settings.auto_create_audiences };
    delivery::deliver(means, session, dispatched, intake.len()).await
}

/// The report as JSON.
pub(super) fn render(app: &App, intake: &Intake<'_>, ledger: &Ledger) -> String {
    report::render(ledger, app.routing.names(), |slot| intake.event(slot).ok().as_ref().and_then(Event::message_id))
}
