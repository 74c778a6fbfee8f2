//! An identifier with what was hashed of it, for people who look for a mistake on a machine of their own.
//!
//! Delivery uses [`Hashed`] alone: the clean text has no way into a request.

use std::fmt;

use super::{Hashed, IdType};

/// What the rules of this module end in: the hash alone, or the clean text with it.
pub(crate) trait Normalised: From<Hashed> {
    /// Of a normalised value.
    fn of(id_type: IdType, normal: &[u8]) -> Self;
}

impl Normalised for Hashed {
    fn of(id_type: IdType, normal: &[u8]) -> Self {
        Self::of(id_type, normal)
    }
}

/// A hash, and the text that was hashed unless the value came as a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Cleaned {
    text: Option<String>,
    hashed: Hashed,
}

impl Cleaned {
    /// The text that was hashed; nothing where the value came as a hash.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Its hash.
    pub const fn hashed(&self) -> Hashed {
        self.hashed
    }
}

impl From<Hashed> for Cleaned {
    fn from(hashed: Hashed) -> Self {
        Self { text: None, hashed }
    }
}

impl Normalised for Cleaned {
    fn of(id_type: IdType, normal: &[u8]) -> Self {
        Self { text: Some(String::from_utf8_lossy(normal).into_owned()), hashed: Hashed::of(id_type, normal) }
    }
}

/// Prints the column only.
impl fmt::Debug for Cleaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleaned").field("hashed", &self.hashed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Device, Direction, RuleSet, Rules, advertising_id, email, phone, sha256_hex};
    use super::super::{clean_advertising_id, clean_email, clean_phone};
    use super::*;

    #[test]
    fn the_text_is_the_one_that_is_hashed() {
        let (mail, number) = (" Jane.Doe+x@Example.com", "+1 (202) 555-0143");
        let (id, device) = ("38400000-8CF0-11BD-B23E-10B96E40000D", Device::default());
        for &set in RuleSet::ALL {
            let rules = Rules { set, ..Rules::default() };
            let pairs: [(Result<Option<Cleaned>, _>, _); 3] = [
                (clean_email(mail, &rules), email(mail, &rules)),
                (clean_phone(number, None, &rules), phone(number, None, &rules)),
                (
                    clean_advertising_id(id, &device, Direction::Add, &rules),
                    advertising_id(id, &device, Direction::Add, &rules),
                ),
            ];
            for (cleaned, hashed) in pairs {
                let (cleaned, hashed) = (cleaned.unwrap().unwrap(), hashed.unwrap().unwrap());
                assert_eq!(cleaned.hashed(), hashed);
                assert_eq!(sha256_hex(cleaned.text().unwrap()), hashed.hex());
                assert!(!format!("{cleaned:?}").contains(cleaned.text().unwrap()));
            }
        }
    }

    #[test]
    fn a_value_that_came_as_a_hash_has_no_text() {
        let cleaned: Cleaned = clean_email(&"a".repeat(64), &Rules::default()).unwrap().unwrap();
        assert_eq!(cleaned.text(), None);
    }
}
