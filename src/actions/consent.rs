//! What the consent of a person allows.

use crate::identity::Direction;
use crate::outcome::{Explanation, Note};

/// What an event says of its person's consent, as far as the mapping requires any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Every required category is granted, or none is required.
    Granted,
    /// A required category is refused.
    Withdrawn,
    /// A required category is not granted, for this reason.
    Missing(Explanation),
}

/// What may be done with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permitted {
    /// Add or remove.
    pub direction: Direction,
    /// Why it is not what was asked for.
    pub note: Option<Note>,
}

impl Consent {
    /// What may be done where `direction` is asked for: only adds need consent, and an add of a person who withdrew it
    /// becomes a remove.
    ///
    /// # Errors
    /// The add needs a consent that the event does not state.
    pub fn permit(&self, direction: Direction) -> Result<Permitted, Explanation> {
        let as_asked = Permitted { direction, note: None };
        match (direction, self) {
            (Direction::Remove, _) | (Direction::Add, Self::Granted) => Ok(as_asked),
            (Direction::Add, Self::Withdrawn) => {
                Ok(Permitted { direction: Direction::Remove, note: Some(Note::ConsentWithdrawn) })
            }
            (Direction::Add, Self::Missing(explanation)) => Err(explanation.clone()),
        }
    }
}
