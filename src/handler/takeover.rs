//! What happens to an invocation whose thread panics: another thread handles it once more, without the event that was at
//! fault, and serves what follows.
//!
//! The shipped binary does not unwind, which would make it 0.4 MB larger; so the thread that panicked can only end the
//! process or wait. It waits: its hook starts another thread, with a runtime and clients of its own, and never returns.
//! An event whose evaluation panicked is rejected (`PANICKED`); a panic anywhere else is the error `Panicked` of the
//! invocation. Nothing of a panic costs anything until there is one.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{process, thread};

use super::runtime_api::Invocation;
use crate::isolation;

/// How many threads of a process may be lost to panics. Each keeps what it had of its payload, a few times its size; with
/// more the process ends, and Lambda starts another and sends the invocation again.
const MAX_PANICS: usize = 32;

static PANICS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static AT_HAND: Cell<Option<Arc<Invocation>>> = const { Cell::new(None) };
}

/// An invocation that a panic interrupted.
#[derive(Debug)]
pub struct Interrupted {
    pub(super) invocation: Arc<Invocation>,
    /// The events that panicked; `None` where the panic is not an event's.
    pub(super) blamed: Option<Vec<u32>>,
}

/// Notes the invocation that this thread handles.
pub(super) fn begin(invocation: &Arc<Invocation>) {
    AT_HAND.set(Some(Arc::clone(invocation)));
}

/// Notes that it is answered.
pub(super) fn end() {
    AT_HAND.set(None);
    isolation::set_aside(Vec::new());
}

/// To be called by the panic hook: has `serve` go on where this thread can't. It returns only where the process has to end:
/// the thread handles no invocation, or too many panicked before.
pub fn take_over(serve: fn(Interrupted) -> u8) {
    let Some(invocation) = AT_HAND.take() else { return };
    if PANICS.fetch_add(1, Ordering::Relaxed) >= MAX_PANICS {
        return;
    }
    let interrupted = Interrupted { invocation, blamed: isolation::blamed() };
    let successor = thread::Builder::new().spawn(move || process::exit(i32::from(serve(interrupted))));
    if successor.is_ok() {
        loop {
            thread::park();
        }
    }
}
