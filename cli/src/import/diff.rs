//! What differs between the mappings of a workspace and those of a file, and what an import would change beside them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::console::{self, BAD, GOOD, Reader, Verdict, WARN, styled};
use crate::error::SandboxError;
use crate::input::Source;

use super::file::{rules_of, stated_rules};
use super::mappings::{gone, is_own, mappings, name, partners};

/// A mapping that is not the same on both sides, or a setting that an import would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// The workspace has it, the file does not.
    New(String),
    /// The file has it, the workspace does not.
    Gone(String),
    /// Both have it; these members differ.
    Changed(String, Vec<String>),
    /// The file's setting would become another.
    Setting(&'static str),
}

/// Prints the differences; problems if there are any.
pub(super) fn print(
    workspace: &[Value],
    rules: Option<&str>,
    file: &Source,
    reader: Reader,
) -> Result<Verdict, SandboxError> {
    let parsed: Value = serde_json::from_str(&file.text)
        .map_err(|error| SandboxError::Unusable(format!("{}: not JSON: {error}", file.name)))?;
    let differences = differences(workspace, rules, &parsed);
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

/// What differs of the mappings, each by id, else by name; and of the settings, what an import would change.
pub(super) fn differences(workspace: &[Value], rules: Option<&str>, file: &Value) -> Vec<Difference> {
    let ours = mappings(file);
    let mut found = Vec::new();
    if stated_rules(file) != Some(rules_of(file, rules)) {
        found.push(Difference::Setting("identity_rules"));
    }
    let partners = partners(workspace, ours);
    for (mapping, partner) in workspace.iter().zip(&partners) {
        let Some(other) = partner else {
            found.push(Difference::New(name(mapping)));
            continue;
        };
        let mut changed = Vec::new();
        compare(mapping, other, "", &mut changed);
        changed.retain(|path| !is_own(path));
        if !changed.is_empty() {
            found.push(Difference::Changed(name(mapping), changed));
        }
    }
    found.extend(gone(ours, &partners).map(|mapping| Difference::Gone(name(mapping))));
    found
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
            Self::Setting(name) => format!("{} settings: {name}", styled(WARN, "~")),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::New(name) => json!({"mapping": name, "change": "new"}),
            Self::Gone(name) => json!({"mapping": name, "change": "gone"}),
            Self::Changed(name, paths) => json!({"mapping": name, "change": "changed", "members": paths}),
            Self::Setting(name) => json!({"setting": name, "change": "changed"}),
        }
    }
}
