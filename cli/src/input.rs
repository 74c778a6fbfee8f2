//! What is read: files, all JSON files of a folder, or standard input; and which configuration applies.

mod text;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use tiktok_audiences::json::Document;

use crate::error::SandboxError;

/// Standard input, as it is called on a command line.
const STDIN: &str = "-";
/// The configuration of a project that was made from this repository.
const USUAL: &str = "config/destination.json";

/// Ten times what Lambda takes in one invocation.
const MOST_BYTES: usize = 64 << 20;

/// A text and where it is from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The path, or what stands for standard input.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) text: String,
}

/// Reads everything that is named.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<Source>, SandboxError> {
    files(paths)?.iter().map(|path| read(path)).collect()
}

/// Reads one file, or standard input.
pub(crate) fn read(path: &Path) -> Result<Source, SandboxError> {
    let failed = |source| SandboxError::File { path: path.to_owned(), source };
    let (name, bytes) = if path.as_os_str() == STDIN {
        ("(stdin)".to_owned(), bytes(std::io::stdin()).map_err(failed)?)
    } else {
        (path.display().to_string(), File::open(path).and_then(bytes).map_err(failed)?)
    };
    let unusable = |sentence| SandboxError::Unusable(format!("{name}: {sentence}"));
    if bytes.len() > MOST_BYTES {
        return Err(unusable(format!("is larger than {} MB, the most that is read", MOST_BYTES >> 20)));
    }
    let text = text::of_bytes(bytes).map_err(unusable)?;
    Ok(Source { name, text })
}

/// All bytes, or as many as show that there are too many.
fn bytes(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files that are meant: those of a folder are its JSON files, in the order of their names.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, SandboxError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let failed = |source| SandboxError::File { path: path.clone(), source };
        let entries = std::fs::read_dir(path).map_err(failed)?;
        let mut found = Vec::new();
        for entry in entries {
            let file = entry.map_err(failed)?.path();
            if file.extension().is_some_and(|extension| extension == "json") && file.is_file() {
                found.push(file);
            }
        }
        if found.is_empty() {
            return Err(SandboxError::NoJson(path.clone()));
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}

/// The configuration that applies: the one that is named, by option or variable, else the usual one if it is there.
pub(crate) fn configuration(named: Option<&Path>) -> Result<Option<PathBuf>, SandboxError> {
    let usual = || Some(PathBuf::from(USUAL)).filter(|path| path.is_file());
    let found = named.map(Path::to_owned).or_else(usual);
    // The function would say it of its variable. What can be read once only, such as a pipe, is left to it.
    if let Some(path) = found.as_deref().filter(|path| !path.exists() || path.is_file() || path.is_dir()) {
        let _readable = configuration_text(path)?;
    }
    Ok(found)
}

/// The text of a configuration, which `DESTINATION_CONFIG` may hold itself.
pub(crate) fn configuration_text(path: &Path) -> Result<Source, SandboxError> {
    match path.to_str().map(str::trim_start) {
        Some(inline) if inline.starts_with('{') => {
            Ok(Source { name: "DESTINATION_CONFIG".to_owned(), text: inline.to_owned() })
        }
        _ => read(path),
    }
}

/// Why a text is not JSON, and where; nothing if it is.
pub(crate) fn not_json(payload: &str) -> Option<String> {
    let error = Document::parse(payload).err()?;
    if payload.trim().is_empty() {
        return Some("the file is empty".to_owned());
    }
    let (line, column) = text::place(payload.get(..error.offset).unwrap_or_default());
    Some(format!("line {line}, column {column}: {}", error.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_json_says_where() {
        for (payload, expected) in [
            ("", "the file is empty"),
            (" \n", "the file is empty"),
            ("{\n  \"type\": track}", "line 2, column 11: expected a value"),
        ] {
            assert_eq!(not_json(payload).as_deref(), Some(expected), "{payload}");
        }
        assert_eq!(not_json("[]"), None);
    }

    #[test]
    fn a_folder_stands_for_its_json_files() {
        let root = crate::world::root();
        let found = files(&[root.join("events"), root.join("README.md")]).unwrap();
        assert!(found.len() > 50 && found.is_sorted_by_key(|path| path.ends_with("README.md")), "{found:?}");
        let error = files(&[root.join("src")]).unwrap_err();
        assert!(error.to_string().ends_with("src: no .json files in this folder"), "{error}");
    }
}
