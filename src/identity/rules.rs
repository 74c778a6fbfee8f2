//! How identifiers are spelled before they are hashed, as configured.
//!
//! A remove reaches a person only with the hash that the add sent, so one audience keeps one set of rules.

use strum::VariantArray;

use super::Country;

/// Whose normalisation applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, VariantArray)]
pub enum RuleSet {
    /// TikTok's API documentation: emails lose `+suffix` and the dots of the local part.
    #[default]
    Tiktok,
    /// TikTok's help centre since mid-2025: emails keep both.
    TiktokBasic,
    /// What Segment's connector hashes, for audiences that it filled.
    Segment,
}

impl RuleSet {
    /// Every rule set.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Reads the configured word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|set| set.as_str() == text)
    }

    /// The configured word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tiktok => "tiktok",
            Self::TiktokBasic => "tiktok-basic",
            Self::Segment => "segment",
        }
    }
}

/// Which form of a phone number is hashed under TikTok's rules.
///
/// Source: TikTok's help centre recommends E.164 with `+` and accepts bare digits too; the hash printed there is
/// that of the digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, VariantArray)]
pub enum PhoneRule {
    /// `+14155550100`.
    #[default]
    E164,
    /// `14155550100`.
    Digits,
}

impl PhoneRule {
    /// Every form.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Reads the configured word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.as_str() == text)
    }

    /// The configured word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::E164 => "e164",
            Self::Digits => "digits",
        }
    }
}

/// Everything that decides how an identifier is spelled before it is hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules {
    /// Whose normalisation applies.
    pub set: RuleSet,
    /// The form of a phone number; without effect under `segment`.
    pub phone: PhoneRule,
    /// The country of national phone numbers whose event names none.
    pub default_country: Option<Country>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_configuration_are_read_back() {
        for set in RuleSet::ALL {
            assert_eq!(RuleSet::parse(set.as_str()), Some(*set));
        }
        for rule in PhoneRule::ALL {
            assert_eq!(PhoneRule::parse(rule.as_str()), Some(*rule));
        }
        assert_eq!(RuleSet::parse("TikTok"), None);
        assert_eq!(PhoneRule::parse(""), None);
    }
}
