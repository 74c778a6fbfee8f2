//! `import`: the mappings of a Segment workspace as a `destination.json`, and what of them has changed since.
//!
//! Mappings stay in Segment's form, in which a field that is absent stays absent, as it does there; so that what is
//! imported does what it did.

mod api;
mod diff;
mod export;
mod file;
mod mappings;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tiktok_audiences::config::parse_destination;

use crate::arrival::counted;
use crate::console::{self, BAD, Reader, Verdict, WARN, styled};
use crate::error::SandboxError;
use crate::input;

use export::Imported;
use file::Merged;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The token of --from-api is asked for, or taken from SEGMENT_TOKEN; it is never an argument.
A FILE that is there keeps its settings, and each mapping whether it is enabled and what Segment has no setting for.

Examples:
  tta import export.json --output config/destination.json
  tta import page-1.json page-2.json --output config/destination.json
  tta import --from-api --output config/destination.json
  tta import --from-api --region eu --diff config/destination.json")]
pub(crate) struct Arguments {
    /// What Segment's Public API said of a destination's subscriptions, a file per page, or - for standard input
    #[arg(value_name = "EXPORT", required_unless_present = "from_api", conflicts_with = "from_api")]
    export: Vec<PathBuf>,
    /// Ask Segment's Public API itself
    #[arg(long)]
    from_api: bool,
    /// The destination, if the workspace has several of TikTok Audiences
    #[arg(long, value_name = "ID", requires = "from_api")]
    destination: Option<String>,
    /// Where the workspace is
    #[arg(long, value_enum, default_value_t = api::Region::Us)]
    region: api::Region,
    /// Another address of the API
    #[arg(long, value_name = "URL", hide = true)]
    api_url: Option<reqwest::Url>,
    /// How identifiers are hashed: `segment` finds the people whom Segment added, `tiktok` matches more [default: as a
    /// FILE with mappings says, else segment]
    #[arg(long, value_name = "RULES", value_parser = ["segment", "tiktok", "tiktok-basic"])]
    identity_rules: Option<String>,
    /// Write here, else to standard output; of a file that is there only the mappings are replaced
    #[arg(long, short, value_name = "FILE", conflicts_with = "diff")]
    output: Option<PathBuf>,
    /// Write nothing; say what differs from this file
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
}

/// Imports, or compares.
pub(crate) async fn run(arguments: Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let pages = if arguments.from_api {
        vec![api::fetch(arguments.region, arguments.api_url.as_ref(), arguments.destination.as_deref()).await?]
    } else {
        arguments.export.iter().map(|path| page(path)).collect::<Result<_, _>>()?
    };
    let imported = Imported::of(&pages)?;
    for (mapping, why) in &imported.left_out {
        console::note(&format!("{} {mapping}: {why}", styled(WARN, "left out")));
    }
    imported.notes.iter().for_each(|note| say(note));
    if let Some(why) = &imported.missing {
        console::note(&format!("{} {why}", styled(BAD, "incomplete")));
    }
    let is_whole = imported.missing.is_none() && imported.left_out.is_empty();
    let rules = arguments.identity_rules.as_deref();
    if let Some(path) = &arguments.diff {
        let verdict = diff::print(&imported.subscriptions, rules, &input::read(path)?, reader)?;
        return Ok(verdict.and(Verdict::of(imported.missing.is_none())));
    }
    let is_written = if let Some(path) = &arguments.output {
        write(path, &imported, rules)?
    } else {
        let merged = Merged::new(&imported.subscriptions, rules);
        console::print(&merged.text)?;
        !has_errors(&merged.text) && !imported.subscriptions.is_empty()
    };
    Ok(Verdict::of(is_written && is_whole))
}

fn page(path: &Path) -> Result<Value, SandboxError> {
    let source = input::read(path)?;
    serde_json::from_str(&source.text)
        .map_err(|error| SandboxError::Unusable(format!("{}: not JSON: {error}", source.name)))
}

/// Puts the mappings into a file; whether it did. A file that is there is not exchanged for less than all of them.
fn write(path: &Path, imported: &Imported, rules: Option<&str>) -> Result<bool, SandboxError> {
    let name = path.display();
    let merged = if path.is_file() {
        let existing = input::read(path)?.text;
        let merged = Merged::into(&existing, &imported.subscriptions, rules);
        merged
            .map_err(|error| SandboxError::Unusable(format!("{name}: no destination.json to import into: {error}")))?
    } else {
        Merged::new(&imported.subscriptions, rules)
    };
    let why = if imported.missing.is_some() {
        Some("the export is incomplete")
    } else if imported.subscriptions.is_empty() {
        Some("the export has no mapping")
    } else if has_errors(&merged.text) {
        Some("the function would not load it")
    } else {
        None
    };
    if let Some(why) = why {
        console::note(&format!("nothing is written to {name}: {why}"));
        return Ok(false);
    }
    merged.notes.iter().for_each(|note| say(note));
    file::replace(path, &merged.text).map_err(|source| SandboxError::File { path: path.to_owned(), source })?;
    let mappings = counted(imported.subscriptions.len(), "mapping");
    console::note(&format!("{mappings} written to {name}; `tta check` shows them"));
    Ok(true)
}

fn say(note: &str) {
    console::note(&format!("{} {note}", styled(WARN, "note")));
}

/// Names what is wrong with a configuration; whether anything is.
fn has_errors(text: &str) -> bool {
    let (_, findings) = parse_destination(text);
    for problem in &findings.errors {
        console::note(&format!("{} {problem}", styled(BAD, "error")));
    }
    !findings.errors.is_empty()
}

#[cfg(test)]
mod tests;
