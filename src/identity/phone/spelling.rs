//! A phone number as people write it, read into digits.
//!
//! Everything that is no digit is either known decoration or makes the text unreadable. Letters in particular are
//! refused, though phone libraries turn them into digits (`1-800-FLOWERS`) or drop them (`415555O100`): the result
//! may be the number of somebody else, and a vanity number is no person's.

use smallvec::SmallVec;

/// Room for any country's prefix (up to 7 digits), a country code (3) and a national number (17).
const MAX_DIGITS: usize = 27;

/// A readable number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spelled {
    pub(super) form: Form,
    /// ASCII digits, one or more.
    pub(super) digits: SmallVec<[u8; 32]>,
}

/// What the digits start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A country code: there is a `+`.
    International,
    /// Whatever is dialled.
    AsDialled,
}

/// Reads a number; `None` if the text is anything else.
///
/// Takes the digits of all living scripts, the punctuation between groups of digits, an extension (dropped: E.164 has
/// none), `tel:` URIs (RFC 3966) and the apostrophe by which a spreadsheet keeps a cell from becoming a number. Where there are two `+`, the part from the last one counts: people type the country
/// code into forms that prefill it.
pub(super) fn read(text: &str) -> Option<Spelled> {
    let (number, parameters) = parts(text.strip_prefix('\'').unwrap_or(text));
    let mut spelled = digits(without_fraction(number))?;
    if let (Form::AsDialled, Some(context)) = (spelled.form, context(parameters)) {
        let mut whole = digits(context)?;
        whole.digits.append(&mut spelled.digits);
        spelled = whole;
    }
    (1..=MAX_DIGITS).contains(&spelled.digits.len()).then_some(spelled)
}

/// The number and the parameters of a `tel:` URI; any other text has no parameters.
fn parts(text: &str) -> (&str, &str) {
    match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest.split_once(';').unwrap_or((rest, "")),
        Some(_) | None => (text, ""),
    }
}

/// The fewest digits before the only point of a text that make it a decimal point; fewer are a group of digits.
const MIN_INTEGER: usize = 7;

/// The text without its fraction of zeros: data frames and spreadsheets write numbers as `4155550100.0`.
///
/// A digit too many makes the number somebody else's, or nobody's.
fn without_fraction(text: &str) -> &str {
    let Some((integer, fraction)) = text.split_once('.') else { return text };
    let digits = integer.strip_prefix('+').unwrap_or(integer).bytes();
    let is_integer = digits.clone().all(|byte| byte.is_ascii_digit() || byte == b' ');
    let is_long = digits.filter(u8::is_ascii_digit).count() >= MIN_INTEGER;
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    if is_integer && is_long && is_fraction { integer } else { text }
}

/// The country code, and perhaps area code, that completes a local `tel:` number.
fn context(parameters: &str) -> Option<&str> {
    let mut values = parameters.split(';').filter_map(|parameter| parameter.strip_prefix("phone-context="));
    values.next().filter(|context| context.starts_with('+'))
}

fn digits(number: &str) -> Option<Spelled> {
    let mut digits = SmallVec::new();
    let (mut pluses, mut led) = (0, true);
    for (at, c) in number.char_indices() {
        if let Some(digit) = digit(c) {
            digits.push(digit);
        } else if matches!(c, '+' | '＋') {
            pluses += 1;
            led = digits.is_empty() || pluses > 1;
            digits.clear();
        } else if !is_punctuation(c) {
            if is_extension(number.get(at..)?) {
                break;
            }
            return None;
        }
        if digits.len() > MAX_DIGITS {
            return None;
        }
    }
    let form = if pluses == 0 { Form::AsDialled } else { Form::International };
    led.then_some(Spelled { form, digits })
}

/// The ASCII digit of a decimal digit of any script.
fn digit(c: char) -> Option<u8> {
    /// The zeros of the scripts in which the Unicode plane 0 has decimal digits (general category Nd).
    const ZEROS: [char; 37] = [
        '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
        '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}', '\u{17e0}',
        '\u{1810}', '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}', '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}',
        '\u{a620}', '\u{a8d0}', '\u{a900}', '\u{a9d0}', '\u{a9f0}', '\u{aa50}', '\u{abf0}', '\u{ff10}', '0',
    ];
    if c.is_ascii() {
        return u8::try_from(c).ok().filter(u8::is_ascii_digit);
    }
    let value = |zero: char| u32::from(c).checked_sub(u32::from(zero)).filter(|value| *value < 10);
    ZEROS.into_iter().find_map(value).and_then(|value| u8::try_from(value).ok()).map(|value| b'0' + value)
}

/// What may stand between digits: libphonenumber's list, white space, and the marks that copied text carries.
const fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        ' ' | '-' | '.' | '(' | ')' | '/' | '[' | ']' | '~' | '\t'..='\r'
            | '\u{85}' | '\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2010}'..='\u{2015}' | '\u{2028}'..='\u{202f}' | '\u{2053}' | '\u{205f}'..='\u{2060}'
            | '\u{2066}'..='\u{2069}' | '\u{2212}' | '\u{223c}' | '\u{3000}' | '\u{30fc}' | '\u{feff}'
            | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}'..='\u{ff0f}' | '\u{ff3b}' | '\u{ff3d}' | '\u{ff5e}'
    )
}

