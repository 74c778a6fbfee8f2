//! The filter on points in time.

mod strftime;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use liquid_core::error::Result;
use liquid_core::model::{Value, ValueView};

use super::conversions::{converted, text_of};
use super::filter::Apply::{self, Fails};
use super::filter::{Arguments, MAX_TEXT, too_long};

pub(super) const FILTERS: &[(&str, Apply)] = &[("date", Fails(date))];

/// The format of the JavaScript engine where none is given.
const DEFAULT_FORMAT: &str = "%A, %B %-e, %Y at %-l:%M %P %z";

/// A point in time in UTC and in the argument's `strftime` format; what is none stays as it is.
fn date(input: &dyn ValueView, arguments: &Arguments<'_>) -> Result<Value> {
    let Some(time) = timestamp(input) else { return Ok(input.to_value()) };
    let given = arguments.get(0).filter(|format| !format.is_nil()).map(text_of);
    let format = given.as_deref().unwrap_or(DEFAULT_FORMAT);
    let text = strftime::format(&time.to_zoned(TimeZone::UTC), format, MAX_TEXT).ok_or_else(too_long)?;
    Ok(Value::scalar(text))
}

/// Seconds since 1970, a date, or a date and time with or without a zone.
fn timestamp(input: &dyn ValueView) -> Option<Timestamp> {
    let scalar = input.as_scalar().filter(|_| !input.is_nil())?;
    if let Some(boolean) = scalar.to_bool() {
        return Timestamp::from_millisecond(boolean.into()).ok();
    }
    let text = text_of(input);
    let is_text = scalar.type_name() == "string";
    if !is_text || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())) {
        return from_seconds(converted(input));
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let local = text.parse::<DateTime>().or_else(|_no_time| text.parse::<Date>().map(DateTime::from)).ok()?;
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates at both ends")]
fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let milliseconds = (seconds * 1000.0) as i64;
    if seconds.is_finite() { Timestamp::from_millisecond(milliseconds).ok() } else { None }
}
