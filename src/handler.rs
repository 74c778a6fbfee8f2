//! One invocation, from its envelope to its reply.

mod error;
mod events;
mod http;
mod persist;
mod refused;
mod rows;
mod runtime;
mod runtime_api;
mod takeover;
mod warm_up;
mod webhook_audiences;

use std::time::SystemTime;

use crate::app::App;
use crate::clock::{self, InvocationTime};
use crate::config::Role;
use crate::control;
use crate::ingress::direct::Direct;
use crate::ingress::{self, Ingress, open};
use crate::json::Document;
use crate::log;

pub use error::HandlerError;
use events::{Reader, ReplyMode};
pub use runtime::serve;
pub use runtime_api::RuntimeApiError;
pub use takeover::{Interrupted, take_over};

/// Handles an invocation as Lambda brings it.
///
/// # Errors
/// See [`HandlerError`].
async fn invoke(app: &App, payload: &[u8], deadline: SystemTime) -> Result<String, HandlerError> {
    let invocation_time = clock::invocation_time(deadline);
    let reply = match str::from_utf8(payload) {
        // Boxed, since it is large and each layer above would carry it.
        Ok(payload) => Box::pin(handle(app, payload, invocation_time)).await,
        Err(error) => Err(error.into()),
    };
    app.metrics.calls(&app.client.take_attempts(), &app.client.take_batch_rows());
    app.metrics.write(invocation_time.wall);
    reply.inspect_err(|error| log::failed(error, error.error_type()))
}

/// Handles an invocation and returns its reply as JSON.
///
/// # Errors
/// See [`HandlerError`].
pub async fn handle(app: &App, payload: &str, invocation_time: InvocationTime) -> Result<String, HandlerError> {
    let array = Ingress::Direct(Direct::Array);
    let mode = reply_mode(array);
    let mut reader = Reader::new(app, mode, invocation_time);
    if let Some(opened) = open::array(payload, &mut reader)? {
        admit(app.environment.role, array)?;
        return events::handle(app, array.name(), opened, reader, mode, invocation_time).await;
    }
    let document = Document::parse(payload)?;
    let ingress = ingress::detect(document.root())?;
    admit(app.environment.role, ingress)?;
    let mode = reply_mode(ingress);
    let mut reader = Reader::new(app, mode, invocation_time);
    let opened = match ingress {
        Ingress::Http(shape) => return Ok(http::handle(app, shape, &document, invocation_time).await),
        Ingress::Operation | Ingress::Schedule => return operation(app, ingress, &document, invocation_time).await,
        Ingress::Rows => return rows::handle(app, document.root(), invocation_time).await,
        Ingress::Direct(shape) => open::direct(shape, document),
        Ingress::Sqs => open::sqs(document, Some(&mut reader)),
        Ingress::Kinesis => open::kinesis(document, Some(&mut reader)),
        Ingress::Sns | Ingress::EventBridge => open::unread(document),
        Ingress::Redrive => open::redrive(document),
    };
    events::handle(app, ingress.name(), opened, reader, mode, invocation_time).await
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
