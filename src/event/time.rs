//! When something happened, in the spellings of platforms, warehouses and spreadsheets.

use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::json::{Kind, Value};

/// How far ahead of our clock a time may be.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Seconds since 1970, from 1973 to 2099. Fewer digits are no time, such as a date without hyphens.
const SECONDS: Range<f64> = 1e8..4.1e9;

/// Milliseconds since 1970, from 2001 to 2099. Digits in between are a date and time without hyphens, to the minute.
const MILLISECONDS: Range<f64> = 1e12..4.1e12;

/// The time that a value states: a date and time of ISO 8601 with its zone; without one, or as a mere date, it is in UTC.
/// A number, also as text, is of seconds or milliseconds since 1970; one after `latest` is no time, but perhaps a date and
/// hour without hyphens. `None` for anything else.
#[inline]
pub fn stated(value: Value<'_>, latest: Timestamp) -> Option<Timestamp> {
    match value.kind() {
        Kind::String => {
            let text = value.as_str()?;
            text.parse().ok().or_else(|| of_text(text.trim(), latest))
        }
        Kind::Number => of_number(value.as_f64()?, latest),
        Kind::Null | Kind::Bool | Kind::Array | Kind::Object => None,
    }
}

/// Reads what is no date and time with a zone.
#[cold]
fn of_text(text: &str, latest: Timestamp) -> Option<Timestamp> {
    if let Some(timestamp) = text.parse().ok().or_else(|| with_spaced_zone(text)) {
        return Some(timestamp);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return of_number(text.parse().ok()?, latest);
    }
    // In brackets stands the name of a zone.
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    let zoneless: DateTime = text.parse().ok().filter(|_| !text.contains('['))?;
    Offset::UTC.to_timestamp(zoneless).ok()
}

/// Reads a date and time with white space before its zone, as warehouses write it.
fn with_spaced_zone(text: &str) -> Option<Timestamp> {
    let (time, zone) = text.rsplit_once(char::is_whitespace)?;
    if !zone.starts_with(['Z', 'z', '+', '-']) {
        return None;
    }
    format!("{}{zone}", time.trim_end()).parse().ok()
}

fn of_number(number: f64, latest: Timestamp) -> Option<Timestamp> {
    let milliseconds = if SECONDS.contains(&number) {
        number * 1_000.0
    } else if MILLISECONDS.contains(&number) {
        number
    } else {
        return None;
    };
    #[expect(clippy::cast_possible_truncation, reason = "it is below 2^53")]
    let time = Timestamp::from_millisecond(milliseconds.round() as i64).ok();
    time.filter(|time| *time <= latest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let latest = "2026-11-28T12:00:00Z".parse().unwrap();
        let found = stated(Document::parse(json).unwrap().root(), latest);
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
            r#""2026-01-05 10:00:00.000 +0000""#,
            r#""2026-01-05 11:00:00 +01:00""#,
            r#""2026-01-05 05:00:00.000  -05""#,
            r#""2026-01-05T10:00:00 Z ""#,
            r#""2026-01-05 10:00:00+00""#,
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
        check("1795867200", Some("2026-11-28T12:00:00Z"));
        check(r#""2099-01-05T10:00:00Z""#, Some("2099-01-05T10:00:00Z"));
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
            r#""2026-01-05 +0100""#,
            r#""2026-01-05 10:00:00 +0100 CET""#,
            r#"" +01:00""#,
            r#""UTC""#,
            // Dates and times without hyphens: to the hour, to the minute, to the second.
            r#""2026112812""#,
            r#""202611281200""#,
            r#""20261128080000""#,
            "2026112812",
            "202611281200",
            "20261128080000",
            "1795867201",
            "1795867201000",
            "4100000000",
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
