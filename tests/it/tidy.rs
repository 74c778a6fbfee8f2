//! What a reader relies on and no compiler checks: that files, template and README say the same as the code.

mod files;
mod imports;
mod layers;
mod template;
mod words;

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

/// The table rows of README.md, each as its cells.
fn readme_rows() -> Vec<Vec<String>> {
    let readme = text("README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The row whose first cell is this.
fn readme_row(first: &str) -> Vec<String> {
    let found: Vec<_> = readme_rows().into_iter().filter(|row| row[0] == first).collect();
    assert_eq!(found.len(), 1, "README.md has {} rows of {first}", found.len());
    found.into_iter().next().unwrap()
}