/// Whether a text that follows a number is its extension and nothing more: `ext. 12`, `x12`, `#12`, `,12`, `;ext=12`.
fn is_extension(text: &str) -> bool {
    /// libphonenumber's labels.
    const LABELS: [&str; 9] = ["x", "ext", "extn", "xtn", "extension", "extensión", "anexo", "int", "доб"];
    /// libphonenumber's limit behind an explicit label.
    const MAX_EXTENSION: usize = 20;
    let marked = text.starts_with([',', ';', '#']);
    let text = text.trim_start_matches([',', ';', '#', ' ']);
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let (label, rest) = text.split_at(end);
    let known = LABELS.into_iter().any(|known| label.to_lowercase() == known);
    let rest = rest.trim_start_matches(['.', ':', '=', '#', '-', ' ', '\u{a0}']).trim_end_matches(['#', ' ']);
    let short = (1..=MAX_EXTENSION).contains(&rest.chars().count());
    (known || (label.is_empty() && marked)) && short && rest.chars().all(|c| digit(c).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, expected: Option<(Form, &str)>) {
        let got = read(text);
        let got = got.as_ref().map(|spelled| (spelled.form, std::str::from_utf8(&spelled.digits).unwrap()));
        assert_eq!(got, expected, "{name}");
    }

    const ABROAD: Option<(Form, &str)> = Some((Form::International, "14155550100"));
    const HOME: Option<(Form, &str)> = Some((Form::AsDialled, "4155550100"));

    #[test]
    fn punctuation_is_decoration() {
        check("none", "+14155550100", ABROAD);
        check("brackets", "+1 (415) 555-0100", ABROAD);
        check("plus in brackets", "(+1) 415.555.0100", ABROAD);
        check("slash", "415/555-0100", HOME);
        check("figure dashes, no-break spaces", "415\u{2012}555\u{a0}0100", HOME);
        check("marks of copied text", "\u{202a}+1 415 555 0100\u{202c}", ABROAD);
        check("full width", "＋１（４１５）５５５－０１００", ABROAD);
    }

    #[test]
    fn a_fraction_of_zeros_is_no_part_of_a_number() {
        check("national", "4155550100.0", HOME);
        check("a country code", "+14155550100.00", ABROAD);
        check("blanks between groups", "+1 415 5550100.0", ABROAD);
        check("seven digits before the point", "5550100.0", Some((Form::AsDialled, "5550100")));
        check("six are a group of digits", "415555.0000", Some((Form::AsDialled, "4155550000")));
        check("two points separate groups", "415.555.0000", Some((Form::AsDialled, "4155550000")));
        check("so do three", "1.800.555.0", Some((Form::AsDialled, "18005550")));
        check("groups with other digits", "030.123.4500", Some((Form::AsDialled, "0301234500")));
        check("a fraction with other digits", "4155550.100", HOME);
        check("other punctuation beside the point", "(415) 5550100.0", Some((Form::AsDialled, "41555501000")));
        check("nothing behind the point", "4155550100.", HOME);
    }

    #[test]
    fn digits_of_other_scripts_are_digits() {
        check("Arabic-Indic", "+١ ٤١٥ ٥٥٥ ٠١٠٠", ABROAD);
        check("Persian", "۴۱۵۵۵۵۰۱۰۰", HOME);
        check("Devanagari", "४१५५५५०१००", HOME);
        check("not superscripts", "4155550¹00", None);
        check("not the sign behind a script's nine", "٤١٥٥٥٥٠١٠٪", None);
    }

    #[test]
    fn the_part_from_the_last_of_two_plus_counts() {
        check("country code twice", "+1 +14155550100", ABROAD);
        check("two in a row", "++14155550100", ABROAD);
        check("one of them full width", "＋44+1 415 555 0100", ABROAD);
        check("a single one behind digits", "1+4155550100", None);
        check("nothing behind it", "+14155550100 +", None);
    }

    #[test]
    fn extensions_are_dropped() {
        for tail in ["x12", " ext. 12", " Extension: 12", "#12", ", 12#", ";ext=12", " доб. 12", ",,12", " EXT 12"] {
            check(tail, &format!("+1 415 555 0100{tail}"), ABROAD);
        }
    }

    #[test]
    fn tel_uris_are_read() {
        check("global", "tel:+1-415-555-0100", ABROAD);
        check("parameters", "TEL:+1-415-555-0100;ext=12;phone-context=+49", ABROAD);
        check("local", "tel:415-555-0100", HOME);
        check("context", "tel:555-0100;phone-context=+1-415", ABROAD);
        check("context that is a domain", "tel:415-555-0100;phone-context=example.com", HOME);
    }

    #[test]
    fn the_longest_number_is_read_and_a_digit_more_is_not() {
        let digits = "9".repeat(MAX_DIGITS);
        check("as dialled", &digits, Some((Form::AsDialled, &digits)));
        check("abroad", &format!("+{digits}"), Some((Form::International, &digits)));
        check("a digit more", &format!("{digits}9"), None);
        check("a digit more in the context", &format!("tel:9;phone-context=+{digits}"), None);
    }

    #[test]
    fn letters_and_other_texts_are_refused() {
        for text in [
            "1-800-FLOWERS",
            "415555O100",
            "call 4155550100",
            "person@example.com",
            "n/a",
            "",
            "-",
            "+",
            "()",
            "4155550100 x",
            "4155550100 12x",
            "4155550100 ext. twelve",
            "4155550100, home 12",
            "4155550100*12",
            "*67 415 555 0100",
            "4155550100 or 4155550101",
            "4155550100 O x12",
            "tel:",
            "1234567890123456789012345678",
            "0123456789abcdef0123456789abcdef",
        ] {
            check(text, text, None);
        }
    }
}
