//! Which event is being evaluated, so that a panic can be held against it and not against its neighbours.
//!
//! A panic ends the process (`panic = "abort"`) unless its hook takes over; the hook runs on the thread that panicked, and
//! what is noted here for that thread is all that it knows. See `handler::takeover`.

use std::cell::{Cell, RefCell};

thread_local! {
    static CURRENT: Cell<Option<u32>> = const { Cell::new(None) };
    static SET_ASIDE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Notes that the evaluation of an event begins. `false` where it panicked before in the same invocation.
pub fn begin(event_index: u32) -> bool {
    CURRENT.set(Some(event_index));
    SET_ASIDE.with_borrow(|set_aside| !set_aside.contains(&event_index))
}

/// Notes that the evaluation of all events has ended.
pub fn end() {
    CURRENT.set(None);
}

/// The events whose evaluation panicked in the invocation at hand, with the one that is being evaluated; `None` where
/// that is none, or one of them.
pub(crate) fn blamed() -> Option<Vec<u32>> {
    let current = CURRENT.get()?;
    let mut blamed = SET_ASIDE.with(RefCell::take);
    if blamed.contains(&current) {
        return None;
    }
    blamed.push(current);
    Some(blamed)
}

/// Sets events aside until the next invocation.
pub(crate) fn set_aside(events: Vec<u32>) {
    CURRENT.set(None);
    SET_ASIDE.set(events);
}

/// Panics at the text that the tests of the isolation send. No build that is shipped has it.
#[cfg(inject_panic)]
#[expect(clippy::panic, reason = "the fault that is injected")]
pub fn inject(text: &str, at: &str) {
    assert!(!text.contains(at), "injected, with `{text}` in its message");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_held_against_the_event_that_is_evaluated_and_once() {
        set_aside(Vec::new());
        assert_eq!(blamed(), None, "no event has begun");
        assert!(begin(3));
        let events = blamed().unwrap();
        assert_eq!(events, [3]);
        set_aside(events);
        assert!(begin(2) && !begin(3) && begin(4));
        assert_eq!(blamed(), Some(vec![3, 4]));
        set_aside(vec![3, 4]);
        assert!(!begin(4));
        assert_eq!(blamed(), None, "it was set aside and panicked nevertheless");
        begin(5);
        end();
        assert_eq!(blamed(), None, "all have ended");
    }
}
