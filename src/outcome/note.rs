//! What a caller should know of an action besides how it ended.

/// Something that was done otherwise than the event asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// `CONSENT_WITHDRAWN`: the person was to be added, withdrew consent, and was removed instead.
    ConsentWithdrawn,
}

impl Note {
    /// The code in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ConsentWithdrawn => "CONSENT_WITHDRAWN",
        }
    }

    /// The sentence in reports.
    pub const fn message(self) -> &'static str {
        match self {
            Self::ConsentWithdrawn => "a required consent category was withdrawn, so the person was removed, not added",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_has_a_code_and_a_sentence() {
        assert_eq!(Note::ConsentWithdrawn.code(), "CONSENT_WITHDRAWN");
        assert!(Note::ConsentWithdrawn.message().contains("removed, not added"));
    }
}
