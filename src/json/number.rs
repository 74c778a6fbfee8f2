//! Numbers as text.

use std::borrow::Cow;

use super::Value;

/// The text of a string, or of a number as fields read it; none of anything else.
pub(crate) fn value_text(value: Value<'_>) -> Option<Cow<'_, str>> {
    value.as_str().or_else(|| value.as_number().map(text))
}

/// The text of a JSON number, as JavaScript would print it, but never rounded where it is an integer.
///
/// JavaScript prints 7318294418293948234 as 7318294418293948000; ids must not go through a float. A fraction of zeros
/// is dropped, since data frames write integers as `5551234.0`.
pub(crate) fn text(written: &str) -> Cow<'_, str> {
    match integer(written) {
        Some(integer) => Cow::Borrowed(integer),
        None => written.parse().map_or(Cow::Borrowed(written), |number| Cow::Owned(javascript(number))),
    }
}

/// The text of a JSON number that stands for an id: of anything but an integer as it is written, since whoever writes an
/// exponent has rounded the id already.
pub(crate) fn id_text(written: &str) -> &str {
    integer(written).unwrap_or(written)
}

/// The digits of a number without an exponent and with no fraction but zeros.
fn integer(written: &str) -> Option<&str> {
    let (integer, fraction) = written.split_once('.').unwrap_or((written, ""));
    let is_integer = !written.contains(['e', 'E']) && fraction.bytes().all(|digit| digit == b'0');
    is_integer.then_some(if integer == "-0" { "0" } else { integer })
}

/// A float as JavaScript prints it: the shortest digits that read back, with an exponent from 1e21 and below 1e-6.
pub(crate) fn javascript(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if (1e-6..1e21).contains(&size) {
        return number.to_string();
    }
    let shown = format!("{number:e}");
    if size >= 1e21 { shown.replace('e', "e+") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_javascript_but_integers_keep_their_digits() {
        for (written, expected) in [
            ("5", "5"),
            ("-5", "-5"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("7318294418293948234", "7318294418293948234"),
            ("73182944182939482341234", "73182944182939482341234"),
            ("7318294418293948234.00", "7318294418293948234"),
            ("1.50", "1.5"),
            ("0.1", "0.1"),
            ("1e3", "1000"),
            ("1.5E+2", "150"),
            ("1e21", "1e+21"),
            ("1.25e-7", "1.25e-7"),
            ("0.000001", "0.000001"),
            ("123e-20", "1.23e-18"),
            ("1e999", "Infinity"),
        ] {
            assert_eq!(text(written), expected, "{written}");
        }
    }

    #[test]
    fn an_id_is_never_rounded() {
        for (written, expected) in [
            ("7318294418293948234", "7318294418293948234"),
            ("7318294418293948234.0", "7318294418293948234"),
            ("1.800000000000000001e18", "1.800000000000000001e18"),
            ("7E18", "7E18"),
            ("7318294418293948234.5", "7318294418293948234.5"),
        ] {
            assert_eq!(id_text(written), expected);
        }
    }
}
