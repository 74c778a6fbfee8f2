//! The file that mappings are imported into: what it says itself stays, and only its mappings are replaced.
//!
//! Everything that is not a mapping is written again as it stands there, but for the rules if they have to be others.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::mappings::{gone, is_own, mappings, name, partners};

/// Where mappings stand in a file, ours and Segment's.
const LISTS: [&str; 3] = ["mappings", "subscriptions", "data"];
/// The rules with which Segment hashes.
const SEGMENTS: &str = "segment";

/// A file after an import.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) text: String,
    /// What somebody should know who knows the file.
    pub(super) notes: Vec<String>,
}

impl Merged {
    /// Mappings in a file of their own.
    pub(super) fn new(subscriptions: &[Value], rules: Option<&str>) -> Self {
        let settings = json!({"identity_rules": rules.unwrap_or(SEGMENTS)});
        let text = format!("{:#}\n", json!({"settings": settings, "subscriptions": subscriptions}));
        Self { text, notes: Vec::new() }
    }

    /// Mappings in the place of those that a file has.
    pub(super) fn into(existing: &str, subscriptions: &[Value], rules: Option<&str>) -> serde_json::Result<Self> {
        if existing.trim().is_empty() {
            return Ok(Self::new(subscriptions, rules));
        }
        let file: Value = serde_json::from_str(existing)?;
        let Members(mut members) = serde_json::from_str(existing)?;
        let mut notes = Vec::new();
        let rules = rules_of(&file, rules);
        let stated = stated_rules(&file);
        if stated != Some(rules) {
            let before = stated.map(|stated| format!(" instead of `{stated}`")).unwrap_or_default();
            notes.push(format!("identity_rules: now `{rules}`{before}"));
            set_rules(&mut members, rules)?;
        } else if rules != SEGMENTS {
            notes.push(format!(
                "identity_rules: still `{rules}`; --identity-rules {SEGMENTS} finds the people whom Segment added"
            ));
        }
        let kept = kept(&file, subscriptions, &mut notes);
        let place = members.iter().position(|(key, _)| LISTS.contains(&key.as_str())).unwrap_or(members.len());
        members.retain(|(key, _)| !LISTS.contains(&key.as_str()));
        let list = raw(&format!("{:#}", Value::from(kept)), "  ")?;
        members.insert(place.min(members.len()), ("subscriptions".to_owned(), list));
        Ok(Self { text: written(&members, "") + "\n", notes })
    }
}

/// The rules after an import: those that are asked for, else those by which the file's mappings hash already. A file
/// without mappings has hashed nothing, and people whom Segment added are found by its rules.
pub(super) fn rules_of<'r>(file: &'r Value, asked: Option<&'r str>) -> &'r str {
    let own = stated_rules(file).filter(|_| !mappings(file).is_empty());
    asked.or(own).unwrap_or(SEGMENTS)
}

/// The rules that a file states.
pub(super) fn stated_rules(file: &Value) -> Option<&str> {
    file["settings"]["identity_rules"].as_str()
}

/// The imported mappings, each with what the file says of it and Segment does not. Whether it is enabled is decided
/// here: in a migration it goes on here when it ends there.
fn kept(file: &Value, subscriptions: &[Value], notes: &mut Vec<String>) -> Vec<Value> {
    let ours = mappings(file);
    let partners = partners(subscriptions, ours);
    let mut kept = Vec::with_capacity(subscriptions.len());
    for (subscription, partner) in subscriptions.iter().zip(&partners) {
        let mut mapping = subscription.clone();
        for (key, value) in partner.and_then(Value::as_object).into_iter().flatten() {
            if key == "enabled" && mapping[key] != *value {
                let here = if *value == false { "disabled" } else { "enabled" };
                notes.push(format!("{}: still {here} here, other than in Segment", name(subscription)));
            }
            if key == "enabled" || is_own(key) {
                mapping[key] = value.clone();
            }
        }
        kept.push(mapping);
    }
    let gone = gone(ours, &partners);
    notes.extend(gone.map(|mapping| format!("{}: removed, the export has no such mapping", name(mapping))));
    kept
}

/// The members of an object in their order, each value as it is written.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn set_rules(members: &mut Vec<(String, Box<RawValue>)>, rules: &str) -> serde_json::Result<()> {
    let rules = to_raw_value(rules)?;
    let Some((_, settings)) = members.iter_mut().find(|(key, _)| key == "settings") else {
        let settings = vec![("identity_rules".to_owned(), rules)];
        members.insert(0, ("settings".to_owned(), RawValue::from_string(written(&settings, "  "))?));
        return Ok(());
    };
    let Members(mut inner) = serde_json::from_str(settings.get())?;
    match inner.iter_mut().find(|(key, _)| key == "identity_rules") {
        Some((_, value)) => *value = rules,
        None => inner.insert(0, ("identity_rules".to_owned(), rules)),
    }
    *settings = RawValue::from_string(written(&inner, "  "))?;
    Ok(())
}

/// A text of several lines as a value that stands so far in.
fn raw(text: &str, indent: &str) -> serde_json::Result<Box<RawValue>> {
    RawValue::from_string(text.replace('\n', &format!("\n{indent}")))
}

/// An object whose braces stand so far in.
fn written(members: &[(String, Box<RawValue>)], indent: &str) -> String {
    let line =
        |(key, value): &(String, Box<RawValue>)| format!("\n{indent}  {}: {}", Value::from(key.as_str()), value.get());
    let lines: Vec<_> = members.iter().map(line).collect();
    format!("{{{}\n{indent}}}", lines.join(","))
}

/// Writes all of a file or nothing: beside it first, then in its place. What is no file, such as a pipe, is written to.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let existing = fs::metadata(path).ok();
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        return fs::write(path, text);
    }
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_new| path.to_owned());
    let mut part = path.file_name().unwrap_or_default().to_os_string();
    part.push(".part");
    let part = path.with_file_name(part);
    let put = || {
        fs::write(&part, text)?;
        if let Some(existing) = &existing {
            fs::set_permissions(&part, existing.permissions())?;
        }
        fs::rename(&part, &path)
    };
    put().inspect_err(|_failed| {
        // Where it was never written there is nothing to remove.
        let _absent = fs::remove_file(&part);
    })
}
