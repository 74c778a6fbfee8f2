//! Text out of a file's bytes; of other bytes, what they are and what to do about them.

/// How files begin that are no text, and what they are.
const OTHERS: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", "is packed with gzip: unpack it first"),
    (b"PK\x03\x04", "is a ZIP archive, or a workbook: save what is in it as a text"),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd: unpack it first"),
    (b"PAR1", "is Parquet: `tta list` reads it"),
];
const UTF_16: &str = "is UTF-16: save it as UTF-8, in PowerShell with `Out-File -Encoding utf8`";

/// The text, without the mark that some editors put in front of it; or a sentence that says why there is none.
pub(super) fn of_bytes(bytes: Vec<u8>) -> Result<String, String> {
    let other = OTHERS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    if let Some((_, sentence)) = other {
        return Err((*sentence).to_owned());
    }
    let nuls = bytes.split(|byte| *byte == 0).skip(1).count();
    if [b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| bytes.starts_with(*mark)) || nuls > bytes.len() / 3 {
        return Err(UTF_16.to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let (read, rest) = error.as_bytes().split_at_checked(error.utf8_error().valid_up_to()).unwrap_or_default();
            let (line, column) = place(&String::from_utf8_lossy(read));
            let byte = rest.first().copied().unwrap_or_default();
            Err(format!("line {line}, column {column}: the byte 0x{byte:02X} is no UTF-8; save the file as UTF-8"))
        }
    }
}

/// Line and column of what follows a text.
pub(crate) fn place(before: &str) -> (usize, usize) {
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_said_with_what_to_do() {
        let utf_16: Vec<u8> = "{\"a\": 1}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (bytes, expected) in [
            (&b"\xff\xfe{\0"[..], UTF_16),
            (&utf_16, UTF_16),
            (b"\x1f\x8b\x08", "is packed with gzip: unpack it first"),
            (b"PK\x03\x04..", "is a ZIP archive, or a workbook: save what is in it as a text"),
            (b"{\n \"K\xe4ufer\"", "line 2, column 4: the byte 0xE4 is no UTF-8; save the file as UTF-8"),
        ] {
            assert_eq!(of_bytes(bytes.to_vec()).unwrap_err(), expected);
        }
        for (bytes, expected) in [(&b"\xef\xbb\xbf{}"[..], "{}"), (b"", ""), ("K\u{e4}ufer".as_bytes(), "K\u{e4}ufer")]
        {
            assert_eq!(of_bytes(bytes.to_vec()).unwrap(), expected);
        }
    }
}
