//! Filters on numbers: everything is a float, and what is no number is 0.

use liquid_core::model::{Value, ValueView};

use super::conversions::{number_of, value_of};
use super::filter::Apply::{self, Always};
use super::filter::Arguments;

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
    ("at_least", Always(|input, arguments| outermost(input, arguments, f64::max))),
    ("at_most", Always(|input, arguments| outermost(input, arguments, f64::min))),
];

/// Combines the input with the first argument; without one the result is not a number.
fn with(input: &dyn ValueView, arguments: &Arguments<'_>, combine: fn(f64, f64) -> f64) -> Value {
    let left = number_of(input);
    value_of(arguments.get(0).map_or(f64::NAN, |right| combine(left, number_of(right))))
}

/// The largest or smallest of the input and all arguments.
fn outermost(input: &dyn ValueView, arguments: &Arguments<'_>, of_two: fn(f64, f64) -> f64) -> Value {
    value_of(arguments.all().map(number_of).fold(number_of(input), of_two))
}

fn divided_by(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let whole = arguments.get(1).is_some_and(|whole| number_of(whole) != 0.0);
    with(input, arguments, if whole { |left, right| (left / right).floor() } else { |left, right| left / right })
}

/// Rounds to some decimal places, half up, a hair above the number so that 1.005 is rounded as it is written.
fn round(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let scale = libm::pow(10.0, arguments.get(0).map_or(0.0, number_of));
    let scaled = (number_of(input) * scale) * (1.0 + f64::EPSILON);
    let below = scaled.floor();
    let rounded = if scaled - below >= 0.5 { below + 1.0 } else { below };
    value_of(rounded / scale)
}
