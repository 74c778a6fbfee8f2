//! Slips of the pen in paths and templates, found when they are loaded: Segment takes them for texts and keys.

use super::super::path::Path;
use super::compile::Compiler;
use super::{javascript, template};
use crate::json::Value;

/// A placeholder of another language.
const NOT_A_PLACEHOLDER: &str = "not a placeholder: `${…}` stays as it stands; write `{{…}}`";

/// Paths that many mappings have; of longer ones each beginning counts as well.
const WELL_KNOWN: [&[&str]; 18] = [
    &["type"],
    &["event"],
    &["userId"],
    &["anonymousId"],
    &["messageId"],
    &["groupId"],
    &["previousId"],
    &["properties"],
    &["traits"],
    &["integrations"],
    &["timestamp"],
    &["receivedAt"],
    &["context", "traits"],
    &["context", "device", "advertisingId"],
    &["context", "device", "type"],
    &["context", "personas", "computation_key"],
    &["context", "personas", "external_audience_id"],
    &["context", "personas", "audience_settings"],
];

/// Finds broken placeholders, and placeholders that lead nowhere.
pub(super) fn check_template(text: &str, mut problem: impl FnMut(&str)) {
    let (texts, paths) = template::pieces(text);
    let is_open = |path: &&str| path.starts_with('{') || path.contains("{{");
    let is_empty = |path: &&str| javascript::trim(path).is_empty();
    let opened = texts.iter().filter_map(|text| text.split_once("{{"));
    let (empty, unclosed): (Vec<_>, Vec<_>) =
        opened.partition(|(_, behind)| javascript::trim(behind.trim_start_matches('{')).starts_with("}}"));
    if texts.iter().any(|text| text.contains("${") && !text.ends_with('$')) || text.contains("${") {
        problem(NOT_A_PLACEHOLDER);
    }
    if !unclosed.is_empty() || paths.iter().any(is_open) {
        problem("unclosed placeholder: `{{` wants a `}}`");
    }
    if !empty.is_empty() || paths.iter().any(is_empty) {
        problem("empty placeholder: `{{…}}` wants a path");
    }
    if paths.iter().any(|path| has_unclosed_bracket(path)) {
        problem(UNCLOSED_BRACKET);
    }
}

const UNCLOSED_BRACKET: &str = "unclosed bracket: `[` wants a `]`";

/// Finds a bracket of a path that is never closed.
pub(super) fn check_path(text: &str, mut problem: impl FnMut(&str)) {
    if has_unclosed_bracket(text) {
        problem(UNCLOSED_BRACKET);
    }
}

fn has_unclosed_bracket(path: &str) -> bool {
    let mut rest = path;
    while let Some((_, inside)) = rest.split_once('[') {
        let quote = ['\'', '"'].into_iter().find(|quote| inside.starts_with(*quote));
        let closed = match quote {
            Some(quote) => inside.split_once(&format!("{quote}]")),
            None => inside.split_once(']'),
        };
        let Some((_, behind)) = closed else { return true };
        rest = behind;
    }
    false
}

impl Compiler<'_> {
    /// Warns of a path that is one edit from a well-known one.
    pub(super) fn check_path(&mut self, path: &Path, json: Value<'_>, at: &str) {
        if let Some(known) = nearly(path.first_keys().as_slice()) {
            self.warning(json, at, &format!("leads nowhere that is known; did you mean `{known}`?"));
        }
    }
}

/// The well-known path that these keys nearly are, as far as they go.
fn nearly(keys: &[&str]) -> Option<String> {
    (1..=keys.len()).find_map(|length| {
        let given = keys.get(..length)?;
        let beginnings = || WELL_KNOWN.iter().filter_map(|known| known.get(..length));
        if beginnings().any(|known| known == given) {
            return None;
        }
        let same_before = |known: &&[&str]| known.get(..length - 1) == given.get(..length - 1);
        let one_edit = |known: &&[&str]| match (known.last(), given.last()) {
            (Some(known), Some(given)) => known.len() > 3 && strsim::damerau_levenshtein(known, given) == 1,
            _ => false,
        };
        beginnings().filter(same_before).find(one_edit).map(|known| known.join("."))
    })
}
