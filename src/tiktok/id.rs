//! TikTok's ids: strings of digits, larger than 2^53 and therefore never numbers.

use std::fmt;
use std::num::NonZeroU8;
use std::ops::Deref;

/// The longest id that is accepted; TikTok's have 19 digits today.
const MAX_DIGITS: usize = 30;

/// Digits, two in a byte: a large invocation holds thousands of ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Digits {
    /// Never zero, so that an id that is not there takes no more room than one that is.
    length: NonZeroU8,
    /// From the left; what is behind the last digit is zero.
    pairs: [u8; MAX_DIGITS / 2],
}

/// The text of an id.
#[derive(Clone, Copy)]
pub struct IdText {
    digits: [u8; MAX_DIGITS],
    length: NonZeroU8,
}

impl IdText {
    /// The digits in ASCII, which cost no check that they are text.
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(..usize::from(self.length.get())).unwrap_or_default()
    }
}

impl AsRef<[u8]> for IdText {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Deref for IdText {
    type Target = str;

    fn deref(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl serde::Serialize for IdText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_DIGITS} digits")]
pub struct BadId;

impl Digits {
    fn parse(text: &str) -> Result<Self, BadId> {
        let source = text.as_bytes();
        let length = u8::try_from(source.len()).ok().and_then(NonZeroU8::new).ok_or(BadId)?;
        if source.len() > MAX_DIGITS || !source.iter().all(u8::is_ascii_digit) {
            return Err(BadId);
        }
        let mut pairs = [0; MAX_DIGITS / 2];
        for (pair, digits) in pairs.iter_mut().zip(source.chunks(2)) {
            let value = |position: usize| digits.get(position).map_or(0, |digit| digit - b'0');
            *pair = value(0) << 4 | value(1);
        }
        Ok(Self { length, pairs })
    }

    fn text(&self) -> IdText {
        let mut digits = [0; MAX_DIGITS];
        for (two, pair) in digits.as_chunks_mut().0.iter_mut().zip(self.pairs) {
            *two = [b'0' + (pair >> 4), b'0' + (pair & 0xf)];
        }
        IdText { digits, length: self.length }
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

            /// How many digits it has.
            pub const fn digits(&self) -> usize {
                self.0.length.get() as usize
            }

            /// The digits.
            pub fn text(self) -> IdText {
                self.0.text()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.text())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.text().serialize(serializer)
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_digits_are_an_id() {
        for good in ["1", "7318294418293948234", "000", "123456789012345678901234567890"] {
            let id = AudienceId::parse(good).unwrap();
            assert_eq!((&*id.text(), id.text().as_bytes(), id.digits()), (good, good.as_bytes(), good.len()));
        }
        for bad in ["", " 1", "1 ", "-1", "+1", "1e5", "1.0", "١", "abc", "1234567890123456789012345678901"] {
            assert_eq!(AudienceId::parse(bad), Err(BadId), "{bad:?}");
        }
    }

    /// Thousands of both are in memory at once.
    #[test]
    fn an_id_takes_no_more_than_two_words() {
        assert_eq!((size_of::<AudienceId>(), size_of::<Option<AdvertiserId>>()), (16, 16));
    }

    proptest! {
        #[test]
        fn ids_are_as_different_as_their_texts_and_in_order_of_length_first(one in "[0-9]{1,30}", two in "[0-9]{1,30}") {
            let [first, second] = [&one, &two].map(|text| AudienceId::parse(text).unwrap());
            prop_assert_eq!(&*first.text(), &one);
            prop_assert_eq!(first.cmp(&second), (one.len(), &one).cmp(&(two.len(), &two)));
        }
    }
}
