//! What to do about a problem, where the text shows what was probably meant.
//!
//! The reader of the configuration says where a text stops being what it should; here the text itself is looked at, for
//! the mistakes that people make: quotes of a word processor, a comma too many, another format.

use tiktok_audiences::actions::ActionKind;
use tiktok_audiences::config::{Place, Problem};

/// Quotes that word processors and chats write in place of `"`.
const TYPOGRAPHIC: [char; 8] = ['“', '”', '„', '‟', '«', '»', '‘', '’'];

/// The hint; none where the message says it all.
pub(crate) fn hint(text: &str, problem: &Problem) -> Option<String> {
    let text = text.trim_start_matches('\u{feff}');
    if problem.path == "$" && problem.message.starts_with("is not JSON") {
        let offset = problem.place.map_or(0, |place| offset(text, place));
        return not_json(text, offset, &problem.message);
    }
    of_value(text, problem).or_else(|| in_trigger(text, problem))
}

/// Hints for values that are JSON, and not what belongs there.
fn of_value(text: &str, problem: &Problem) -> Option<String> {
    let marked = text.get(offset(text, problem.place?)..)?;
    if problem.path == "$" && marked.starts_with('[') && marked.contains("\"action\"") {
        return Some("write {\"mappings\": […]} around it".to_owned());
    }
    if problem.path == "$.type" && text.contains("\"event\"") {
        return Some("this looks like an event: `tta explain` says what would become of it".to_owned());
    }
    if marked.starts_with("\"${") {
        return Some("variables are not replaced here; write the value itself".to_owned());
    }
    let titled = ActionKind::ALL.iter().find(|kind| marked.starts_with(&format!("\"{}\"", kind.declaration().title)));
    let is_open = problem.path.ends_with(".action") && !problem.message.contains("did you mean");
    titled.filter(|_| is_open).map(|kind| format!("write \"{}\"", kind.slug()))
}

/// The byte at which a place begins.
fn offset(text: &str, place: Place) -> usize {
    let lines = text.split_inclusive('\n').take(place.line - 1).map(str::len).sum::<usize>();
    let line = text.get(lines..).unwrap_or_default();
    lines + line.chars().take(place.column - 1).map(char::len_utf8).sum::<usize>()
}

fn not_json(text: &str, offset: usize, problem: &str) -> Option<String> {
    let (before, after) = text.split_at_checked(offset)?;
    let next = after.chars().next();
    if text.trim().is_empty() {
        return Some("the file is empty; the smallest destination.json is {}".to_owned());
    }
    if let Some(quote) = next.filter(|next| TYPOGRAPHIC.contains(next)) {
        return Some(format!("`{quote}` is a quote of a word processor; write \" before and behind the text"));
    }
    if let Some(line) = unclosed_before(before, after) {
        return Some(format!("the quote that opens a text on line {line} is not closed on that line"));
    }
    if let Some(other) = other_format(text).filter(|_| before.trim().is_empty()) {
        return Some(format!("this looks like {other}; destination.json is JSON, and `tta schema` describes it"));
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(before).is_ok() && next.is_some() {
        return Some("the first bracket is closed in front of this: there must be nothing behind it".to_owned());
    }
    if problem.contains("escape") {
        return Some("write \\\\ for a backslash in a text".to_owned());
    }
    let last = before.trim_end().chars().next_back();
    match (last, next) {
        (Some(','), Some('}' | ']')) => {
            Some("remove the comma in front of it; JSON has none behind the last one".to_owned())
        }
        (_, Some('\'')) => Some("JSON has double quotes only: write \" in place of '".to_owned()),
        (_, Some('/' | '#')) => Some("JSON has no comments; remove it".to_owned()),
        (_, Some(',')) => Some("one of two commas is too many, or a value is missing between them".to_owned()),
        (_, None) => Some(format!("a closing `{}` is missing", open_brackets(before).pop().map_or('}', closing))),
        (Some('}' | ']' | '"' | '0'..='9' | 'e' | 'l'), Some('"' | '{' | '[')) => {
            Some("a comma is missing in front of this".to_owned())
        }
        (_, Some(first)) if first.is_alphabetic() || first == '_' => Some(bare_word(after)),
        _ => None,
    }
}

/// The line of a quote that opens a text and is not closed on its line, if the failure comes from it.
fn unclosed_before(before: &str, after: &str) -> Option<usize> {
    let ends_line = after.starts_with(['\n', '\r', '\t']);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let is_open = |line: &str| line.replace("\\\"", "").matches('"').count() % 2 == 1;
    let this = before.get(line_start..).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    if ends_line && is_open(this) {
        return Some(number);
    }
    // The text went on until the next quote, lines later or on the same one: then what follows makes no sense.
    let whole_line = after.split('\n').next().unwrap_or_default();
    (is_open(&format!("{this}{whole_line}"))).then_some(number)
}

/// Another format that a text looks like.
fn other_format(text: &str) -> Option<&'static str> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let key = first.split_once(':').map(|(key, _)| key);
    let is_word = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    if first == "---" || first.starts_with("- ") || key.is_some_and(is_word) {
        return Some("YAML");
    }
    if first.starts_with('[') && first.ends_with(']')
        || first.split_once('=').is_some_and(|(key, _)| is_word(key.trim()))
    {
        return Some("TOML");
    }
    if first.starts_with('<') {
        return Some("XML or HTML");
    }
    (first.contains([',', ';', '\t']) && !first.starts_with(['{', '['])).then_some("CSV")
}

