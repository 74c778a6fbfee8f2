//! UTF-16, as spreadsheets write it, read as UTF-8.

use std::io::{self, Read};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// The order of the bytes of UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The higher one first.
    Big,
    /// The lower one first.
    Little,
}

impl Order {
    /// That of a file which begins like this, with its mark or a letter of ASCII; none of one that is no UTF-16.
    pub(super) const fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [0xfe, 0xff, ..] | [0, 1..=0x7f, ..] => Some(Self::Big),
            [0xff, 0xfe, ..] | [1..=0x7f, 0, ..] => Some(Self::Little),
            _ => None,
        }
    }
}

/// Text that is read as UTF-8; what is no character of UTF-16 becomes U+FFFD.
pub(super) struct Utf16<R> {
    inner: R,
    order: Order,
    /// Bytes that are no whole character yet.
    bytes: Vec<u8>,
    text: String,
    /// How much of the text has been read.
    read: usize,
}

impl<R: Read> Utf16<R> {
    /// The same content as UTF-8.
    pub(super) const fn new(inner: R, order: Order) -> Self {
        Self { inner, order, bytes: Vec::new(), text: String::new(), read: 0 }
    }

    /// Reads some more text; none at the end.
    fn fill(&mut self) -> io::Result<()> {
        let read = self.inner.by_ref().take(CHUNK as u64).read_to_end(&mut self.bytes)?;
        let unit = |pair: &[u8]| match *pair {
            [first, second] => match self.order {
                Order::Big => u16::from_be_bytes([first, second]),
                Order::Little => u16::from_le_bytes([first, second]),
            },
            // The file ends in the middle of a unit, which by itself is no character.
            _ => 0xfffd,
        };
        let mut units: Vec<u16> = self.bytes.chunks(2).map(unit).collect();
        let mut rest = Vec::new();
        if read > 0 {
            let is_cut = self.bytes.len() % 2 == 1;
            let mut whole = units.len() - usize::from(is_cut);
            // The first half of a pair waits for the other one.
            let is_half = |unit: &u16| (0xd800..0xdc00).contains(unit);
            whole -= usize::from(whole.checked_sub(1).and_then(|last| units.get(last)).is_some_and(is_half));
            rest = self.bytes.split_off((whole * 2).min(self.bytes.len()));
            units.truncate(whole);
        }
        self.bytes = rest;
        self.text.clear();
        self.text.extend(char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)));
        self.read = 0;
        if self.text.is_empty() && read > 0 { self.fill() } else { Ok(()) }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.text.len() {
            self.fill()?;
        }
        let read = self.text.as_bytes().get(self.read..).unwrap_or_default().read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_order_is_read_whatever_the_chunks() {
        let text = "\u{feff}email\n\u{1f600}jos\u{e9}@example.com\n".repeat(CHUNK / 16);
        for (order, bytes_of) in
            [(Order::Big, u16::to_be_bytes as fn(u16) -> [u8; 2]), (Order::Little, u16::to_le_bytes)]
        {
            let mut bytes: Vec<u8> = text.encode_utf16().flat_map(bytes_of).collect();
            assert_eq!(Order::of(&bytes), Some(order));
            let read = |bytes: &[u8]| {
                let mut found = String::new();
                Utf16::new(bytes, order).read_to_string(&mut found).unwrap();
                found
            };
            assert!(read(&bytes) == text, "{order:?}");
            bytes.push(0);
            assert!(read(&bytes) == format!("{text}\u{fffd}"), "{order:?}: a byte alone");
        }
        for (beginning, expected) in
            [(&b"email"[..], None), (b"", None), (b"\0e\0m", Some(Order::Big)), (b"e\0m\0", Some(Order::Little))]
        {
            assert_eq!(Order::of(beginning), expected, "{beginning:?}");
        }
    }
}
