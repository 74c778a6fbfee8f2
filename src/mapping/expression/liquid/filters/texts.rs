//! Filters on texts. Lengths and positions count UTF-16 units.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use liquid_core::error::{Error, Result};
use liquid_core::model::{Value, ValueView};
use sha2::{Digest, Sha256};

use super::super::super::javascript::{self, is_space};
use super::conversions::{converted, is_falsy, text_of, units, value_of};
use super::filter::Apply::{self, Always, Fails};
use super::filter::{Arguments, MAX_TEXT, too_long};
use crate::mapping::walk::character;

pub(super) const FILTERS: &[(&str, Apply)] = &[
    ("append", Fails(|input, arguments| Ok(text(text_of(input) + &arguments.only_text()?)))),
    ("prepend", Fails(|input, arguments| Ok(text(arguments.only_text()? + &text_of(input))))),
    ("downcase", Always(|input, _| text(text_of(input).to_lowercase()))),
    ("upcase", Always(|input, _| text(text_of(input).to_uppercase()))),
    ("capitalize", Always(|input, _| text(capitalized(&text_of(input))))),
    ("strip", Always(|input, arguments| text(strip(&text_of(input), arguments, true, true)))),
    ("lstrip", Always(|input, arguments| text(strip(&text_of(input), arguments, true, false)))),
    ("rstrip", Always(|input, arguments| text(strip(&text_of(input), arguments, false, true)))),
    ("strip_newlines", Always(|input, _| text(text_of(input).replace("\r\n", "").replace('\n', "")))),
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
    ("base64_decode", Always(|input, _| text(base64_decode(&text_of(input))))),
    ("sha256", Always(|input, _| text(const_hex::encode(Sha256::digest(text_of(input)))))),
    ("raw", Always(|input, _| input.to_value())),
    ("to_integer", Always(|input, _| value_of(converted(input)))),
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
    // The first UTF-16 unit alone: half a character has no case.
    let upper = |first: char| if first.len_utf16() == 1 { first.to_uppercase().to_string() } else { first.to_string() };
    let first = chars.next().map(upper).unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}

/// Drops white space, or the characters of an argument that JavaScript does not take for false, at one or both ends.
fn strip(text: &str, arguments: &Arguments<'_>, left: bool, right: bool) -> String {
    let chars = arguments.get(0).filter(|chars| !is_falsy(*chars)).map(text_of);
    let given = |char: char, chars: &String| char.len_utf16() == 1 && chars.contains(char);
    let goes = |char: char| chars.as_ref().map_or_else(|| is_space(char), |chars| given(char, chars));
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
    let places = if pattern.is_empty() { javascript::length(input) } else { input.matches(pattern).count() };
    if input.len() + places * replacement.len() > MAX_TEXT {
        return Err(too_long());
    }
    if pattern.is_empty() && !replacement.is_empty() {
        let units = input.encode_utf16().map(|unit| character(unit).to_string()).collect::<Vec<_>>();
        return Ok(text(units.join(replacement)));
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
    let longest = arguments.number(0, 50.0);
    let end = arguments.text_or(1, "...");
    let whole = text_of(input);
    let length = |text: &str| count(javascript::length(text));
    if length(&whole) <= longest {
        return input.to_value();
    }
    text(units(&whole, 0, limit(longest - length(&end))) + &end)
}

/// What stands between white space.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// White space at an end of the text leaves an empty word there, which counts.
fn truncate_words(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let most = arguments.number(0, 15.0);
    let most = if most <= 0.0 { 1.0 } else { most };
    let end = arguments.text_or(1, "...");
    let whole = text_of(input);
    let mut all: Vec<&str> = words(&whole).collect();
    if whole.starts_with(is_space) || all.is_empty() {
        all.insert(0, "");
    }
    if whole.ends_with(is_space) {
        all.push("");
    }
    let mut kept = all.iter().take(limit(most)).copied().collect::<Vec<_>>().join(" ");
    if count(all.len()) >= most {
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
            '%' => {
                let (digits, behind) = behind.split_at_checked(2).ok_or_else(malformed)?;
                let [byte] = const_hex::decode_to_array(digits).map_err(|_not_hex| malformed())?;
                bytes.push(byte);
                rest = behind;
            }
            other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    let decoded = String::from_utf8(bytes).map_err(|_not_text| malformed())?;
    // Pluses are spaces only now, also those that were encoded.
    Ok(text(decoded.replace('+', " ")))
}

/// Decodes as Node's buffers do: both alphabets, up to the first `=`; what else there is counts for nothing. Of a
/// UTF-16 unit they look at the lower byte only.
fn base64_decode(input: &str) -> String {
    let known = |byte: u8| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        _ => (byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).then_some(byte),
    };
    let bytes = input.encode_utf16().map(|unit| unit.to_le_bytes()[0]);
    let mut plain: Vec<u8> = bytes.take_while(|byte| *byte != b'=').filter_map(known).collect();
    if plain.len() % 4 == 1 {
        plain.pop();
    }
    // Bits that fill no byte may be anything.
    let lenient = NO_PAD.with_decode_allow_trailing_bits(true);
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(plain).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
