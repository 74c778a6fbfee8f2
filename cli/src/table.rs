//! The reply of an operation as a table, for people.
//!
//! It knows nothing of operations: an object of plain values and of lists of flat objects can be laid out, whatever its
//! keys are called. A `remedy` is a sentence and gets a line of its own, as each of the `findings` does.

use std::fmt::Write as _;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use tiktok_audiences::json::{Document, Kind, Value};

/// The members that are no columns.
const SENTENCES: [&str; 2] = ["remedy", "findings"];

/// The reply laid out, at most `width` wide if it is given; nothing for what is no such object.
pub(crate) fn table(reply: &str, width: Option<u16>) -> Option<String> {
    let document = Document::parse(reply).ok()?;
    let root = document.root();
    let mut lists = root.members().filter(|(_, value)| is_list(*value)).peekable();
    // An object beside lists is a row as theirs are, where those are rows of plain values.
    let takes_rows = lists.peek().is_some() && lists.all(|(_, list)| list.items().all(is_row));
    let fits = |value: Value<'_>| is_plain(value) || is_list(value) || takes_rows && is_row(value);
    if root.kind() != Kind::Object || !root.members().all(|(_, value)| fits(value)) {
        return None;
    }
    let mut out = String::new();
    let plain: Vec<_> = root.members().filter(|(_, value)| is_plain(*value)).collect();
    let rows: Vec<_> = plain.iter().map(|(name, value)| vec![cell(*name), cell(*value)]).collect();
    out += &lay_out(rows, width);
    for (name, value) in root.members().filter(|(_, value)| !is_plain(*value)) {
        let separator = if out.is_empty() { "" } else { "\n" };
        let count = if is_list(value) { format!(": {}", value.len()) } else { String::new() };
        // Writing to a string can't fail.
        let _infallible = writeln!(out, "{separator}{}{count}", cell(name));
        let items: Vec<_> = if is_list(value) { value.items().collect() } else { vec![value] };
        rows_of(&items, width, &mut out);
    }
    Some(out)
}

/// Whether a reply has a list, without which a table says no more than the JSON.
pub(crate) fn has_list(reply: &str) -> bool {
    Document::parse(reply).is_ok_and(|document| document.root().members().any(|(_, value)| is_list(value)))
}

fn is_plain(value: Value<'_>) -> bool {
    !matches!(value.kind(), Kind::Array | Kind::Object)
}

fn is_list(value: Value<'_>) -> bool {
    value.kind() == Kind::Array && value.items().all(|item| item.kind() == Kind::Object)
}

fn is_row(value: Value<'_>) -> bool {
    value.kind() == Kind::Object && value.members().all(|(_, value)| is_plain(value))
}

/// A row per item under the names of its members, and its sentences below it.
fn rows_of(items: &[Value<'_>], width: Option<u16>, out: &mut String) {
    let mut columns: Vec<String> = Vec::new();
    for (name, _) in items.iter().flat_map(|item| item.members()) {
        let name = cell(name);
        if !SENTENCES.contains(&name.as_str()) && !columns.contains(&name) {
            columns.push(name);
        }
    }
    let head = columns.iter().map(|name| name.to_uppercase()).collect();
    let row =
        |item: &Value<'_>| columns.iter().map(|name| item.get(name).map_or_else(|| "-".to_owned(), cell)).collect();
    let mut rows: Vec<Vec<String>> = vec![head];
    let sentences: Vec<_> = items.iter().map(sentences).collect();
    if sentences.iter().all(Option::is_none) {
        rows.extend(items.iter().map(row));
        return out.push_str(&lay_out(rows, width));
    }
    // All rows at once, so that the columns are those of the whole list; the sentences go between the rows' lines.
    rows.extend(items.iter().map(row));
    let lines = lay_out(rows, None);
    for (line, sentence) in lines.lines().zip(std::iter::once(None).chain(sentences)) {
        let _infallible = writeln!(out, "{line}");
        for sentence in sentence.into_iter().flatten() {
            let _infallible = writeln!(out, "    -> {}", cell(sentence));
        }
    }
}

/// The sentences of an item; nothing where it could not have any.
fn sentences<'d>(item: &Value<'d>) -> Option<Vec<Value<'d>>> {
    let mut found = SENTENCES.iter().filter_map(|name| item.get(name)).filter(|value| !value.is_null()).peekable();
    found.peek()?;
    Some(found.flat_map(Value::items_or_itself).collect())
}

/// Columns as wide as their widest cell. Where the whole would be wider than `width`, cells are broken over lines; ids and
/// times never are, since they are copied.
pub(crate) fn lay_out(rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let unbroken: Vec<u16> = (0..columns).map(|column| longest_copied(&rows, column)).collect();
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).add_rows(rows);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for (column, unbroken) in table.column_iter_mut().zip(unbroken) {
        column.set_padding((0, PADDING));
        if width.is_some() && unbroken > 0 {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(unbroken + PADDING)));
        }
    }
    table.trim_fmt() + "\n"
}

