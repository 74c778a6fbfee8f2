//! Why a condition does not hold.

use super::Condition;
use crate::event::Event;

impl Condition {
    /// The smallest part that is enough to say why the event does not fulfil the condition.
    pub(super) fn failing(&self, event: &Event<'_>) -> Option<&Self> {
        if self.holds(event) {
            return None;
        }
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.failing(event)),
            Self::Any(_) | Self::Not(_) | Self::Test(_) => Some(self),
        }
    }
}
