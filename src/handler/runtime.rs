//! The invocations of a process, one after the other.
//!
//! The runtime parses a payload for its handler, which would be once more than is needed: the handler gets `null` from
//! it, and the payload beside it, as the bytes that arrived.

use std::cell::Cell;
use std::mem;

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::tower::layer::layer_fn;
use lambda_runtime::tower::util::MapRequest;
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, service_fn};

use super::invoke;
use crate::app::App;

/// The largest block that the allocator takes from memory that it keeps, instead of getting it from the kernel and
/// giving it back: larger than any payload of Lambda's.
const LARGEST_KEPT_BLOCK: usize = 16 * 1024 * 1024;

/// Serves invocations until the process ends.
///
/// # Errors
/// Lambda's Runtime API can't be reached.
pub async fn serve(app: &App) -> Result<(), lambda_runtime::Error> {
    keep_large_blocks();
    let arrived = Cell::default();
    let set_payload_aside = layer_fn(|inner| {
        MapRequest::new(inner, |mut invocation: LambdaInvocation| {
            arrived.set(mem::replace(&mut invocation.body, "null".into()));
            invocation
        })
    });
    let handler = service_fn(|event: LambdaEvent<()>| {
        let payload = arrived.take();
        if let Some(journal) = &app.journal {
            journal.begin(&event.context.request_id);
        }
        async move { invoke(app, &payload, event.context.deadline()).await }
    });
    Runtime::new(handler).layer(TracingLayer::new()).layer(set_payload_aside).run().await
}

/// Has the allocator keep the memory of large blocks from one invocation to the next.
///
/// glibc's `free` learns from the first large block that it gives back to the kernel: blocks up to its size are kept
/// from then on, and twice as much of what is free at the end of the heap (`mallopt(3)`, "dynamic mmap threshold").
/// Without it, a quarter of the time of a large batch goes into getting the same pages from the kernel again. The block
/// is never written to, so that it takes no memory.
fn keep_large_blocks() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGEST_KEPT_BLOCK)));
}
