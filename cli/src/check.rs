//! `check`: everything that is wrong with a `destination.json`, each problem at its place, and what the file configures.
//!
//! The file is the user's own, so that it is quoted here; the function's messages never do.

mod hints;
mod listing;
mod snippet;

use std::path::PathBuf;

use serde_json::{Value, json};
use tiktok_audiences::config::{Findings, Problem, parse_destination};

use crate::arrival::counted;
use crate::console::{self, BAD, GOOD, Reader, Verdict, WARN, styled};
use crate::error::SandboxError;
use crate::input::{self, Source};
use crate::watch;

pub(crate) use hints::hint;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is called: whether TikTok knows the audiences is asked by `tta op check`.

Examples:
  tta check
  tta check config/destination.json --strict
  tta check --watch my.json
  tta check - < my.json")]
pub(crate) struct Arguments {
    /// Files, folders, or - for standard input [default: that of the variable, else config/destination.json, else the
    /// default mappings]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// Check again whenever a file changes
    #[arg(long)]
    watch: bool,
}

/// Prints the findings and what is configured; problems if the function would not start with a file.
pub(crate) async fn run(arguments: &Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let files = || arguments.files();
    watch::repeatedly(arguments.watch, files, async || once(arguments, reader)).await
}

impl Arguments {
    fn files(&self) -> Result<Vec<PathBuf>, SandboxError> {
        if !self.files.is_empty() {
            return input::files(&self.files);
        }
        let named = crate::remote::variable("DESTINATION_CONFIG").map(PathBuf::from);
        Ok(input::configuration(named.as_deref())?.into_iter().collect())
    }
}

fn once(arguments: &Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let (mut verdict, mut documents) = (Verdict::Well, Vec::new());
    let files = arguments.files()?;
    let mut sources = files.iter().map(|path| input::configuration_text(path)).collect::<Result<Vec<_>, _>>()?;
    if sources.is_empty() {
        sources.push(defaults());
    }
    for source in sources {
        let checked = Checked::of(source);
        verdict = verdict.and(checked.verdict(arguments.strict));
        match reader {
            Reader::Person => console::print(&checked.text())?,
            Reader::Program => documents.push(checked.json()),
        }
    }
    if reader == Reader::Program {
        console::document(&json!({ "files": documents }))?;
    }
    Ok(verdict)
}

/// What the function runs with where it has no configuration.
fn defaults() -> Source {
    Source { name: "(defaults)".to_owned(), text: "{}".to_owned() }
}

/// One file and what was found in it.
struct Checked {
    source: Source,
    findings: Findings,
    listing: listing::Listing,
}

impl Checked {
    fn of(source: Source) -> Self {
        let (destination, findings) = parse_destination(&source.text);
        let findings = Findings { errors: once_each(findings.errors), warnings: once_each(findings.warnings) };
        let listing = listing::Listing::of(&source.text, &destination, &findings);
        Self { source, findings, listing }
    }

    fn verdict(&self, is_strict: bool) -> Verdict {
        Verdict::of(self.findings.errors.is_empty() && (!is_strict || self.findings.warnings.is_empty()))
    }

    fn text(&self) -> String {
        let Source { name, text } = &self.source;
        let mut page = String::new();
        for (severity, problems) in self.problems() {
            for problem in problems {
                page += &snippet::rendered(severity, problem, hint(text, problem).as_deref(), name, text);
                page += "\n\n";
            }
        }
        page += &self.listing.text();
        let (errors, warnings) = (self.findings.errors.len(), self.findings.warnings.len());
        let style = |count, style| if count == 0 { GOOD } else { style };
        let errors = styled(style(errors, BAD), &counted(errors, "error"));
        let warnings = styled(style(warnings, WARN), &counted(warnings, "warning"));
        page + &format!("\n{name}: {errors}, {warnings}\n")
    }

    fn json(&self) -> Value {
        let told = |problem: &Problem| {
            let place =
                problem.place.map(|place| json!({"line": place.line, "column": place.column, "width": place.width}));
            json!({
                "path": problem.path,
                "message": problem.message,
                "hint": hint(&self.source.text, problem),
                "place": place,
            })
        };
        let told = |problems: &[Problem]| problems.iter().map(told).collect::<Vec<_>>();
        json!({
            "file": self.source.name,
            "errors": told(&self.findings.errors),
            "warnings": told(&self.findings.warnings),
            "mappings": self.listing.mappings_json(),
            "default_mappings": self.listing.are_defaults,
            "audiences": self.listing.audiences,
        })
    }

    fn problems(&self) -> [(snippet::Severity, &[Problem]); 2] {
        [(snippet::Severity::Error, &self.findings.errors), (snippet::Severity::Warning, &self.findings.warnings)]
    }
}

/// The problems, each once.
fn once_each(problems: Vec<Problem>) -> Vec<Problem> {
    let mut kept: Vec<Problem> = Vec::with_capacity(problems.len());
    for problem in problems {
        if !kept.iter().any(|known| known.place == problem.place && known.message == problem.message) {
            kept.push(problem);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
