//! Strings and numbers as JSON has them.

use std::fmt::{self, Write};

/// Writes a string with its quotes; one without anything to escape, as most are, is copied in one piece.
pub fn write_quoted(out: &mut impl Write, text: &str) -> fmt::Result {
    if is_plain(text) {
        out.write_char('"')?;
        out.write_str(text)?;
        out.write_char('"')
    } else {
        write!(out, "{}", serde_json::Value::from(text))
    }
}

/// Whether a string can stand between quotes as it is. Others may as well, but these are sure to.
pub fn is_plain(text: &str) -> bool {
    let is_special = |byte: &u8| !matches!(byte, b' '..=b'~') || *byte == b'"' || *byte == b'\\';
    // Counted, not looked for, so that many bytes are looked at at once.
    text.bytes().filter(is_special).count() == 0
}

/// Writes a number; std's own way minds widths and signs, and takes ten times as long.
pub fn write_number(out: &mut impl Write, number: u64) -> fmt::Result {
    if number > 9 {
        write_number(out, number / 10)?;
    }
    out.write_char(char::from(b'0' + u8::try_from(number % 10).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_all_of_its_digits() {
        for number in [0, 7, 10, 99, 100, 1_790_000_000_000, u64::MAX] {
            let mut out = String::new();
            write_number(&mut out, number).unwrap();
            assert_eq!(out, number.to_string());
        }
    }

    #[test]
    fn what_is_written_is_what_serde_writes() {
        let every_ascii: String = (0..128_u8).map(char::from).collect();
        for text in ["", "a b~", "é😀", "\u{7f}\u{2028}\u{ffff}", &every_ascii].into_iter().chain(every_ascii.split(""))
        {
            let mut out = String::new();
            write_quoted(&mut out, text).unwrap();
            assert_eq!(out, serde_json::to_string(text).unwrap());
        }
    }
}
