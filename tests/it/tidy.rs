//! What a reader relies on and no compiler checks: that files, template and book say the same as the code.

mod architecture;
mod book;
mod files;
mod imports;
mod layers;
mod template;
mod words;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};

/// Every file of the repository with one of these endings, by its path from the root.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from(".")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let is_made = ["target", "__pycache__", "node_modules"].contains(&name.as_str())
                || (name.starts_with('.') && name != ".ci");
            if path.is_dir() && !is_made {
                directories.push(path);
            } else if path.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                found.push((relative(&path), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{endings:?}");
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(".").unwrap().to_string_lossy().into_owned()
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
