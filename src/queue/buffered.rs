//! An event on its way into the buffer.

use std::borrow::Cow;
use std::fmt;

/// An event to be delivered later.
#[derive(Clone)]
pub struct Buffered<'e> {
    /// Its JSON text.
    pub text: Cow<'e, str>,
    /// When it arrived, in milliseconds since 1970.
    pub received_at: i64,
    /// Whether it has to be in one message with the event before it, as far as a message can hold both.
    pub is_joined: bool,
}

/// Prints nothing of the content.
impl fmt::Debug for Buffered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffered").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}
