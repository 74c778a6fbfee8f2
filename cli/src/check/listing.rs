//! What a file configures, as the file says it: broken mappings are shown and marked, and defaults are named as such.

use serde_json::{Value, json};
use tiktok_audiences::actions::Field;
use tiktok_audiences::config::{Findings, Problem};
use tiktok_audiences::destination::{ConfiguredMapping, Destination};

use crate::console;
use crate::table::lay_out;

/// Where mappings may be in a file: ours, and Segment's two.
const LISTS: [&str; 3] = ["/mappings", "/subscriptions", "/data/subscriptions"];

/// Characters of a name or a trigger.
const LONGEST_CELL: usize = 300;

/// A mapping as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    name: String,
    action: String,
    enabled: bool,
    audience: String,
    rules: String,
    trigger: String,
    is_broken: bool,
}

/// What a file configures.
#[derive(Debug)]
pub(super) struct Listing {
    rows: Option<Vec<Row>>,
    /// Whether the mappings are the default ones, since the file has none.
    pub(super) are_defaults: bool,
    /// The names that are ensured, each with its ad account.
    pub(super) audiences: Vec<String>,
}

impl Listing {
    pub(super) fn of(text: &str, destination: &Destination, findings: &Findings) -> Self {
        let file: Option<Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
        let audiences = destination.audiences.iter().map(|entry| {
            let advertiser =
                entry.advertiser_id.map_or_else(|| "the default advertiser".to_owned(), |id| id.to_string());
            format!("{} of {advertiser}", entry.name)
        });
        let audiences = audiences.collect();
        let Some(file) = file.filter(Value::is_object) else {
            return Self { rows: None, are_defaults: false, audiences };
        };
        let list = LISTS.iter().find_map(|list| Some((*list, file.pointer(list)?.as_array()?)));
        if list.is_none() && !findings.errors.is_empty() {
            return Self { rows: None, are_defaults: false, audiences };
        }
        let rows = match list {
            Some((list, items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let path = format!("${}[{index}]", list.replace('/', "."));
                    of_file(item, destination, is_broken(&path, &findings.errors))
                })
                .collect(),
            None => destination.mappings.iter().map(of_mapping).collect(),
        };
        Self { rows: Some(rows), are_defaults: list.is_none(), audiences }
    }

    pub(super) fn text(&self) -> String {
        let mut page = match self.rows.as_deref() {
            None => return "no mappings of this file could be read\n".to_owned(),
            Some([]) => "no mappings\n".to_owned(),
            Some(rows) => {
                let header = ["", "mapping", "action", "enabled", "audience", "rules", "trigger"].map(str::to_owned);
                let rows = std::iter::once(header.to_vec()).chain(rows.iter().map(Row::cells));
                lay_out(rows.collect(), Some(console::width()))
            }
        };
        if self.are_defaults {
            page.insert_str(0, "the file has no mappings, so that these default mappings hold:\n");
        }
        for audience in &self.audiences {
            page.extend(["audience ", audience, "\n"]);
        }
        page
    }

    pub(super) fn mappings_json(&self) -> Vec<Value> {
        self.rows.iter().flatten().map(Row::json).collect()
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let mark = if self.is_broken { "✗" } else { "✓" };
        let enabled = if self.enabled { "yes" } else { "no" };
        [mark, &self.name, &self.action, enabled, &self.audience, &self.rules, &self.trigger].map(cell).to_vec()
    }

    fn json(&self) -> Value {
        json!({
            "mapping": self.name, "action": self.action, "enabled": self.enabled, "audience": self.audience,
            "rules": self.rules, "trigger": self.trigger, "broken": self.is_broken,
        })
    }
}

/// A text, or its beginning: of much longer ones a table would take minutes.
fn cell(text: &str) -> String {
    match text.char_indices().nth(LONGEST_CELL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Whether a problem is in that part of the file.
fn is_broken(path: &str, errors: &[Problem]) -> bool {
    errors.iter().any(|error| {
        let rest = error.path.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// A mapping as the file says it; what it leaves out is taken from what was understood.
fn of_file(item: &Value, destination: &Destination, is_broken: bool) -> Row {
    let word = |keys: &[&str]| keys.iter().find_map(|key| item[*key].as_str()).map(str::to_owned);
    let name = word(&["name"]);
    let understood = destination.mappings.iter().find(|configured| {
        name.as_ref().is_some_and(|name| configured.mapping.name == *name)
            || name.is_none()
                && word(&["action", "actionSlug", "partnerAction"]).as_deref() == Some(configured.mapping.action.slug())
            || name.is_none() && word(&["preset"]).is_some_and(|_| configured.mapping.name.contains(' '))
    });
    let known = understood.map(of_mapping);
    let of_known = |part: fn(&Row) -> &String| known.as_ref().map(|row| part(row).clone());
    let unknown = || "?".to_owned();
    Row {
        name: name.or_else(|| of_known(|row| &row.name)).unwrap_or_else(unknown),
        action: word(&["action", "actionSlug", "partnerAction", "preset"]).unwrap_or_else(unknown),
        enabled: item["enabled"] != false,
        audience: of_known(|row| &row.audience).unwrap_or_else(unknown),
        rules: of_known(|row| &row.rules).unwrap_or_else(unknown),
        trigger: word(&["trigger", "subscribe"]).or_else(|| of_known(|row| &row.trigger)).unwrap_or_else(unknown),
        is_broken,
    }
}

fn of_mapping(configured: &ConfiguredMapping) -> Row {
    let mapping = &configured.mapping;
    let fields = [Field::AudienceId, Field::ExternalAudienceId, Field::AudienceName, Field::CustomAudienceName];
    let audience = fields.into_iter().find_map(|field| mapping.fields.literal(field));
    let set = configured.policy.identity.set.as_str();
    let also = configured.policy.also_removes().map(|also| format!(", removes also {}", also.set.as_str()));
    Row {
        name: mapping.name.clone(),
        action: mapping.action.slug().to_owned(),
        enabled: mapping.enabled,
        audience: audience.unwrap_or_else(|| "of the event".to_owned()),
        rules: format!("{set}{}", also.unwrap_or_default()),
        trigger: mapping.trigger.to_string(),
        is_broken: false,
    }
}
