//! Which message ids may be shown: senders make ids of what they have at hand, and that may be a person.
//!
//! A name, an MD5 digest or a digest in base64 can't be told from an id. The book says so.

/// The longest message id that is repeated; Segment's have at most 100 characters.
const MAX_ID: usize = 100;

/// From so many hex digits in a row on they are somebody's hash: SHA-1 has 40, SHA-256 64. An UUID has at most 32.
const HASH_DIGITS: usize = 40;

/// Digits of a phone number with its country code or area code (ITU-T E.164, 6.2.1: at most 15).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 10..=15;

/// A number without a letter is shown up to here: somebody's number in a town may have seven.
const SHORT_NUMBER: usize = 6;

/// Characters of a ULID.
const ULID: usize = 26;

/// From so many hex digits on a part is a random id in which a few digits may follow each other: `MongoDB`'s have 24.
const RANDOM_HEX: usize = 24;

/// Whether a message id is neither an address, nor has a phone number or a hash in it, so that it may be shown.
pub fn is_plain_id(id: &str) -> bool {
    if id.len() > MAX_ID {
        return false;
    }
    let (mut part, mut fours, mut has_letter) = (Part::default(), 0, false);
    for byte in id.bytes().chain([b'-']) {
        if byte.is_ascii_alphanumeric() {
            part.push(byte);
            continue;
        }
        // The last part of a UUID comes after three of four digits each.
        let ends_uuid = fours == 3 && part.is_hex(12);
        if !matches!(byte, b'-' | b'_' | b'.' | b':') || part.could_be_a_person(ends_uuid) {
            return false;
        }
        fours = if byte == b'-' && part.is_hex(4) { fours + 1 } else { 0 };
        has_letter |= part.has_letter;
        part = Part::default();
    }
    has_letter || id.len() <= SHORT_NUMBER
}

/// Letters and digits in a row.
#[derive(Default)]
struct Part {
    length: usize,
    has_letter: bool,
    /// Hex digits in it.
    hex_digits: usize,
    has_other_than_base32: bool,
    /// Hex digits at its end.
    hex: usize,
    /// The most that follow each other.
    longest_hex: usize,
    /// Decimal digits at its end, and the first two of them.
    digits: usize,
    first: [u8; 2],
    has_phone: bool,
}

impl Part {
    fn push(&mut self, byte: u8) {
        self.length += 1;
        self.hex = if byte.is_ascii_hexdigit() { self.hex + 1 } else { 0 };
        self.hex_digits += self.hex.min(1);
        self.longest_hex = self.longest_hex.max(self.hex);
        if byte.is_ascii_digit() {
            if let Some(first) = self.first.get_mut(self.digits) {
                *first = byte;
            }
            self.digits += 1;
            return;
        }
        self.has_phone |= self.ends_with_phone();
        self.digits = 0;
        self.has_letter = true;
        self.has_other_than_base32 |= matches!(byte.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U');
    }

    /// Whether it ends with as many digits as a phone number has. Numbers of country 1 have eleven, those of country 20
    /// at most twelve: thirteen from 1 on are milliseconds since 1970, fourteen from 20 on a date with its time.
    fn ends_with_phone(&self) -> bool {
        let is_time = match self.digits {
            13 => self.first[0] == b'1',
            14 => self.first == *b"20",
            _ => false,
        };
        PHONE_DIGITS.contains(&self.digits) && !is_time
    }

    const fn is_hex(&self, length: usize) -> bool {
        self.length == length && self.hex_digits == length
    }

    fn could_be_a_person(&self, ends_uuid: bool) -> bool {
        let is_ulid = self.length == ULID && !self.has_other_than_base32;
        let is_random = self.has_letter && (is_ulid || (self.length >= RANDOM_HEX && self.hex_digits == self.length));
        self.longest_hex >= HASH_DIGITS || ((self.has_phone || self.ends_with_phone()) && !ends_uuid && !is_random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "584c4423c421df49955759498a71495aba49b8780eb9387dff333b6f0982c777";

    #[test]
    fn ids_as_senders_make_them_are_shown() {
        for id in [
            "ajs-next-1650c4a3d3f2b9",
            "ajs-next-1700000000000-059f36b4-87a3-44ab-83d2-661970000020",
            "d8c7a5e0-1d6e-4f5a-9b6f-0a1b2c3d4e5f",
            "msg_059f36b4-87a3-44ab-83d2-661970000020",
            "01J0AZ1234567890123456789Z",
            "507f1234567890aacd799439",
            "059f36b487a344ab83d2661970000020",
            "evt_1700000000000",
            "evt1700000000000x",
            "hightouch-1700000000000-3",
            "import-20261128120501-17",
            "audience-1800000000000000001",
            "segment:abc.1_2",
            "order-123456789",
            "42",
            "",
            // What can't be told from an id.
            "jane.doe_example.com",
            "tel-415-555-0100",
        ] {
            assert!(is_plain_id(id), "{id}");
        }
    }

    #[test]
    fn ids_with_an_address_a_number_or_a_hash_are_not() {
        let within = |before: &str, after: &str| format!("{before}{HASH}{after}");
        let hashes = [within("", ""), within("vip-", ""), within("", ":2026"), within("abc", "x"), "0a".repeat(20)];
        let others = [
            "jane@example.com",
            "12025550143",
            "+12025550143",
            "202-555-0143",
            "tel14155550100",
            "14155550100-x",
            "x_4155550100",
            "u-447700900123-1",
            "m4915112345678",
            "a-87a3-44ab-661970000020",
            "Jane Doe",
        ];
        for id in hashes.iter().map(String::as_str).chain(others) {
            assert!(!is_plain_id(id), "{id}");
        }
        assert!(!is_plain_id(&"a".repeat(MAX_ID + 1)));
    }
}
