//! Strings as JSON has them.

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

#[cfg(test)]
mod tests {
    use super::*;

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
