//! How an invocation arrived, and the events in it.
//!
//! Recognises the envelope by discriminators that no two share, opens it into one entry per event, and knows how its
//! caller wants to be answered. Knows nothing of TikTok.

mod acknowledgement;
pub mod direct;
mod discriminators;
mod error;
mod foreign;
pub mod http;
mod intake;
mod kind;
pub mod kinesis;
mod merge;
pub mod open;
mod order;
mod payload;
mod received;
mod reply;
pub mod rows;
mod sns;
pub mod sqs;
mod unwrap;
mod write_key;

use crate::json::{Kind, Value};

pub use acknowledgement::AcknowledgementScope;
pub use error::IngressError;
pub use intake::{Intake, Receive};
pub use kind::Ingress;
pub use open::Opened;
pub use order::Order;
pub use received::{Received, RejectedRecord};
pub use reply::{BatchItemFailures, InvocationError, Rejected, Reply, Retryable};

/// Recognises an invocation.
///
/// # Errors
/// The payload is none of the known shapes.
pub fn detect(root: Value<'_>) -> Result<Ingress, IngressError> {
    match root.kind() {
        Kind::Array => {
            root.item(0).map_or(Ok(()), admit_item)?;
            Ok(Ingress::Direct(direct::Direct::Array))
        }
        Kind::Object => {
            let ingress = discriminators::Discriminators::read(root).ingress()?;
            let is_one = ingress == Ingress::Direct(direct::Direct::One);
            let foreign = if is_one { foreign::recognise(root) } else { None };
            foreign.map_or(Ok(ingress), |foreign| Err(IngressError::NotAnEvent(foreign)))
        }
        kind @ (Kind::Null | Kind::Bool | Kind::Number | Kind::String) => Err(IngressError::NotAnEnvelope(kind)),
    }
}

/// Turns away the first item of an array where it is no event: EventBridge Pipes hands over the records of a queue or a
/// stream as a bare array.
fn admit_item(first: Value<'_>) -> Result<(), IngressError> {
    discriminators::Discriminators::read(first).service().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
