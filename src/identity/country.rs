//! The countries that phone numbers belong to.

use super::numbering_plan::{self, Region};

/// A country or territory of ISO 3166 that has telephone numbers of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(&'static Region);

/// The text is not the code of a country with telephone numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the two letters of a country (ISO 3166), such as US")]
pub struct BadCountry;

impl Country {
    /// Reads an ISO 3166 alpha-2 code in either case; `UK`, which ISO reserves for it, is `GB`.
    pub fn parse(text: &str) -> Result<Self, BadCountry> {
        let code = text.trim();
        let code = if code.eq_ignore_ascii_case("UK") { "GB" } else { code };
        numbering_plan::region(code).map(Self).ok_or(BadCountry)
    }

    /// The two letters, in upper case.
    pub const fn as_str(&self) -> &'static str {
        self.0.iso
    }

    /// How numbers are dialled there.
    pub(super) const fn region(self) -> &'static Region {
        self.0
    }
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Country").field(&self.as_str()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_either_case() {
        for (text, expected) in [("US", "US"), ("de", "DE"), (" gB\n", "GB"), ("uk", "GB"), ("XK", "XK")] {
            assert_eq!(Country::parse(text).map(|country| country.as_str()), Ok(expected));
        }
    }

    #[test]
    fn debug_prints_the_code() {
        assert_eq!(format!("{:?}", Country::parse("us").unwrap()), "Country(\"US\")");
    }

    #[test]
    fn anything_else_is_no_country() {
        for text in ["", "U", "USA", "ZZ", "001", "Germany", "é"] {
            assert_eq!(Country::parse(text), Err(BadCountry), "{text}");
        }
    }
}
