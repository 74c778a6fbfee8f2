//! TikTok's ids: strings of digits, larger than 2^53 and therefore never numbers.

use std::fmt;
use std::num::NonZeroU8;

/// The longest id that is accepted; TikTok's have 19 digits today.
const MAX_DIGITS: usize = 30;

/// Digits, held inline so that an id is as cheap to copy as two pointers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Digits {
    /// Never zero, so that an id that is not there takes no more room than one that is.
    length: NonZeroU8,
    bytes: [u8; MAX_DIGITS],
}

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_DIGITS} digits")]
pub struct BadId;

impl Digits {
    fn parse(text: &str) -> Result<Self, BadId> {
        let source = text.as_bytes();
        let length = u8::try_from(source.len()).ok().and_then(NonZeroU8::new).ok_or(BadId)?;
        let mut bytes = [0; MAX_DIGITS];
        let target = bytes.get_mut(..source.len()).ok_or(BadId)?;
        if !source.iter().all(u8::is_ascii_digit) {
            return Err(BadId);
        }
        target.copy_from_slice(source);
        Ok(Self { length, bytes })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length.get())).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Digits);

        impl $name {
            /// Accepts 1 to 30 ASCII digits and nothing else: no sign, no space, no exponent.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                Digits::parse(text).map(Self)
            }

            /// The digits.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The digits in ASCII, which cost no check that they are text.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

id! {
    /// An ad account at TikTok.
    AdvertiserId
}
id! {
    /// A custom audience at TikTok.
    AudienceId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_an_id() {
        for good in ["1", "7318294418293948234", "000", "123456789012345678901234567890"] {
            assert_eq!(AudienceId::parse(good).unwrap().as_str(), good);
            assert_eq!(AudienceId::parse(good).unwrap().as_bytes(), good.as_bytes());
        }
        for bad in ["", " 1", "1 ", "-1", "+1", "1e5", "1.0", "١", "abc", "1234567890123456789012345678901"] {
            assert_eq!(AudienceId::parse(bad), Err(BadId), "{bad:?}");
        }
    }
}
