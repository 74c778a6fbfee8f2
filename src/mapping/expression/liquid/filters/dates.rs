//! The filter on points in time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use liquid_core::error::{Error, Result};
use liquid_core::model::{Value, ValueView};

use super::Apply::{self, Fails};
use super::Arguments;
use super::conversions::text_of;
use super::texts::limit;

pub(super) const FILTERS: &[(&str, Apply)] = &[("date", Fails(date))];

/// The format of the JavaScript engine where none is given.
const DEFAULT_FORMAT: &str = "%A, %B %-e, %Y at %-l:%M %P %z";

/// A point in time in UTC and in the argument's `strftime` format; what is none stays as it is.
fn date(input: &dyn ValueView, arguments: &Arguments<'_>) -> Result<Value> {
    let Some(time) = timestamp(&text_of(input)) else { return Ok(input.to_value()) };
    let format = arguments.some_text(0).unwrap_or_else(|| DEFAULT_FORMAT.to_owned());
    let text = jiff::fmt::strtime::format(&format, &time.to_zoned(TimeZone::UTC));
    text.map(Value::scalar).map_err(|_bad_format| Error::with_msg("this is not a date format"))
}

/// Seconds since 1970, a date, or a date and time with or without a zone.
fn timestamp(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = i64::try_from(limit(text.parse().ok()?)).ok()?;
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let local = text.parse::<DateTime>().or_else(|_no_time| text.parse::<Date>().map(DateTime::from)).ok()?;
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
