//! What is configured, as a table for a terminal.
//!
//! Knows how to show mappings; decides nothing.

use crate::actions::Field;
use crate::destination::{ConfiguredMapping, Destination};

/// The columns; the last one, which has no end, is the trigger.
const HEADER: [&str; 6] = ["mapping", "action", "enabled", "audience", "rules", "trigger"];

impl Destination {
    /// A line for each mapping, under a line of headings; each line ends with a line feed.
    pub fn table(&self) -> String {
        let mut rows = vec![HEADER.map(str::to_owned)];
        rows.extend(self.mappings.iter().map(row));
        let mut widths = [0; HEADER.len()];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        rows.iter().map(|row| line(row, &widths)).collect()
    }
}

fn row(entry: &ConfiguredMapping) -> [String; HEADER.len()] {
    let mapping = &entry.mapping;
    [
        mapping.name.clone(),
        mapping.action.slug().to_owned(),
        if mapping.enabled { "yes" } else { "no" }.to_owned(),
        audience(entry),
        rules(entry),
        mapping.trigger.to_string(),
    ]
}

/// The audience's id or name, where the mapping states one.
fn audience(entry: &ConfiguredMapping) -> String {
    let fields = [Field::AudienceId, Field::ExternalAudienceId, Field::AudienceName, Field::CustomAudienceName];
    let stated = fields.into_iter().find_map(|field| entry.mapping.fields.literal(field));
    stated.unwrap_or_else(|| "of the event".to_owned())
}

fn rules(entry: &ConfiguredMapping) -> String {
    let set = entry.policy.identity.set.as_str();
    entry
        .policy
        .also_removes()
        .map_or_else(|| set.to_owned(), |also| format!("{set}, removes also {}", also.set.as_str()))
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<_> = row.iter().zip(widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
    cells.join("  ").trim_end().to_owned() + "\n"
}
