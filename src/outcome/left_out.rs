//! An identifier that was there and was not sent, and why.

use std::fmt::{self, Write};

use crate::identity::Unusable;

/// One identifier that an event has and that TikTok did not get, also where the event was delivered by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// The field of the mapping, or the column of the record.
    pub field: &'static str,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why an identifier that is there is not sent. Its text is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeftOutReason {
    /// It can't be used.
    Unusable(Unusable),
    /// It belongs to another column than the only one that the audience takes.
    OtherIdType,
    /// The event turns its kind off, or lacks what turns it on.
    SwitchedOff,
}

impl LeftOutReason {
    /// Every reason.
    pub fn all() -> impl Iterator<Item = Self> {
        Unusable::ALL.iter().copied().map(Self::Unusable).chain([Self::OtherIdType, Self::SwitchedOff])
    }

    /// Whether the value itself is to blame.
    pub const fn is_unusable(self) -> bool {
        match self {
            Self::Unusable(_) => true,
            Self::OtherIdType | Self::SwitchedOff => false,
        }
    }

    /// The reason as a constant for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unusable(unusable) => unusable.code(),
            Self::OtherIdType => "OTHER_ID_TYPE",
            Self::SwitchedOff => "SWITCHED_OFF",
        }
    }
}

impl fmt::Display for LeftOutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(unusable) => unusable.fmt(f),
            Self::OtherIdType => f.write_str("audience_settings.idType names another column"),
            Self::SwitchedOff => f.write_str("the event does not turn its `send_*` field on"),
        }
    }
}

impl From<Unusable> for LeftOutReason {
    fn from(unusable: Unusable) -> Self {
        Self::Unusable(unusable)
    }
}

impl LeftOut {
    /// An identifier of a field or column, and why it is not sent.
    pub fn new(field: &'static str, reason: impl Into<LeftOutReason>) -> Self {
        Self { field, reason: reason.into() }
    }
}

/// Each kind once, in the order in which it was met, with how many there are.
pub fn tally(all: &[LeftOut]) -> Vec<(LeftOut, usize)> {
    let mut kinds: Vec<(LeftOut, usize)> = Vec::new();
    for each in all {
        match kinds.iter_mut().find(|(known, _)| known == each) {
            Some((_, count)) => *count += 1,
            None => kinds.push((*each, 1)),
        }
    }
    kinds
}

/// What is wrong with identifiers, as a sentence: each kind once, however many there are.
pub fn sentence(all: &[LeftOut]) -> String {
    let mut sentence = String::new();
    for (LeftOut { field, reason }, count) in tally(all) {
        let separator = if sentence.is_empty() { "" } else { "; " };
        // Writing to a string can't fail.
        let _written = write!(sentence, "{separator}{field}: {reason}");
        if count > 1 {
            let _written = write!(sentence, " ({count} values)");
        }
    }
    sentence
}

/// The identifiers that were left out of one action; nothing where all were sent, which is the rule.
pub type AllLeftOut = Option<Box<[LeftOut]>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_each_kind_once() {
        let email = LeftOut::new("email", Unusable::NotAnEmail);
        let phone = LeftOut::new("phone", Unusable::NotAPhoneNumber);
        let expected = "email: not an email address (2 values); phone: not a phone number";
        assert_eq!(sentence(&[email, phone, email]), expected);
        assert_eq!(sentence(&[]), "");
    }

    #[test]
    fn codes_are_unique_and_every_one_has_a_meaning() {
        let mut codes: Vec<_> = LeftOutReason::all().map(LeftOutReason::code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(LeftOutReason::all().all(|reason| !reason.to_string().is_empty()));
    }
}
