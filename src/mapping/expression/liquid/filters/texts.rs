//! Filters on texts. Lengths and positions count characters where the JavaScript engine counts code points.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use liquid_core::error::{Error, Result};
use liquid_core::model::{Value, ValueView};
use sha2::{Digest, Sha256};

use super::super::super::javascript::is_space;
use super::Apply::{self, Always, Fails};
use super::conversions::{parsed, text_of, value_of, write_json};
use super::{Arguments, MAX_TEXT, too_long};

pub(super) const FILTERS: &[(&str, Apply)] = &[
    ("append", Always(|input, arguments| text(text_of(input) + &arguments.text(0)))),
    ("prepend", Always(|input, arguments| text(arguments.text(0) + &text_of(input)))),
    ("downcase", Always(|input, _| text(text_of(input).to_lowercase()))),
    ("upcase", Always(|input, _| text(text_of(input).to_uppercase()))),
    ("capitalize", Always(|input, _| text(capitalized(&text_of(input))))),
    ("strip", Always(|input, arguments| text(strip(&text_of(input), arguments, true, true)))),
    ("lstrip", Always(|input, arguments| text(strip(&text_of(input), arguments, true, false)))),
    ("rstrip", Always(|input, arguments| text(strip(&text_of(input), arguments, false, true)))),
    ("strip_newlines", Always(|input, _| text(text_of(input).replace("\r\n", "").replace('\n', "")))),
    ("squish", Always(|input, _| text(words(&text_of(input)).collect::<Vec<_>>().join(" ")))),
    ("normalize_whitespace", Always(|input, _| text(single_spaces(&text_of(input))))),
    ("remove", Fails(|input, arguments| replace(&text_of(input), &arguments.text(0), ""))),
    ("remove_first", Always(|input, arguments| text(text_of(input).replacen(&arguments.text(0), "", 1)))),
    ("remove_last", Always(|input, arguments| text(replace_last(&text_of(input), &arguments.text(0), "")))),
    ("replace", Fails(|input, arguments| replace(&text_of(input), &arguments.text(0), &arguments.text(1)))),
    (
        "replace_first",
        Always(|input, arguments| text(text_of(input).replacen(&arguments.text(0), &arguments.text(1), 1))),
    ),
    (
        "replace_last",
        Always(|input, arguments| text(replace_last(&text_of(input), &arguments.text(0), &arguments.text(1)))),
    ),
    ("truncate", Always(truncate)),
    ("truncatewords", Always(truncate_words)),
    ("number_of_words", Always(|input, _| value_of(count(words(&text_of(input)).count())))),
    ("escape", Always(|input, _| text(escape(&text_of(input))))),
    ("xml_escape", Always(|input, _| text(escape(&text_of(input))))),
    ("escape_once", Always(|input, _| text(escape(&unescape(&text_of(input)))))),
    ("strip_html", Always(|input, _| text(strip_html(&text_of(input))))),
    ("url_encode", Always(|input, _| text(url_encode(&text_of(input), b"-_.!~*'()")))),
    ("cgi_escape", Always(|input, _| text(url_encode(&text_of(input), b"-_.~")))),
    ("url_decode", Fails(|input, _| url_decode(&text_of(input)))),
    ("base64_encode", Always(|input, _| text(STANDARD.encode(text_of(input))))),
    ("base64_decode", Fails(|input, _| base64_decode(&text_of(input)))),
    ("sha256", Always(|input, _| text(const_hex::encode(Sha256::digest(text_of(input)))))),
    ("json", Always(json)),
    ("jsonify", Always(json)),
    ("raw", Always(|input, _| input.to_value())),
    ("to_integer", Always(|input, _| integer(input))),
];

fn text(text: String) -> Value {
    Value::scalar(text)
}

#[expect(clippy::cast_precision_loss, reason = "texts are far shorter than 2^52")]
fn count(length: usize) -> f64 {
    length as f64
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}

/// Drops white space, or the characters of the argument, at one or both ends.
fn strip(text: &str, arguments: &Arguments<'_>, left: bool, right: bool) -> String {
    let chars = arguments.some_text(0);
    let goes = |char: char| chars.as_ref().map_or_else(|| is_space(char), |chars| chars.contains(char));
    let text = if left { text.trim_start_matches(goes) } else { text };
    let text = if right { text.trim_end_matches(goes) } else { text };
    text.to_owned()
}

