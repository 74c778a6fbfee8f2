//! `check`: everything that is wrong with a `destination.json`, and what it configures.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use tiktok_audiences::config::{Findings, parse_destination};
use tiktok_audiences::destination::Destination;

use crate::arrival::counted;
use crate::error::SandboxError;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tta check config/destination.json")]
pub(crate) struct Arguments {
    /// The destination.json
    pub(crate) file: std::path::PathBuf,
}

/// Prints the findings and the table; a failure if the function would not start with this file.
pub(crate) fn check(file: &Path) -> Result<ExitCode, SandboxError> {
    let read = std::fs::read_to_string(file);
    let text = read.map_err(|source| SandboxError::File { path: file.to_owned(), source })?;
    let (destination, findings) = parse_destination(&text);
    let page = render(&file.display().to_string(), &text, &destination, &findings);
    std::io::stdout().write_all(page.as_bytes())?;
    Ok(if findings.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn render(name: &str, text: &str, destination: &Destination, findings: &Findings) -> String {
    let mut page = String::new();
    for (word, problems) in [("error", &findings.errors), ("warning", &findings.warnings)] {
        for problem in problems {
            let _infallible = writeln!(page, "{word}: {}", problem.render(name, text));
        }
    }
    if destination.mappings.is_empty() {
        page += "no mappings\n";
    } else {
        page += &destination.table();
    }
    for entry in &destination.audiences {
        let advertiser = entry.advertiser_id.map_or_else(|| "the default advertiser".to_owned(), |id| id.to_string());
        let _infallible = writeln!(page, "audience {:?} of {advertiser}", entry.name);
    }
    let (errors, warnings) = (findings.errors.len(), findings.warnings.len());
    let _infallible = writeln!(page, "\n{name}: {}, {}", counted(errors, "error"), counted(warnings, "warning"));
    page
}
