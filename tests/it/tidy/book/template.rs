//! `template.yaml` as far as the reference shows it: parameters, alarms, outputs. Read by its indentation.

use super::super::text;

/// An entry of a section of the template, with its properties as they are written.
pub(super) struct Entry {
    pub(super) name: String,
    lines: Vec<String>,
}

impl Entry {
    /// The value of a property at the given indentation; a folded one is joined.
    pub(super) fn value(&self, indent: usize, key: &str) -> Option<String> {
        let start = format!("{}{key}:", " ".repeat(indent));
        let at = self.lines.iter().position(|line| line.starts_with(&start))?;
        let first = self.lines[at].strip_prefix(&start)?.trim();
        if first != ">-" {
            return Some(first.trim_matches('"').to_owned());
        }
        let inside = self.lines[at + 1..].iter().take_while(|line| line.len() - line.trim_start().len() > indent);
        Some(inside.map(|line| line.trim()).collect::<Vec<_>>().join(" "))
    }
}

/// The entries of a section such as `Parameters`.
pub(super) fn section(name: &str) -> Vec<Entry> {
    let template = text("template.yaml");
    let (_, section) = template.split_once(&format!("\n{name}:\n")).unwrap();
    let inside = section.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    let mut entries: Vec<Entry> = Vec::new();
    for line in inside.filter(|line| !line.trim_start().starts_with('#')) {
        let entry = line.strip_prefix("  ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        match entry.and_then(|rest| rest.strip_suffix(':')) {
            Some(name) => entries.push(Entry { name: name.to_owned(), lines: Vec::new() }),
            None => entries.last_mut().unwrap().lines.push(line.to_owned()),
        }
    }
    entries
}

/// The alarms, in the template's order.
pub(super) fn alarms() -> Vec<Entry> {
    let is_alarm = |entry: &Entry| entry.value(4, "Type").is_some_and(|kind| kind == "AWS::CloudWatch::Alarm");
    section("Resources").into_iter().filter(is_alarm).collect()
}
