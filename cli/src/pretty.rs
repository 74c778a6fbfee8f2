//! JSON for a terminal: as it was sent, order and digits included, on as few lines as fit.
//!
//! It knows nothing of what the JSON says. The crate's own reader is used since it keeps the order of members and the
//! digits of numbers.

use tiktok_audiences::json::{Document, Kind, Value};

/// The widest line, where a value can be broken up at all.
const WIDTH: usize = 100;

/// Lays out a text, each line behind `indent` spaces; what is not JSON stays as it is.
pub(crate) fn pretty(text: &str, indent: usize) -> String {
    let mut out = " ".repeat(indent);
    match Document::parse(text) {
        Ok(document) => put(document.root(), indent, indent, &mut out),
        Err(_) if text.trim().is_empty() => out.push_str("(nothing)"),
        Err(_) => out.push_str(&text.escape_debug().to_string()),
    }
    out.push('\n');
    out
}

/// Appends a value that starts behind `used` characters, on a line that is indented by `indent`.
fn put(value: Value<'_>, indent: usize, used: usize, out: &mut String) {
    let line = one_line(value);
    let (open, close) = match value.kind() {
        Kind::Object => ('{', '}'),
        Kind::Array => ('[', ']'),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => return out.push_str(&line),
    };
    // One character more: the comma behind it.
    if used + line.chars().count() < WIDTH {
        return out.push_str(&line);
    }
    let inner = indent + 2;
    let mut separator = "";
    out.push(open);
    for (key, value) in children(value) {
        out.push_str(separator);
        out.push('\n');
        out.push_str(&" ".repeat(inner));
        out.push_str(&key);
        put(value, inner, inner + key.chars().count(), out);
        separator = ",";
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(close);
}

/// Members with their keys as text, items without.
fn children(value: Value<'_>) -> Vec<(String, Value<'_>)> {
    let members = value.members().map(|(key, value)| (format!("{}: ", key.raw()), value));
    members.chain(value.items().map(|item| (String::new(), item))).collect()
}

fn one_line(value: Value<'_>) -> String {
    let (open, close) = match value.kind() {
        Kind::Object => ("{", "}"),
        Kind::Array => ("[", "]"),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => return value.raw().to_owned(),
    };
    let parts: Vec<_> = children(value).into_iter().map(|(key, value)| key + &one_line(value)).collect();
    format!("{open}{}{close}", parts.join(", "))
}
