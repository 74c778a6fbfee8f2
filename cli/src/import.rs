//! `import`: the mappings of a Segment workspace as a `destination.json`, and what of them has changed since.
//!
//! Mappings stay in Segment's form, in which a field that is absent stays absent, as it does there; so that what is
//! imported does what it did.

mod api;
mod diff;

use std::path::PathBuf;

use serde_json::{Value, json};
use tiktok_audiences::actions::ActionKind;
use tiktok_audiences::config::parse_destination;

use crate::arrival::counted;
use crate::console::{self, Reader, Verdict, WARN, styled};
use crate::error::SandboxError;
use crate::input;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The token of --from-api is asked for, or taken from SEGMENT_TOKEN; it is never an argument.

Examples:
  tta import export.json --output config/destination.json
  tta import --from-api --output config/destination.json
  tta import --from-api --region eu --diff config/destination.json")]
pub(crate) struct Arguments {
    /// What Segment's Public API said of a destination's subscriptions, or - for standard input
    #[arg(value_name = "EXPORT", required_unless_present = "from_api", conflicts_with = "from_api")]
    export: Option<PathBuf>,
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
    /// How identifiers are hashed: `segment` finds the people whom Segment added, `tiktok` matches more
    #[arg(long, value_name = "RULES", default_value = "segment", value_parser = ["segment", "tiktok", "tiktok-basic"])]
    identity_rules: String,
    /// Write here, else to standard output
    #[arg(long, short, value_name = "FILE", conflicts_with = "diff")]
    output: Option<PathBuf>,
    /// Write nothing; say what differs from this file
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
}

/// Imports, or compares.
pub(crate) async fn run(arguments: Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let exported = match &arguments.export {
        Some(path) => {
            let source = input::read(path)?;
            serde_json::from_str(&source.text)
                .map_err(|error| SandboxError::Unusable(format!("{}: not JSON: {error}", source.name)))?
        }
        None => api::fetch(arguments.region, arguments.api_url.as_ref(), arguments.destination.as_deref()).await?,
    };
    let imported = Imported::of(&exported, &arguments.identity_rules)?;
    for (mapping, why) in &imported.left_out {
        console::note(&format!("{} {mapping}: {why}", styled(WARN, "left out")));
    }
    for note in &imported.notes {
        console::note(&format!("{} {note}", styled(WARN, "note")));
    }
    if let Some(path) = &arguments.diff {
        let file = input::read(path)?;
        return diff::print(&imported.document, &file, reader);
    }
    let text = format!("{:#}\n", imported.document);
    let (_, findings) = parse_destination(&text);
    for problem in &findings.errors {
        console::note(&format!("{} {problem}", styled(console::BAD, "error")));
    }
    let count = imported.document["subscriptions"].as_array().map_or(0, Vec::len);
    match &arguments.output {
        Some(path) => {
            let failed = |source| SandboxError::File { path: path.clone(), source };
            std::fs::write(path, &text).map_err(failed)?;
            let mappings = counted(count, "mapping");
            console::note(&format!("{mappings} written to {}; `tta check` shows them", path.display()));
        }
        None => console::print(&text)?,
    }
    Ok(Verdict::of(findings.errors.is_empty() && imported.left_out.is_empty()))
}

/// What an export becomes.
#[derive(Debug)]
struct Imported {
    document: Value,
    /// Mappings that have no counterpart, by name, each with the reason.
    left_out: Vec<(String, String)>,
    notes: Vec<String>,
}

/// What only Segment's user interface and its own scheduler need. The id stays: by it later changes are found.
const DROPPED: [&str; 7] =
    ["actionId", "destinationId", "reverseETLSchedule", "ActionID", "ConfigID", "ProjectID", "actionSlugVersion"];

impl Imported {
    fn of(exported: &Value, rules: &str) -> Result<Self, SandboxError> {
        let lists = ["/data/subscriptions", "/subscriptions", "/mappings", ""];
        let list = lists.iter().find_map(|pointer| exported.pointer(pointer)?.as_array());
        let nothing = "there are no subscriptions in this: export GET /destinations/{id}/subscriptions";
        let list = list.ok_or_else(|| SandboxError::Unusable(nothing.to_owned()))?;
        let (mut kept, mut left_out, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for subscription in list {
            let name = subscription["name"].as_str().unwrap_or("a mapping without a name").to_owned();
            let slug = ["actionSlug", "partnerAction"].iter().find_map(|key| subscription[*key].as_str());
            if slug.and_then(ActionKind::parse).is_none() {
                let slug =
                    slug.map_or_else(|| "it names no action".to_owned(), |slug| format!("there is no action {slug}"));
                left_out.push((name, slug));
                continue;
            }
            if subscription["modelId"].is_string() {
                notes.push(format!("{name}: its warehouse model stays at Segment, which sends the rows as events"));
            }
            let mut subscription = subscription.clone();
            if let Some(members) = subscription.as_object_mut() {
                let is_nothing = |key: &str, value: &Value| key == "modelId" && value.is_null();
                members.retain(|key, value| !DROPPED.contains(&key.as_str()) && !is_nothing(key, value));
            }
            kept.push(subscription);
        }
        let document = json!({"settings": {"identity_rules": rules}, "subscriptions": kept});
        Ok(Self { document, left_out, notes })
    }
}

#[cfg(test)]
mod tests;