/// Blanks between columns.
const PADDING: u16 = 2;

/// The length of the longest word with digits in a column: ids, numbers and times.
fn longest_copied(rows: &[Vec<String>], column: usize) -> u16 {
    let words = rows.iter().filter_map(|row| row.get(column)).flat_map(|cell| cell.split_whitespace());
    let copied = words.filter(|word| word.contains(|character: char| character.is_ascii_digit()));
    copied.map(|word| u16::try_from(word.chars().count()).unwrap_or(u16::MAX - PADDING)).max().unwrap_or(0)
}

/// A value on one line; what would move a terminal's cursor is written out.
fn cell(value: Value<'_>) -> String {
    let text = match value.kind() {
        Kind::Null => "-".into(),
        Kind::String => value.as_str().unwrap_or_default(),
        Kind::Bool | Kind::Number | Kind::Array | Kind::Object => value.raw().into(),
    };
    let printable = |character: char| match character {
        control if control.is_control() => control.escape_default().to_string(),
        plain => plain.to_string(),
    };
    text.chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_columns_and_sentences_lines_of_their_own() {
        let reply = r#"{"ok":false,"token_valid":null,"items":[
            {"item":"secret","status":"ok","message":"it can be read","remedy":null},
            {"item":"token","status":"problem","message":"dead\u001b[2J","remedy":"run authorizeUrl"}]}"#;
        let expected = "ok           false\ntoken_valid  -\n\nitems: 2\nITEM    STATUS   MESSAGE\n\
                        secret  ok       it can be read\ntoken   problem  dead\\u{1b}[2J\n    -> run authorizeUrl\n";
        assert_eq!(table(reply, None).unwrap(), expected);
        assert!(has_list(reply));
        let reply =
            r#"{"audiences":[{"name":"vip","findings":["it is gone","it is small"]},{"name":"b","findings":[]}]}"#;
        let expected = "audiences: 2\nNAME\nvip\n    -> it is gone\n    -> it is small\nb\n";
        assert_eq!(table(reply, Some(40)).unwrap(), expected);
    }

    #[test]
    fn digits_and_the_order_of_columns_are_those_of_the_reply() {
        let reply = r#"{"audiences":[{"id":18000000000000000001,"b":true},{"id":2,"a":"x"}]}"#;
        assert_eq!(
            table(reply, None).unwrap(),
            "audiences: 2\nID                    B     A\n18000000000000000001  true  -\n2                     -     x\n"
        );
    }

    #[test]
    fn an_object_beside_rows_is_a_row() {
        let reply = r#"{"benchmark":{"id":"1","size":2},"compared":[{"id":"3","size":4}]}"#;
        assert_eq!(table(reply, None).unwrap(), "benchmark\nID  SIZE\n1   2\n\ncompared: 1\nID  SIZE\n3   4\n");
        assert!(table(r#"{"summary":{"received":1},"results":[{"actions":[]}]}"#, None).is_none());
    }

    #[test]
    fn a_table_is_no_wider_than_the_terminal() {
        let reply = format!(r#"{{"items":[{{"item":"secret","message":"{}"}}]}}"#, "a long sentence ".repeat(10));
        let table = table(&reply, Some(60)).unwrap();
        assert!(table.lines().all(|line| line.chars().count() <= 60) && table.lines().count() > 3, "{table}");
    }

    #[test]
    fn an_id_is_on_one_line_whatever_the_width() {
        let id = "18000000000000000001";
        let sentence = "it expires within 60 days: use it in an active ad group";
        let line = format!(
            r#"{{"advertiser_id":"{id}","audience_id":"{id}","name":"Abandoned Cart","kind":"Partner Audience",
                 "valid":true,"size":null,"expires":"2026-12-31T00:00:00Z","findings":["{sentence}"]}}"#
        );
        for width in [40, 120, 200] {
            let table = table(&format!(r#"{{"audiences":[{line}]}}"#), Some(width)).unwrap();
            assert_eq!(table.matches(id).count(), 2, "{table}");
            assert!(table.contains("2026-12-31T00:00:00Z"), "{table}");
            assert!(table.ends_with(&format!("Z\n    -> {sentence}\n")) && !table.contains("FINDINGS"), "{table}");
        }
    }

    #[test]
    fn what_is_not_flat_is_no_table() {
        for reply in ["[]", "1", "not JSON", r#"{"summary":{"received":1}}"#, r#"{"x":[1]}"#] {
            assert_eq!(table(reply, None), None, "{reply}");
        }
        assert!(!has_list(r#"{"url":"https://example.com/"}"#));
    }
}
