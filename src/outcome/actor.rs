//! Who can act on an event that was not delivered.

use strum::VariantArray;

/// Who can act, from the one whose action reaches most events to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
pub enum Actor {
    /// Whoever runs the destination: configuration, secret, ad account, audience.
    Operator,
    /// Whoever sends the events: their shape.
    Sender,
    /// The person whom the event is about: their data.
    Person,
    /// Nobody need act: it was meant, or it passes.
    Nobody,
}

impl Actor {
    /// Every actor.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The word in reports, metrics and attributes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Sender => "sender",
            Self::Person => "person",
            Self::Nobody => "none",
        }
    }
}
