//! What Segment's Public API said: its pages, joined, and what of them has a counterpart here.

use std::collections::BTreeSet;

use serde_json::Value;
use tiktok_audiences::actions::ActionKind;

use crate::arrival::counted;
use crate::error::SandboxError;

/// What an export becomes.
#[derive(Debug)]
pub(super) struct Imported {
    pub(super) subscriptions: Vec<Value>,
    /// Mappings that have no counterpart, by name, each with the reason.
    pub(super) left_out: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
    /// Why this is not all that the workspace has.
    pub(super) missing: Option<String>,
}

/// What only Segment's user interface and its own scheduler need. The id stays: by it later changes are found.
const DROPPED: [&str; 7] =
    ["actionId", "destinationId", "reverseETLSchedule", "ActionID", "ConfigID", "ProjectID", "actionSlugVersion"];

impl Imported {
    /// Reads the pages of one answer.
    pub(super) fn of(pages: &[Value]) -> Result<Self, SandboxError> {
        let list = joined(pages)?;
        let missing = missing(pages, list.len());
        let (mut subscriptions, mut left_out, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for subscription in list {
            let name = subscription["name"].as_str().unwrap_or("a mapping without a name").to_owned();
            let slug = ["actionSlug", "partnerAction"].iter().find_map(|key| subscription[*key].as_str());
            if slug.and_then(ActionKind::parse).is_none() {
                let slug =
                    slug.map_or_else(|| "it names no action".to_owned(), |slug| format!("there is no action {slug}"));
                left_out.push((name, slug));
                continue;
            }
            if subscription["modelId"].is_string() {
                notes.push(format!("{name}: its warehouse model stays at Segment, which sends the rows as events"));
            }
            let mut subscription = subscription.clone();
            if let Some(members) = subscription.as_object_mut() {
                let is_nothing = |key: &str, value: &Value| key == "modelId" && value.is_null();
                members.retain(|key, value| !DROPPED.contains(&key.as_str()) && !is_nothing(key, value));
            }
            subscriptions.push(subscription);
        }
        Ok(Self { subscriptions, left_out, notes, missing })
    }
}

/// The subscriptions of all pages, each once.
fn joined(pages: &[Value]) -> Result<Vec<&Value>, SandboxError> {
    let (mut list, mut known) = (Vec::new(), BTreeSet::new());
    for page in pages {
        let lists = ["/data/subscriptions", "/subscriptions", "/mappings", ""];
        let found = lists.iter().find_map(|pointer| page.pointer(pointer)?.as_array());
        let nothing = "there are no subscriptions in this: export GET /destinations/{id}/subscriptions";
        let found = found.ok_or_else(|| SandboxError::Unusable(nothing.to_owned()))?;
        for mapping in found {
            if mapping["id"].as_str().is_none_or(|id| known.insert(id)) {
                list.push(mapping);
            }
        }
    }
    Ok(list)
}

/// Why the pages are not all of an answer: Segment counts what there is, and each page but the last names the next.
fn missing(pages: &[Value], count: usize) -> Option<String> {
    let paginations = || {
        pages
            .iter()
            .filter_map(|page| ["/data/pagination", "/pagination"].iter().find_map(|pointer| page.pointer(pointer)))
    };
    let total = paginations().filter_map(|pagination| pagination["totalEntries"].as_u64()).max();
    let total = total.filter(|total| u64::try_from(count).is_ok_and(|count| count < *total));
    let current: BTreeSet<_> = paginations().filter_map(|pagination| pagination["current"].as_str()).collect();
    let next: Vec<_> = paginations().filter_map(|pagination| pagination["next"].as_str()).collect();
    // What names no page of its own can only be counted.
    let is_open = if current.len() < next.len() {
        next.len() >= pages.len()
    } else {
        next.iter().any(|page| !current.contains(page))
    };
    let found = match total {
        Some(total) => format!("{count} of {total} mappings"),
        None if is_open => format!("{}, and Segment has further pages", counted(count, "mapping")),
        None => return None,
    };
    Some(format!("{found}: give the files of all pages, or let --from-api ask for them"))
}
