//! What is wrong with a template, by its place: the library's messages quote the template.

use super::filters;
use crate::did_you_mean::hint;

/// The sentences of the library, and of our own blocks, that hold nothing of the template.
const SENTENCES: [(&str, &str); 7] = [
    ("Unclosed block", "a block is not closed"),
    ("Unknown tag", "there is no such tag"),
    ("`and` or `or` is expected here", "`and` or `or` is expected"),
    ("a value is expected here", "a value is expected"),
    ("expected Literal", "a value, a filter or the end of the tag is expected"),
    ("expected Identifier", "a name is expected"),
    ("expected Value", "a value is expected"),
];

/// The library's message as a sentence with line and column.
pub(super) fn explained(message: &str, source: &str) -> String {
    if let Some(name) = message.split("requested filter=").nth(1).and_then(|rest| rest.split_whitespace().next()) {
        let place = source.match_indices(name).map(|(start, _)| start).find(|start| is_filter(source, *start));
        let place = place.map(|start| format!("{}: ", line_and_column(source, start))).unwrap_or_default();
        let hint = hint(name, filters::names());
        return format!("is not a Liquid template: {place}there is no such filter{hint}");
    }
    if let Some(name) = message.split(filters::OTHER_NAME).nth(1).and_then(|rest| rest.split_whitespace().next()) {
        return format!("uses the filter `{name}` with an argument by a name that it does not have");
    }
    let place = message.split("--> ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let place = place.and_then(|place| place.split_once(':'));
    let place = place.map(|(line, column)| format!("line {line}, column {column}: ")).unwrap_or_default();
    let sentence = SENTENCES.into_iter().find(|(known, _)| message.contains(known));
    format!("is not a Liquid template: {place}{}", sentence.map_or("this cannot be read", |(_, sentence)| sentence))
}

/// Whether a bar stands in front of what starts there.
fn is_filter(source: &str, start: usize) -> bool {
    source.get(..start).is_some_and(|before| before.trim_end().ends_with('|'))
}

fn line_and_column(source: &str, start: usize) -> String {
    let before = source.get(..start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    format!("line {}, column {}", before.matches('\n').count() + 1, line.chars().count() + 1)
}
