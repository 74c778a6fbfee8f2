//! What is read: files, all JSON files of a folder, or standard input; and which configuration applies.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::SandboxError;

/// Standard input, as it is called on a command line.
const STDIN: &str = "-";
/// The configuration of a project that was made from this repository.
const USUAL: &str = "config/destination.json";

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
    if path.as_os_str() == STDIN {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        return Ok(Source { name: "(stdin)".to_owned(), text });
    }
    Ok(Source { name: path.display().to_string(), text: std::fs::read_to_string(path).map_err(failed)? })
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
pub(crate) fn configuration(named: Option<&Path>) -> Option<PathBuf> {
    let usual = || Some(PathBuf::from(USUAL)).filter(|path| path.is_file());
    named.map(Path::to_owned).or_else(usual)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_its_json_files() {
        let root = crate::world::root();
        let found = files(&[root.join("events"), root.join("README.md")]).unwrap();
        assert!(found.len() > 50 && found.is_sorted_by_key(|path| path.ends_with("README.md")), "{found:?}");
        let error = files(&[root.join("src")]).unwrap_err();
        assert!(error.to_string().ends_with("src: no .json files in this folder"), "{error}");
    }
}
