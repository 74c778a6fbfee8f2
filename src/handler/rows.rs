//! A batch of a list: tried or delivered on the way of every event, and answered in counts.
//!
//! Nothing is buffered, and no row goes to the dead-letter queue: its file and number are enough to find it again.

use super::error::HandlerError;
use crate::app::App;
use crate::clock::InvocationTime;
use crate::delivery;
use crate::delivery::session::Session;
use crate::destination::{List, ListMode};
use crate::ingress::InvocationError;
use crate::ingress::rows::{Batch, RowsReply};
use crate::json::Value;
use crate::log;
use crate::outcome::Ledger;

/// Handles a batch and returns its reply.
pub(super) async fn handle(
    app: &App,
    root: Value<'_>,
    invocation_time: InvocationTime,
) -> Result<String, HandlerError> {
    let batch = Batch::open(root);
    let list = List::read(batch.input, &app.router.destination)?;
    let (evaluated, ignored_columns) = list.evaluate(batch.rows())?;
    let rows = batch.rows().count();
    let settings = &app.router.destination.settings;
    let limits = settings.limits();
    let ledger = match list.mode {
        ListMode::DryRun => delivery::rehearse(evaluated, rows, limits).await,
        ListMode::Deliver => {
            let session = Session::new(&app.client, &app.secrets, &app.metrics, invocation_time.budget(None));
            let message_id = |_row| None;
            let ledger = delivery::deliver(app.delivery_context(&message_id), &session, evaluated, rows).await;
            count(app, &ledger)?;
            ledger
        }
    };
    let reply = RowsReply::new(batch, &ledger, list.first_row, ignored_columns);
    let reply = match list.mode {
        ListMode::Deliver => reply,
        ListMode::DryRun => reply.of_dry_run(),
    };
    Ok(serde_json::to_string(&reply).map_err(|_impossible| InvocationError::rows(&ledger))?)
}

/// Logs and counts what became of the rows.
///
/// # Errors
/// Some may succeed later: the state sends the batch again, and what was delivered is repeated without harm.
fn count(app: &App, ledger: &Ledger) -> Result<(), InvocationError> {
    log::rows(ledger, app.client.calls_so_far());
    app.metrics.rows(ledger);
    if ledger.retryable().next().is_some() { Err(InvocationError::rows(ledger)) } else { Ok(()) }
}
