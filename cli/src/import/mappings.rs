//! The mappings of a workspace and those of a file: which is which, and what of them is the file's alone.

use serde_json::Value;
use tiktok_audiences::config::MAPPING_SETTINGS;

/// The mappings of a file.
pub(super) fn mappings(file: &Value) -> &[Value] {
    let lists = ["/subscriptions", "/mappings", "/data/subscriptions"];
    lists.iter().find_map(|list| file.pointer(list)?.as_array()).map(Vec::as_slice).unwrap_or_default()
}

/// For each mapping of a workspace the one of a file that it is: by id, else by name.
pub(super) fn partners<'o>(theirs: &[Value], ours: &'o [Value]) -> Vec<Option<&'o Value>> {
    let mut free: Vec<_> = ours.iter().collect();
    let mut found = vec![None; theirs.len()];
    for key in ["id", "name"] {
        for (mapping, found) in theirs.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let is_same = |other: &&Value| mapping[key].is_string() && mapping[key] == other[key];
            *found = free.iter().position(is_same).map(|position| free.remove(position));
        }
    }
    found
}

/// Whether a member of a mapping is the file's alone: Segment has no such settings.
pub(super) fn is_own(key: &str) -> bool {
    MAPPING_SETTINGS.iter().any(|setting| setting.name == key)
}

/// The mappings of a file that no mapping of the workspace is.
pub(super) fn gone<'o>(ours: &'o [Value], partners: &[Option<&'o Value>]) -> impl Iterator<Item = &'o Value> {
    ours.iter().filter(|mapping| !partners.iter().flatten().any(|partner| std::ptr::eq(*partner, *mapping)))
}

/// What a mapping is called.
pub(super) fn name(mapping: &Value) -> String {
    mapping["name"].as_str().unwrap_or("a mapping without a name").to_owned()
}
