//! When something happened, in the spellings of platforms, warehouses and spreadsheets.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::json::{Kind, Value};

/// Seconds since 1970 from 1973 on; fewer digits are no time, such as a date without hyphens.
const LEAST_SECONDS: f64 = 1e8;

/// From here on the number is of milliseconds: as seconds it is beyond the year 5000.
const LEAST_MILLISECONDS: f64 = 1e11;

/// Beyond this it is neither.
const LEAST_BEYOND: f64 = 1e14;

/// The time that a value states: a date and time of ISO 8601 with its zone; without one, or as a mere date, it is in UTC.
/// A number, also as text, is of seconds or milliseconds since 1970. `None` for anything else.
#[inline]
pub fn stated(value: Value<'_>) -> Option<Timestamp> {
    match value.kind() {
        Kind::String => {
            let text = value.as_str()?;
            text.parse().ok().or_else(|| of_text(text.trim()))
        }
        Kind::Number => of_number(value.as_f64()?),
        Kind::Null | Kind::Bool | Kind::Array | Kind::Object => None,
    }
}

/// Reads what is no date and time with a zone.
#[cold]
fn of_text(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse() {
        return Some(timestamp);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return of_number(text.parse().ok()?);
    }
    // In brackets stands the name of a zone.
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    let zoneless: DateTime = text.parse().ok().filter(|_| !text.contains('['))?;
    Offset::UTC.to_timestamp(zoneless).ok()
}

fn of_number(number: f64) -> Option<Timestamp> {
    let milliseconds = match number {
        LEAST_SECONDS..LEAST_MILLISECONDS => number * 1_000.0,
        LEAST_MILLISECONDS..LEAST_BEYOND => number,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "it is below 2^53")]
    Timestamp::from_millisecond(milliseconds.round() as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let found = stated(Document::parse(json).unwrap().root());
        assert_eq!(found.map(|time| time.to_string()).as_deref(), expected, "{json}");
    }

    #[test]
    fn a_time_is_read_as_platforms_and_warehouses_write_it() {
        for json in [
            r#""2026-01-05T10:00:00Z""#,
            r#""2026-01-05T11:00:00+01:00""#,
            r#""2026-01-05T10:00:00""#,
            r#""2026-01-05 10:00:00""#,
            r#"" 2026-01-05 10:00:00.000 ""#,
            r#""2026-01-05 10:00:00 UTC""#,
            r#""2026-01-05T10:00:00UTC""#,
            r#""1767607200""#,
            r#""1767607200000""#,
            r#""1767607200.0""#,
            "1767607200",
            "1767607200000",
            "1.7676072e9",
        ] {
            check(json, Some("2026-01-05T10:00:00Z"));
        }
        check(r#""2026-01-05""#, Some("2026-01-05T00:00:00Z"));
        check(r#""2026-01-05 UTC""#, Some("2026-01-05T00:00:00Z"));
        check("1767607200.25", Some("2026-01-05T10:00:00.25Z"));
    }

    #[test]
    fn what_can_be_read_in_more_than_one_way_is_no_time() {
        for json in [
            "null",
            "true",
            "[]",
            r#""""#,
            r#"" ""#,
            r#"".""#,
            r#""yesterday""#,
            r#""05/01/2026""#,
            r#""2026-13-05""#,
            r#""20260105""#,
            r#""2026-01-05T10:00:00 CET""#,
            r#""2026-01-05T10:00:00[Europe/Paris]""#,
            r#""UTC""#,
            "0",
            "-1767607200",
            "20260105",
            "1767607200000000",
            "1e300",
        ] {
            check(json, None);
        }
    }
}
