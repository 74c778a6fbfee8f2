//! Where `destination.json` is.
//!
//! Knows the places and their order; knows nothing of what is in the file.

use std::io;
use std::path::{Path, PathBuf};

use super::problem::Problem;

/// Where a layer's files are, `config/` of the template among them. Source: AWS Lambda, "Working with layers".
const LAYER_FILE: &str = "/opt/destination.json";

/// Where the configuration of the destination came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `DESTINATION_CONFIG` holds the JSON itself.
    Inline,
    /// This file.
    File(PathBuf),
    /// Nowhere: the defaults.
    Defaults,
}

/// Finds and reads the text; none means the defaults.
pub(super) fn find(
    configured: Option<&str>,
    read_file: impl Fn(&Path) -> io::Result<String>,
    beside_binary: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> (Source, Option<String>) {
    let mut unreadable = |what: &str, error: &io::Error| {
        problems.push(Problem::variable("DESTINATION_CONFIG", format!("{what} cannot be read: {error}")));
    };
    match configured.map(str::trim).filter(|configured| !configured.is_empty()) {
        Some(json) if json.starts_with('{') => return (Source::Inline, Some(json.to_owned())),
        Some(path) => {
            let path = PathBuf::from(path);
            // What is meant for the content is no path, and must not be shown.
            let what = "is no JSON object, and the file of that name";
            let text = read_file(&path).map_err(|error| unreadable(what, &error)).ok();
            return (Source::File(path), text);
        }
        None => {}
    }
    let beside = beside_binary.map(|directory| directory.join("destination.json"));
    for path in [Some(PathBuf::from(LAYER_FILE)), beside].into_iter().flatten() {
        match read_file(&path) {
            Ok(text) => return (Source::File(path), Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => unreadable(&path.display().to_string(), &error),
        }
    }
    (Source::Defaults, None)
}
