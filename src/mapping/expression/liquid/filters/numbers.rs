//! Filters on numbers: everything is a float, and what is no number is 0.

use liquid_core::model::{Value, ValueView};

use super::Apply::{self, Always};
use super::Arguments;
use super::conversions::{number_of, parsed, value_of};
use crate::mapping::number;

pub(super) const FILTERS: &[(&str, Apply)] = &[
    ("abs", Always(|input, _| value_of(number_of(input).abs()))),
    ("ceil", Always(|input, _| value_of(number_of(input).ceil()))),
    ("floor", Always(|input, _| value_of(number_of(input).floor()))),
    ("round", Always(round)),
    ("plus", Always(|input, arguments| with(input, arguments, |left, right| left + right))),
    ("minus", Always(|input, arguments| with(input, arguments, |left, right| left - right))),
    ("times", Always(|input, arguments| with(input, arguments, |left, right| left * right))),
    ("divided_by", Always(divided_by)),
    ("modulo", Always(|input, arguments| with(input, arguments, |left, right| ((left % right) + right) % right))),
    ("at_least", Always(|input, arguments| with(input, arguments, f64::max))),
    ("at_most", Always(|input, arguments| with(input, arguments, f64::min))),
];

/// Combines the input with the first argument; without one the result is not a number.
fn with(input: &dyn ValueView, arguments: &Arguments<'_>, combine: fn(f64, f64) -> f64) -> Value {
    let left = number_of(input);
    value_of(arguments.get(0).map_or(f64::NAN, |right| combine(left, number_of(right))))
}

fn divided_by(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let whole = arguments.get(1).is_some_and(|whole| number_of(whole) != 0.0);
    with(input, arguments, if whole { |left, right| (left / right).floor() } else { |left, right| left / right })
}

/// Rounds to some decimal places, half away from zero, by moving the decimal point in the number's text.
fn round(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    /// JavaScript's largest exact integer.
    const EXACT: f64 = 9_007_199_254_740_991.0;
    let value = number_of(input);
    let places = arguments.number(0).unwrap_or(0.0);
    let scaled = shifted(value.abs(), places);
    if scaled.is_nan() || scaled > EXACT {
        return value_of(value);
    }
    let rounded = shifted((scaled + 0.5).floor(), -places);
    value_of(if value < 0.0 { -rounded } else { rounded })
}

fn shifted(value: f64, places: f64) -> f64 {
    let text = number::javascript(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = parsed(exponent).unwrap_or(0.0) + places;
    format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN)
}