fn single_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if !is_space(char) {
            out.push(char);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

fn replace(input: &str, pattern: &str, replacement: &str) -> Result<Value> {
    let places = if pattern.is_empty() { input.chars().count() } else { input.matches(pattern).count() };
    if input.len() + places * replacement.len() > MAX_TEXT {
        return Err(too_long());
    }
    if pattern.is_empty() {
        let chars = input.chars().map(String::from).collect::<Vec<_>>();
        return Ok(text(chars.join(replacement)));
    }
    Ok(text(input.replace(pattern, replacement)))
}

fn replace_last(input: &str, pattern: &str, replacement: &str) -> String {
    match input.rsplit_once(pattern) {
        Some((before, behind)) => format!("{before}{replacement}{behind}"),
        None => input.to_owned(),
    }
}

fn truncate(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let longest = arguments.number(0).unwrap_or(50.0);
    let end = arguments.get(1).map_or_else(|| "...".to_owned(), text_of);
    let whole = text_of(input);
    if whole.is_empty() || count(whole.chars().count()) <= longest {
        return input.to_value();
    }
    let kept = whole.chars().take(limit(longest - count(end.chars().count())));
    text(kept.collect::<String>() + &end)
}

/// What stands between white space.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

fn truncate_words(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let most = limit(arguments.number(0).unwrap_or(15.0)).max(1);
    let end = arguments.get(1).map_or_else(|| "...".to_owned(), text_of);
    let whole = text_of(input);
    let mut all: Vec<&str> = words(&whole).collect();
    if all.is_empty() || whole.ends_with(is_space) {
        all.push("");
    }
    let mut kept = all.iter().take(most).copied().collect::<Vec<_>>().join(" ");
    if all.len() >= most {
        kept.push_str(&end);
    }
    text(kept)
}

/// A number of characters, items or words: none below 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates at both ends")]
pub(super) fn limit(number: f64) -> usize {
    number as usize
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Undoes [`escape`] in one pass, so that `&amp;lt;` becomes `&lt;`.
fn unescape(text: &str) -> String {
    const ENTITIES: [(&str, char); 5] = [("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("#34;", '"'), ("#39;", '\'')];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let entity = ENTITIES.iter().find_map(|(name, char)| Some((*char, behind.strip_prefix(name)?)));
        let (char, after) = entity.unwrap_or(('&', behind));
        out.push(char);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Drops tags, comments, scripts and styles; what is never closed stays.
fn strip_html(text: &str) -> String {
    const BLOCKS: [(&str, &str); 4] = [("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">")];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let block = BLOCKS.iter().find_map(|(open, close)| tag.strip_prefix(open)?.split_once(close));
        let Some((_, behind)) = block else { break };
        out.push_str(before);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Percent-encodes all but letters, digits and some signs; a space becomes `+`.
fn url_encode(text: &str, plain: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            _ if byte.is_ascii_alphanumeric() || plain.contains(&byte) => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push_str(&const_hex::encode_upper([byte]));
            }
        }
    }
    out
}

fn url_decode(input: &str) -> Result<Value> {
    let malformed = || Error::with_msg("this is not percent-encoded");
    let mut bytes = Vec::with_capacity(input.len());
    let mut rest = input;
    while let Some(first) = rest.chars().next() {
        let behind = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = behind;
        match first {
            '+' => bytes.push(b' '),
            '%' => {
                let (digits, behind) = behind.split_at_checked(2).ok_or_else(malformed)?;
                let [byte] = const_hex::decode_to_array(digits).map_err(|_not_hex| malformed())?;
                bytes.push(byte);
                rest = behind;
            }
            other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok(text(String::from_utf8(bytes).map_err(|_not_text| malformed())?))
}

fn base64_decode(input: &str) -> Result<Value> {
    let plain: String = input.chars().filter(|char| !matches!(char, '\t' | '\n' | '\u{c}' | '\r' | ' ')).collect();
    let ends: usize = plain.bytes().rev().take(2).take_while(|byte| *byte == b'=').count();
    let padding = if plain.len().is_multiple_of(4) { ends } else { 0 };
    let plain = plain.get(..plain.len() - padding).unwrap_or_default();
    // As in JavaScript, bits that fill no byte may be anything.
    let lenient = NO_PAD.with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, lenient);
    let bytes = engine.decode(plain).map_err(|_not_base64| Error::with_msg("this is not base64"))?;
    Ok(text(String::from_utf8_lossy(&bytes).into_owned()))
}

/// A number; what is none is `NaN`.
/// What `Number(value)` gives: null is 0, what is missing is no number.
fn integer(input: &dyn ValueView) -> Value {
    let number = match input.as_scalar().and_then(|scalar| scalar.to_bool()) {
        Some(boolean) => Some(f64::from(boolean)),
        None if input.is_nil() => (input.type_name() == Value::Nil.type_name()).then_some(0.0),
        None => parsed(&text_of(input)),
    };
    value_of(number.unwrap_or(f64::NAN))
}

fn json(input: &dyn ValueView, _: &Arguments<'_>) -> Value {
    if input.type_name() == "missing" {
        return Value::Nil;
    }
    let mut out = String::new();
    write_json(input, &mut out);
    text(out)
}
