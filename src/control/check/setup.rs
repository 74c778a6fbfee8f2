//! The configuration and the queues: what can be seen without any call.

use super::Checked;
use crate::app::App;

/// Looks at mappings and queues.
pub(super) fn check(app: &App, checked: &mut Checked) {
    mappings(app, checked);
    queues(app, checked);
}

/// Mappings as such, and what was found about them when the configuration was loaded.
fn mappings(app: &App, checked: &mut Checked) {
    let item = "mappings";
    let mappings = &app.router.destination.mappings;
    let enabled = mappings.iter().filter(|configured| configured.mapping.enabled).count();
    if enabled == 0 {
        let remedy = "add or enable a mapping in destination.json; without the key mappings the default ones hold";
        checked.warning(item, "no mapping is enabled: every event is skipped", remedy);
    } else if app.warnings.is_empty() {
        checked.ok(item, format!("{enabled} of {} are enabled, and they agree", mappings.len()));
    }
    for warning in &app.warnings {
        let remedy = "change destination.json if it is not meant so, and deploy it";
        checked.warning(item, warning.to_string(), remedy);
    }
}

fn queues(app: &App, checked: &mut Checked) {
    let item = "dead-letter queue";
    if app.environment.rejected_queue.is_some() {
        checked.ok(item, "rejected events are kept there");
    } else {
        checked.warning(
            item,
            "REJECTED_QUEUE_URL is not set: rejected events are kept nowhere. SQS is told that they failed; \
             invocations by Kinesis, EventBridge and SNS fail with NoRejectedQueue; HTTP and direct callers find them \
             in the reply, but asynchronous direct callers and SDKs read none",
            "set REJECTED_QUEUE_URL to an SQS queue",
        );
    }
    let item = "buffer queue";
    let message = match app.environment.buffer_queue {
        Some(_) => "events are queued first and delivered in batches",
        None => "BUFFER_QUEUE_URL is not set: events are delivered while their sender waits",
    };
    checked.ok(item, message);
}