/// What a word without quotes was meant to be.
fn bare_word(after: &str) -> String {
    let word: String = after.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')).collect();
    match word.as_str() {
        "True" | "TRUE" => "write true".to_owned(),
        "False" | "FALSE" => "write false".to_owned(),
        "NaN" | "Infinity" => "JSON has no such number; leave the key out".to_owned(),
        "None" | "NULL" | "Null" | "nil" | "undefined" => "write null".to_owned(),
        _ => format!("write it in double quotes: \"{word}\""),
    }
}

/// The brackets that are open at the end of a text.
fn open_brackets(text: &str) -> Vec<char> {
    let (mut open, mut in_text, mut is_escaped) = (Vec::new(), false, false);
    for character in text.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if in_text => is_escaped = true,
            '"' => in_text = !in_text,
            '{' | '[' if !in_text => open.push(character),
            '}' | ']' if !in_text => drop(open.pop()),
            _ => {}
        }
    }
    open
}

const fn closing(open: char) -> char {
    if open == '[' { ']' } else { '}' }
}

/// Hints for what is written inside of a trigger.
fn in_trigger(text: &str, problem: &Problem) -> Option<String> {
    if !problem.path.ends_with(".trigger") && !problem.path.ends_with(".subscribe") {
        return None;
    }
    let offset = problem.place.map(|place| offset(text, place))?;
    let line_start = text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..)?.lines().next()?;
    let marked: String = text.get(offset..)?.chars().take(problem.place?.width).collect();
    if marked.contains(TYPOGRAPHIC) {
        return Some("this is a quote of a word processor; write \\\" before and behind the text".to_owned());
    }
    let before = line.get(..offset - line_start)?;
    let word = |text: &str| text.trim_end().rsplit([' ', '(', '"']).next().unwrap_or_default().to_owned();
    let upper = marked.trim().to_uppercase();
    match upper.as_str() {
        "LIKE" => Some(format!(
            "write match({0}, \\\"VIP*\\\") for a text with *, or contains({0}, \\\"VIP\\\")",
            word(before)
        )),
        "IN" => Some(format!("write ({0} = \\\"a\\\" or {0} = \\\"b\\\")", word(before))),
        "IS" => Some("write = null or != null".to_owned()),
        _ if !problem.message.contains("quotes") && unquoted_words(line, before, &marked) => {
            Some("a text of several words wants quotes: event = \\\"VIP Entered\\\"".to_owned())
        }
        _ => None,
    }
}

/// Whether a place is in the middle of words that stand behind an operator without quotes.
fn unquoted_words(line: &str, before: &str, marked: &str) -> bool {
    let Some((_, behind)) = before.rsplit_once(['=', '<', '>']) else { return false };
    let is_plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _-'".contains(c));
    line.contains(marked)
        && !behind.trim().is_empty()
        && is_plain(behind)
        && marked.chars().all(|c| c.is_alphanumeric() || c == '"' || c == '_')
}
