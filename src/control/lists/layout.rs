//! What the key of an object says of a list: `in/<add|remove>/<advertiser id>/<audience name>/…`, and how its file is
//! written.

use crate::control::error::OperationError;

/// What a key says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// `add` or `remove`.
    pub(super) action: String,
    /// The ad account.
    pub(super) advertiser: String,
    /// The audience's name, decoded.
    pub(super) audience: String,
}

impl Layout {
    /// Reads a key.
    ///
    /// # Errors
    /// It is not laid out like this.
    pub(super) fn read(key: &str) -> Result<Self, OperationError> {
        let mut parts = key.splitn(5, '/');
        let expected = "keys are in/<add|remove>/<advertiser id>/<audience name>/<file>";
        let wrong = |what: &str| OperationError::new("KEY_LAYOUT", format!("{what}; {expected}"));
        if parts.next() != Some("in") {
            return Err(wrong("the key is not under in/"));
        }
        let action = parts.next().filter(|action| matches!(*action, "add" | "remove"));
        let action = action.ok_or_else(|| wrong("the key's second part is neither add nor remove"))?;
        let is_id = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let advertiser = parts.next().filter(is_id);
        let advertiser = advertiser.ok_or_else(|| wrong("the key's third part is no advertiser id"))?;
        let name = parts.next().and_then(decoded).filter(|name| !name.trim().is_empty());
        let audience = name.ok_or_else(|| wrong("the key's fourth part is no audience name"))?;
        if parts.next().is_none_or(str::is_empty) {
            return Err(wrong("the key has no file"));
        }
        Ok(Self { action: action.to_owned(), advertiser: advertiser.to_owned(), audience })
    }
}

/// A name, percent-decoded once; none where that is no text.
fn decoded(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// How a file is written, by Step Functions' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    JsonLines,
    Parquet,
}

impl Format {
    /// The name that the state machine chooses its reader by.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::JsonLines => "JSONL",
            Self::Parquet => "PARQUET",
        }
    }

    /// The format that an argument names, or that a key ends in.
    ///
    /// # Errors
    /// It is none of the known ones.
    pub(super) fn of(stated: Option<&str>, key: &str) -> Result<Self, OperationError> {
        let plain = [".gz", ".zst", ".zstd"].iter().find_map(|end| key.strip_suffix(end)).unwrap_or(key);
        let ending = plain.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        match stated.map(str::to_ascii_lowercase).as_deref().unwrap_or(&ending) {
            "csv" => Ok(Self::Csv),
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            _ => {
                let expected =
                    "the file is .csv, .jsonl or .ndjson, each also with .gz or .zst, or .parquet; or format says so";
                Err(OperationError::new("UNKNOWN_FORMAT", expected))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_is_to_be_done_where() {
        let layout = Layout::read("in/add/7000000000000000001/50%25 off%2FVIP/2026/part-1.csv.gz").unwrap();
        assert_eq!((layout.action.as_str(), layout.advertiser.as_str()), ("add", "7000000000000000001"));
        assert_eq!(layout.audience, "50% off/VIP");
    }

    #[test]
    fn a_key_of_another_layout_is_refused_with_the_part_that_is_wrong() {
        for (key, expected) in [
            ("lists/add/7/vip/a.csv", "the key is not under in/"),
            ("in/upsert/7/vip/a.csv", "the key's second part is neither add nor remove"),
            ("in/add/vip/7/a.csv", "the key's third part is no advertiser id"),
            ("in/add/7/%zz/a.csv", "the key's fourth part is no audience name"),
            ("in/add/7/%ff/a.csv", "the key's fourth part is no audience name"),
            ("in/add/7//a.csv", "the key's fourth part is no audience name"),
            ("in/add/7/a.csv", "the key has no file"),
            ("in/add/7/vip/", "the key has no file"),
        ] {
            let message = Layout::read(key).unwrap_err().message;
            assert!(message.starts_with(expected), "{key}: {message}");
        }
    }

    #[test]
    fn the_format_is_what_the_key_ends_in_unless_it_is_stated() {
        for (stated, key, expected) in [
            (None, "a.csv", Some("CSV")),
            (None, "a.CSV.gz", Some("CSV")),
            (None, "a.b.jsonl.zst", Some("JSONL")),
            (None, "a.ndjson", Some("JSONL")),
            (None, "a.parquet", Some("PARQUET")),
            (None, "a.xlsx", None),
            (None, "folder/", None),
            (Some("Csv"), "folder/", Some("CSV")),
            (Some("orc"), "a.csv", None),
        ] {
            assert_eq!(Format::of(stated, key).ok().map(Format::name), expected, "{stated:?} {key}");
        }
    }
}
