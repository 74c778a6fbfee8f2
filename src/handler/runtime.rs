//! The invocations of a process, one after the other.

use std::convert::Infallible;
use std::sync::Arc;

use tracing::{Instrument as _, error_span};

use super::runtime_api::{Invocation, RuntimeApi, RuntimeApiError};
use super::takeover::{self, Interrupted};
use super::warm_up::warm_up;
use super::{HandlerError, invoke};
use crate::app::App;
use crate::isolation;

/// The largest block that the allocator takes from memory that it keeps, instead of getting it from the kernel and
/// giving it back: larger than any payload of Lambda's.
const LARGEST_KEPT_BLOCK: usize = 16 * 1024 * 1024;

/// Serves invocations for as long as the process lives, first the one that a panic interrupted.
///
/// # Errors
/// See [`RuntimeApiError`].
pub async fn serve(app: &App, address: &str, interrupted: Option<Interrupted>) -> Result<Infallible, RuntimeApiError> {
    keep_large_blocks();
    let api = RuntimeApi::new(address)?;
    match interrupted {
        Some(Interrupted { invocation, blamed }) => {
            let reply = match blamed {
                Some(events) => {
                    isolation::set_aside(events);
                    answer(app, &invocation).await
                }
                None => Err(HandlerError::Panicked),
            };
            api.reply(&invocation, reply).await?;
            takeover::end();
        }
        None => warm_up(app).await,
    }
    loop {
        let invocation = Arc::new(api.next().await?);
        let reply = answer(app, &invocation).await;
        api.reply(&invocation, reply).await?;
        takeover::end();
    }
}

/// Handles an invocation; each line of its log carries its ids.
async fn answer(app: &App, invocation: &Arc<Invocation>) -> Result<String, HandlerError> {
    takeover::begin(invocation);
    let Invocation { request_id, trace_id, deadline, payload, .. } = &**invocation;
    if let Some(journal) = &app.journal {
        journal.begin(request_id);
    }
    // At the level of errors, so that a line of any level has it.
    let span = error_span!("invocation", requestId = request_id.as_str(), xrayTraceId = trace_id.as_deref());
    invoke(app, payload, *deadline).instrument(span).await
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
