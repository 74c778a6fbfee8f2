//! What differs between the mappings of a workspace and those of a file.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::console::{self, BAD, GOOD, Reader, Verdict, WARN, styled};
use crate::error::SandboxError;
use crate::input::Source;

/// A mapping that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// The workspace has it, the file does not.
    New(String),
    /// The file has it, the workspace does not.
    Gone(String),
    /// Both have it; these members differ.
    Changed(String, Vec<String>),
}

/// Prints the differences; problems if there are any.
pub(super) fn print(workspace: &Value, file: &Source, reader: Reader) -> Result<Verdict, SandboxError> {
    let parsed: Value = serde_json::from_str(&file.text)
        .map_err(|error| SandboxError::Unusable(format!("{}: not JSON: {error}", file.name)))?;
    let differences = differences(workspace, &parsed);
    match reader {
        Reader::Program => {
            let differences: Vec<_> = differences.iter().map(Difference::json).collect();
            console::document(&json!({ "differences": differences }))?;
        }
        Reader::Person => {
            for difference in &differences {
                console::print(&(difference.line() + "\n"))?;
            }
            if differences.is_empty() {
                console::print("no differences\n")?;
            }
        }
    }
    Ok(Verdict::of(differences.is_empty()))
}

/// Mappings are the same by id, else by name.
pub(super) fn differences(workspace: &Value, file: &Value) -> Vec<Difference> {
    let (theirs, ours) = (mappings(workspace), mappings(file));
    let is_same = |one: &Value, other: &Value| match (one["id"].as_str(), other["id"].as_str()) {
        (Some(one), Some(other)) => one == other,
        _ => one["name"].is_string() && one["name"] == other["name"],
    };
    let mut found = Vec::new();
    for mapping in &theirs {
        match ours.iter().find(|other| is_same(mapping, other)) {
            None => found.push(Difference::New(name(mapping))),
            Some(other) => {
                let mut changed = Vec::new();
                compare(mapping, other, "", &mut changed);
                if !changed.is_empty() {
                    found.push(Difference::Changed(name(mapping), changed));
                }
            }
        }
    }
    let gone = ours.iter().filter(|mapping| !theirs.iter().any(|other| is_same(mapping, other)));
    found.extend(gone.map(|mapping| Difference::Gone(name(mapping))));
    found
}

fn mappings(document: &Value) -> Vec<Value> {
    let lists = ["/subscriptions", "/mappings", "/data/subscriptions"];
    lists.iter().find_map(|list| document.pointer(list)?.as_array()).cloned().unwrap_or_default()
}

fn name(mapping: &Value) -> String {
    mapping["name"].as_str().unwrap_or("a mapping without a name").to_owned()
}

/// The paths at which two values differ, as far down as objects go.
fn compare(one: &Value, other: &Value, path: &str, changed: &mut Vec<String>) {
    if let (Some(members), Some(others)) = (one.as_object(), other.as_object()) {
        let keys: BTreeSet<_> = members.keys().chain(others.keys()).collect();
        for key in keys {
            let nothing = Value::Null;
            let of = |map: &serde_json::Map<String, Value>| map.get(key).unwrap_or(&nothing).clone();
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(&of(members), &of(others), &path, changed);
        }
    } else if one != other {
        changed.push(path.to_owned());
    }
}

impl Difference {
    fn line(&self) -> String {
        match self {
            Self::New(name) => format!("{} {name}", styled(GOOD, "+")),
            Self::Gone(name) => format!("{} {name}", styled(BAD, "-")),
            Self::Changed(name, paths) => format!("{} {name}: {}", styled(WARN, "~"), paths.join(", ")),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::New(name) => json!({"mapping": name, "change": "new"}),
            Self::Gone(name) => json!({"mapping": name, "change": "gone"}),
            Self::Changed(name, paths) => json!({"mapping": name, "change": "changed", "members": paths}),
        }
    }
}
