//! One invocation, from its envelope to its reply.

mod error;
mod events;
mod http;
mod persist;
mod refused;
mod rows;
mod runtime;
mod webhook_audiences;

use std::panic::AssertUnwindSafe;
use std::time::SystemTime;

use futures_util::FutureExt;
use serde_json::value::RawValue;

use crate::app::App;
use crate::clock::{self, InvocationTime};
use crate::config::Role;
use crate::control;
use crate::ingress::direct::Direct;
use crate::ingress::{self, Ingress, open};
use crate::json::Document;
use crate::log;

pub use error::HandlerError;
use events::ReplyMode;
pub use runtime::serve;

/// Handles an invocation as Lambda brings it.
///
/// # Errors
/// See [`HandlerError`].
async fn invoke(app: &App, payload: &[u8], deadline: SystemTime) -> Result<Box<RawValue>, HandlerError> {
    let invocation_time = clock::invocation_time(deadline);
    let work = async { handle(app, str::from_utf8(payload)?, invocation_time).await };
    // Boxed: the runtime would otherwise carry the whole future through each of its layers.
    let reply = Box::pin(unless_it_panics(work)).await;
    app.metrics.calls(&app.client.take_attempts(), &app.client.take_batch_rows());
    app.metrics.write(invocation_time.wall);
    let reply = reply.inspect_err(|error| log::failed(error, error.error_type()))?;
    Ok(RawValue::from_string(reply).unwrap_or_else(|_not_json| RawValue::NULL.to_owned()))
}

/// The result, or an error in place of a panic: the runtime would reply with the panic's words, which may quote an event.
async fn unless_it_panics<T>(work: impl Future<Output = Result<T, HandlerError>>) -> Result<T, HandlerError> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_its_words| Err(HandlerError::Panicked))
}

/// Handles an invocation and returns its reply as JSON.
///
/// # Errors
/// See [`HandlerError`].
pub async fn handle(app: &App, payload: &str, invocation_time: InvocationTime) -> Result<String, HandlerError> {
    let document = Document::parse(payload)?;
    let ingress = ingress::detect(document.root())?;
    admit(app.environment.role, ingress)?;
    let opened = match ingress {
        Ingress::Http(shape) => return Ok(http::handle(app, shape, &document, invocation_time).await),
        Ingress::Operation | Ingress::Schedule => return operation(app, ingress, &document, invocation_time).await,
        Ingress::Rows => return rows::handle(app, document.root(), invocation_time).await,
        Ingress::Direct(shape) => open::direct(shape, document),
        Ingress::Sqs => open::sqs(document),
        Ingress::Kinesis => open::kinesis(document),
        Ingress::Sns | Ingress::EventBridge => open::unread(document),
        Ingress::Redrive => open::redrive(document),
    };
    events::handle(app, ingress.name(), opened, reply_mode(ingress), invocation_time).await
}

/// Turns away events that are for another function. Requests are told apart by their route, operations by what they ask.
const fn admit(role: Role, ingress: Ingress) -> Result<(), HandlerError> {
    let is_taken = match ingress {
        Ingress::Sqs | Ingress::Kinesis | Ingress::Rows => role.takes_read_events(),
        Ingress::Direct(_) | Ingress::Sns | Ingress::EventBridge | Ingress::Redrive => role.takes_sent_events(),
        Ingress::Http(_) | Ingress::Operation | Ingress::Schedule => true,
    };
    if is_taken {
        return Ok(());
    }
    match role {
        Role::Ingest => Err(HandlerError::ReadElsewhere),
        Role::Deliver => Err(HandlerError::SentElsewhere),
        Role::Control => Err(HandlerError::NoEvents),
        Role::All => Ok(()),
    }
}

/// Who waits for the reply, and how long.
const fn reply_mode(ingress: Ingress) -> ReplyMode {
    match ingress {
        Ingress::Direct(Direct::One) => ReplyMode { replies_soon: true, may_buffer: true },
        Ingress::Direct(Direct::Array) | Ingress::Sns | Ingress::EventBridge | Ingress::Redrive => {
            ReplyMode { replies_soon: false, may_buffer: true }
        }
        Ingress::Direct(Direct::Envelope { .. })
        | Ingress::Sqs
        | Ingress::Kinesis
        | Ingress::Http(_)
        | Ingress::Rows
        | Ingress::Operation
        | Ingress::Schedule => ReplyMode { replies_soon: false, may_buffer: false },
    }
}

/// Runs what a direct invocation or a schedule asks of the control function.
async fn operation(
    app: &App,
    ingress: Ingress,
    document: &Document<'_>,
    invocation_time: InvocationTime,
) -> Result<String, HandlerError> {
    if !app.environment.role.takes_operations() && !control::is_for_every_function(document.root()) {
        return Err(HandlerError::NoOperations);
    }
    let is_bare_schedule = ingress == Ingress::Schedule;
    Ok(if is_bare_schedule {
        control::scheduled(app, invocation_time).await?
    } else {
        control::run(app, document.root(), invocation_time).await?
    })
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Diagnostic;

    use super::*;

    #[tokio::test]
    async fn the_words_of_a_panic_go_nowhere() {
        let fault = unless_it_panics::<()>(async { panic!("inside of `jane@example.com`") }).await;
        let error = fault.unwrap_err();
        let shown = format!("{error:?}");
        let shown = format!("{shown} {:?}", Diagnostic::from(error));
        assert!(shown.contains("Panicked") && !shown.contains("jane"), "{shown}");
    }
}
